package breaking

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// Extensions of Cloud Endpoints, in their OpenAPI 2.0 and 3.x forms, change
// what callers need and get though no schema does.

// compareGoogleDocument compares the extensions of the whole document.
func (c *comparer) compareGoogleDocument(site int32) {
	c.compareBackend(site, c.was.root, c.now.root)
	old, new := management(c.was.root), management(c.now.root)
	c.compareQuotas(site, old, new)
	if a, b := old.Get("backends"), new.Get("backends"); !c.budget.equal(a, b) {
		c.find(site, "backend-changed", c.managementSpot(), condition("backends", a), condition("backends", b))
	}
	c.compareName(site, old, new)
	c.compareAllow(site)
	c.compareEndpoints(site)
}

// management returns the member that holds quotas, nil when there is none.
func management(root *doctree.Node) *doctree.Node {
	if n := root.Get("x-google-api-management"); n != nil {
		return n
	}
	return root.Get("x-google-management")
}

func (c *comparer) managementSpot() spot {
	for _, s := range []*spec{c.now, c.was} {
		for _, keyword := range []string{"x-google-api-management", "x-google-management"} {
			if s.root.Get(keyword) != nil {
				return s.onKey(s.root, keyword)
			}
		}
	}
	return c.now.on(nil)
}

func (c *comparer) compareBackend(site int32, old, new *doctree.Node) {
	const keyword = "x-google-backend"
	a, b := old.Get(keyword), new.Get(keyword)
	if c.budget.equal(a, b) {
		return
	}
	at := c.now.onKey(new, keyword)
	if b == nil {
		at = c.was.onKey(old, keyword)
	}
	words := func(n *doctree.Node) string {
		if address := text(n.Get("address")); address != "" {
			return clip(address)
		}
		return orNone(show(n))
	}
	from, to := words(a), words(b)
	if from == to {
		from, to = condition(keyword, a), condition(keyword, b)
	}
	c.find(site, "backend-changed", at, from, to)
}

func (c *comparer) compareName(site int32, old, new *doctree.Node) {
	name := func(root, management *doctree.Node) string {
		if n := text(root.Get("x-google-api-name")); n != "" {
			return n
		}
		return text(management.Get("apiName"))
	}
	if from, to := name(c.was.root, old), name(c.now.root, new); from != to {
		c.find(site, "api-name-changed", c.now.onKey(c.now.root, "x-google-api-name"), orNone(from), orNone(to))
	}
}

// compareAllow compares whether calls of unknown paths pass.
func (c *comparer) compareAllow(site int32) {
	const keyword = "x-google-allow"
	old, new := text(c.was.root.Get(keyword)) == "all", text(c.now.root.Get(keyword)) == "all"
	switch {
	case old && !new:
		c.find(site, "unknown-paths-refused", c.now.onKey(c.now.root, keyword), "all", "configured")
	case !old && new:
		c.find(site, "unknown-paths-allowed", c.now.onKey(c.now.root, keyword), "configured", "all")
	}
}

func (c *comparer) compareEndpoints(site int32) {
	const keyword = "x-google-endpoints"
	one := func(root *doctree.Node) *doctree.Node {
		list := items(root.Get(keyword))
		if len(list) == 0 {
			return nil
		}
		return list[0]
	}
	cors := func(s *spec, e *doctree.Node) bool {
		return isTrue(e.Get("allowCors")) || isTrue(management(s.root).Get("allowCors"))
	}
	old, new := one(c.was.root), one(c.now.root)
	at := c.now.onKey(c.now.root, keyword)
	switch was, is := cors(c.was, old), cors(c.now, new); {
	case was && !is:
		c.find(site, "cors-removed", at, "allowCors true", "allowCors false")
	case is && !was:
		c.find(site, "cors-added", at, "allowCors false", "allowCors true")
	}
	for _, key := range []string{"target", "name"} {
		if from, to := text(old.Get(key)), text(new.Get(key)); from != to {
			c.find(site, "endpoint-changed", at, orNone(from), orNone(to))
		}
	}
}

// compareGoogleOperation compares the extensions of an operation.
func (c *comparer) compareGoogleOperation(site int32, old, new *operation) {
	c.compareBackend(site, old.node, new.node)
	c.compareBackend(site, old.item, new.item)
	a, b := costs(old.node), costs(new.node)
	names := slices.Concat(sortedKeys(a), sortedKeys(b))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		was, is := a[name], b[name]
		at := new.spec.onKey(new.node, "x-google-quota")
		if new.node.Get("x-google-quota") == nil {
			at = old.spec.onKey(old.node, "x-google-quota")
		}
		c.compareQuota(site, at, "cost of "+clip(name), -was, -is)
	}
	if x, y := old.node.Get("x-security"), new.node.Get("x-security"); !c.budget.equal(x, y) {
		c.compareAudiences(site, new.spec.onKey(new.node, "x-security"), audiencesBelow(x), audiencesBelow(y))
	}
}

// costs returns what a call of the operation costs, by metric.
func costs(n *doctree.Node) map[string]float64 {
	quota := n.Get("x-google-quota")
	found := map[string]float64{}
	list := quota.Get("metricCosts")
	if list == nil {
		list = quota
	}
	for _, m := range members(list) {
		if v, err := strconv.ParseFloat(text(m.Value), 64); err == nil {
			found[m.Key] = v
		}
	}
	return found
}

