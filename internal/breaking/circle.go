package breaking

import (
	"cmp"
	"slices"
)

// circles are the sites of a graph, joined where they lead to each other: the
// strongly connected components of the graph. A site from which no way leads
// back to it is a circle of its own. Between circles no way leads back, so
// that ways from one circle to the next can be counted one by one, which takes
// no longer than a look at every edge, however many ways there are.
type circles struct {
	of         []int32   // by site: its circle
	above      [][]int32 // by circle: the circles that lead into it, each once
	ways       []int     // by circle: the ways into it, at most MaxPlaces+1
	operations []int32   // by circle: the operation of a part, -1 for none
}

// join finds the circles of a graph that is complete. Circles come after those
// that lead into them.
func (g *graph) join() *circles {
	for i := range g.sites {
		parents := g.sites[i].parents
		slices.SortFunc(parents, func(a, b edge) int {
			return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.step, b.step))
		})
		g.sites[i].parents = slices.Compact(parents)
	}
	w := circleWalk{graph: g, circles: &circles{of: make([]int32, len(g.sites))}, met: make([]int32, len(g.sites)), low: make([]int32, len(g.sites))}
	for i := range g.sites {
		if w.met[i] == 0 {
			w.from(int32(i))
		}
	}
	return w.circles
}

// circleWalk is Tarjan's search for strongly connected components, along the
// edges to parents, without recursion: documents may nest deeper than a stack
// should.
type circleWalk struct {
	graph   *graph
	circles *circles
	count   int32
	met     []int32 // by site: the number under which it was met, 0 for not yet
	low     []int32 // by site: the lowest number that is open and can be reached
	open    []int32 // sites that were met and are in no circle yet
	path    []circleStep
}

// circleStep is a site on the way of the walk, and how many of its parents
// were followed.
type circleStep struct {
	site int32
	next int
}

// inCircle is the number of a site whose circle is known, above all others.
const inCircle = 1<<31 - 1

func (w *circleWalk) from(start int32) {
	w.enter(start)
	for len(w.path) > 0 {
		step := &w.path[len(w.path)-1]
		site := step.site
		if parents := w.graph.sites[site].parents; step.next < len(parents) {
			parent := parents[step.next].parent
			step.next++
			if w.met[parent] == 0 {
				w.enter(parent)
			} else {
				w.low[site] = min(w.low[site], w.met[parent])
			}
			continue
		}
		w.path = w.path[:len(w.path)-1]
		if w.low[site] == w.met[site] {
			w.close(site)
		} else { // it cannot be the first site of the walk
			below := w.path[len(w.path)-1].site
			w.low[below] = min(w.low[below], w.low[site])
		}
	}
}

func (w *circleWalk) enter(site int32) {
	w.count++
	w.met[site], w.low[site] = w.count, w.count
	w.open = append(w.open, site)
	w.path = append(w.path, circleStep{site: site})
}

// close makes a circle of the open sites from first on.
func (w *circleWalk) close(first int32) {
	begin := len(w.open) - 1
	for w.open[begin] != first {
		begin--
	}
	members := w.open[begin:]
	c := w.circles
	circle := int32(len(c.ways))
	for _, s := range members {
		c.of[s], w.met[s] = circle, inCircle
	}
	ways, operation := 0, int32(-1)
	var above []int32
	for _, s := range members {
		site := &w.graph.sites[s]
		if site.label != "" {
			ways, operation = ways+1, site.operation
		}
		for _, e := range site.parents {
			if from := c.of[e.parent]; from != circle {
				ways = min(ways+c.ways[from], MaxPlaces+1)
				above = append(above, from)
			}
		}
	}
	slices.Sort(above)
	c.above = append(c.above, slices.Clip(slices.Compact(above)))
	c.ways = append(c.ways, ways)
	c.operations = append(c.operations, operation)
	w.open = w.open[:begin]
}
