package breaking

import (
	"slices"
	"strings"
)

// partBody is the part of an operation that request bodies are.
const partBody = "request body"

func (c *comparer) compareRequestBody(label string, oldOp, newOp *operation) {
	old, new := oldOp.requestBody(), newOp.requestBody()
	if old == nil && new == nil {
		return
	}
	site := c.graph.root(label, partBody)
	switch {
	case old == nil && new.required:
		c.find(site, "request-body-required-added", new.spec.on(new.node), "no body", "body required")
		return
	case old == nil:
		c.find(site, "request-body-added", new.spec.on(new.node), "no body", "body")
		return
	case new == nil:
		c.find(site, "request-body-removed", old.spec.on(old.node), "body", "no body")
		return
	case old.required && !new.required:
		c.find(site, "request-body-became-optional", new.spec.on(new.node), "required", "optional")
	case !old.required && new.required:
		c.find(site, "request-body-became-required", new.spec.onKey(new.node, "required"), "optional", "required")
	}
	c.compareTextsOf(site, old.node, new.node)
	c.compareMedia(label, partBody, old.media, new.media, request)
}

// compareMedia compares the representations of a body.
func (c *comparer) compareMedia(label, part string, old, new []media, way direction) {
	site := c.graph.root(label, part)
	for i := range old {
		if !c.budget.step() {
			return
		}
		m := &old[i]
		j := counterpart(m.name, new)
		if j < 0 {
			c.find(site, way.String()+"-media-type-removed", m.where, clip(m.name), "")
			continue
		}
		step := ""
		if k := counterpart(old[0].name, new); k < 0 || m.schema != old[0].schema || new[j].schema != new[k].schema {
			step = "(" + clip(m.name) + ")" // it has schemas of its own
		}
		c.compare(site, step, way, m.schema, new[j].schema)
		if m.node == nil || new[j].node == nil {
			continue
		}
		c.compareTextsOf(site, m.node, new[j].node)
		if way == request {
			c.compareEncodings(site, m, &new[j])
		}
	}
	for j := range new {
		if c.budget.step() && counterpart(new[j].name, old) < 0 {
			c.find(site, way.String()+"-media-type-added", new[j].where, "", clip(new[j].name))
		}
	}
}

// compareEncodings compares how the properties that both bodies have are
// written.
func (c *comparer) compareEncodings(site int32, old, new *media) {
	old.schema.expand()
	new.schema.expand()
	a, b := old.node.Get("encoding"), new.node.Get("encoding")
	for _, f := range old.schema.fields {
		x, y := a.Get(f.name), b.Get(f.name)
		if new.schema.byName[f.name] != nil && !c.budget.equal(x, y) {
			c.findMarked(site, "request-media-type-encoding-changed", new.where, condition(clip(f.name), x), condition(clip(f.name), y), digest(f.name, canonical(x), canonical(y)))
		}
	}
}

// counterpart returns the index of the representation that stands for the
// media type: of the same name, of a range that it is in, or, for a type that
// was never said, any. It returns -1 when there is none.
func counterpart(name string, list []media) int {
	kind, _, _ := strings.Cut(name, "/")
	for _, candidate := range []string{name, kind + "/*", "*/*"} {
		if j := slices.IndexFunc(list, func(m media) bool { return m.name == candidate }); j >= 0 {
			return j
		}
	}
	if name == "*/*" && len(list) > 0 {
		return 0
	}
	return -1
}
