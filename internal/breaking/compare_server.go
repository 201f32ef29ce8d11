package breaking

import (
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// serversNode returns what tells the servers of the operation: itself, its
// path or the document.
func (o *operation) serversNode() *doctree.Node {
	for _, n := range []*doctree.Node{o.node, o.item} {
		if !o.spec.swagger && len(items(n.Get("servers"))) > 0 {
			return n
		}
	}
	return o.spec.root
}

// compareOperationServers compares the addresses of two operations of which
// one at least has servers of its own, or of its path. Those of the document
// are compared once for all.
func (c *comparer) compareOperationServers(site int32, old, new *operation) {
	oldNode, newNode := old.serversNode(), new.serversNode()
	if oldNode == c.was.root && newNode == c.now.root {
		return
	}
	was, is := c.was.addresses(oldNode), c.now.addresses(newNode)
	if is.with(new.path).keeps(was.with(old.path)) {
		return
	}
	at := c.now.onKey(newNode, "servers")
	if newNode == c.now.root {
		at = c.was.onKey(oldNode, "servers")
	}
	c.find(site, "operation-server-changed", at, was.String(), is.String())
}

// addresses returns the addresses that n tells, the document or a part of it.
func (s *spec) addresses(n *doctree.Node) where {
	if n == s.root {
		return s.where()
	}
	return s.servers(n)
}

// with returns the addresses of a path. What moves from a base path into the
// path, or back, changes none.
func (w where) with(path string) where {
	path, _ = shape(path)
	bases := make([]string, len(w.bases))
	for i, base := range w.bases {
		bases[i] = strings.TrimSuffix(base, "/") + path
	}
	w.bases = bases
	return w
}

// String tells the addresses in words.
func (w where) String() string {
	if len(w.hosts) == 0 {
		return list(w.bases)
	}
	return list(w.bases) + " at " + list(w.hosts)
}
