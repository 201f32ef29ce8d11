package match

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// alternating returns every template of n segments, each of which is either
// "a" or a parameter, followed by end: the worst that back-tracking meets.
func alternating(t testing.TB, n int, end string) []*Entry[string] {
	t.Helper()
	var list []*Entry[string]
	for bits := range 1 << n {
		path := ""
		for i := range n {
			if bits>>i&1 == 0 {
				path += "/a"
			} else {
				path += fmt.Sprintf("/{p%d}", i)
			}
		}
		list = append(list, route(t, "- GET "+path+end, 0))
	}
	return list
}

func TestStepsAreBounded(t *testing.T) {
	tests := []struct {
		name     string
		routes   []*Entry[string]
		path     string
		maxSteps int
	}{
		{"all combinations", alternating(t, 10, "/end"), strings.Repeat("/a", 10) + "/x", 1<<12 - 1},
		{"one parameter at each level", routes(t, "- GET /{a}/{b}/{c}/x", "- GET /a/{b}/{c}/y", "- GET /a/a/{c}/z"), "/a/a/a/q", 16},
		{"long path, short routes", routes(t, "- GET /a/a/a", "- GET /{a}/a/b"), strings.Repeat("/a", 4000), 8},
		{"repeating mixed segments", routes(t, "- GET /{a}a{b}a{c}a{d}b"), "/" + strings.Repeat("a", 8000), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := tableOf(t, tt.routes...)
			var m Match[string]
			if got := table.Find("", tt.path, "GET", nil, &m); got != NoRoute {
				t.Fatalf("outcome %d, entry %v", got, m.Entry())
			}
			if m.steps > tt.maxSteps || m.steps > table.any.cost {
				t.Errorf("%d steps; want at most %d, the table's own bound is %d", m.steps, tt.maxSteps, table.any.cost)
			}
		})
	}
}

func TestTooManyOverlapsAreRefused(t *testing.T) {
	all := alternating(t, 13, "/end")
	table, err := (*Table[string])(nil).With(nil, all)
	if gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Fatalf("got error %v, want limit_exceeded", err)
	}
	if table != nil {
		t.Error("a table was returned with the error")
	}
	// What is just below the limit stays, and makes no other host expensive.
	fine := tableOf(t, alternating(t, 12, "/end")[:1<<11]...)
	if fine.any.cost > MaxSteps {
		t.Fatalf("cost %d", fine.any.cost)
	}
	if _, err := fine.With(nil, routes(t, "a.test GET /{a}/{b}")); err != nil {
		t.Errorf("another host: %v", err)
	}
}

// TestLiteralsDoNotAddUp shows that the bound is about overlaps, not numbers.
func TestLiteralsDoNotAddUp(t *testing.T) {
	var list []*Entry[string]
	for i := range 5_000 {
		list = append(list, route(t, fmt.Sprintf("- GET /api-%d/pets/{id}", i), 0))
	}
	if cost := tableOf(t, list...).any.cost; cost > 10 {
		t.Errorf("cost %d for routes that do not overlap", cost)
	}
}

func TestPriorityPrunes(t *testing.T) {
	list := alternating(t, 8, "/end")
	list = append(list, route(t, "- GET "+strings.Repeat("/a", 9), 3))
	var m Match[string]
	if tableOf(t, list...).Find("", strings.Repeat("/a", 9), "GET", nil, &m) != Found {
		t.Fatal("not found")
	}
	if m.steps > 12 {
		t.Errorf("%d steps although the first hit had the highest priority", m.steps)
	}
}
