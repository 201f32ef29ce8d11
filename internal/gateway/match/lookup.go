package match

import (
	"iter"
	"slices"
	"strings"
)

// Outcome is how a lookup ended.
type Outcome uint8

// The outcomes of [Table.Find].
const (
	NoRoute  Outcome = iota // no route fits the host and path
	NoMethod                // routes fit, but none with the method; see [Table.Allowed]
	Found
)

// Match is the result of a lookup and its working memory. Re-use one for many
// lookups, one at a time: it then allocates nothing. The zero value is ready
// for use.
type Match[V any] struct {
	entry  *Entry[V] // best so far, in the end the result
	params []span    // of entry

	path   string
	method string
	trial  []span        // parameters on the way to where the walk is
	fits   bool          // a route fits the path, whatever its methods
	steps  int           // taken in this lookup
	each   func(leaf[V]) // when set, it gets every leaf that fits and none is chosen
	choose Chooser[V]
}

// Chooser says which side of an entry's owner the request takes. It is asked
// about entries of one side only, perhaps more than once for one owner, and
// must then say the same again.
type Chooser[V any] interface {
	Choose(value V) Side
}

// takes reports whether an entry takes part in this lookup.
func (m *Match[V]) takes(e *Entry[V]) bool {
	return e.spec.Side == Both || m.choose == nil || m.choose.Choose(e.spec.Value) == e.spec.Side
}

// span is a part of the path, in bytes.
type span struct{ start, end int }

// Entry returns the route found, nil if none was.
func (m *Match[V]) Entry() *Entry[V] { return m.entry }

// Param returns the path parameter of that name, "*" for the tail, as it
// stands in the path: percent-encodings are not decoded. The string shares the
// path's memory.
func (m *Match[V]) Param(name string) (string, bool) {
	if m.entry == nil {
		return "", false
	}
	for i, n := range m.entry.params {
		if n == name {
			return m.path[m.params[i].start:m.params[i].end], true
		}
	}
	return "", false
}

// Params yields the names and values of all path parameters in order.
func (m *Match[V]) Params() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i, s := range m.params {
			if !yield(m.entry.params[i], m.path[s.start:s.end]) {
				return
			}
		}
	}
}

// Reset forgets the result. A Match that waits for its next use must be reset,
// or it keeps a replaced table's routes and the request's buffer in memory.
func (m *Match[V]) Reset() {
	*m = Match[V]{params: m.params[:0], trial: m.trial[:0]}
}

// Find looks up the route for a request and stores it in m. host and path must
// be canonical; any others find nothing or what they literally name. The
// package comment says which route wins. A nil choose lets both sides of every
// owner take part.
func (t *Table[V]) Find(host, path, method string, choose Chooser[V], m *Match[V]) Outcome {
	m.Reset()
	m.choose = choose
	if t == nil || path == "" || path[0] != '/' {
		return NoRoute
	}
	m.path, m.method = path, method
	hosts := hostWalk[V]{table: t, rest: host}
	for root := hosts.next(); root != nil; root = hosts.next() {
		m.trial = m.trial[:0]
		m.walk(root, 1)
		if m.entry != nil {
			return Found
		}
	}
	if m.fits {
		return NoMethod
	}
	return NoRoute
}

// Allowed returns the methods with which a request for host and path would
// find a route, sorted, for the Allow header of a 405 response. It is empty
// when no route fits, and when a route for every method does. choose is as in
// [Table.Find].
func (t *Table[V]) Allowed(host, path string, choose Chooser[V]) []string {
	if t == nil || path == "" || path[0] != '/' {
		return nil
	}
	var methods []string
	every := false
	m := Match[V]{path: path, choose: choose}
	m.each = func(l leaf[V]) {
		for _, e := range l {
			if !m.takes(e) {
				continue
			}
			every = every || len(e.spec.Methods) == 0
			methods = append(methods, e.spec.Methods...)
			if e.spec.Preflight {
				methods = append(methods, "OPTIONS")
			}
		}
	}
	hosts := hostWalk[V]{table: t, rest: host}
	for root := hosts.next(); root != nil; root = hosts.next() {
		m.walk(root, 1)
	}
	if every {
		return nil
	}
	if slices.Contains(methods, "GET") {
		methods = append(methods, "HEAD")
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// walk tries the alternatives at n for what follows in the path from pos, the
// most specific first, and passes by those that cannot beat the best so far.
// pos is behind a slash, or behind the end when the path is used up. It may
// leave parameters on the trial, which its caller takes off.
func (m *Match[V]) walk(n *node[V], pos int) {
	for {
		m.steps++
		if pos > len(m.path) {
			m.consider(n.here)
			return
		}
		end := len(m.path)
		if i := strings.IndexByte(m.path[pos:], '/'); i >= 0 {
			end = pos + i
		}
		mark := len(m.trial)
		if next := n.literals.get(m.path[pos:end]); next != nil && m.beats(next.top) {
			if len(n.mixed) == 0 && n.param == nil && len(n.tail) == 0 {
				n, pos = next, end+1
				continue
			}
			m.walk(next, end+1)
			m.trial = m.trial[:mark]
		}
		for i := range n.mixed {
			m.tryMixed(&n.mixed[i], pos, end)
			m.trial = m.trial[:mark]
		}
		if n.param != nil && end > pos && m.beats(n.param.top) {
			m.trial = append(m.trial, span{pos, end})
			if len(n.tail) == 0 {
				n, pos = n.param, end+1
				continue
			}
			m.walk(n.param, end+1)
			m.trial = m.trial[:mark]
		}
		if len(n.tail) > 0 {
			m.trial = append(m.trial, span{pos, len(m.path)})
			m.consider(n.tail)
			m.trial = m.trial[:mark]
		}
		return
	}
}

func (m *Match[V]) tryMixed(e *edge[V], pos, end int) {
	m.steps++
	if !m.beats(e.node.top) {
		return
	}
	spans, ok := e.pattern.match(m.path, pos, end, m.trial)
	if ok {
		m.trial = spans
		m.walk(e.node, end+1)
	}
}

// beats reports whether a route of the given priority would be better than the
// best so far. One of the same priority is not: it comes later in the order of
// precedence.
func (m *Match[V]) beats(priority int) bool {
	return m.entry == nil || priority > m.entry.spec.Priority
}

// consider chooses among the routes of a leaf that the path fits.
func (m *Match[V]) consider(l leaf[V]) {
	if len(l) == 0 {
		return
	}
	if m.each != nil {
		m.each(l)
		return
	}
	var best *Entry[V]
	rank := rankNone
	for _, e := range l {
		m.steps++
		if !m.beats(e.spec.Priority) || best != nil && e.spec.Priority < best.spec.Priority {
			break
		}
		if !m.takes(e) {
			continue
		}
		m.fits = true
		if r := e.rank(m.method); r > rank || r == rankPreflight && r == rank && e.before(best) {
			best, rank = e, r
		}
	}
	if best != nil {
		m.entry = best
		m.params = append(m.params[:0], m.trial...)
	}
}
