package gateway

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/balance"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// call is the gateway's own data of one exchange.
type call struct {
	g       *Gateway
	ex      *exchange.Exchange
	runtime *runtime // that decides about the request
	stripe  uint32
	match   match.Match[*route]

	slot  *liveSlot // nil when none was found
	side  *side     // of the slot
	route *route    // nil when the side has none for the request, and of a preflight
	held  bool      // the slot is held on to
	app   *liveApp  // that calls; nil when it was not asked for or is not known

	preflight bool // an OPTIONS request that the API lets pass for its other methods
	dry       bool // nobody sent it: it is only to be explained, and uses up nothing

	policed policed

	attempts balance.Attempts[peer]
	member   *balance.Member[peer] // picked last
	linked   bool                  // the slot's links are in the response
	cause    string                // of the problem that the gateway itself answered with
	detail   string                // about it, for the log
	line     []byte                // memory for the log and for keys

	// What was found out once, for whoever asks again.
	at       time.Time
	identity identity
	sum      [sha256.Size]byte // of the key
	chosen   struct {
		slot *liveSlot
		side *side
	}
	lacking *liveSlot // the first one with a route for the request on its other side
	drawn   bool
	draw    uint64
}

// handler is the gateway as transports see it.
type handler struct{ g *Gateway }

func (g *Gateway) newCall(ex *exchange.Exchange) *call {
	c := g.calls.Get().(*call)
	c.g, c.ex = g, ex
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

// Begin implements [exchange.Handler]: it finds the route, asks whether the
// caller may use it, and picks an address.
func (h handler) Begin(ex *exchange.Exchange) {
	c := h.g.newCall(ex)
	ex.Header.DelLoose(AppHeader)
	ex.Header.DelLoose(AppIDHeader)
	outcome := c.find()
	if c.slot == nil {
		c.respondUnmatched(outcome)
		return
	}
	if !c.admit() {
		return
	}
	if !h.g.cfg.HideRevision {
		ex.Response.Header.AddParsed(RevisionHeader, c.side.field)
	}
	if c.route == nil && !c.preflight {
		c.respondUnmatched(outcome)
		return
	}
	if !c.police() {
		return
	}
	if c.member = c.side.upstream.balancer.Pick(&c.attempts); c.member == nil {
		c.respond(ex, problemNoUpstream, c.side.upstream.emptiness())
		return
	}
	ex.Target.Timeouts = c.side.timeouts
	ex.Target.Path = ex.Path[c.slot.strip:]
	c.aim(ex)
}

// find finds the request's slot, side and route, and holds on to the slot. When
// the only routes for the request are on a side it does not take, there is no
// route.
func (c *call) find() match.Outcome {
	for {
		c.runtime = c.g.current.Load()
		outcome := c.runtime.table.Find(c.ex.Host, c.ex.Path, c.ex.Method, c, &c.match)
		s, r := c.lacking, (*route)(nil)
		if outcome == match.Found {
			r = c.match.Entry().Value()
			s = c.runtime.seats.at(r.seat)
		}
		if s == nil {
			return outcome
		}
		if s.holds.acquire(c.stripe) {
			c.slot, c.side, c.route, c.held = s, c.sideOf(s), r, true
			if r != nil && r.preflight && c.ex.Method == methodOptions {
				c.route, c.preflight = nil, true // it stands for the path, not for a route
			}
			return outcome
		}
		// It was replaced after the runtime was loaded. What runs now has its
		// successor.
		c.lacking, c.chosen.slot, c.identity = nil, nil, identity{}
	}
}

// respondUnmatched answers a request that no route fits.
func (c *call) respondUnmatched(outcome match.Outcome) {
	switch {
	case outcome == match.NoMethod:
		c.ex.Response.Header.AddParsed("Allow", strings.Join(c.runtime.table.Allowed(c.ex.Host, c.ex.Path, c), ", "))
		c.respond(c.ex, problemMethod, "")
	case !c.runtime.configured:
		c.respond(c.ex, problemNotConfigured, "")
	case c.slot != nil:
		c.respond(c.ex, problemNoRoute, "the other side of the canary has a route for it")
	default:
		c.respond(c.ex, problemNoRoute, "")
	}
}

// admit lets the request pass to the upstream, or answers it.
func (c *call) admit() bool {
	s, ex := c.slot, c.ex
	s.lifecycle.announce(&ex.Response.Header)
	switch {
	case s.lifecycle.retired != nil:
		c.respond(ex, *s.lifecycle.retired, "")
		return false
	case !s.resource.Enabled:
		c.respond(ex, problemDisabled, "")
		return false
	case s.access != nil && c.preflight:
		c.strip(s.access) // nobody asks for a key; if there is one, it is not the upstream's
	case s.access != nil && !c.authorise():
		return false
	}
	if s.limit != nil && !c.dry {
		if wait := s.limit.take(c.now()); wait > 0 {
			c.limited(wait, "The API %s may be called %d times a second here, by all callers together.", s.resource.Name, s.limit.qps)
			return false
		}
	}
	return true
}

// aim directs the exchange to the member picked last.
func (c *call) aim(ex *exchange.Exchange) {
	p := c.member.Endpoint()
	ex.Target.Endpoint = p.endpoint
	switch c.side.hostHeader {
	case gatewright.HostHeaderNode:
		ex.Target.Host = p.host
	case gatewright.HostHeaderFixed:
		ex.Target.Host = c.side.fixed
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
	m := c.side.upstream.balancer.Pick(&c.attempts)
	if m == nil {
		return false
	}
	c.member = m
	c.aim(ex)
	return true
}

// Response implements [exchange.Handler].
func (h handler) Response(ex *exchange.Exchange) {
	c := ex.Data.(*call)
	c.member.Connected()
	c.link()
	c.policeResponse()
}

// link adds the slot's links to the response, once.
func (c *call) link() {
	if c.slot != nil && !c.linked {
		c.linked = true
		c.slot.lifecycle.link(&c.ex.Response.Header)
	}
}

// Fail implements [exchange.Handler]: it says what went wrong, but not where
// the upstream is. Requests that were refused because of their form are
// answered by the transport.
func (h handler) Fail(ex *exchange.Exchange, f exchange.Failure) {
	c, ok := ex.Data.(*call)
	if !ok {
		return
	}
	c.link()
	if f.OfUpstream() {
		ex.RespondProblem(f.Problem(failureDetail(f, c.attempts.Count())))
	}
	c.policeResponse()
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
	if c.slot == nil {
		g.unmatched.add(c.stripe, status, failed)
	} else {
		c.side.counters.add(c.stripe, status, failed)
		g.usage.add(c.stripe, usageKey{c.side.usage, c.route, c.app}, ex)
	}
	if c.held {
		c.slot.holds.release(c.stripe)
	}
	ex.Data = nil
	g.freeCall(c)
}
