package gateway

import (
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
	all, route chain
	on         bool // the request has come to the policies
}

// police lets the policies of the request's API and route act on it. It
// reports whether the request goes on; if not, it is answered.
func (c *call) police() bool {
	live := c.side.revision.policies
	if live == nil {
		return true
	}
	ex, p := c.ex, &c.policed
	p.on, p.all, p.route = true, live.all, live.byRoute[c.route.name]
	p.Call = policy.Call{
		RequestID: ex.RequestID, Client: ex.ClientAddr, API: c.slot.resource.Name, Version: c.side.ref.Version,
		Request: &ex.Header, Response: &ex.Response.Header,
	}
	if c.app != nil {
		p.App = c.app.name
	}
	for _, policies := range [...]chain{p.all, p.route} {
		for i := range policies {
			if policies[i].Request == nil {
				continue
			}
			if answer := policies[i].Request(&p.Call); answer != nil {
				c.answer(answer)
				return false
			}
		}
	}
	return true
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
	for _, policies := range [...]chain{p.all, p.route} {
		for i := range policies {
			if policies[i].Response != nil {
				policies[i].Response(&p.Call)
			}
		}
	}
}