// compareQuota tells how an amount that callers have changed.
func (c *comparer) compareQuota(site int32, at spot, what string, was, is float64) {
	amount := func(v float64) string { return what + " " + strconv.FormatFloat(max(v, -v), 'f', -1, 64) }
	switch {
	case is < was:
		c.find(site, "quota-lowered", at, amount(was), amount(is))
	case is > was:
		c.find(site, "quota-raised", at, amount(was), amount(is))
	}
}

// quota is one limit of a document.
type quota struct {
	value float64
	unit  string
	node  *doctree.Node
}

// quotas returns the limits by name.
func quotas(management *doctree.Node) map[string]quota {
	found := map[string]quota{}
	list := management.Get("quota").Get("limits")
	if list == nil {
		list = management.Get("quota")
	}
	add := func(name string, n *doctree.Node) {
		value := n.Get("values")
		if standard := value.Get("STANDARD"); standard != nil {
			value = standard
		}
		if v, err := strconv.ParseFloat(text(value), 64); err == nil {
			found[name] = quota{v, text(n.Get("metric")) + " " + text(n.Get("unit")), n}
		}
	}
	for i, n := range items(list) {
		name := text(n.Get("name"))
		if name == "" {
			name = fmt.Sprintf("limit %d", i+1)
		}
		add(name, n)
	}
	for _, m := range members(list) {
		add(m.Key, m.Value)
	}
	return found
}

func (c *comparer) compareQuotas(site int32, oldPart, newPart *doctree.Node) {
	old, new := quotas(oldPart), quotas(newPart)
	for _, name := range sortedKeys(old) {
		was := old[name]
		is, kept := new[name]
		switch {
		case !kept:
			c.find(site, "quota-raised", c.was.on(was.node), clip(name)+" "+show(was.node.Get("values")), "no limit")
		case was.unit != is.unit:
			c.find(site, "quota-changed", c.now.on(is.node), clip(was.unit), clip(is.unit))
		default:
			c.compareQuota(site, c.now.on(is.node), clip(name), was.value, is.value)
		}
	}
	for _, name := range sortedKeys(new) {
		if _, known := old[name]; !known {
			c.find(site, "quota-lowered", c.now.on(new[name].node), "no limit", clip(name)+" "+strconv.FormatFloat(new[name].value, 'f', -1, 64))
		}
	}
}

// compareGoogleScheme compares whose tokens a scheme accepts.
func (c *comparer) compareGoogleScheme(site int32, old, new *doctree.Node) {
	a, b := googleAuth(old), googleAuth(new)
	at := c.now.on(new)
	c.compareAudiences(site, at, a.audiences, b.audiences)
	if a.issuer != "" && a.issuer != b.issuer {
		c.find(site, "auth-issuer-changed", at, a.issuer, orNone(b.issuer))
	}
	if a.keys != b.keys {
		c.find(site, "auth-keys-moved", at, orNone(a.keys), orNone(b.keys))
	}
	if gone := missing(a.locations, b.locations); len(gone) > 0 {
		c.find(site, "auth-location-removed", at, list(gone), "")
	}
	if more := missing(b.locations, a.locations); len(more) > 0 {
		c.find(site, "auth-location-added", at, "", list(more))
	}
}

func (c *comparer) compareAudiences(site int32, at spot, old, new []string) {
	if gone := missing(old, new); len(gone) > 0 {
		c.find(site, "auth-audience-removed", at, list(old), orNone(list(new)))
		return
	}
	if more := missing(new, old); len(more) > 0 {
		c.find(site, "auth-audience-added", at, orNone(list(old)), list(new))
	}
}

// auth is what a scheme says about tokens.
type auth struct {
	issuer, keys         string
	audiences, locations []string
}

// googleAuth reads both forms: members of the scheme, and x-google-auth.
func googleAuth(n *doctree.Node) auth {
	inner := n.Get("x-google-auth")
	pick := func(flat, nested string) *doctree.Node {
		if v := n.Get(flat); v != nil {
			return v
		}
		return inner.Get(nested)
	}
	a := auth{
		issuer:    clip(text(pick("x-google-issuer", "issuer"))),
		keys:      clip(text(pick("x-google-jwks_uri", "jwksUri"))),
		audiences: audiences(pick("x-google-audiences", "audiences")),
	}
	for _, location := range items(pick("x-google-jwt-locations", "jwtLocations")) {
		a.locations = append(a.locations, string(location.AppendCanonical(nil)))
	}
	return a
}

// audiences reads a list, or text with commas.
func audiences(n *doctree.Node) []string {
	var found []string
	for _, item := range items(n) {
		found = append(found, text(item))
	}
	for part := range strings.SplitSeq(text(n), ",") {
		if part = strings.TrimSpace(part); part != "" {
			found = append(found, part)
		}
	}
	return found
}

// audiencesBelow collects the audiences of an operation's old-style security.
func audiencesBelow(n *doctree.Node) []string {
	var found []string
	for _, item := range items(n) {
		for _, m := range members(item) {
			found = append(found, audiences(m.Value.Get("audiences"))...)
		}
	}
	return found
}
