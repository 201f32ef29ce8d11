package gateway

import (
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/policy"
)

// livePolicies are the policies of a revision, built once for all slots that
// run it.
type livePolicies struct {
	all     chain            // of every request
	byRoute map[string]chain // of the routes that have some, by name
}

// chain is policies in the order in which they act.
type chain []policy.Built

// flows returns the names of the shared flows that the policies call, each
// once, sorted.
func (p *livePolicies) flows() []string {
	if p == nil {
		return nil
	}
	var names []string
	add := func(policies chain) {
		for i := range policies {
			if policies[i].Flow != "" {
				names = append(names, policies[i].Flow)
			}
		}
	}
	add(p.all)
	for _, policies := range p.byRoute {
		add(policies)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// newPolicies builds the policies of a revision; nil when it has none. A type
// that this gateway does not know is refused: leaving it out could open what
// it was to guard.
func newPolicies(r *gatewright.RevisionResource) (*livePolicies, error) {
	p := &livePolicies{byRoute: map[string]chain{}}
	var err error
	if p.all, err = newChain(r.Policies); err != nil {
		return nil, err
	}
	for i := range r.Routes {
		if len(r.Routes[i].Policies) == 0 {
			continue
		}
		if p.byRoute[r.Routes[i].Name], err = newChain(r.Routes[i].Policies); err != nil {
			return nil, gatewright.Errorf(gatewright.Invalid, "route %s: %s", r.Routes[i].Name, err)
		}
	}
	if len(p.all) == 0 && len(p.byRoute) == 0 {
		return nil, nil
	}
	return p, nil
}

func newChain(policies []gatewright.Policy) (chain, error) {
	if len(policies) > gatewright.MaxPolicies {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%d policies; at most %d are allowed in one place", len(policies), gatewright.MaxPolicies)
	}
	var c chain
	for i := range policies {
		b, err := policy.Build(&policies[i])
		if err != nil {
			return nil, err
		}
		c = append(c, b)
	}
	return c, nil
}

// policed is a call's part in policies.
type policed struct {
	policy.Call
	places [4]chain // in the order in which they act
	on     bool     // the request has come to the policies
}

// police lets the policies of the request's API and route act on it, and
// before and after them the flows that are attached to all proxies. It reports
// whether the request goes on; if not, it is answered.
func (c *call) police() bool {
	live, hooks := c.side.revision.policies, c.runtime.flows.hooks
	if live == nil && hooks == nil {
		return true
	}
	ex, p := c.ex, &c.policed
	p.on = true
	if live != nil {
		p.places[1] = live.all
		if c.route != nil {
			p.places[2] = live.byRoute[c.route.name]
		}
	}
	if hooks != nil {
		p.places[0], p.places[3] = hooks.before, hooks.after
	}
	p.Call = policy.Call{
		RequestID: ex.RequestID, Client: ex.ClientAddr, API: c.slot.resource.Name, Version: c.side.ref.Version,
		Request: &ex.Header, Response: &ex.Response.Header,
	}
	if c.app != nil {
		p.App = c.app.name
	}
	for _, policies := range p.places {
		if !c.actOnRequest(policies, 0) {
			return false
		}
	}
	return true
}

// actOnRequest lets policies act on the request, and those of the flows they
// call. It reports whether the request goes on; if not, it is answered. depth
// is that of the flow they are of, 0 for none.
func (c *call) actOnRequest(policies chain, depth int) bool {
	for i := range policies {
		switch b := &policies[i]; {
		case b.Flow != "":
			f := c.flow(b.Flow, depth)
			if f == nil {
				c.respond(c.ex, problemFlow, "the shared flow "+b.Flow+" is not there, or flows call one another too deep")
				return false
			}
			if !c.actOnRequest(f.chain(), depth+1) {
				return false
			}
		case b.Request != nil:
			if answer := b.Request(&c.policed.Call); answer != nil {
				c.answer(answer)
				return false
			}
		}
	}
	return true
}

// flow returns the shared flow that policies at a depth call; nil when there
// is none of that name or the calls go too deep. Neither is prepared; it would
// be a defect, and the request must not pass what the flow was to guard.
func (c *call) flow(name string, depth int) *liveFlow {
	if depth >= gatewright.MaxFlowDepth {
		return nil
	}
	return c.runtime.flows.byName[name]
}

// answer answers with what a policy says.
func (c *call) answer(a *policy.Answer) {
	if a.Cause != "" {
		c.respond(c.ex, exchange.Problem{Cause: a.Cause, Status: a.Status, Title: a.Title}, "")
		return
	}
	c.link()
	c.ex.Respond(a.Status, a.ContentType, a.Body)
	c.policeResponse()
}

// policeResponse lets the policies act on the response, whoever gives it, if
// they have seen the request.
func (c *call) policeResponse() {
	p := &c.policed
	if !p.on {
		return
	}
	for _, policies := range p.places {
		c.actOnResponse(policies, 0)
	}
}

// actOnResponse lets policies act on the response, and those of the flows they
// call. Where a flow is missing there is nothing to do: the request was
// refused, or answered before it came there.
func (c *call) actOnResponse(policies chain, depth int) {
	for i := range policies {
		b := &policies[i]
		if b.Response != nil {
			b.Response(&c.policed.Call)
		}
		if b.Flow == "" {
			continue
		}
		if f := c.flow(b.Flow, depth); f != nil {
			c.actOnResponse(f.chain(), depth+1)
		}
	}
}
