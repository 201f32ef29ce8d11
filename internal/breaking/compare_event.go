package breaking

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// compareCallbacks compares the requests that the backend makes on behalf of
// an operation.
func (c *comparer) compareCallbacks(label string, old, new *operation) {
	a, b := old.node.Get("callbacks"), new.node.Get("callbacks")
	seen := map[string]bool{}
	for _, m := range slices.Concat(members(a), members(b)) {
		if seen[m.Key] {
			continue
		}
		seen[m.Key] = true
		c.compareEvents("callback ", label, c.was.resolve(a.Get(m.Key)), c.now.resolve(b.Get(m.Key)))
	}
}

// compareEvents compares mappings of path items whose operations are called
// by the backend. Callers receive what is a request there.
func (c *comparer) compareEvents(kind, label string, a, b *doctree.Node) {
	same := func(s string) string { return s }
	old, oldOrder := c.was.endpoints(a, same)
	new, newOrder := c.now.endpoints(b, same)
	name := func(op *operation) string { return strings.TrimSpace(label + " " + kind + op.label()) }
	for _, key := range oldOrder {
		for _, op := range inOrder(old[key].operations) {
			e := new[key]
			if e == nil || e.operations[strings.ToLower(op.method)] == nil {
				c.find(c.graph.root(name(op), ""), "event-removed", op.where, kind+op.label(), "")
				continue
			}
			other := e.operations[strings.ToLower(op.method)]
			c.compareEvent(name(op), op, other)
		}
	}
	for _, key := range newOrder {
		for _, op := range inOrder(new[key].operations) {
			if e := old[key]; e == nil || e.operations[strings.ToLower(op.method)] == nil {
				c.find(c.graph.root(name(op), ""), "event-added", op.where, "", kind+op.label())
			}
		}
	}
}

// compareEvent compares what receivers are sent. What they answer is theirs.
func (c *comparer) compareEvent(label string, old, new *operation) {
	site := c.graph.root(label, "")
	c.compareTextsOf(site, old.node, new.node)
	a, b := old.requestBody(), new.requestBody()
	switch {
	case a == nil && b == nil:
	case a == nil:
		c.find(c.graph.root(label, "payload"), "response-body-added", new.where, "no body", "body")
	case b == nil:
		c.find(c.graph.root(label, "payload"), "response-body-removed", old.where, "body", "no body")
	default:
		c.compareMedia(label, "payload", a.media, b.media, response)
	}
}
