package http1

import (
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// resolve fills in the exchange's host, path and query from the request
// target (RFC 9112 §3.2) and the Host field.
func (h *requestHead) resolve(ex *exchange.Exchange) refusal {
	ex.Method = h.method
	ex.RawHost = h.host
	target := h.target
	switch {
	case h.method == "CONNECT":
		return refusal{exchange.NotImplemented, "CONNECT is not supported"}
	case target == "*":
		if h.method != "OPTIONS" {
			return bad("the request target * is for OPTIONS only")
		}
	case target[0] != '/':
		rest, r := h.absoluteForm(ex, target)
		if !r.ok() {
			return r
		}
		target = rest
	}
	if ex.RawHost == "" && h.hosts > 0 {
		return bad("Host is empty")
	}
	if ex.RawHost != "" {
		host, err := gatewright.CanonicalHost(ex.RawHost)
		if err != nil {
			return bad("Host is neither a host name nor an IP address, with or without a port")
		}
		ex.Host = host
	}
	ex.RawPath, ex.Query, ex.HasQuery = strings.Cut(target, "?")
	if ex.RawPath == "*" {
		ex.Path = "*"
		return refusal{}
	}
	path, err := gatewright.CanonicalPath(ex.RawPath)
	if err != nil {
		return bad(gatewright.AsError(err).Message)
	}
	ex.Path = path
	return refusal{}
}

// absoluteForm takes scheme and authority off target and returns the rest in
// origin form. The authority takes the place of Host, which must not say
// anything else.
func (h *requestHead) absoluteForm(ex *exchange.Exchange, target string) (string, refusal) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || !exchange.EqualName(scheme, "http") && !exchange.EqualName(scheme, "https") {
		return "", bad("the request target is neither a path nor an http URL")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	if authority == "" || strings.IndexByte(authority, '@') >= 0 {
		return "", bad("the request target's authority is not a host")
	}
	if h.hosts > 0 && !exchange.EqualName(authority, h.host) {
		return "", bad("the request target and Host name different hosts")
	}
	ex.RawHost = authority
	switch rest = rest[end:]; {
	case rest == "":
		return "/", refusal{}
	case rest[0] == '?':
		return "/" + rest, refusal{}
	}
	return rest, refusal{}
}
