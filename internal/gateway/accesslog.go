package gateway

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// Limits of what a log line takes over, in bytes.
const (
	maxLogText = 1024 // paths, causes, names
	maxLogName = 256  // hosts, methods, user agents
)

// appendLogLine appends the log line of an exchange that has ended, a JSON
// object and a line feed. The query is never written: secrets travel in it.
// The members are, those with nothing to say being left out:
//
//	time                  when the request's head was complete, RFC 3339, UTC
//	request_id            as the client and the upstream get it in X-Request-Id
//	remote, peer          who asks; the proxy that says so, if there is one
//	method, scheme, host, path, proto
//	                      of the request, in the form that decided its route
//	status                as the client got it; 499 if nobody was there to get it
//	bytes_in, bytes_out   of the bodies
//	duration_ms           until the stream ended
//	api, api_id, track, revision, version, config_id, route
//	                      what answered
//	canary                true if that was the canary
//	app                   name of the app that called
//	upstream              address that was used last
//	upstream_status       as the upstream sent it
//	connect_ms            spent opening a connection
//	first_byte_ms         from time to the head of the upstream's response
//	attempts              addresses tried, if more than one
//	retried               true if a kept connection had died and a new one was used
//	cause, detail         why there was no regular answer: that of the problem, or
//	                      of a failure later on; and what exactly happened
//	user_agent
//
// A line {"time":…,"dropped":n} tells that n lines before it were lost.
func appendLogLine(b []byte, ex *exchange.Exchange, c *call) []byte {
	r := &ex.Result
	b = append(b, `{"time":`...)
	b = appendTime(b, ex.Start)
	b = append(b, `,"request_id":`...)
	b = appendText(b, ex.RequestID, maxLogName)
	b = appendRemote(b, ex)
	b = appendMember(b, `,"method":`, ex.Method)
	b = appendMember(b, `,"scheme":`, ex.Scheme)
	b = appendMember(b, `,"host":`, ex.Host)
	path := ex.Path
	if path == "" {
		path = ex.RawPath // refused before it became canonical
	}
	if path != "" {
		b = append(b, `,"path":`...)
		b = appendText(b, path, maxLogText)
	}
	b = appendMember(b, `,"proto":`, ex.Proto)
	b = appendNumber(b, `,"status":`, int64(ex.Response.Status))
	b = appendNumber(b, `,"bytes_in":`, r.BytesIn)
	b = appendNumber(b, `,"bytes_out":`, r.BytesOut)
	b = append(b, `,"duration_ms":`...)
	b = appendMillis(b, r.Total)
	if c.slot != nil {
		b = append(b, c.side.logged...)
	}
	if c.route != nil {
		b = append(b, `,"route":`...)
		b = appendText(b, c.route.name, maxLogText)
	}
	if c.app != nil {
		b = append(b, `,"app":`...)
		b = appendText(b, c.app.resource.Name, maxLogText)
	}
	b = appendUpstream(b, r, c)
	b = appendCause(b, r, c)
	b = appendMember(b, `,"user_agent":`, ex.Header.Get("User-Agent"))
	return append(b, "}\n"...)
}

// appendUpstream appends what happened on the upstream's side.
func appendUpstream(b []byte, r *exchange.Result, c *call) []byte {
	if r.Endpoint == nil {
		return b
	}
	b = appendMember(b, `,"upstream":`, r.Endpoint.Address())
	if r.Upstream != 0 {
		b = appendNumber(b, `,"upstream_status":`, int64(r.Upstream))
	}
	b = appendDuration(b, `,"connect_ms":`, r.Connect)
	b = appendDuration(b, `,"first_byte_ms":`, r.FirstByte)
	if n := c.attempts.Count(); n > 1 {
		b = appendNumber(b, `,"attempts":`, int64(n))
	}
	if r.Retried {
		b = append(b, `,"retried":true`...)
	}
	return b
}

// appendCause appends why there was no regular answer.
func appendCause(b []byte, r *exchange.Result, c *call) []byte {
	cause, detail := c.cause, c.detail
	if r.Failure != exchange.None {
		cause, detail = r.Failure.String(), r.Detail
	}
	b = appendMember(b, `,"cause":`, cause)
	if detail != "" {
		b = append(b, `,"detail":`...)
		b = appendText(b, detail, maxLogText)
	}
	return b
}

// appendRemote appends the address of who asks, and that of the connection's
// peer if it is a proxy that speaks for somebody else.
func appendRemote(b []byte, ex *exchange.Exchange) []byte {
	peer, client := ex.RemoteAddr.Addr(), ex.ClientAddr
	if !client.IsValid() {
		client = peer
	}
	b = appendAddr(b, `,"remote":"`, client)
	if peer != client {
		b = appendAddr(b, `,"peer":"`, peer)
	}
	return b
}

// appendAddr appends an address, without a zone, which could be any text.
func appendAddr(b []byte, name string, a netip.Addr) []byte {
	if !a.IsValid() {
		return b
	}
	b = append(b, name...)
	b = a.WithZone("").AppendTo(b)
	return append(b, '"')
}

// appendMember appends a text member, unless it is empty.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, name...)
	return appendText(b, value, maxLogName)
}

func appendNumber(b []byte, name string, n int64) []byte {
	b = append(b, name...)
	return strconv.AppendInt(b, n, 10)
}

// appendDuration appends a duration in milliseconds, unless it is zero.
func appendDuration(b []byte, name string, d time.Duration) []byte {
	if d == 0 {
		return b
	}
	b = append(b, name...)
	return appendMillis(b, d)
}
