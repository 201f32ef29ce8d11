package gateway

import (
	"math"

	"github.com/gatewright/gatewright"
)

// maxScale bounds the common multiple that shares looks for.
const maxScale = 1_000_000

// shares returns the weight of each address of each origin. Addresses of a
// discovered service have their own. Those of a node share the node's weight
// equally: a name with three addresses gets no more requests than one with a
// single address. Shares are exact unless that would need weights above
// [gatewright.MaxWeight]; then they are rounded, to no less than 1.
func shares(origins []origin) [][]int {
	scale := uint64(1)
	for i := range origins {
		o := &origins[i]
		if n := uint64(len(o.addresses)); n > 0 && !o.own && scale <= maxScale {
			scale = scale / divisor(scale, n) * n
		}
	}
	exact := scale <= maxScale
	var common, largest uint64
	var broadest float64
	for i := range origins {
		o := &origins[i]
		if n := len(o.addresses); n > 0 && !o.own && o.weight > 0 {
			broadest = max(broadest, float64(o.weight)/float64(n))
			if exact {
				w := uint64(o.weight) * scale / uint64(n)
				common, largest = divisor(common, w), max(largest, w)
			}
		}
	}
	if largest <= gatewright.MaxWeight {
		common = 1 // no need to make them smaller
	}
	exact = exact && largest/common <= gatewright.MaxWeight
	all := make([][]int, len(origins))
	for i := range origins {
		o := &origins[i]
		n := len(o.addresses)
		all[i] = make([]int, n)
		for j := range all[i] {
			switch {
			case o.own:
				all[i][j] = o.addresses[j].Weight
			case o.weight == 0:
			case exact:
				all[i][j] = int(uint64(o.weight) * scale / uint64(n) / common)
			default:
				share := float64(o.weight) / float64(n) / broadest
				all[i][j] = max(1, int(math.Round(share*gatewright.MaxWeight)))
			}
		}
	}
	return all
}

// divisor returns the greatest common divisor of a and b.
func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
