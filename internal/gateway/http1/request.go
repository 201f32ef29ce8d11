package http1

import (
	"bytes"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// requestHead is what the engine itself needs of a request's head. The
// end-to-end fields go to the exchange.
type requestHead struct {
	method, target string
	http10         bool
	host           string
	hosts          int
	framing        framing
	connection     connectionOptions
	expect         bool   // 100-continue
	upgrade        string // protocol asked for
	requestID      string

	// Told by a proxy in front. Kept only if the peer is trusted.
	forwardedFor                                 []string
	forwardedHost, forwardedProto, forwardedPort string
}

func (h *requestHead) reset() {
	clear(h.forwardedFor)
	h.connection.reset()
	*h = requestHead{framing: framing{length: -1}, connection: h.connection, forwardedFor: h.forwardedFor[:0]}
}

// headLimits bounds what a head may hold.
type headLimits struct {
	bytes, target, fields int
}

// parse reads a complete head, with the empty line, whose strings alias b.
// The end-to-end fields are appended to fields.
func (h *requestHead) parse(b []byte, lim headLimits, trusted bool, fields *exchange.Header) refusal {
	h.reset()
	lines, r := h.requestLine(b, lim)
	if !r.ok() {
		return r
	}
	r = fieldLines(lines, lim.fields, func(name, value []byte) refusal {
		return h.field(alias(name), value, trusted, fields)
	})
	if !r.ok() {
		return r
	}
	if len(h.connection.listed) > 0 {
		h.connection.strip(fields, 0)
	}
	if r := h.framing.check(h.http10); !r.ok() {
		return r
	}
	if h.hosts > 1 {
		return bad("Host is given more than once")
	}
	if h.hosts == 0 && !h.http10 {
		return bad("Host is missing")
	}
	return refusal{}
}

func (h *requestHead) requestLine(b []byte, lim headLimits) (lines []byte, r refusal) {
	end := bytes.IndexByte(b, '\r')
	if b[end+1] != '\n' {
		return nil, bad("CR without LF")
	}
	line := b[:end]
	i := 0
	for i < len(line) && byteClass[line[i]]&classToken != 0 {
		i++
	}
	if i == 0 || i == len(line) || line[i] != ' ' {
		return nil, bad("the request line does not begin with a method and a space")
	}
	if i > gatewright.MaxMethodLength {
		return nil, refusal{exchange.NotImplemented, "the method is too long"}
	}
	h.method = alias(line[:i])
	rest := line[i+1:]
	i = 0
	for i < len(rest) && byteClass[rest[i]]&classTarget != 0 {
		i++
	}
	if i > lim.target {
		return nil, refusal{exchange.TargetTooLong, ""}
	}
	switch {
	case i == len(rest):
		return nil, bad("the request line has no version")
	case rest[i] == '#':
		return nil, bad("the request target has a fragment")
	case i == 0 || rest[i] != ' ':
		return nil, bad("the request target has a character it must not have")
	}
	h.target = alias(rest[:i])
	version := rest[i+1:]
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.http10 = true
	default:
		if len(version) == 8 && string(version[:5]) == "HTTP/" && version[6] == '.' &&
			byteClass[version[5]]&byteClass[version[7]]&classDigit != 0 {
			return nil, refusal{exchange.VersionNotSupported, "use HTTP/1.1"}
		}
		return nil, bad("the request line does not end with a space and a version")
	}
	return b[end+2:], refusal{}
}

func (h *requestHead) field(name string, value []byte, trusted bool, fields *exchange.Header) refusal {
	switch kind := kindOf(name); kind {
	case fieldEndToEnd:
		fields.AddParsed(name, alias(value))
	case fieldHost:
		h.hosts++
		h.host = alias(value)
	case fieldContentLength:
		return h.framing.contentLength(value)
	case fieldTransferEncoding:
		return h.framing.transferEncoding(value)
	case fieldConnection:
		return h.connection.add(alias(value))
	case fieldUpgrade:
		if h.upgrade != "" {
			h.upgrade = "," // several: none of them is taken
			break
		}
		h.upgrade = alias(value)
	case fieldExpect:
		if h.expect || !exchange.EqualName(alias(value), "100-continue") {
			return refusal{exchange.ExpectationFailed, "only 100-continue is supported"}
		}
		h.expect = true
	case fieldForwarded:
		if trusted {
			h.forwarded(name, alias(value), fields)
		}
	case fieldRequestID:
		if h.requestID == "" && harmlessID(value) {
			h.requestID = alias(value)
		}
	case fieldHopByHop, fieldSpoof: // dropped
	}
	return refusal{}
}

// forwarded keeps what a trusted proxy tells.
func (h *requestHead) forwarded(name, value string, fields *exchange.Header) {
	switch {
	case exchange.EqualName(name, "X-Forwarded-For"):
		h.forwardedFor = append(h.forwardedFor, value)
	case exchange.EqualName(name, "X-Forwarded-Host"):
		h.forwardedHost = value
	case exchange.EqualName(name, "X-Forwarded-Proto"):
		h.forwardedProto = value
	case exchange.EqualName(name, "X-Forwarded-Port"):
		h.forwardedPort = value
	}
}

// wantsUpgrade reports whether the request asks for a protocol that may be
// passed on: WebSocket and nothing else, because a tunnel hides everything
// from policies, and h2c would even carry further requests.
func (h *requestHead) wantsUpgrade() bool {
	return h.connection.upgrade && !h.http10 && h.method == "GET" &&
		exchange.EqualName(h.upgrade, "websocket") &&
		!h.framing.te && h.framing.length <= 0
}

// keepAlive reports whether the client wants the connection to stay open.
func (h *requestHead) keepAlive() bool {
	if h.http10 {
		return h.connection.keepAlive && !h.connection.close
	}
	return !h.connection.close
}

// maxRequestID is the longest X-Request-Id that is taken over.
const maxRequestID = 128

func harmlessID(b []byte) bool {
	if len(b) == 0 || len(b) > maxRequestID {
		return false
	}
	for _, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:+/=@", c) >= 0) {
			return false
		}
	}
	return true
}
