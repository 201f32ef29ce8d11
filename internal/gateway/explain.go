package gateway

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// Explain says what would become of a request now. It goes the way of a real
// one up to the point where something would be altered: limits are not used
// up, policies are not run, no address is picked and nothing is counted. The
// error is [gatewright.Invalid] for a request that would not get as far as
// that.
func (g *Gateway) Explain(q *gatewright.ExplainQuestion) (*gatewright.Explanation, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	ex, err := g.asked(q)
	if err != nil {
		return nil, err
	}
	c := g.newCall(ex)
	c.dry = true
	defer func() {
		if c.held {
			c.slot.holds.release(c.stripe)
		}
		ex.Data = nil
		g.freeCall(c)
	}()
	ex.Header.DelLoose(AppHeader)
	ex.Header.DelLoose(AppIDHeader)
	return c.explain(), nil
}

// asked returns the exchange that a transport would have made of the request.
func (g *Gateway) asked(q *gatewright.ExplainQuestion) (*exchange.Exchange, error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return nil, gatewright.FieldErrorf("url", "the URL cannot be read")
	}
	ex := &exchange.Exchange{
		Method: q.Method, Scheme: u.Scheme, Proto: "HTTP/1.1", RawHost: u.Host, RawPath: u.EscapedPath(),
		Query: u.RawQuery, HasQuery: u.RawQuery != "" || u.ForceQuery, Start: g.cfg.Clock(),
	}
	for _, h := range q.Headers {
		if exchange.EqualName(h.Name, "Host") {
			ex.RawHost = h.Value
			continue
		}
		ex.Header.AddParsed(h.Name, h.Value)
	}
	if ex.RawPath == "" {
		ex.RawPath = "/"
	}
	if ex.Host, err = gatewright.CanonicalHost(ex.RawHost); err != nil {
		return nil, err
	}
	if ex.Path, err = gatewright.CanonicalPath(ex.RawPath); err != nil {
		return nil, err
	}
	if q.Client != "" {
		if ex.ClientAddr, err = netip.ParseAddr(q.Client); err != nil {
			return nil, gatewright.FieldErrorf("client", "client %.100q is not an IP address", q.Client)
		}
	}
	ex.Target.Path, ex.Target.Query, ex.Target.HasQuery = ex.Path, ex.Query, ex.HasQuery
	return ex, nil
}

// explain does what [handler.Begin] does, and tells instead of acting.
func (c *call) explain() *gatewright.Explanation {
	outcome := c.find()
	e := &gatewright.Explanation{
		Outcome: gatewright.ExplainServed, Generation: c.runtime.generation, Host: c.ex.Host, Path: c.ex.Path, HostKnown: c.runtime.knowsHost(c.ex.Host),
	}
	refused := func() *gatewright.Explanation {
		e.Outcome, e.Problem = gatewright.ExplainRefused, c.explainProblem(outcome)
		return e
	}
	if c.slot == nil {
		c.respondUnmatched(outcome)
		return refused()
	}
	e.Slot, e.Access = c.explainSlot(), c.explainAccess()
	if outcome == match.Found {
		e.Route = c.explainRoute()
	}
	admitted := c.admit()
	if c.app != nil {
		e.Access.App = c.app.resource.Name
	}
	if admitted && c.route == nil && !c.preflight {
		c.respondUnmatched(outcome)
		admitted = false
	}
	if !admitted {
		return refused()
	}
	if e.Policies = c.policyTypes(); len(e.Policies) > 0 {
		e.Outcome = gatewright.ExplainPolicies
	}
	if c.side.upstream == nil { // it has none
		return e
	}
	e.Upstream = c.explainUpstream()
	for _, p := range e.Upstream.Endpoints {
		if p.Weight > 0 {
			return e
		}
	}
	c.respond(c.ex, problemNoUpstream, c.side.upstream.emptiness())
	return refused()
}

// explainProblem tells what the exchange was answered with.
func (c *call) explainProblem(outcome match.Outcome) *gatewright.ExplainProblem {
	p := &gatewright.ExplainProblem{Cause: c.cause, Status: c.ex.Response.Status, Reason: c.detail}
	var body struct{ Title, Detail string }
	if err := json.Unmarshal(c.ex.Response.Body, &body); err == nil { // we wrote it
		p.Title, p.Detail = body.Title, body.Detail
	}
	if outcome == match.NoMethod {
		p.Allowed = c.runtime.table.Allowed(c.ex.Host, c.ex.Path, c)
	}
	return p
}

