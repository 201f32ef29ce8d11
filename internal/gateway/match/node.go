package match

import (
	"math"
	"slices"

	"github.com/gatewright/gatewright"
)

// node is the place in the tree that a sequence of segments leads to. It is
// immutable, and never empty: the empty tree is nil.
type node[V any] struct {
	summary
	literals *children[V] // by the next segment's text
	mixed    []edge[V]    // by precedence
	param    *node[V]     // behind "{}"
	here     leaf[V]      // routes whose template ends here
	tail     leaf[V]      // routes whose template goes on with "*"
}

// edge is the way into a node through a mixed segment.
type edge[V any] struct {
	pattern pattern
	node    *node[V]
}

// summary is what a lookup needs to know of a subtree before it enters it.
type summary struct {
	top  int // highest priority in it
	cost int // the most steps that any path can cause in it
}

var emptySummary = summary{top: math.MinInt}

// add counts in a subtree that is entered besides others.
func (s *summary) add(o summary) {
	s.top = max(s.top, o.top)
	s.cost += o.cost
}

// either counts in a subtree that is entered instead of others.
func (s *summary) either(o summary) {
	s.top = max(s.top, o.top)
	s.cost = max(s.cost, o.cost)
}

// with returns a copy of n in which edit has been applied to the leaf that
// segments lead to. It copies only the nodes on the way there. It returns nil
// when nothing is left.
func (n *node[V]) with(segments []gatewright.Segment, edit func(leaf[V]) (leaf[V], error)) (*node[V], error) {
	var c node[V]
	if n != nil {
		c = *n
	}
	var err error
	switch {
	case len(segments) == 0:
		c.here, err = edit(c.here)
	case segments[0].Kind == gatewright.SegmentTail:
		c.tail, err = edit(c.tail)
	case segments[0].Kind == gatewright.SegmentParam:
		c.param, err = c.param.with(segments[1:], edit)
	case segments[0].Kind == gatewright.SegmentMixed:
		c.mixed, err = withMixed(c.mixed, segments, edit)
	default:
		var next *node[V]
		name := segments[0].Literals[0]
		next, err = c.literals.get(name).with(segments[1:], edit)
		if err == nil {
			c.literals = c.literals.with(name, next)
		}
	}
	if err != nil {
		return n, err
	}
	if c.empty() {
		return nil, nil
	}
	c.summarise()
	return &c, nil
}

// withMixed does what node.with does for the edge that segments[0] names.
func withMixed[V any](edges []edge[V], segments []gatewright.Segment, edit func(leaf[V]) (leaf[V], error)) ([]edge[V], error) {
	e := edge[V]{pattern: segments[0].Literals}
	at, found := slices.BinarySearchFunc(edges, e.pattern, func(o edge[V], p pattern) int { return o.pattern.compare(p) })
	if found {
		e.node = edges[at].node
	}
	next, err := e.node.with(segments[1:], edit)
	if err != nil {
		return edges, err
	}
	e.node = next
	switch {
	case !found:
		return slices.Insert(slices.Clip(edges), at, e), nil
	case next == nil && len(edges) == 1:
		return nil, nil
	case next == nil:
		return slices.Concat(edges[:at], edges[at+1:]), nil
	}
	edges = slices.Clone(edges)
	edges[at] = e
	return edges, nil
}

func (n *node[V]) empty() bool {
	return n.literals == nil && len(n.mixed) == 0 && n.param == nil && len(n.here) == 0 && len(n.tail) == 0
}

// summarise computes n's summary from its parts. It counts what walk counts:
// a step for the node, for each mixed edge tried and for each route looked at.
func (n *node[V]) summarise() {
	n.summary = summary{top: math.MinInt, cost: 1}
	if n.literals != nil {
		n.add(n.literals.summary)
	}
	for _, e := range n.mixed {
		n.add(e.node.summary)
		n.cost++
	}
	if n.param != nil {
		n.add(n.param.summary)
	}
	for _, l := range []leaf[V]{n.here, n.tail} {
		if len(l) > 0 {
			n.add(summary{top: l[0].spec.Priority, cost: len(l)})
		}
	}
}
