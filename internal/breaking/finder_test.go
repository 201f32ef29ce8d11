package breaking

import (
	"context"
	"testing"
	"time"
)

// TestVisits reaches the limit of the search for places: the count stays
// right, what is not known is called so.
func TestVisits(t *testing.T) {
	b := newBudget(context.Background(), Options{Time: time.Hour, Memory: DefaultMemory})
	defer b.close()
	g := newGraph(b)
	at := g.pair()
	for _, operation := range []string{"GET /a", "GET /b", "GET /c"} {
		g.link(at, g.root(operation, "response 200"), ".x")
	}
	for visits := range 10 {
		p := newFinder(g, visits).places([]int32{at, at})
		enough := visits >= 4+4 // each time the pair and three operations
		if p.Total != 3 || p.More == enough || enough && (p.Operations != 3 || len(p.Listed) != 3) {
			t.Errorf("after %d visits: %+v", visits, p)
		}
	}
}

// TestDeepGraph follows a chain that is far longer than any stack of calls
// should be.
func TestDeepGraph(t *testing.T) {
	const length = 200_000
	b := newBudget(context.Background(), Options{Time: time.Hour, Memory: DefaultMemory})
	defer b.close()
	g := newGraph(b)
	last := g.root("GET /a", "response 200")
	for range length {
		next := g.pair()
		g.link(next, last, "[]")
		last = next
	}
	if p := newFinder(g, maxVisits).places([]int32{last}); p.Total != 1 || p.Operations != 1 || len(p.Listed) != 1 || len(p.Listed[0]) > 2*maxPlaceBytes {
		t.Errorf("places %d in %d operations, %d listed", p.Total, p.Operations, len(p.Listed))
	}
}
