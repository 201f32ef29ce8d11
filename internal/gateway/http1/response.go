package http1

import (
	"bytes"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// responseHead is what the engine itself needs of a response's head. The
// end-to-end fields go to the exchange.
type responseHead struct {
	status     int
	reason     string
	http10     bool
	framing    framing
	connection connectionOptions
	upgrade    string
}

func (h *responseHead) reset() {
	h.connection.reset()
	*h = responseHead{framing: framing{length: -1}, connection: h.connection}
}

// parse reads a complete head, with the empty line, whose strings alias b.
// The end-to-end fields are appended to fields, except those of a name that
// is among the first own fields there. A refusal's failure is always
// [exchange.BadResponse].
func (h *responseHead) parse(b []byte, lim headLimits, fields *exchange.Header, own int) refusal {
	h.reset()
	lines, r := h.statusLine(b)
	if r.ok() {
		r = fieldLines(lines, lim.fields, func(name, value []byte) refusal {
			return h.field(alias(name), value, fields, own)
		})
	}
	if r.ok() {
		r = h.framing.check(h.http10)
	}
	if !r.ok() {
		return refusal{exchange.BadResponse, r.detail}
	}
	if len(h.connection.listed) > 0 {
		h.connection.strip(fields, own)
	}
	return refusal{}
}

func (h *responseHead) statusLine(b []byte) (lines []byte, r refusal) {
	end := bytes.IndexByte(b, '\r')
	if b[end+1] != '\n' {
		return nil, bad("CR without LF")
	}
	line := b[:end]
	if len(line) < 12 {
		return nil, bad("the status line is too short")
	}
	switch string(line[:9]) {
	case "HTTP/1.1 ":
	case "HTTP/1.0 ":
		h.http10 = true
	default:
		return nil, bad("the status line does not begin with HTTP/1.1")
	}
	if !allOf(line[9:12], classDigit) || line[9] < '1' || line[9] > '5' {
		return nil, bad("the status is not a number from 100 to 599")
	}
	h.status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	if len(line) > 12 {
		if line[12] != ' ' || !allOf(line[13:], classValue) {
			return nil, bad("the status line is malformed")
		}
		h.reason = alias(line[13:])
	}
	return b[end+2:], refusal{}
}

func (h *responseHead) field(name string, value []byte, fields *exchange.Header, own int) refusal {
	switch kindOf(name) {
	case fieldEndToEnd:
		for i := range own {
			if exchange.EqualName(fields.At(i).Name, name) {
				return refusal{}
			}
		}
		fields.AddParsed(name, alias(value))
	case fieldContentLength:
		return h.framing.contentLength(value)
	case fieldTransferEncoding:
		return h.framing.transferEncoding(value)
	case fieldConnection:
		return h.connection.add(alias(value))
	case fieldUpgrade:
		h.upgrade = alias(value)
	default: // dropped: it has no meaning here, or the engine sets it
	}
	return refusal{}
}

// bodyless reports whether the response has no body whatever its fields say.
func (h *responseHead) bodyless(method string) bool {
	return method == "HEAD" || h.status == 204 || h.status == 304 || h.status < 200
}
