package http1

import (
	"strings"
	"testing"
	"time"
)

// get returns a request with fields between Host and the empty line.
func get(fields string) string { return "GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" }

// post returns a request with fields and what follows the head.
func post(fields, body string) string {
	return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body
}

const smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

func TestRefusedFraming(t *testing.T) {
	cases := []exchangeCase{
		{name: "length and chunked", send: post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+smuggled), detail: "both"},
		{name: "chunked and length", send: post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"+smuggled), detail: "both"},
		{name: "zero length and chunked", send: post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), detail: "both"},
		{name: "two lengths", send: post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), detail: "more than once"},
		{name: "two equal lengths", send: post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), detail: "more than once"},
		{name: "length list", send: post("Content-Length: 5, 5\r\n", "hello")},
		{name: "length plus sign", send: post("Content-Length: +5\r\n", "hello")},
		{name: "length minus sign", send: post("Content-Length: -5\r\n", "hello")},
		{name: "length empty", send: post("Content-Length:\r\n", "")},
		{name: "length hex", send: post("Content-Length: 0x5\r\n", "hello")},
		{name: "length fraction", send: post("Content-Length: 5.0\r\n", "hello")},
		{name: "length inner blank", send: post("Content-Length: 5 0\r\n", "hello")},
		{name: "length beyond int64", send: post("Content-Length: 9223372036854775808\r\n", "")},
		{name: "length wraps uint64", send: post("Content-Length: 18446744073709551621\r\n", "hello")},
		{name: "length many digits", send: post("Content-Length: "+strings.Repeat("0", 30)+"5\r\n", "hello")},
		{name: "length with underscore digits", send: post("Content-Length: 1_0\r\n", "0123456789")},
		{name: "coding twice", send: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), detail: "more than once"},
		{name: "coding chunked twice in a list", send: post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
		{name: "coding chunked not last", send: post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
		{name: "coding empty", send: post("Transfer-Encoding:\r\n", "0\r\n\r\n")},
		{name: "coding with parameter", send: post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")},
		{name: "coding quoted", send: post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
		{name: "coding with vertical tab", send: post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n")},
		{name: "coding in 1.0", send: "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", detail: "1.0"},
		{name: "coding after blank name", send: post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
		{name: "folded coding", send: post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
	}
	for i := range cases {
		cases[i].status, cases[i].closed = 400, true
	}
	for _, coding := range []string{"gzip", "identity", "xchunked", "gzip, chunked", "chunkedx"} {
		cases = append(cases, exchangeCase{name: "coding " + coding, send: post("Transfer-Encoding: "+coding+"\r\n", "0\r\n\r\n"), status: 501, closed: true})
	}
	runTable(t, cases)
}

func TestRefusedLines(t *testing.T) {
	cases := []exchangeCase{
		{name: "bare LF throughout", send: "GET /a HTTP/1.1\nHost: h\n\n"},
		{name: "bare LF after request line", send: "GET /a HTTP/1.1\nHost: h\r\n\r\n"},
		{name: "bare LF in fields", send: get("A: b\nC: d\r\n")},
		{name: "bare LF before empty line", send: "GET /a HTTP/1.1\r\nHost: h\n\r\n"},
		{name: "bare CR in value", send: get("A: b\rC: d\r\n")},
		{name: "bare CR in request line", send: "GET /a\rHTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "CR CR LF", send: get("A: b\r\r\n")},
		{name: "NUL in value", send: get("A: b\x00c\r\n"), detail: "control"},
		{name: "ESC in value", send: get("A: b\x1bc\r\n"), detail: "control"},
		{name: "DEL in value", send: get("A: b\x7fc\r\n"), detail: "control"},
		{name: "NUL in name", send: get("A\x00: b\r\n")},
		{name: "blank before colon", send: get("A : b\r\n"), detail: "blank"},
		{name: "tab before colon", send: get("A\t: b\r\n"), detail: "blank"},
		{name: "no name", send: get(": b\r\n"), detail: "no name"},
		{name: "no colon", send: get("Abc\r\n")},
		{name: "folded with blank", send: get("A: b\r\n c\r\n"), detail: "folded"},
		{name: "folded with tab", send: get("A: b\r\n\tc\r\n"), detail: "folded"},
		{name: "folded first field", send: "GET /a HTTP/1.1\r\n Host: h\r\n\r\n"},
		{name: "name with slash", send: get("A/B: c\r\n")},
		{name: "name not ASCII", send: get("\xc3\xa4: c\r\n")},
		{name: "name in brackets", send: get("(A): c\r\n")},
		{name: "no version", send: "GET /a\r\nHost: h\r\n\r\n"},
		{name: "version lower case", send: "GET /a http/1.1\r\nHost: h\r\n\r\n"},
		{name: "version two digits", send: "GET /a HTTP/1.10\r\nHost: h\r\n\r\n"},
		{name: "version without dot", send: "GET /a HTTP/11\r\nHost: h\r\n\r\n"},
		{name: "blank after version", send: "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n"},
		{name: "two blanks before target", send: "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "two blanks before version", send: "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "tab for blank", send: "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "blank before method", send: " GET /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "method not a token", send: "G(T /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "method alone", send: "GET\r\nHost: h\r\n\r\n"},
		{name: "two empty lines first", send: "\r\n\r\n" + get("")},
		{name: "TLS to a plain port", send: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"},
		{name: "connection malformed", send: get("Connection: a b\r\n")},
	}
	for i := range cases {
		cases[i].status, cases[i].closed = 400, true
	}
	cases = append(cases,
		exchangeCase{name: "version 2.0", send: "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", status: 505, closed: true},
		exchangeCase{name: "version 1.2", send: "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", status: 505, closed: true},
		exchangeCase{name: "version 0.9", send: "GET /a HTTP/0.9\r\nHost: h\r\n\r\n", status: 505, closed: true},
		exchangeCase{name: "HTTP/2 preface", send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505, closed: true},
		exchangeCase{name: "method too long", send: strings.Repeat("A", 33) + " /a HTTP/1.1\r\nHost: h\r\n\r\n", status: 501, closed: true},
		exchangeCase{name: "expectation unknown", send: post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x"), status: 417, closed: true},
		exchangeCase{name: "expectation twice", send: post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x"), status: 417, closed: true},
	)
	runTable(t, cases)
}

func TestRefusedHostAndTarget(t *testing.T) {
	line := func(l string) string { return l + "\r\nHost: h\r\n\r\n" }
	cases := []exchangeCase{
		{name: "no host", send: "GET /a HTTP/1.1\r\n\r\n", detail: "missing"},
		{name: "two hosts", send: "GET /a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", detail: "more than once"},
		{name: "two equal hosts", send: "GET /a HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", detail: "more than once"},
		{name: "host empty", send: "GET /a HTTP/1.1\r\nHost:\r\n\r\n", detail: "empty"},
		{name: "host with path", send: "GET /a HTTP/1.1\r\nHost: h/b\r\n\r\n"},
		{name: "host with user", send: "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n"},
		{name: "host list", send: "GET /a HTTP/1.1\r\nHost: h, i\r\n\r\n"},
		{name: "host with bad port", send: "GET /a HTTP/1.1\r\nHost: h:x\r\n\r\n"},
		{name: "host port too big", send: "GET /a HTTP/1.1\r\nHost: h:65536\r\n\r\n"},
		{name: "host bad IPv6", send: "GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n"},
		{name: "host not ASCII", send: "GET /a HTTP/1.1\r\nHost: h\xc3\xa4\r\n\r\n"},
		{name: "absolute form, other host", send: line("GET http://i/a HTTP/1.1"), detail: "different hosts"},
		{name: "absolute form, other port", send: line("GET http://h:81/a HTTP/1.1"), detail: "different hosts"},
		{name: "absolute form, user", send: line("GET http://u@h/a HTTP/1.1")},
		{name: "absolute form, ftp", send: line("GET ftp://h/a HTTP/1.1")},
		{name: "absolute form, no host", send: line("GET http:///a HTTP/1.1")},
		{name: "authority form without CONNECT", send: line("GET h:80 HTTP/1.1")},
		{name: "relative target", send: line("GET a HTTP/1.1")},
		{name: "asterisk without OPTIONS", send: line("GET * HTTP/1.1")},
		{name: "fragment", send: line("GET /a#b HTTP/1.1"), detail: "fragment"},
		{name: "fragment in query", send: line("GET /a?x#b HTTP/1.1"), detail: "fragment"},
		{name: "target not ASCII", send: line("GET /\xc3\xa4 HTTP/1.1")},
		{name: "query not ASCII", send: line("GET /a?\xc3\xa4 HTTP/1.1")},
		{name: "NUL in target", send: line("GET /a\x00 HTTP/1.1")},
		{name: "NUL in query", send: line("GET /a?b\x00 HTTP/1.1")},
		{name: "blank in target", send: line("GET /a b HTTP/1.1")},
	}
	for i := range cases {
		cases[i].status, cases[i].closed = 400, true
	}
	cases = append(cases, exchangeCase{name: "CONNECT", send: line("CONNECT h:443 HTTP/1.1"), status: 501, closed: true})
	runTable(t, cases)
}

func TestRefusedLimits(t *testing.T) {
	small := Config{MaxBodyBytes: 10}
	runTable(t, []exchangeCase{
		{name: "target too long", send: "GET /" + strings.Repeat("a", DefaultMaxTargetBytes) + " HTTP/1.1\r\nHost: h\r\n\r\n", status: 414, closed: true},
		{name: "target without end", send: "GET /" + strings.Repeat("a", DefaultMaxHeadBytes+1000), status: 414, closed: true},
		{name: "head too big", send: get("A: " + strings.Repeat("b", DefaultMaxHeadBytes) + "\r\n"), status: 431, closed: true},
		{name: "head without end", send: "GET /a HTTP/1.1\r\nA: " + strings.Repeat("b", DefaultMaxHeadBytes+1000), status: 431, closed: true},
		{name: "too many fields", send: get(strings.Repeat("A: b\r\n", DefaultMaxFields)), status: 431, closed: true},
		{name: "announced body too large", send: post("Content-Length: 11\r\n", "hello"), config: small, status: 413, closed: true},
		{name: "announced body far too large", send: post("Content-Length: 9223372036854775807\r\n", "hello"), config: small, status: 413, closed: true},
		{name: "head not finished in time", send: "GET /a HTTP/1.1\r\nHost", config: Config{HeadTimeout: time.Millisecond}, status: 408, closed: true},
	})
}

func TestLimitsThatAreNotReached(t *testing.T) {
	long := "/" + strings.Repeat("a", DefaultMaxTargetBytes-1)
	fields := strings.Repeat("A: b\r\n", DefaultMaxFields-1)
	big := "A: " + strings.Repeat("b", DefaultMaxHeadBytes-100) + "\r\n"
	runTable(t, []exchangeCase{
		{name: "target", send: "GET " + long + " HTTP/1.1\r\nHost: h\r\n\r\n", status: 200, seen: "GET " + long + " HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "fields", send: get(fields), status: 200, seen: get(fields)},
		{name: "head", send: get(big), status: 200, seen: get(big)},
		{name: "body", send: post("Content-Length: 10\r\n", "0123456789"), config: Config{MaxBodyBytes: 10}, status: 200, seen: post("Content-Length: 10\r\n", "0123456789")},
	})
}
