package gateway

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/discover"
)

// originsOf makes origins from pairs of a weight and a number of addresses.
func originsOf(pairs ...[2]int) []origin {
	var all []origin
	for _, p := range pairs {
		all = append(all, origin{weight: p[0], addresses: make([]discover.Address, p[1])})
	}
	return all
}

func TestShares(t *testing.T) {
	tests := []struct {
		name    string
		origins []origin
		want    [][]int
	}{
		{"addresses keep their nodes' weights", originsOf([2]int{100, 1}, [2]int{50, 1}), [][]int{{100}, {50}}},
		{"a name with two addresses gets no double share", originsOf([2]int{100, 1}, [2]int{100, 2}), [][]int{{200}, {100, 100}}},
		{"three and two", originsOf([2]int{1, 3}, [2]int{1, 2}), [][]int{{2, 2, 2}, {3, 3}}},
		{"a name without addresses", originsOf([2]int{100, 0}, [2]int{70, 1}), [][]int{{}, {70}}},
		{"weight 0", originsOf([2]int{0, 2}, [2]int{70, 1}), [][]int{{0, 0}, {140}}},
		{"nothing has a weight", originsOf([2]int{0, 2}), [][]int{{0, 0}}},
		{"large weights are made smaller exactly", originsOf([2]int{1_000_000, 1}, [2]int{500_000, 2}), [][]int{{4}, {1, 1}}},
		{"what cannot be exact is rounded", originsOf([2]int{1_000_000, 1}, [2]int{999_999, 2}), [][]int{{1_000_000}, {500_000, 500_000}}},
		{"and never to nothing", originsOf([2]int{1_000_000, 1}, [2]int{1, 7}), [][]int{{1_000_000}, {1, 1, 1, 1, 1, 1, 1}}},
		{"a service's addresses have their own",
			[]origin{{own: true, addresses: []discover.Address{{Weight: 3}, {Weight: 1}}}}, [][]int{{3, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := shares(tt.origins)
			if !slices.EqualFunc(got, tt.want, slices.Equal) {
				t.Errorf("shares = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSharesAreInProportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "nodes")
		var origins []origin
		for range n {
			origins = append(origins, originsOf([2]int{
				rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(0, gatewright.MaxWeight)).Draw(t, "weight"),
				rapid.IntRange(0, discover.MaxAddresses).Draw(t, "addresses"),
			})...)
		}
		got := shares(origins)
		var total, totalWeight float64
		for i, o := range origins {
			if len(got[i]) != len(o.addresses) {
				t.Fatalf("%d shares for %d addresses", len(got[i]), len(o.addresses))
			}
			for _, w := range got[i] {
				if w < 0 || w > gatewright.MaxWeight || (w == 0) != (o.weight == 0) {
					t.Fatalf("share %d of weight %d", w, o.weight)
				}
				total += float64(w)
			}
			if len(o.addresses) > 0 {
				totalWeight += float64(o.weight)
			}
		}
		for i, o := range origins {
			if total == 0 || len(o.addresses) == 0 {
				continue
			}
			mine := float64(got[i][0]*len(got[i])) / total
			want := float64(o.weight) / totalWeight
			if diff := mine - want; diff > 0.01 || diff < -0.01 {
				t.Fatalf("node %d of %v has a share of %v, want %v", i, got, mine, want)
			}
		}
	})
}
