package balance

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

func drawWeights(t *rapid.T, highest int) []int {
	return rapid.SliceOfN(rapid.IntRange(1, highest), 1, 24).Draw(t, "weights")
}

// TestExactProportions counts a whole period from a random turn on.
func TestExactProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := drawWeights(t, 200)
		s := newSchedule(weights)
		total := 0
		for _, w := range weights {
			total += w
		}
		common := uint64(total) / s.period
		first := rapid.Uint64().Draw(t, "first")
		if first > math.MaxUint64-s.period {
			first -= s.period // turns are counted from 0 and never get there
		}
		counts := make([]uint64, len(weights))
		for k := first; k < first+s.period; k++ {
			counts[s.at(k)]++
		}
		for i, w := range weights {
			if counts[i]*common != uint64(w) {
				t.Fatalf("weights %v: counts %v in a period of %d turns", weights, counts, s.period)
			}
		}
	})
}

// maxDeviation is by how many turns the number that a member gets in any
// window may differ from its share, for periods up to some millions.
const maxDeviation = 6

// deviation returns the largest difference, over all windows of the first
// turns, between the turns that member i gets and its share of them.
func deviation(s *schedule, i int, share float64, turns uint64) float64 {
	ahead, low, high := 0.0, 0.0, 0.0
	for k := range turns {
		ahead -= share
		if s.at(k) == i {
			ahead++
		}
		low, high = min(low, ahead), max(high, ahead)
	}
	return high - low
}

func TestNoBursts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := drawWeights(t, rapid.SampledFrom([]int{5, 100, 5000}).Draw(t, "highest"))
		s := newSchedule(weights)
		i := rapid.IntRange(0, len(weights)-1).Draw(t, "member")
		run, total := 0, 0
		for _, w := range weights {
			total += w
		}
		if d := deviation(&s, i, float64(weights[i])/float64(total), 2*s.period); d > maxDeviation {
			t.Fatalf("weights %v: member %d is off by %.2f turns in some window", weights, i, d)
		}
		// Who has at most half of the turns never has three in succession.
		if 2*weights[i] > total {
			return
		}
		for k := range 2 * s.period {
			if s.at(k) != i {
				run = 0
			} else if run++; run > 2 {
				t.Fatalf("weights %v: member %d has %d turns in succession", weights, i, run)
			}
		}
	})
}

func TestLongPeriods(t *testing.T) {
	tests := []struct {
		name    string
		weights []int
	}{
		{"nearly equal", []int{gatewright.MaxWeight, gatewright.MaxWeight - 1}},
		{"one in a million", []int{gatewright.MaxWeight, 1}},
		{"thirds", []int{333_333, 333_334, 333_333}},
		{"prime total", []int{999_982, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSchedule(tt.weights)
			total := 0
			for _, w := range tt.weights {
				total += w
			}
			for i, w := range tt.weights {
				if d := deviation(&s, i, float64(w)/float64(total), 200_000); d > maxDeviation {
					t.Errorf("member %d is off by %.2f turns in some window", i, d)
				}
			}
		})
	}
	t.Run("largest set", func(t *testing.T) {
		weights := make([]int, MaxMembers)
		for i := range weights {
			weights[i] = gatewright.MaxWeight - i%7
		}
		s := newSchedule(weights)
		if s.period >= 1<<32 {
			t.Fatalf("period %d: products overflow", s.period)
		}
		for k := range uint64(1000) {
			if i := s.at(math.MaxUint64 - k); i < 0 || i >= len(weights) {
				t.Fatalf("member %d", i)
			}
		}
	})
}

func TestEqualWeightsTakeTurns(t *testing.T) {
	for n := 1; n <= 64; n++ {
		weights := make([]int, n)
		for i := range weights {
			weights[i] = gatewright.DefaultWeight
		}
		s := newSchedule(weights)
		if s.period != uint64(n) {
			t.Fatalf("%d equal weights: period %d", n, s.period)
		}
		for k := range uint64(3 * n) {
			if s.at(k) != s.at(k+uint64(n)) {
				t.Fatalf("%d equal weights: turn %d differs from the one a round later", n, k)
			}
		}
	}
}
