package gateway

import (
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewright/gatewright"
)

// TestHoldsEndOnceAfterTheLast retires a hold while many goroutines take and
// release it. end must come exactly once, and never while somebody holds on.
func TestHoldsEndOnceAfterTheLast(t *testing.T) {
	for seed := range uint64(300) {
		var h holds
		var held, ended atomic.Int64
		var wg sync.WaitGroup
		for i := range 4 {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			wg.Go(func() {
				for {
					stripe := uint32(random.IntN(stripes))
					if !h.acquire(stripe) {
						return
					}
					held.Add(1)
					if ended.Load() > 0 {
						t.Error("ended although it is held")
					}
					held.Add(-1)
					h.release(stripe)
				}
			})
		}
		h.retire(func() {
			if held.Load() != 0 {
				t.Error("ended although it is held")
			}
			ended.Add(1)
		})
		wg.Wait()
		if n := ended.Load(); n != 1 {
			t.Fatalf("seed %d: ended %d times", seed, n)
		}
		if h.acquire(0) {
			t.Fatal("acquired after the end")
		}
	}
}

func TestCountersSumUp(t *testing.T) {
	var c counters
	for stripe := range uint32(stripes) {
		c.add(stripe, 200, false)
		c.add(stripe, 503, true)
	}
	c.add(0, 0, true)
	c.add(0, 999, false)
	got := c.sum()
	want := Requests{Total: 2*stripes + 2, ByClass: [6]uint64{2, 0, stripes, 0, 0, stripes}, Failed: stripes + 1}
	if got != want {
		t.Errorf("sum = %+v, want %+v", got, want)
	}
}

func TestDrainHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		d := newDrains(time.Minute, slog.New(slog.NewTextHandler(&log, nil)))
		busy := &liveSlot{key: "slot/busy/v1", current: side{ref: gatewright.RevisionRef{Number: 3}}}
		quick := &liveSlot{key: "slot/quick/v1"}
		idle := &liveSlot{key: "slot/idle/v1"}
		busy.holds.acquire(1)
		quick.holds.acquire(2)
		for _, a := range []*liveSlot{busy, quick, idle} {
			d.add(a)
		}
		if !idle.closed.Load() || d.len() != 2 {
			t.Errorf("without requests: closed %t, %d waiting", idle.closed.Load(), d.len())
		}
		time.Sleep(time.Minute - 1)
		quick.holds.release(2)
		if !quick.closed.Load() || busy.closed.Load() || d.len() != 1 {
			t.Errorf("before the deadline: %t %t, %d waiting", quick.closed.Load(), busy.closed.Load(), d.len())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !busy.closed.Load() || d.len() != 0 {
			t.Errorf("after the deadline: closed %t, %d waiting", busy.closed.Load(), d.len())
		}
		if !strings.Contains(log.String(), "key=slot/busy/v1 revision=3 requests=1") {
			t.Errorf("log: %s", log.String())
		}
		busy.holds.release(1) // ends all the same, with nothing left to do
		if d.len() != 0 {
			t.Errorf("%d waiting", d.len())
		}
	})
}

func TestDrainsCloseLetsGoOfEverything(t *testing.T) {
	d := newDrains(time.Hour, slog.New(slog.DiscardHandler))
	a := &liveSlot{}
	a.holds.acquire(0)
	d.add(a)
	d.close()
	if !a.closed.Load() || d.len() != 0 {
		t.Errorf("closed %t, %d waiting", a.closed.Load(), d.len())
	}
	a.holds.release(0)
}
