package http1

import (
	"math/rand/v2"
	"net/netip"
	"strings"
)

// identify fills in who asks and the request's ID.
func (c *conn) identify() {
	w := c.w
	ex := &w.ex
	if list := w.request.forwardedFor; len(list) > 0 {
		ex.ClientAddr = c.server.cfg.clientAddr(list, ex.ClientAddr)
	}
	ex.RequestID = w.request.requestID
	if ex.RequestID == "" {
		const hex = "0123456789abcdef"
		for i, v := range [2]uint64{rand.Uint64(), rand.Uint64()} {
			for j := range 16 {
				w.id[i*16+j] = hex[v&15]
				v >>= 4
			}
		}
		ex.RequestID = alias(w.id[:])
	}
	w.requestID = ex.RequestID
}

// clientAddr reads the X-Forwarded-For values from their end and returns the
// first address that is not a trusted proxy's. What stands before it was
// written by somebody we have no reason to believe.
func (c *Config) clientAddr(values []string, peer netip.Addr) netip.Addr {
	found := peer
	for i := len(values) - 1; i >= 0; i-- {
		for rest := values[i]; rest != ""; {
			element := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				element, rest = rest[comma+1:], rest[:comma]
			} else {
				rest = ""
			}
			a, err := netip.ParseAddr(strings.Trim(element, " \t"))
			if err != nil {
				return found
			}
			if found = a.Unmap(); !c.trusts(found) {
				return found
			}
		}
	}
	return found
}

// appendForwarded tells the upstream who asks. Only what a trusted proxy says
// goes in front of what we know ourselves.
func (c *conn) appendForwarded(out []byte) []byte {
	w := c.w
	h := &w.request
	ex := &w.ex
	out = append(out, "X-Forwarded-For: "...)
	for _, v := range h.forwardedFor {
		if v != "" {
			out = append(out, v...)
			out = append(out, ", "...)
		}
	}
	out = append(out, c.remoteText...)
	out = append(out, "\r\n"...)
	host, proto, port := ex.RawHost, ex.Scheme, c.portText
	if h.forwardedHost != "" {
		host = h.forwardedHost
	}
	if h.forwardedProto != "" {
		proto = h.forwardedProto
	}
	if h.forwardedPort != "" {
		port = h.forwardedPort
	}
	if host != "" {
		out = appendField(out, "X-Forwarded-Host", host)
	}
	out = appendField(out, "X-Forwarded-Proto", proto)
	out = appendField(out, "X-Forwarded-Port", port)
	return appendField(out, "X-Request-Id", w.requestID)
}

// appendRequestHead appends the request's head as the upstream gets it.
// streamed says that the body is not all at hand.
func (c *conn) appendRequestHead(out []byte, endpoint *Endpoint, streamed bool) []byte {
	w := c.w
	ex := &w.ex
	t := &ex.Target
	out = append(out, ex.Method...)
	out = append(out, ' ')
	out = append(out, t.Path...)
	if t.HasQuery {
		out = append(out, '?')
		out = append(out, t.Query...)
	}
	out = append(out, " HTTP/1.1\r\n"...)
	host := t.Host
	if host == "" {
		host = endpoint.config.Address
	}
	out = appendField(out, "Host", host)
	out = appendFields(out, &ex.Header)
	switch {
	case w.body.kind == bodyChunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case w.request.framing.length >= 0:
		out = appendIntField(out, "Content-Length", w.request.framing.length)
	}
	if streamed && w.request.expect {
		out = append(out, "Expect: 100-continue\r\n"...)
	}
	if w.request.wantsUpgrade() {
		out = append(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	}
	out = c.appendForwarded(out)
	return append(out, "\r\n"...)
}
