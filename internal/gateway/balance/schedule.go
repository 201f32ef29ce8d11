package balance

import (
	"math"
	"math/bits"
	"slices"
)

// maxTable is the longest period whose turns are written down.
const maxTable = 1024

// schedule says which member has the k-th turn. Over a period, which is as
// long as the sum of the weights divided by their common divisor, each member
// has exactly as many turns as its weight says, spread over the period.
//
// Turns of short periods, which is what people's weights lead to, are written
// down in a table. A long period works without one: a member with weight w
// owns w consecutive numbers below the period, and turn k falls on number
// k*step mod period. The step has no common divisor with the period, so that a
// period hits each number once; and its ratio to the period is near the golden
// one, so that the hits on any range of numbers, and hence the turns of any
// member, are spread evenly.
type schedule struct {
	period uint64 // 0 when there are no members; below 1<<32, so that products fit

	table []uint16 // the member that has each turn of a short period

	bounds []uint64 // bounds[i] is the first number behind those of member i
	step   uint64
}

// newSchedule returns the schedule for the given weights, all positive.
func newSchedule(weights []int) schedule {
	common := uint64(0)
	for _, w := range weights {
		common = divisor(common, uint64(w))
	}
	var s schedule
	shares := make([]int, len(weights))
	for i, w := range weights {
		shares[i] = w / int(common)
		s.period += uint64(shares[i])
		s.bounds = append(s.bounds, s.period)
	}
	if s.period <= maxTable {
		s.table = smoothTurns(shares, int(s.period))
		s.bounds = nil
	} else {
		s.step = evenStep(s.period)
	}
	return s
}

// at returns the index of the member that has turn k.
func (s *schedule) at(k uint64) int {
	if s.table != nil {
		return int(s.table[k%s.period])
	}
	number := k % s.period * s.step % s.period
	i, _ := slices.BinarySearch(s.bounds, number+1)
	return i
}

// smoothTurns returns the turns of smooth weighted round robin: at each turn
// every member earns its share, the richest one takes it and pays for all.
func smoothTurns(shares []int, period int) []uint16 {
	turns := make([]uint16, period)
	wealth := make([]int, len(shares))
	for k := range turns {
		richest := 0
		for i, share := range shares {
			wealth[i] += share
			if wealth[i] > wealth[richest] {
				richest = i
			}
		}
		wealth[richest] -= period
		turns[k] = uint16(richest)
	}
	return turns
}

// stepCandidates is how many steps on either side of the golden ratio are
// looked at.
const stepCandidates = 64

// evenStep returns the step near the golden ratio of period, which is above
// maxTable, whose multiples are spread most evenly. How uneven they are is
// decided by the largest partial quotient in the continued fraction of
// step/period.
func evenStep(period uint64) uint64 {
	golden := uint64(float64(period) / math.Phi)
	best, bestQuotient := uint64(1), uint64(math.MaxUint64)
	for i := range uint64(stepCandidates) {
		for _, step := range []uint64{golden - i, golden + i + 1} {
			if divisor(step, period) != 1 {
				continue
			}
			if q := largestQuotient(step, period); q < bestQuotient {
				best, bestQuotient = step, q
			}
		}
	}
	return best
}

// largestQuotient returns the largest partial quotient in the continued fraction
// of a/b.
func largestQuotient(a, b uint64) uint64 {
	largest := uint64(0)
	for a != 0 {
		largest = max(largest, b/a)
		a, b = b%a, a
	}
	return largest
}

func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// goldenFraction is 2^64 divided by the golden ratio.
const goldenFraction = 0x9E3779B97F4A7C15

// spread returns a number below total; those for consecutive k are spread
// evenly. Unlike a schedule it needs no preparation, but is exact only in the
// long run.
func spread(k, total uint64) uint64 {
	number, _ := bits.Mul64(k*goldenFraction, total)
	return number
}
