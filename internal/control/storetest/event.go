package storetest

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/gatewright/gatewright/internal/control"
)

// signalTimeout is how long a signal may take before the suite gives up.
const signalTimeout = 20 * time.Second

func testEvent(s *suite) {
	s.update(func(tx control.Tx) {
		s.same(must(tx.LastEvent())(s), int64(0))
		s.same(len(must(tx.Events(0, 9))(s)), 0)
		s.ok(tx.DeleteEvents(0))
		var want []control.EventRow
		for i := range 9 {
			e := control.EventRow{Origin: "here", Kind: "change", Ref: strconv.Itoa(i), Seq: 99} // Seq is the store's
			s.ok(tx.AppendEvent(e))
			e.Seq = must(tx.LastEvent())(s)
			if i > 0 && e.Seq <= want[i-1].Seq {
				s.Fatalf("event %d after %d", e.Seq, want[i-1].Seq)
			}
			want = append(want, e)
		}
		s.same(must(tx.Events(0, 100))(s), want)
		s.same(must(tx.Events(want[3].Seq, 100))(s), want[4:])
		s.same(must(tx.Events(want[3].Seq, 2))(s), want[4:6])
		s.same(len(must(tx.Events(0, 0))(s)), 0)
		s.same(len(must(tx.Events(0, -1))(s)), 0)
		s.same(len(must(tx.Events(want[8].Seq, 9))(s)), 0)
		s.ok(tx.DeleteEvents(20))
		s.same(len(must(tx.Events(0, 100))(s)), 9)
		s.ok(tx.DeleteEvents(4))
		s.same(must(tx.Events(0, 100))(s), want[5:])
		s.ok(tx.DeleteEvents(-1))
		s.same(must(tx.LastEvent())(s), int64(0))
	})
}

// testEventNumbers: readers go on from the number they have seen, so none is
// given twice, and none becomes visible after a greater one.
func testEventNumbers(s *suite) {
	var last int64
	for range 3 { // also where all are deleted in between
		s.update(func(tx control.Tx) {
			s.ok(tx.AppendEvent(control.EventRow{}))
			now := must(tx.LastEvent())(s)
			if now <= last {
				s.Errorf("event %d after %d", now, last)
			}
			last = now
			s.ok(tx.DeleteEvents(0))
		})
		s.reopen()
	}
	const workers, each = 6, 15
	var wg sync.WaitGroup
	errs := make(chan error, workers*each)
	for range workers {
		wg.Go(func() {
			for range each {
				errs <- s.store.Update(s.Context(), func(tx control.Tx) error {
					err := tx.AppendEvent(control.EventRow{})
					runtime.Gosched()
					return err
				})
			}
		})
	}
	seen := 0
	for seen < workers*each {
		s.view(func(tx control.Tx) {
			for _, e := range must(tx.Events(last, 100))(s) {
				seen, last = seen+1, e.Seq
			}
		})
		if len(errs) == workers*each && s.noMore(last) {
			break
		}
	}
	wg.Wait()
	s.same(seen, workers*each)
	close(errs)
	for err := range errs {
		s.ok(err)
	}
}

// noMore reports whether there is no event after last.
func (s *suite) noMore(last int64) (none bool) {
	s.view(func(tx control.Tx) { none = len(must(tx.Events(last, 1))(s)) == 0 })
	return none
}

// signal waits for one.
func (s *suite) signal(c <-chan struct{}) {
	s.Helper()
	timeout := time.NewTimer(signalTimeout)
	defer timeout.Stop()
	select {
	case _, ok := <-c:
		if !ok {
			s.Fatal("the channel of signals is closed")
		}
	case <-timeout.C:
		s.Fatal("there was no signal")
	}
}

func testSignals(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	one, two := s.store.Signals(ctx), s.store.Signals(s.Context())
	appendEvent := func(tx control.Tx) error { return tx.AppendEvent(control.EventRow{Kind: "k"}) }
	for range 3 {
		s.ok(s.store.Update(s.Context(), appendEvent))
		s.signal(one)
		s.signal(two)
	}
	for range 50 { // nobody looks, nobody waits
		s.ok(s.store.Update(s.Context(), appendEvent))
	}
	s.signal(one)
	if n := cap(two); len(two) > 1 || n > 1 {
		s.Errorf("%d signals wait, room for %d", len(two), n)
	}
	cancel()
	timeout := time.NewTimer(signalTimeout)
	defer timeout.Stop()
	for open := true; open; {
		select {
		case _, open = <-one:
		case <-timeout.C:
			s.Fatal("the channel is not closed when its context ends")
		}
	}
	s.ok(s.store.Update(s.Context(), appendEvent))
	s.signal(two)
	ended := s.store.Signals(ctx) // has ended before
	for open := true; open; {
		select {
		case _, open = <-ended:
		case <-timeout.C:
			s.Fatal("the channel is not closed when its context has ended before")
		}
	}
}
