package openapi

import (
	"slices"

	"github.com/gatewright/gatewright/internal/doctree"
)

// security refuses requirements that name no defined scheme: an author who
// wrote one believes that requests without credentials do not pass. Operations
// of callbacks and webhooks are not requests to the gateway.
func (r *reader) security() {
	member, home := r.root.Member("securityDefinitions"), "securityDefinitions"
	parent := r.root
	if r.version != v20 {
		home = "components.securitySchemes"
		parent = r.root.Get("components")
		member = parent.Member("securitySchemes")
	}
	c := &securityCheck{reader: r, home: home, done: map[*doctree.Node]bool{}}
	if member != nil && member.Value.Kind == doctree.Mapping {
		c.schemes = member.Value
		if len(c.schemes.Members) > 0 {
			r.report.Warn(parent.KeyPlace(member), checkSecurity,
				"the gateway does not enforce the security schemes of the document: it sends credentials on to the backend, which must check them",
				"make sure that the backend refuses requests without them")
		}
	}
	c.requirements(r.root.Get("security"))
	paths := r.root.Get("paths")
	if !paths.Is(doctree.Mapping) {
		return
	}
	methods := r.version.methods()
	for i := range paths.Members {
		item := r.refs.follow(paths.Members[i].Value)
		if !item.Is(doctree.Mapping) || c.done[item] {
			continue
		}
		c.done[item] = true
		for j := range item.Members {
			if slices.Contains(methods, item.Members[j].Key) {
				c.requirements(item.Members[j].Value.Get("security"))
			}
		}
	}
}

type securityCheck struct {
	*reader
	home    string // where schemes are defined
	schemes *doctree.Node
	done    map[*doctree.Node]bool
}

// requirements checks one security member.
func (c *securityCheck) requirements(n *doctree.Node) {
	if !n.Is(doctree.List) || c.done[n] {
		return
	}
	c.done[n] = true
	for _, item := range n.Items {
		for i := range item.Members {
			if m := &item.Members[i]; c.schemes.Get(m.Key) == nil {
				c.report.Errorf(item.KeyPlace(m), "security scheme %q is not defined; define it in %s, or correct the name", clip(m.Key), c.home)
			}
		}
	}
}