func (c *call) explainSlot() *gatewright.ExplainSlot {
	s, r := c.slot, c.slot.resource
	e := &gatewright.ExplainSlot{
		API: r.API, Name: r.Name, Track: r.Track, Enabled: r.Enabled,
		Revision: c.side.ref.Number, Version: c.side.ref.Version, ConfigID: r.ConfigID,
	}
	if s.canary == nil {
		return e
	}
	k := s.canary
	e.Canary = &gatewright.ExplainCanary{
		Taken: c.side == &k.side, Revision: k.ref.Number, Version: k.ref.Version, Share: int(k.share), Meets: true, Key: r.Canary.Key,
	}
	for i := range k.match {
		if !c.meets(s, &k.match[i]) {
			e.Canary.Meets, e.Canary.Failed = false, conditionText(&k.match[i])
			break
		}
	}
	e.Canary.Random = e.Canary.Meets && k.key == "" && k.share > 0 && k.share < fullShare
	e.Canary.Rule = k.rule(r.Canary.Key)
	return e
}

// rule tells in words which requests take the canary.
func (k *canary) rule(key string) string {
	text := strconv.FormatFloat(float64(k.share)/100, 'f', -1, 64) + " % of the requests"
	for i := range k.match {
		joint := " and "
		if i == 0 {
			joint = " with "
		}
		text += joint + conditionText(&k.match[i])
	}
	switch {
	case k.share == 0 || k.share >= fullShare:
	case key == "":
		text += ", each decided anew"
	default:
		text += ", callers recognised by " + key
	}
	return text
}

func conditionText(d *condition) string {
	name := d.source
	if d.name != "" {
		name += " " + d.name
	}
	return fmt.Sprintf("%s of %s", name, strings.Join(d.values, ", "))
}

func (c *call) explainRoute() *gatewright.ExplainRoute {
	r, prefix := c.match.Entry().Value(), c.slot.resource.PathPrefix
	e := &gatewright.ExplainRoute{Name: r.name, Path: joinPaths(prefix, r.base, r.path), Priority: r.priority, Preflight: c.preflight}
	if r.methods != "" {
		e.Methods = strings.Split(r.methods, ",")
	}
	for name, value := range c.match.Params() {
		if e.Params == nil {
			e.Params = map[string]string{}
		}
		e.Params[name] = value
	}
	return e
}

// joinPaths joins templates that begin with a slash; a lone slash adds nothing
// in front of another.
func joinPaths(parts ...string) string {
	joined := ""
	for _, p := range parts {
		if p != "/" {
			joined += p
		}
	}
	if joined == "" {
		return "/"
	}
	return joined
}

func (c *call) explainAccess() *gatewright.ExplainAccess {
	e := &gatewright.ExplainAccess{Mode: c.slot.resource.Access.Mode}
	if a := c.slot.access; a != nil {
		e.Header, e.Query = a.header, a.query
	}
	return e
}

// policyTypes lists the types of the policies that the request would meet.
func (c *call) policyTypes() []string {
	var types []string
	add := func(policies []gatewright.Policy) {
		for i := range policies {
			types = append(types, policies[i].Type)
		}
	}
	hooks := c.runtime.flows.hooks
	if hooks != nil {
		for range hooks.before {
			types = append(types, gatewright.PolicyFlow)
		}
	}
	r := c.side.revision.resource
	add(r.Policies)
	for i := range r.Routes {
		if c.route != nil && r.Routes[i].Name == c.route.name {
			add(r.Routes[i].Policies)
			break
		}
	}
	if hooks != nil {
		for range hooks.after {
			types = append(types, gatewright.PolicyFlow)
		}
	}
	return types
}

func (c *call) explainUpstream() *gatewright.ExplainUpstream {
	up := c.side.upstream
	e := &gatewright.ExplainUpstream{
		Scheme: up.spec.scheme, Path: c.ex.Path[c.slot.strip:], Service: up.spec.service, Endpoints: []gatewright.ExplainEndpoint{},
	}
	if e.Service != "" {
		e.Registry = up.spec.registry.Name
	}
	switch c.side.hostHeader {
	case gatewright.HostHeaderFixed:
		e.Host = c.side.fixed
	case gatewright.HostHeaderClient:
		e.Host = c.ex.RawHost
	}
	endpoints, _ := c.side.status()
	for _, p := range endpoints {
		e.Endpoints = append(e.Endpoints, gatewright.ExplainEndpoint{
			Address: p.Address, Host: p.Host, Weight: p.Weight, Failed: p.FailedUntil.After(c.now()),
		})
	}
	return e
}

// knowsHost reports whether any slot answers to the host, whatever the path.
// It looks at all of them.
func (rt *runtime) knowsHost(host string) bool {
	known := false
	rt.slots.Root().Walk(func(_ []byte, s *liveSlot) bool {
		known = len(s.resource.Hosts) == 0
		for _, pattern := range s.resource.Hosts {
			suffix, wild := strings.CutPrefix(pattern, "*")
			known = known || pattern == host || wild && len(host) > len(suffix) && strings.HasSuffix(host, suffix)
		}
		return known
	})
	return known
}
