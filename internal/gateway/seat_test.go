package gateway

import (
	"math/rand/v2"
	"testing"
)

// TestSeats holds the list against a map, and older lists against what they
// had.
func TestSeats(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	type state struct {
		list seats
		have map[int]*liveSlot
	}
	states := []state{{have: map[int]*liveSlot{}}}
	for range 40 {
		last := states[len(states)-1]
		if rnd.IntN(4) == 0 {
			last = states[rnd.IntN(len(states))] // a candidate that is discarded
		}
		next := state{have: map[int]*liveSlot{}}
		e := last.list.edit()
		for seat, s := range last.have {
			switch rnd.IntN(3) {
			case 0:
				e.leave(seat)
			case 1:
				s = new(liveSlot)
				e.set(seat, s)
				fallthrough
			default:
				next.have[seat] = s
			}
		}
		for range rnd.IntN(400) {
			seat := e.take()
			if next.have[seat] != nil {
				t.Fatalf("seat %d is given away twice", seat)
			}
			next.have[seat] = new(liveSlot)
			e.set(seat, next.have[seat])
		}
		next.list = e.seats
		states = append(states, next)
		for i, st := range states {
			for seat, want := range st.have {
				if got := st.list.at(seat); got != want {
					t.Fatalf("state %d, seat %d: another slot", i, seat)
				}
			}
		}
	}
	if n := len(states[len(states)-1].list.blocks); n > 12 {
		t.Errorf("%d blocks; free seats are not used again", n)
	}
}
