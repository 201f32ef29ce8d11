package gateway

import (
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/balance"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// call is the gateway's own data of one exchange.
type call struct {
	stripe   uint32
	match    match.Match[*route]
	route    *route // nil when none was found
	held     bool   // the route's API is held on to
	attempts balance.Attempts[peer]
	member   *balance.Member[peer] // picked last
	cause    string                // of the problem that the gateway itself answered with
	detail   string                // about it, for the log
	line     []byte                // memory for the log
}

// handler is the gateway as transports see it.
type handler struct{ g *Gateway }

func (g *Gateway) newCall(ex *exchange.Exchange) *call {
	c := g.calls.Get().(*call)
	c.stripe = stripeOf(ex)
	ex.Data = c
	return c
}

// freeCall gives c back. A call that waits in the pool refers to nothing.
func (g *Gateway) freeCall(c *call) {
	c.match.Reset()
	c.attempts.Reset()
	*c = call{match: c.match, line: c.line[:0]}
	g.calls.Put(c)
}

// Begin implements [exchange.Handler]: it finds the route and picks an
// address.
func (h handler) Begin(ex *exchange.Exchange) {
	c := h.g.newCall(ex)
	if !h.g.find(ex, c) {
		return
	}
	a := c.route.api
	if !a.resource.Enabled {
		c.respond(ex, problemDisabled, "")
		return
	}
	if !h.g.cfg.HideRevision {
		ex.Response.Header.AddParsed(RevisionHeader, a.revision)
	}
	if c.member = a.upstream.balancer.Pick(&c.attempts); c.member == nil {
		c.respond(ex, problemNoUpstream, a.upstream.emptiness())
		return
	}
	ex.Target.Timeouts = a.timeouts
	ex.Target.Path = ex.Path[a.strip:]
	c.aim(ex)
}

// find finds the request's route and holds on to its API, or answers.
func (g *Gateway) find(ex *exchange.Exchange, c *call) bool {
	for {
		rt := g.current.Load()
		switch rt.table.Find(ex.Host, ex.Path, ex.Method, &c.match) {
		case match.NoRoute:
			if !rt.configured {
				c.respond(ex, problemNotConfigured, "")
			} else {
				c.respond(ex, problemNoRoute, "")
			}
			return false
		case match.NoMethod:
			ex.Response.Header.AddParsed("Allow", strings.Join(rt.table.Allowed(ex.Host, ex.Path), ", "))
			c.respond(ex, problemMethod, "")
			return false
		}
		r := c.match.Entry().Value()
		if r.api.holds.acquire(c.stripe) {
			c.route, c.held = r, true
			return true
		}
		// It was replaced after rt was loaded. What runs now has its successor.
	}
}

// aim directs the exchange to the member picked last.
func (c *call) aim(ex *exchange.Exchange) {
	p := c.member.Endpoint()
	ex.Target.Endpoint = p.endpoint
	switch c.route.api.resource.Upstream.HostHeader {
	case gatewright.HostHeaderNode:
		ex.Target.Host = p.host
	case gatewright.HostHeaderFixed:
		ex.Target.Host = c.route.api.fixed
	case gatewright.HostHeaderClient:
		ex.Target.Host = ex.RawHost
	}
}

// Repick implements [exchange.Handler]: it picks another address after a
// connection could not be opened.
func (h handler) Repick(ex *exchange.Exchange) bool {
	c := ex.Data.(*call)
	if f := ex.Result.Failure; f == exchange.ConnectFailed || f == exchange.ConnectTimeout {
		c.member.ConnectFailed()
	}
	m := c.route.api.upstream.balancer.Pick(&c.attempts)
	if m == nil {
		return false
	}
	c.member = m
	c.aim(ex)
	return true
}

// Response implements [exchange.Handler].
func (h handler) Response(ex *exchange.Exchange) { ex.Data.(*call).member.Connected() }

// Fail implements [exchange.Handler]: it says what went wrong, but not where
// the upstream is. Requests that were refused because of their form are
// answered by the transport.
func (h handler) Fail(ex *exchange.Exchange, f exchange.Failure) {
	c, ok := ex.Data.(*call)
	if !ok || !f.OfUpstream() {
		return
	}
	ex.RespondProblem(f.Problem(failureDetail(f, c.attempts.Count())))
}

// End implements [exchange.Handler]: it logs, counts and lets go.
func (h handler) End(ex *exchange.Exchange) {
	g := h.g
	c, ok := ex.Data.(*call)
	if !ok {
		c = g.newCall(ex)
	}
	if g.log != nil {
		c.line = appendLogLine(c.line[:0], ex, c)
		g.log.add(c.stripe, c.line)
	}
	status := ex.Response.Status
	failed := ex.Result.Failure != exchange.None
	if c.route != nil {
		c.route.api.counters.add(c.stripe, status, failed)
	} else {
		g.unmatched.add(c.stripe, status, failed)
	}
	if c.held {
		c.route.api.holds.release(c.stripe)
	}
	ex.Data = nil
	g.freeCall(c)
}
