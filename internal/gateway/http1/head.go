package http1

import (
	"bytes"
	"math"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// refusal says why a message is not accepted. The zero value accepts it.
type refusal struct {
	failure exchange.Failure
	detail  string
}

func (r refusal) ok() bool { return r.failure == exchange.None }

func bad(detail string) refusal { return refusal{exchange.BadRequest, detail} }

// headEnd returns the length of the head at the start of b, its empty line
// included, or -1 when that has not arrived. from is how much of b was
// searched before.
func headEnd(b []byte, from int) int {
	from = max(0, from-3)
	if i := bytes.Index(b[from:], []byte("\r\n\r\n")); i >= 0 {
		return from + i + 4
	}
	return -1
}

// checkPartial looks at b[from:], the newest part of an unfinished head, for
// what can never become right. So nonsense is refused at once, not when the
// sender's time is up.
func checkPartial(b []byte, from int) refusal {
	for i := from; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\n':
			if i == 0 || b[i-1] != '\r' {
				return bad("a line ends without CR")
			}
		case i > 0 && b[i-1] == '\r':
			return bad("CR without LF")
		case c != '\r' && byteClass[c]&classValue == 0:
			return bad("the head has a control character")
		}
	}
	return refusal{}
}

// fieldLines calls f for every field of lines, which ends with the head's
// empty line. At most limit fields are accepted.
func fieldLines(lines []byte, limit int, f func(name, value []byte) refusal) refusal {
	for n := 0; ; n++ {
		if lines[0] == '\r' {
			if len(lines) == 2 && lines[1] == '\n' {
				return refusal{}
			}
			return bad("CR without LF")
		}
		if n == limit {
			return refusal{exchange.HeadTooLarge, "the head has too many fields"}
		}
		i := 0
		for byteClass[lines[i]]&classToken != 0 {
			i++
		}
		if lines[i] != ':' || i == 0 {
			return bad(fieldNameDetail(lines, i))
		}
		name, rest := lines[:i], lines[i+1:]
		end := bytes.IndexByte(rest, '\r') // there is one: the head ends with CRLF
		if rest[end+1] != '\n' {
			return bad("CR without LF")
		}
		value := trimBlanks(rest[:end])
		if !allOf(value, classValue) {
			if bytes.IndexByte(value, '\n') >= 0 {
				return bad("a line ends without CR")
			}
			return bad("a field's value has a control character")
		}
		if r := f(name, value); !r.ok() {
			return r
		}
		lines = rest[end+2:]
	}
}

func fieldNameDetail(lines []byte, i int) string {
	switch c := lines[i]; {
	case i == 0 && (c == ' ' || c == '\t'):
		return "a field is folded over several lines"
	case i == 0 && c == ':':
		return "a field has no name"
	case c == ' ' || c == '\t':
		return "a field's name is followed by a blank"
	}
	return "a field's name has a character it must not have"
}

// framing is what a head says about the length of the body.
type framing struct {
	length  int64 // -1 when not given
	chunked bool
	te      bool // there is a Transfer-Encoding
}

func (m *framing) contentLength(value []byte) refusal {
	if m.length >= 0 {
		return bad("Content-Length is given more than once")
	}
	n, ok := parseLength(value)
	if !ok {
		return bad("Content-Length is not a number")
	}
	m.length = n
	return refusal{}
}

func (m *framing) transferEncoding(value []byte) refusal {
	if m.te {
		return bad("Transfer-Encoding is given more than once")
	}
	m.te = true
	if exchange.EqualName(alias(value), "chunked") {
		m.chunked = true
		return refusal{}
	}
	sawChunked := false
	whole := eachElement(alias(value), func(coding string) bool {
		if sawChunked || !exchange.ValidName(coding) {
			return false
		}
		sawChunked = exchange.EqualName(coding, "chunked")
		return true
	})
	if !whole || len(value) == 0 {
		return bad("Transfer-Encoding is malformed")
	}
	return refusal{exchange.NotImplemented, "the transfer coding is not supported"}
}

// check looks at the whole once all fields are known.
func (m *framing) check(http10 bool) refusal {
	switch {
	case m.te && m.length >= 0:
		return bad("both Content-Length and Transfer-Encoding are given")
	case m.te && http10:
		return bad("HTTP/1.0 has no Transfer-Encoding")
	}
	return refusal{}
}

// parseLength parses 1*DIGIT.
func parseLength(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if byteClass[c]&classDigit == 0 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return int64(n), n <= math.MaxInt64
}

// connectionOptions is what Connection fields say.
type connectionOptions struct {
	close, keepAlive, upgrade bool

	listed []string // fields that are meant for the receiver only
}

func (o *connectionOptions) reset() { *o = connectionOptions{listed: o.listed[:0]} }

func (o *connectionOptions) add(value string) refusal {
	whole := eachElement(value, func(option string) bool {
		switch {
		case exchange.EqualName(option, "close"):
			o.close = true
		case exchange.EqualName(option, "keep-alive"):
			o.keepAlive = true
		case exchange.EqualName(option, "upgrade"):
			o.upgrade = true
		case !exchange.ValidName(option):
			return false
		default:
			o.listed = append(o.listed, option)
		}
		return true
	})
	if !whole {
		return bad("Connection is malformed")
	}
	return refusal{}
}

// strip removes the listed fields from h, of which the first own are not the
// sender's. The engine's own fields are not in h, and a handler sets its
// fields later, so neither can be taken away by a sender.
func (o *connectionOptions) strip(h *exchange.Header, own int) {
	for _, name := range o.listed {
		h.DelFrom(own, name)
	}
}
