package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Spec says which requests belong to a route and what they lead to.
type Spec[V any] struct {
	Hosts      []string       // canonical patterns; empty means any host
	PathPrefix string         // canonical, in front of the base path; "" or "/" for none
	BasePath   string         // canonical; "" or "/" for the root
	Path       string         // template below the base path, see [gatewright.Route]
	Methods    []string       // upper case; empty means every method
	Preflight  bool           // OPTIONS requests find it, too, whatever its methods
	Priority   int            // higher goes first
	Side       Side           // of the owner's two alternatives, the one the route belongs to
	Owner      gatewright.Key // the resource it comes from, named in errors
	Value      V              // what the caller wants to find
}

// Side says which of its owner's two alternatives a route belongs to. Which one
// a request takes is for the caller to say, see [Chooser]; a route of the other
// one takes no part in the lookup.
type Side uint8

// The sides.
const (
	Both  Side = iota // the route belongs to both, or there is nothing to choose
	Main              // only to the first alternative
	Other             // only to the second one
)

// Entry is a route in the form a [Table] takes. It is immutable; its identity
// is its address, by which it is removed again.
type Entry[V any] struct {
	spec     Spec[V]
	segments []gatewright.Segment
	params   []string // parameter names in the order of the path, "*" for the tail
}

// NewEntry checks spec and parses its paths. It copies spec's slices. It
// returns a [gatewright.Invalid] error when the spec is malformed.
func NewEntry[V any](spec Spec[V]) (*Entry[V], error) {
	spec.Hosts = slices.Clone(spec.Hosts)
	spec.Methods = slices.Clone(spec.Methods)
	for i, h := range spec.Hosts {
		if err := gatewright.CheckHostPattern(h); err != nil {
			return nil, fmt.Errorf("route %s of %s: %w", spec.Path, spec.Owner, err)
		}
		if slices.Contains(spec.Hosts[:i], h) {
			return nil, gatewright.FieldErrorf("hosts", "route %s of %s lists host %q twice", spec.Path, spec.Owner, h)
		}
	}
	for i, m := range spec.Methods {
		if m == "" || slices.Contains(spec.Methods[:i], m) {
			return nil, gatewright.FieldErrorf("methods", "route %s of %s has an empty or repeated method in %q", spec.Path, spec.Owner, spec.Methods)
		}
	}
	e := &Entry[V]{spec: spec}
	for _, base := range []string{spec.PathPrefix, spec.BasePath} {
		canonical, err := gatewright.CanonicalBasePath(base)
		if err != nil {
			return nil, fmt.Errorf("route %s of %s: %w", spec.Path, spec.Owner, err)
		}
		if canonical != base && base != "" {
			return nil, gatewright.FieldErrorf("path", "route %s of %s: base path %q is not canonical; write %q", spec.Path, spec.Owner, base, canonical)
		}
		e.segments = appendLiterals(e.segments, canonical)
	}
	template, err := gatewright.ParseTemplate(spec.Path)
	if err != nil {
		return nil, fmt.Errorf("route of %s: %w", spec.Owner, err)
	}
	e.segments = append(e.segments, template.Segments...)
	for _, s := range template.Segments {
		e.params = append(e.params, s.Params...)
		if s.Kind == gatewright.SegmentTail {
			e.params = append(e.params, "*")
		}
	}
	return e, nil
}

// appendLiterals appends the segments of a canonical base path. They are
// literal whatever they look like: "*" may stand in a base path.
func appendLiterals(segments []gatewright.Segment, base string) []gatewright.Segment {
	if base == "/" {
		return segments
	}
	for part := range strings.SplitSeq(base[1:], "/") {
		segments = append(segments, gatewright.Segment{Kind: gatewright.SegmentLiteral, Literals: []string{part}})
	}
	return segments
}

// Value returns what the entry leads to.
func (e *Entry[V]) Value() V { return e.spec.Value }

// Owner returns the key of the resource the entry comes from.
func (e *Entry[V]) Owner() gatewright.Key { return e.spec.Owner }

// Side returns the alternative the entry belongs to.
func (e *Entry[V]) Side() Side { return e.spec.Side }

// Priority returns the entry's priority.
func (e *Entry[V]) Priority() int { return e.spec.Priority }

// Params returns the names of the path's parameters in order; "*" names the
// tail. The caller must not alter the slice.
func (e *Entry[V]) Params() []string { return e.params }

// String returns the entry as people know it: "GET,HEAD /v2/pet/{id}".
func (e *Entry[V]) String() string {
	methods := "*"
	if len(e.spec.Methods) > 0 {
		methods = strings.Join(e.spec.Methods, ",")
	}
	path := gatewright.JoinPath(e.spec.PathPrefix, gatewright.JoinPath(e.spec.BasePath, e.spec.Path))
	return methods + " " + path
}

// The ways a route can serve a method, the preferred one highest.
const (
	rankNone      = iota
	rankEvery     // the route is for every method
	rankPreflight // OPTIONS, served by a route for other methods
	rankGet       // HEAD, served by a route for GET
	rankNamed     // the route names the method
)

// rank says how well the entry serves method.
func (e *Entry[V]) rank(method string) int {
	rank := rankNone
	if e.spec.Preflight && method == "OPTIONS" {
		rank = rankPreflight
	} else if len(e.spec.Methods) == 0 {
		rank = rankEvery
	}
	for _, m := range e.spec.Methods {
		if m == method {
			return rankNamed
		}
		if m == "GET" && method == "HEAD" {
			rank = rankGet
		}
	}
	return rank
}

// before decides between two routes of one template that serve a method as
// well as each other: always for the same one, however they came into the
// table.
func (e *Entry[V]) before(o *Entry[V]) bool {
	if c := cmp.Compare(e.spec.Owner, o.spec.Owner); c != 0 {
		return c < 0
	}
	return slices.Compare(e.spec.Methods, o.spec.Methods) < 0
}

// sameMethod returns a method that both entries claim, "*" for every method,
// and false when there is none. A route for every method claims only those
// that no other route of its template names. Routes of the two sides of one
// owner never meet.
func (e *Entry[V]) sameMethod(o *Entry[V]) (string, bool) {
	if e.spec.Owner == o.spec.Owner && e.spec.Side != o.spec.Side && e.spec.Side != Both && o.spec.Side != Both {
		return "", false
	}
	if len(e.spec.Methods) == 0 || len(o.spec.Methods) == 0 {
		return "*", len(e.spec.Methods) == len(o.spec.Methods)
	}
	for _, m := range e.spec.Methods {
		if slices.Contains(o.spec.Methods, m) {
			return m, true
		}
	}
	return "", false
}
