package breaking

import (
	"slices"
	"strings"
)

// Limits of places.
const (
	// MaxPlaces bounds the places of a finding that are counted.
	MaxPlaces = 10_000
	// MaxListedPlaces bounds the places listed with a finding; the others are
	// counted.
	MaxListedPlaces = 10
)

// Places are where callers meet a change. A place is a part of an operation (a
// parameter, the request body, a response) together with a path of properties
// that leads from there to the cause.
//
// Where schemas refer to each other in a circle, paths have no end. There, a
// path that comes into a circle goes on to each schema of the circle once, by
// its shortest way. Two places thus differ in the operation, in its part, or
// in a property by which the path comes into a circle or to a schema that is
// in none.
type Places struct {
	Operations int      `json:"operations"`       // operations concerned
	Total      int      `json:"total"`            // places, at most MaxPlaces
	More       bool     `json:"more,omitempty"`   // there are more: a limit was reached, or the comparison was ended
	Listed     []string `json:"listed,omitempty"` // those with the shortest paths, at most MaxListedPlaces
}

// add adds places of the same finding.
func (p *Places) add(more Places) {
	p.Total += more.Total
	p.More = p.More || more.More || p.Total > MaxPlaces
	p.Total = min(p.Total, MaxPlaces)
}

// maxVisits bounds what is looked at while the places of all findings of a
// report are searched, maxVisitsEnded when the budget of the comparison is
// used up already.
const (
	maxVisits      = 20_000_000
	maxVisitsEnded = 1_000_000
)

// finder finds the places of findings.
type finder struct {
	graph   *graph
	circles *circles
	left    int // visits that may still be made
	round   int32
	visits  []visit
	met     []meeting // by site
	circle  []int32   // by circle: the round in which it was met
	counted []int32   // by operation: the round in which it was counted
}

// visit is a site on the way back from a finding.
type visit struct {
	site int32
	from int32  // the visit it was reached from, -1 at the finding itself
	leg  int32  // number of the stretch within one circle that it belongs to
	step string // that leads from the site towards the finding
}

// meeting says on which legs a site was met. The shortest ways, of which
// MaxListedPlaces are wanted, need none that continues from a site which as
// many shorter ones came through.
type meeting struct {
	round int32
	count int32
	legs  [MaxListedPlaces]int32
}

func newFinder(g *graph, visits int) *finder {
	c := g.join()
	return &finder{
		graph: g, circles: c, left: visits, met: make([]meeting, len(g.sites)),
		circle: make([]int32, len(c.ways)), counted: make([]int32, len(g.operations)),
	}
}

// places finds the places of a finding, given the sites where it was found.
func (f *finder) places(at []int32) Places {
	slices.Sort(at)
	at = slices.Compact(at)
	f.round++
	var p Places
	for _, s := range at {
		p.add(Places{Total: f.circles.ways[f.circles.of[s]]})
	}
	p.Listed = f.list(at)
	if !f.countOperations(&p, at) {
		p.More = true
	}
	return p
}

// countOperations counts the operations that lead to the sites. It returns
// false when it had to give up.
func (f *finder) countOperations(p *Places, at []int32) bool {
	var queue []int32
	add := func(circle int32) {
		if f.circle[circle] != f.round {
			f.circle[circle] = f.round
			queue = append(queue, circle)
		}
	}
	for _, s := range at {
		add(f.circles.of[s])
	}
	for len(queue) > 0 {
		if f.left--; f.left < 0 {
			return false
		}
		circle := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if op := f.circles.operations[circle]; op >= 0 && f.counted[op] != f.round {
			f.counted[op] = f.round
			p.Operations++
		}
		for _, above := range f.circles.above[circle] {
			add(above)
		}
	}
	return true
}

// list tells the places with the shortest ways to the sites.
func (f *finder) list(at []int32) []string {
	visits := f.visits[:0]
	var legs int32
	for _, s := range at {
		legs++
		if f.meet(s, legs) {
			visits = append(visits, visit{site: s, from: -1, leg: legs})
		}
	}
	var listed []string
	for i := 0; i < len(visits) && len(listed) < MaxListedPlaces; i++ {
		if f.left--; f.left < 0 {
			break
		}
		v := visits[i]
		site := &f.graph.sites[v.site]
		if site.label != "" {
			listed = append(listed, f.describe(visits, i))
		}
		for _, e := range site.parents {
			leg := v.leg
			if f.circles.of[e.parent] != f.circles.of[v.site] {
				legs++
				leg = legs
			}
			if f.meet(e.parent, leg) {
				visits = append(visits, visit{site: e.parent, from: int32(i), leg: leg, step: e.step})
			}
		}
	}
	f.visits = visits
	return listed
}

// meet reports whether the site is to be visited on the leg.
func (f *finder) meet(site, leg int32) bool {
	m := &f.met[site]
	if m.round != f.round {
		*m = meeting{round: f.round}
	}
	if m.count == MaxListedPlaces || slices.Contains(m.legs[:m.count], leg) {
		return false
	}
	m.legs[m.count] = leg
	m.count++
	return true
}

// describe tells in words the way that ends at visit i, a part of an
// operation.
func (f *finder) describe(visits []visit, i int) string {
	var b strings.Builder
	b.WriteString(f.graph.sites[visits[i].site].label)
	first := true
	for v := visits[i]; v.from >= 0 && b.Len() < maxPlaceBytes; v = visits[v.from] {
		step := v.step
		if first && step != "" {
			b.WriteByte(' ')
			step = strings.TrimPrefix(step, ".")
			first = false
		}
		b.WriteString(step)
	}
	return b.String()
}

// maxPlaceBytes is the length from which on a place is told no further.
const maxPlaceBytes = 1000
