package http1

import (
	"strings"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// fieldKind says what the engine does with a field. Every kind but
// fieldEndToEnd is the engine's own: it is taken out of what it receives, and
// ignored where a handler sets it.
type fieldKind uint8

const (
	fieldEndToEnd fieldKind = iota
	fieldHost
	fieldContentLength
	fieldTransferEncoding
	fieldConnection
	fieldUpgrade
	fieldExpect
	fieldHopByHop  // about one connection only, without a meaning to us
	fieldForwarded // who asked, as told by a proxy in front: X-Forwarded-*, Forwarded, X-Real-IP
	fieldRequestID
	fieldSpoof // a variant with "_" of a name above, which some servers take for it
)

// kindOf returns the kind of the field called name.
func kindOf(name string) fieldKind {
	is := func(s string) bool { return exchange.EqualName(name, s) }
	switch len(name) {
	case 2:
		if is("TE") {
			return fieldHopByHop
		}
	case 4:
		if is("Host") {
			return fieldHost
		}
	case 5:
		if is("Proxy") { // becomes the variable HTTP_PROXY in CGI programs
			return fieldHopByHop
		}
	case 6:
		if is("Expect") {
			return fieldExpect
		}
	case 7:
		switch {
		case is("Upgrade"):
			return fieldUpgrade
		case is("Trailer"):
			return fieldHopByHop
		}
	case 9:
		switch {
		case is("Forwarded"), is("X-Real-IP"):
			return fieldForwarded
		}
	case 10:
		switch {
		case is("Connection"):
			return fieldConnection
		case is("Keep-Alive"):
			return fieldHopByHop
		}
	case 12:
		if is("X-Request-Id") {
			return fieldRequestID
		}
	case 14:
		if is("Content-Length") {
			return fieldContentLength
		}
	case 17:
		if is("Transfer-Encoding") {
			return fieldTransferEncoding
		}
	}
	switch {
	case hasPrefix(name, "X-Forwarded-"):
		return fieldForwarded
	case hasPrefix(name, "Proxy-"):
		return fieldHopByHop
	case strings.IndexByte(name, '_') >= 0 && kindOf(strings.ReplaceAll(name, "_", "-")) != fieldEndToEnd:
		return fieldSpoof
	}
	return fieldEndToEnd
}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && name[0]|0x20 == prefix[0]|0x20 && exchange.EqualName(name[:len(prefix)], prefix)
}
