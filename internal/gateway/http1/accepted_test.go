package http1

import (
	"strings"
	"testing"
)

func TestForwarded(t *testing.T) {
	runTable(t, table{
		{name: "plain", send: get("Accept: */*\r\n"), seen: get("Accept: */*\r\n")},
		{name: "order and case of fields stay", send: get("b: 1\r\nA: 2\r\nb: 3\r\n"), seen: get("b: 1\r\nA: 2\r\nb: 3\r\n")},
		{name: "blanks around values go", send: get("A: \t b c \t\r\n"), seen: get("A: b c\r\n")},
		{name: "no blank after colon", send: get("A:b\r\n"), seen: get("A: b\r\n")},
		{name: "empty value", send: get("A:\r\n"), seen: get("A: \r\n")},
		{name: "bytes above ASCII in value", send: get("A: \xc3\xa4\xff\r\n"), seen: get("A: \xc3\xa4\xff\r\n")},
		{name: "one empty line first", send: "\r\n" + get(""), seen: get("")},
		{name: "method is any token", send: "fr!ed /a HTTP/1.1\r\nHost: h\r\n\r\n", seen: "fr!ed /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "lower case method stays", send: "get /a HTTP/1.1\r\nHost: h\r\n\r\n", seen: "get /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "query", send: "GET /a?b=c&d=%2f/?[]{}| HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET /a?b=c&d=%2f/?[]{}| HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "empty query", send: "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "host with port", send: "GET /a HTTP/1.1\r\nHost: H.example:8080\r\n\r\n", seen: "GET /a HTTP/1.1\r\nHost: H.example:8080\r\n\r\n"},
		{name: "IPv6 host", send: "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", seen: "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
		{name: "absolute form", send: "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "absolute form without path", send: "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "absolute form with query only", send: "GET http://h?b HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET /?b HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "absolute form, host in other case", send: "GET HTTP://H/a HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET /a HTTP/1.1\r\nHost: H\r\n\r\n"},
		{name: "asterisk", send: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", seen: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "length", send: post("Content-Length: 5\r\n", "hello"), seen: post("Content-Length: 5\r\n", "hello")},
		{name: "length with leading zeros", send: post("Content-Length: 005\r\n", "hello"), seen: post("Content-Length: 5\r\n", "hello")},
		{name: "length zero", send: post("Content-Length: 0\r\n", ""), seen: post("Content-Length: 0\r\n", "")},
		{name: "no length", send: post("", ""), seen: post("", "")},
		{name: "GET with body", send: get("Content-Length: 2\r\n") + "xy", seen: get("Content-Length: 2\r\n") + "xy"},
		{name: "chunked", send: post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), seen: post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
		{name: "chunks are joined", send: post("Transfer-Encoding: Chunked\r\n", "2\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n"), seen: post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
		{name: "chunked and empty", send: post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), seen: post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")},
		{name: "chunk extensions go", send: post("Transfer-Encoding: chunked\r\n", "5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n"), seen: post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
		{name: "trailers go", send: post("Transfer-Encoding: chunked\r\nTrailer: X\r\n", "5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n"), seen: post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
		{name: "1.0 closes", send: "GET /a HTTP/1.0\r\nHost: h\r\n\r\n", seen: "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", closed: true},
		{name: "1.0 keeps on request", send: "GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", seen: "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "close on request", send: get("Connection: Close\r\n"), seen: get(""), closed: true},
		{name: "close wins over keep-alive", send: get("Connection: keep-alive, close\r\n"), seen: get(""), closed: true},
		{name: "expectation with its body", send: post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), seen: post("Content-Length: 5\r\n", "hello")},
		{name: "expectation in 1.0", send: "POST /a HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", seen: post("Content-Length: 2\r\n", "hi"), closed: true},
	}.accepted())
}

func TestHopByHop(t *testing.T) {
	runTable(t, table{
		{name: "the usual", send: get("Connection: keep-alive\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nProxy-Authorization: y\r\nTE: trailers\r\nTrailer: z\r\nUpgrade: h2c\r\nProxy: p\r\n"), seen: get("")},
		{name: "listed", send: get("X-A: 1\r\nConnection: x-a, X-B\r\nX-B: 2\r\nX-C: 3\r\n"), seen: get("X-C: 3\r\n")},
		{name: "listed in several fields", send: get("Connection: x-a\r\nConnection: X-B\r\nX-B: 2\r\nX-A: 1\r\nX-C: 3\r\n"), seen: get("X-C: 3\r\n")},
		{name: "listing ours does nothing", send: post("Connection: Host, Content-Length, X-Forwarded-For, X-Request-Id, Transfer-Encoding\r\nContent-Length: 2\r\n", "hi"), seen: post("Content-Length: 2\r\n", "hi")},
		{name: "h2c upgrade", send: get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"), seen: get("")},
		{name: "upgrade not listed", send: get("Upgrade: websocket\r\n"), seen: get("")},
		{name: "upgrade with POST", send: post("Connection: upgrade\r\nUpgrade: websocket\r\n", ""), seen: post("", "")},
		{name: "several upgrades", send: get("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n"), seen: get("")},
		{name: "spoofed names", send: get("X_Forwarded_For: 1\r\nx-forwarded_host: 2\r\nX_Request_ID: 3\r\nContent_Length: 4\r\nTransfer_Encoding: chunked\r\nX_Other: 5\r\n"), seen: get("X_Other: 5\r\n")},
		{name: "told by somebody else", send: get("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-User: root\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n"), seen: get("")},
	}.accepted())
}

// TestPaths shows that the upstream sees the canonical path, and that a path
// with more than one meaning is refused.
func TestPaths(t *testing.T) {
	var cases table
	for in, out := range map[string]string{
		"/":              "/",
		"/a/":            "/a/",
		"//a":            "/a",
		"/a//b":          "/a/b",
		"/a/./b":         "/a/b",
		"/a/../b":        "/b",
		"/a/b/..":        "/a/",
		"/a/%2e%2e/b":    "/b",
		"/a/%2E/b":       "/a/b",
		"/a/.%2e/b":      "/b",
		"/%61":           "/a",
		"/%7e":           "/~",
		"/a%20b":         "/a%20b",
		"/%c3%a4":        "/%C3%A4",
		"/%c0%ae%c0%ae/": "/%C0%AE%C0%AE/", // overlong dots stay what they are: bytes
		"/a;x=1":         "/a;x=1",
		"/a|b[c]^":       "/a%7Cb%5Bc%5D%5E",
		"/A":             "/A",
		"/a.":            "/a.",
		"/a/.../b":       "/a/.../b",
		"/%23":           "/%23",
		"/%3f":           "/%3F",
		"/%25":           "/%25",
		"/%2525":         "/%2525",
		"/%0a":           "/%0A",
	} {
		cases = append(cases, exchangeCase{name: "is " + in, send: "GET " + in + " HTTP/1.1\r\nHost: h\r\n\r\n", seen: "GET " + out + " HTTP/1.1\r\nHost: h\r\n\r\n"})
	}
	cases = cases.accepted()
	for _, in := range []string{
		"/..", "/../a", "/a/../../b", "/%2e%2e/", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a\\b", "/a/..\\b",
		"/a%00", "/a/..;x/b", "/a/.;/b", "/a/%2e%2e;x/b", "/%", "/%4", "/%zz", "/a\"", "/<a>", "/a/;x/b", "/{a}",
	} {
		cases = append(cases, exchangeCase{name: "refused " + in, send: "GET " + in + " HTTP/1.1\r\nHost: h\r\n\r\n", status: 400, closed: true})
	}
	runTable(t, cases)
}

type table []exchangeCase

// accepted makes every row expect the upstream's answer.
func (x table) accepted() table {
	for i := range x {
		x[i].status = 200
	}
	return x
}

func TestChunkedBodiesRefused(t *testing.T) {
	var cases table
	for name, body := range map[string]string{
		"size empty":               "\r\n",
		"size with sign":           "+5\r\nhello\r\n0\r\n\r\n",
		"size with 0x":             "0x5\r\nhello\r\n0\r\n\r\n",
		"size with blank":          "5 \r\nhello\r\n0\r\n\r\n",
		"size after blank":         " 5\r\nhello\r\n0\r\n\r\n",
		"size with blank and ext":  "5 ;a\r\nhello\r\n0\r\n\r\n",
		"size too long":            "00000000000000005\r\nhello\r\n0\r\n\r\n",
		"size too big":             "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
		"size with underscore":     "1_0\r\nhello\r\n0\r\n\r\n",
		"bare LF after size":       "5\nhello\r\n0\r\n\r\n",
		"bare CR after size":       "5\rhello\r\n0\r\n\r\n",
		"bare LF in extension":     "5;a\nhello\r\n0\r\n\r\n",
		"NUL in extension":         "5;a\x00\r\nhello\r\n0\r\n\r\n",
		"extension too long":       "5;" + strings.Repeat("a", maxChunkExtension+1) + "\r\nhello\r\n0\r\n\r\n",
		"data too long":            "5\r\nhello!\r\n0\r\n\r\n",
		"bare LF after data":       "5\r\nhello\n0\r\n\r\n",
		"bare LF after last chunk": "5\r\nhello\r\n0\n\n",
		"trailer without colon":    "5\r\nhello\r\n0\r\nabc\r\n\r\n",
		"trailer folded":           "5\r\nhello\r\n0\r\na: b\r\n c\r\n\r\n",
		"trailer with NUL":         "5\r\nhello\r\n0\r\na: \x00\r\n\r\n",
		"trailer name with blank":  "5\r\nhello\r\n0\r\na : b\r\n\r\n",
	} {
		cases = append(cases, exchangeCase{name: name, send: post("Transfer-Encoding: chunked\r\n", body), status: 400, closed: true})
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, okResponse)
			g := newGate(t, up.address, options{})
			c := g.dial()
			c.send(x.send)
			if a := c.read("POST"); a.StatusCode != 400 || !c.closed() {
				t.Errorf("status %d", a.StatusCode)
			}
			if len(up.raw()) > 0 {
				t.Errorf("the upstream got a whole request: %q", up.raw())
			}
			if e := g.end(); e.status != 400 {
				t.Errorf("logged %d", e.status)
			}
		})
	}
}
