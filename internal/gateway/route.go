package gateway

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

type (
	routeTable = match.Table[*route]
	routeEntry = match.Entry[*route]
)

// The sides of a slot, as its routes know them.
const (
	currentSide = match.Main
	canarySide  = match.Other
)

// methodOptions is the method by which browsers ask before they call an API of
// another site.
const methodOptions = "OPTIONS"

// route is what the table leads to. Equal routes of one slot are the same
// route, whichever revision they come from.
type route struct {
	seat     int // of the slot
	side     match.Side
	name     string
	base     string
	path     string
	methods  string // with commas
	priority int

	preflight bool // it does not name OPTIONS, and such requests pass to the upstream all the same
}

// routeSet has the entries of one slot in the table: those of its current
// revision together with those of its canary.
type routeSet struct {
	hosts   []string
	prefix  string
	current *liveRevision
	canary  *liveRevision // equal to current when there is nothing else to match
	entries []*routeEntry
}

// newRoutes returns the routes of a slot. What old, nil for nothing, has in
// common with them is shared, so that the table needs no change there.
func newRoutes(key gatewright.Key, r *gatewright.SlotResource, seat int, current, canary *liveRevision, old *routeSet) (*routeSet, error) {
	var shared map[route]*routeEntry
	if old != nil && old.prefix == r.PathPrefix && slices.Equal(old.hosts, r.Hosts) {
		if old.current == current && old.canary == canary {
			return old, nil
		}
		shared = make(map[route]*routeEntry, len(old.entries))
		for _, e := range old.entries {
			shared[*e.Value()] = e
		}
	}
	s := &routeSet{hosts: r.Hosts, prefix: r.PathPrefix, current: current, canary: canary}
	defs := joinRoutes(current.resource, canary.resource, seat)
	s.entries = make([]*routeEntry, 0, len(defs))
	for i := range defs {
		if e := shared[defs[i]]; e != nil {
			delete(shared, defs[i]) // a revision that has a route twice is found out by the table
			s.entries = append(s.entries, e)
			continue
		}
		value := &defs[i]
		if old != nil { // one route must not keep the memory of all others
			value = new(route)
			*value = defs[i]
		}
		var methods []string
		if defs[i].methods != "" {
			methods = strings.Split(defs[i].methods, ",")
		}
		e, err := match.NewEntry(match.Spec[*route]{
			Hosts: r.Hosts, PathPrefix: r.PathPrefix, BasePath: defs[i].base, Path: defs[i].path,
			Methods: methods, Preflight: defs[i].preflight, Priority: defs[i].priority, Side: defs[i].side, Owner: key, Value: value,
		})
		if err != nil {
			return nil, err
		}
		s.entries = append(s.entries, e)
	}
	return s, nil
}

// joinRoutes lists the routes of both revisions: what they have in common once,
// and of the rest those of one side each.
func joinRoutes(current, canary *gatewright.RevisionResource, seat int) []route {
	if current == canary {
		return appendRoutes(nil, current, seat)
	}
	joined := appendRoutes(nil, current, seat)
	at := make(map[route]int, len(joined))
	for i := range joined {
		at[joined[i]] = i
		joined[i].side = currentSide
	}
	for _, r := range appendRoutes(nil, canary, seat) {
		if i, common := at[r]; common {
			joined[i].side = match.Both
			delete(at, r)
			continue
		}
		r.side = canarySide
		joined = append(joined, r)
	}
	return joined
}

func appendRoutes(list []route, r *gatewright.RevisionResource, seat int) []route {
	list = slices.Grow(list, len(r.Routes))
	for i := range r.Routes {
		def := &r.Routes[i]
		list = append(list, route{
			seat: seat, name: def.Name, base: r.BasePath, path: def.Path,
			methods: strings.Join(def.Methods, ","), priority: def.Priority,
			preflight: r.AllowCORS && !slices.Contains(def.Methods, methodOptions),
		})
	}
	return list
}

// without returns the entries of s that o, which may be nil, does not have.
func (s *routeSet) without(o *routeSet) []*routeEntry {
	if s == o {
		return nil
	}
	if o == nil {
		return s.entries
	}
	has := make(map[*routeEntry]bool, len(o.entries))
	for _, e := range o.entries {
		has[e] = true
	}
	return slices.DeleteFunc(slices.Clone(s.entries), func(e *routeEntry) bool { return has[e] })
}
