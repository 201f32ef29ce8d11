package breaking

import "strconv"

// site is one point of the walk: a part of an operation, or a pair of schemas
// reached from there. Sites form a graph with circles; its edges lead back to
// where the walk came from.
type site struct {
	label     string // of a part of an operation: "POST /orders response 200"; "" for a pair of schemas
	operation int32  // that the label belongs to, -1 for none
	parents   []edge
}

// edge leads from a site to one before it.
type edge struct {
	parent int32
	step   string // what leads from the parent to the site: ".customer", "[]"
}

// graph holds the sites of a comparison.
type graph struct {
	budget     *budget
	sites      []site
	roots      map[string]int32 // by label
	operations map[string]int32 // by label
}

func newGraph(b *budget) *graph {
	return &graph{budget: b, roots: map[string]int32{}, operations: map[string]int32{}}
}

// root returns the site of a part of an operation; "" is the operation itself.
func (g *graph) root(operation, part string) int32 {
	label := operation
	if part != "" {
		label += " " + part
	}
	if id, ok := g.roots[label]; ok {
		return id
	}
	op, ok := g.operations[operation]
	if !ok {
		op = int32(len(g.operations))
		g.operations[operation] = op
	}
	return g.labelled(label, op)
}

// whole returns the site of something that is no part of an operation: the
// document, a security scheme.
func (g *graph) whole(label string) int32 {
	if id, ok := g.roots[label]; ok {
		return id
	}
	return g.labelled(label, -1)
}

func (g *graph) labelled(label string, operation int32) int32 {
	id := g.add(site{label: label, operation: operation})
	g.roots[label] = id
	return id
}

// pair returns a new site for a pair of schemas.
func (g *graph) pair() int32 { return g.add(site{operation: -1}) }

func (g *graph) add(s site) int32 {
	g.budget.charge(siteBytes + len(s.label))
	g.sites = append(g.sites, s)
	return int32(len(g.sites) - 1)
}

// link records that step leads from parent to child.
func (g *graph) link(child, parent int32, step string) {
	parents := g.sites[child].parents
	if n := len(parents); n > 0 && parents[n-1] == (edge{parent, step}) {
		return // several media types of one schema
	}
	g.budget.charge(edgeBytes + len(step))
	g.sites[child].parents = append(parents, edge{parent, step})
}

func itoa(n int) string { return strconv.Itoa(n) }
