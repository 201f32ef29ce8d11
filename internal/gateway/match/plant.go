package match

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// plant builds the tree of many entries at once, which costs a fraction of
// adding one after the other. depth is how many segments lead to the node. It
// returns the error of the first two entries it finds to claim the same
// requests.
func plant[V any](entries []*Entry[V], depth int) (*node[V], error) {
	var n node[V]
	var err error
	var params []*Entry[V]
	var mixed []*Entry[V]
	literals := map[string][]*Entry[V]{}
	for _, e := range entries {
		if depth == len(e.segments) {
			n.here, err = n.here.with(e)
		} else {
			switch s := &e.segments[depth]; s.Kind {
			case gatewright.SegmentTail:
				n.tail, err = n.tail.with(e)
			case gatewright.SegmentParam:
				params = append(params, e)
			case gatewright.SegmentMixed:
				mixed = append(mixed, e)
			default:
				literals[s.Literals[0]] = append(literals[s.Literals[0]], e)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(params) > 0 {
		if n.param, err = plant(params, depth+1); err != nil {
			return nil, err
		}
	}
	if n.mixed, err = plantMixed(mixed, depth); err != nil {
		return nil, err
	}
	list := make([]child[V], 0, len(literals))
	for name, under := range literals {
		next, err := plant(under, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, child[V]{name, next})
	}
	n.literals = newBucket(list, 0)
	n.summarise()
	return &n, nil
}

// plantMixed builds the edges of entries with a mixed segment at depth.
func plantMixed[V any](entries []*Entry[V], depth int) ([]edge[V], error) {
	at := func(e *Entry[V]) pattern { return e.segments[depth].Literals }
	slices.SortStableFunc(entries, func(a, b *Entry[V]) int { return at(a).compare(at(b)) })
	var edges []edge[V]
	for len(entries) > 0 {
		same := 1
		for same < len(entries) && at(entries[same]).compare(at(entries[0])) == 0 {
			same++
		}
		next, err := plant(entries[:same], depth+1)
		if err != nil {
			return nil, err
		}
		edges = append(edges, edge[V]{at(entries[0]), next})
		entries = entries[same:]
	}
	return edges, nil
}
