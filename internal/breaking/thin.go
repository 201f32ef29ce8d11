package breaking

import "github.com/gatewright/gatewright/internal/doctree"

// core returns the schema that c only wraps, to make it nullable or to
// describe it: {nullable: true, allOf: [{$ref: …}]}. A schema that says more
// is its own core.
func (c *schema) core() *schema {
	if len(c.nodes) != 1 {
		return c
	}
	var inner *doctree.Node
	for _, m := range members(c.nodes[0]) {
		switch m.Key {
		case "$ref":
			if inner != nil {
				return c
			}
			inner = c.spec.target(m.Value)
		case "allOf", "oneOf", "anyOf":
			only := single(m)
			if inner != nil || only == nil {
				return c
			}
			inner = only
		case "nullable", "x-nullable", "readOnly", "writeOnly":
		default:
			if !isText(m.Key) && !isExtension(m.Key) {
				return c
			}
		}
	}
	if inner == nil {
		return c
	}
	return c.spec.schema(inner)
}

// single returns the only schema of a list besides null, nil when there are
// none or several.
func single(m doctree.Member) *doctree.Node {
	var only *doctree.Node
	for _, item := range items(m.Value) {
		switch {
		case m.Key != "allOf" && onlyNull(item):
		case only != nil:
			return nil
		default:
			only = item
		}
	}
	return only
}

// compareThin compares two schemas of which one or both only wrap others: what
// is wrapped is compared as what it is everywhere else, so that one schema is
// one site however it is referred to. It reports whether that was the case.
func (k *schemaCase) compareThin() bool {
	old, new := k.old.core(), k.new.core()
	if old == k.old && new == k.new {
		return false
	}
	old.expand()
	new.expand()
	if old.null != new.null { // hidden, perhaps, by what wraps it
		return false
	}
	k.compareNull()
	if old != k.old && new != k.new {
		k.compareTextsOf(k.site, k.old.nodes[0], k.new.nodes[0])
	}
	k.descend("", old, new)
	return true
}
