package breaking

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// requirement is one alternative of credentials: scheme → scopes. The empty
// one lets anybody in.
type requirement map[string][]string

// schemes returns the mapping that defines security schemes.
func (s *spec) schemes() *doctree.Node {
	if s.swagger {
		return s.root.Get("securityDefinitions")
	}
	return s.root.Get("components").Get("securitySchemes")
}

// presents returns the form in which callers present credentials of a scheme,
// in one notation for all versions.
func presents(n *doctree.Node) string {
	switch kind := text(n.Get("type")); kind {
	case "basic":
		return "http basic"
	case "http":
		return "http " + strings.ToLower(text(n.Get("scheme")))
	case "apiKey":
		name := text(n.Get("name"))
		if text(n.Get("in")) == "header" {
			name = strings.ToLower(name)
		}
		return "apiKey " + text(n.Get("in")) + " " + name
	default:
		return kind
	}
}

// requirements returns what an operation demands. Without any, the only
// alternative is the empty one. Schemes that only one of the documents names
// are called by their form, so that renaming one changes nothing.
func (c *comparer) requirements(o *operation) (list []requirement, at spot) {
	parent := o.node
	if parent.Get("security") == nil {
		parent = o.spec.root
	}
	at = o.spec.onKey(parent, "security")
	if parent.Get("security") == nil {
		at = o.where
	}
	for _, item := range items(parent.Get("security")) {
		if !c.budget.step() {
			break
		}
		r := requirement{}
		for i := range members(item) {
			m := &item.Members[i]
			name := m.Key
			if c.was.schemes().Get(name) == nil || c.now.schemes().Get(name) == nil {
				name = presents(o.spec.resolve(o.spec.schemes().Get(name)))
			}
			for _, scope := range items(m.Value) {
				r[name] = append(r[name], scope.Text)
			}
			if r[name] == nil {
				r[name] = []string{}
			}
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		list = []requirement{{}}
	}
	return list, at
}

// String tells a requirement in words.
func (r requirement) String() string {
	if len(r) == 0 {
		return "no credentials"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		part := clip(name)
		if len(r[name]) > 0 {
			part += " with " + list(r[name])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " and ")
}

// satisfies reports whether who has what r demands has what o demands; scopes
// tells that only scopes are missing.
func (r requirement) satisfies(o requirement) (ok, scopes bool) {
	ok = true
	for name, wanted := range o {
		has, known := r[name]
		if !known {
			return false, false
		}
		for _, scope := range wanted {
			ok = ok && slices.Contains(has, scope)
		}
	}
	return ok, !ok
}

// compareSecurity finds the alternatives that sufficed and no longer do.
func (c *comparer) compareSecurity(site int32, oldOp, newOp *operation) {
	old, oldAt := c.requirements(oldOp)
	new, at := c.requirements(newOp)
	if newOp.node.Get("security") == nil && newOp.spec.root.Get("security") == nil {
		at = oldAt // what is gone
	}
	broken := false
	for _, was := range old {
		accepted, onlyScopes := false, false
		for _, is := range new {
			if !c.budget.step() {
				return
			}
			ok, scopes := was.satisfies(is)
			accepted, onlyScopes = accepted || ok, onlyScopes || scopes
		}
		rule := "security-alternative-removed"
		switch {
		case accepted:
			continue
		case len(was) == 0:
			rule = "security-added"
		case onlyScopes:
			rule = "security-scope-added"
		}
		broken = true
		c.find(site, rule, at, was.String(), alternatives(new))
	}
	if broken {
		return
	}
	for _, is := range new {
		if !c.budget.step() {
			return
		}
		if !slices.ContainsFunc(old, func(was requirement) bool { ok, _ := is.satisfies(was); return ok }) {
			c.find(site, "security-relaxed", at, alternatives(old), is.String())
			return
		}
	}
}

func alternatives(list []requirement) string {
	words := make([]string, 0, maxShown)
	for _, r := range list[:min(len(list), maxShown)] {
		words = append(words, r.String())
	}
	return strings.Join(words, ", or ")
}

// compareSchemes compares the definitions of schemes that both documents name.
// Their places are the operations that demand them.
func (c *comparer) compareSchemes() {
	defined := c.was.schemes()
	for i := range members(defined) {
		m := &defined.Members[i]
		old, new := c.was.resolve(m.Value), c.now.resolve(c.now.schemes().Get(m.Key))
		if old == nil || new == nil {
			continue
		}
		site := c.graph.whole("security scheme " + clip(m.Key))
		at := c.now.onKey(c.now.schemes(), m.Key)
		if from, to := presents(old), presents(new); from != to {
			c.find(site, "security-scheme-changed", at, from, to)
		}
		if from, to := addresses(old), addresses(new); from != to && from != "" {
			c.find(site, "security-scheme-endpoint-changed", at, from, to)
		}
		c.compareTextsOf(site, old, new)
		c.compareGoogleScheme(site, old, new)
	}
}

// addresses tells where callers of a scheme get their tokens.
func addresses(n *doctree.Node) string {
	var found []string
	add := func(flow string, n *doctree.Node) {
		for _, keyword := range []string{"authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl"} {
			if u := text(n.Get(keyword)); u != "" {
				found = append(found, strings.TrimSpace(flow+" "+keyword+" "+clip(u)))
			}
		}
	}
	add(text(n.Get("flow")), n)
	flows := n.Get("flows")
	for i := range members(flows) {
		add(flowName(flows.Members[i].Key), flows.Members[i].Value)
	}
	slices.Sort(found)
	return list(found)
}

// flowName returns the name that version 2.0 has for a flow.
func flowName(name string) string {
	switch name {
	case "authorizationCode":
		return "accessCode"
	case "clientCredentials":
		return "application"
	}
	return name
}
