package sqlsource

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewright/gatewright"
)

// idleSession is a connection that does nothing.
type idleSession struct{ closed chan struct{} }

func (s *idleSession) query(context.Context, string, []Arg) (cursor, error) {
	return nil, fail(Refused, "")
}
func (s *idleSession) interrupt() {}
func (s *idleSession) close()     { close(s.closed) }

func newTestPool(t *testing.T, l gatewright.SourceLimits) (*pool, *atomic.Int64) {
	opened := new(atomic.Int64)
	p := &pool{limits: limitsOf(l), now: time.Now, changed: make(chan struct{}, 1)}
	p.open = func(context.Context) (session, error) {
		opened.Add(1)
		return &idleSession{make(chan struct{})}, nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.sweep()
	}()
	t.Cleanup(func() {
		p.close()
		<-done
	})
	return p, opened
}

func get(t *testing.T, p *pool) *pooled {
	t.Helper()
	conn, err := p.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestFairness serves whoever waits in the order of coming, also when new
// callers come while connections get free.
func TestFairness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, opened := newTestPool(t, gatewright.SourceLimits{Connections: 1, Queue: 100, WaitTimeout: gatewright.Duration(time.Minute)})
		first := get(t, p)
		var mu sync.Mutex
		var order []int
		var group sync.WaitGroup
		for n := range 50 {
			group.Go(func() {
				conn, err := p.acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, n)
				mu.Unlock()
				p.release(conn, n%3 != 0) // some break: the right to open one goes on
			})
			synctest.Wait()
		}
		p.release(first, true)
		group.Wait()
		for i, n := range order {
			if i != n {
				t.Fatalf("served in the order %v", order)
			}
		}
		if opened.Load() < 2 || p.stats() != (Stats{Open: 1, Idle: 1}) {
			t.Errorf("%d opened, %+v", opened.Load(), p.stats())
		}
	})
}

func TestQueueLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newTestPool(t, gatewright.SourceLimits{Connections: 2, Queue: 3, WaitTimeout: gatewright.Duration(5 * time.Second)})
		held := []*pooled{get(t, p), get(t, p)}
		errs := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := p.acquire(t.Context())
				errs <- err
			}()
		}
		synctest.Wait()
		began := time.Now()
		if _, err := p.acquire(t.Context()); !errors.Is(err, Busy) || time.Since(began) != 0 {
			t.Errorf("the fourth in a queue of three: %v", err)
		}
		for range 3 {
			if err := <-errs; !errors.Is(err, Busy) {
				t.Errorf("after waiting: %v", err)
			}
		}
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("they waited %s", waited)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := p.acquire(ctx); !errors.Is(err, Cancelled) {
			t.Errorf("cancelled while waiting: %v", err)
		}
		if s := p.stats(); s.Waiting != 0 || s.Open != 2 {
			t.Errorf("%+v", s)
		}
		p.release(held[0], true)
		p.release(get(t, p), true)
		p.release(held[1], true)
	})
}

func TestPoolTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, opened := newTestPool(t, gatewright.SourceLimits{Connections: 3, Idle: 2, IdleTime: gatewright.Duration(time.Minute), Lifetime: gatewright.Duration(10 * time.Minute)})
		a, b, c := get(t, p), get(t, p), get(t, p)
		p.release(a, true)
		p.release(b, true)
		p.release(c, true) // one more than may be idle
		if s := p.stats(); s != (Stats{Open: 2, Idle: 2}) {
			t.Errorf("%+v", s)
		}
		<-time.After(59 * time.Second)
		p.release(get(t, p), true)
		<-time.After(2 * time.Second)
		synctest.Wait()
		if s := p.stats(); s != (Stats{Open: 1, Idle: 1}) {
			t.Errorf("the idle one is kept: %+v", s)
		}
		for range 12 {
			p.release(get(t, p), true)
			<-time.After(50 * time.Second)
			synctest.Wait()
		}
		if n := opened.Load(); n != 4 {
			t.Errorf("%d opened: one that is too old is replaced once", n)
		}
	})
}

// TestPoolConnectFails gives the right to connect on when connecting fails.
func TestPoolConnectFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newTestPool(t, gatewright.SourceLimits{Connections: 1, WaitTimeout: gatewright.Duration(time.Minute)})
		open, attempts := p.open, 0
		p.open = func(ctx context.Context) (session, error) {
			attempts++
			if attempts < 3 {
				<-time.After(time.Second)
				return nil, fail(Unreachable, "attempt %d", attempts)
			}
			return open(ctx)
		}
		results := make(chan error, 3)
		for range 3 {
			go func() {
				conn, err := p.acquire(t.Context())
				if err == nil {
					p.release(conn, true)
				}
				results <- err
			}()
			synctest.Wait()
		}
		failed := 0
		for range 3 {
			if err := <-results; errors.Is(err, Unreachable) {
				failed++
			}
		}
		if failed != 2 || p.stats() != (Stats{Open: 1, Idle: 1}) {
			t.Errorf("%d failed, %+v", failed, p.stats())
		}
	})
}

// TestPoolUnderLoad cancels, breaks and releases at random moments and looks
// that no connection is lost or given out twice.
func TestPoolUnderLoad(t *testing.T) {
	p, _ := newTestPool(t, gatewright.SourceLimits{Connections: 4, Idle: 2, Queue: 1000, WaitTimeout: gatewright.Duration(time.Minute)})
	inUse := make(map[*pooled]bool)
	var mu sync.Mutex
	var group sync.WaitGroup
	for n := range 64 {
		group.Go(func() {
			for i := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if (n+i)%3 == 0 {
					go cancel()
				}
				conn, err := p.acquire(ctx)
				if err == nil {
					mu.Lock()
					if inUse[conn] || len(inUse) >= 4 {
						t.Errorf("given out twice, or more than there may be")
					}
					inUse[conn] = true
					mu.Unlock()
					mu.Lock()
					delete(inUse, conn)
					mu.Unlock()
					p.release(conn, (n+i)%7 != 0)
				}
				cancel()
			}
		})
	}
	group.Wait()
	if s := p.stats(); s.Open != s.Idle || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

func TestClosedPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newTestPool(t, gatewright.SourceLimits{Connections: 1, WaitTimeout: gatewright.Duration(time.Minute)})
		held := get(t, p)
		waiting := make(chan error, 1)
		go func() {
			_, err := p.acquire(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		p.close()
		if err := <-waiting; !errors.Is(err, Closed) {
			t.Errorf("who waits: %v", err)
		}
		if _, err := p.acquire(t.Context()); !errors.Is(err, Closed) {
			t.Errorf("who comes: %v", err)
		}
		p.release(held, true)
		<-held.session.(*idleSession).closed
	})
}

func TestScratch(t *testing.T) {
	var s scratch
	for row := range 20 {
		s.next()
		var kept [][]byte
		for cell := range 50 {
			b := s.reserve(3)
			for range cell * row {
				b = append(b, byte('a'+cell%26))
			}
			kept = append(kept, s.keep(b))
		}
		for cell, b := range kept {
			if len(b) != cell*row {
				t.Fatalf("row %d cell %d has %d bytes", row, cell, len(b))
			}
			for _, c := range b {
				if c != byte('a'+cell%26) {
					t.Fatalf("row %d cell %d was written over: %q", row, cell, b)
				}
			}
		}
	}
}
