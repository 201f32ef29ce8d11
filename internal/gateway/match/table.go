package match

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxSteps bounds the work of a lookup among the routes of one host. A step is
// a node entered, a mixed segment tried or a route looked at, some 20 ns each.
// Ordinary APIs need less than a hundred; only very many routes that overlap
// each other come near the bound.
const MaxSteps = 1 << 14

// Table is an immutable set of routes. The zero value and nil are empty
// tables. It is safe for concurrent use.
type Table[V any] struct {
	exact    *children[V] // by host
	wildcard *children[V] // by what follows "*."
	any      *node[V]
	size     int
}

// Len returns the number of entries.
func (t *Table[V]) Len() int {
	if t == nil {
		return 0
	}
	return t.size
}

// With returns a table without the entries in remove and with those in add;
// removals go first, so that an API can be replaced in one call. t stays as it
// is, also when an error is returned.
//
// It returns a [gatewright.Conflict] error that names both owners when two
// entries have the same host, template shape, method and priority; a
// [gatewright.LimitExceeded] error when lookups could take more than
// [MaxSteps]; and a [gatewright.Internal] one when an entry to be removed is
// not in t.
func (t *Table[V]) With(remove, add []*Entry[V]) (*Table[V], error) {
	var next Table[V]
	if t != nil {
		next = *t
	}
	edits := map[string]*hostEdit[V]{}
	for _, e := range remove {
		for _, h := range e.hosts() {
			edit := editOf(edits, h)
			edit.remove = append(edit.remove, e)
		}
	}
	for _, e := range add {
		for _, h := range e.hosts() {
			edit := editOf(edits, h)
			edit.add = append(edit.add, e)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(edits)) {
		root, err := edits[host].apply(next.root(host))
		if err != nil {
			return nil, onHost(err, host)
		}
		next.setRoot(host, root)
	}
	next.size += len(add) - len(remove)
	return &next, nil
}

// hosts returns the host patterns of e, "" for any host.
func (e *Entry[V]) hosts() []string {
	if len(e.spec.Hosts) == 0 {
		return []string{""}
	}
	return e.spec.Hosts
}

// hostEdit collects what changes for one host, so that the host is looked up
// and stored once.
type hostEdit[V any] struct {
	remove, add []*Entry[V]
}

func editOf[V any](edits map[string]*hostEdit[V], host string) *hostEdit[V] {
	e := edits[host]
	if e == nil {
		e = new(hostEdit[V])
		edits[host] = e
	}
	return e
}

func (h *hostEdit[V]) apply(root *node[V]) (*node[V], error) {
	var err error
	for _, e := range h.remove {
		root, err = root.with(e.segments, func(l leaf[V]) (leaf[V], error) { return l.without(e) })
		if err != nil {
			return nil, err
		}
	}
	if root == nil && len(h.add) > 0 {
		// If that fails, adding one after the other tells what is wrong.
		if planted, err := plant(h.add, 0); err == nil && planted.cost <= MaxSteps {
			return planted, nil
		}
	}
	for _, e := range h.add {
		root, err = root.with(e.segments, func(l leaf[V]) (leaf[V], error) { return l.with(e) })
		if err != nil {
			return nil, err
		}
		if root.cost > MaxSteps {
			return nil, gatewright.Errorf(gatewright.LimitExceeded,
				"with route %q of %s a lookup could take %d steps; at most %d are allowed; use fewer routes whose parameters overlap",
				e, e.spec.Owner, root.cost, MaxSteps)
		}
	}
	return root, nil
}

// onHost adds the host to err's message.
func onHost(err error, host string) error {
	if host == "" {
		host = "any host"
	} else {
		host = "host " + host
	}
	e := *gatewright.AsError(err)
	e.Message = host + ": " + e.Message
	return &e
}

// root returns the tree of a host pattern, "" for any host.
func (t *Table[V]) root(pattern string) *node[V] {
	if pattern == "" {
		return t.any
	}
	if suffix, ok := strings.CutPrefix(pattern, "*."); ok {
		return t.wildcard.get(suffix)
	}
	return t.exact.get(pattern)
}

func (t *Table[V]) setRoot(pattern string, n *node[V]) {
	if pattern == "" {
		t.any = n
	} else if suffix, ok := strings.CutPrefix(pattern, "*."); ok {
		t.wildcard = t.wildcard.with(suffix, n)
	} else {
		t.exact = t.exact.with(pattern, n)
	}
}

// hostWalk yields the trees that can serve a host, the most specific first.
type hostWalk[V any] struct {
	table *Table[V]
	rest  string // the host, later what is left of it behind its first labels
	stage hostStage
}

type hostStage uint8

const (
	stageExact hostStage = iota
	stageWildcard
	stageAny
	stageDone
)

// next returns the next tree, nil when there is none left.
func (w *hostWalk[V]) next() *node[V] {
	if w.stage == stageExact {
		w.stage = stageWildcard
		if w.table.wildcard == nil {
			w.stage = stageAny
		}
		if n := w.table.exact.get(w.rest); n != nil {
			return n
		}
	}
	for w.stage == stageWildcard {
		dot := strings.IndexByte(w.rest, '.')
		if dot < 0 {
			w.stage = stageAny
			break
		}
		w.rest = w.rest[dot+1:]
		if n := w.table.wildcard.get(w.rest); n != nil {
			return n
		}
	}
	if w.stage == stageAny {
		w.stage = stageDone
		return w.table.any
	}
	return nil
}
