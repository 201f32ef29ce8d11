package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func newCache(t testing.TB, o Options) *Cache {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func key(n int) Key {
	var k Key
	binary.BigEndian.PutUint64(k[:], uint64(n)) //nolint:gosec // small
	return k
}

// maker makes answers and counts them.
type maker struct{ n atomic.Int64 }

func (m *maker) make(body string) Make {
	return func(context.Context) (Answer, error) {
		n := m.n.Add(1)
		return Answer{Entry: Entry{Body: fmt.Appendf(nil, "%s%d", body, n)}}, nil
	}
}

func get(t testing.TB, c *Cache, k Key, tag Tag, m Make) string {
	t.Helper()
	found, err := c.Do(t.Context(), k, tag, time.Minute, m)
	if err != nil {
		t.Fatal(err)
	}
	return string(found.Body)
}

func TestKeepsForItsTime(t *testing.T) {
	now := time.Unix(1_000, 0)
	c, m := newCache(t, Options{Now: func() time.Time { return now }}), &maker{}
	for _, step := range []struct {
		name  string
		later time.Duration
		want  string
		hit   bool
		age   time.Duration
	}{
		{"first", 0, "a1", false, 0},
		{"at once", 0, "a1", true, 0},
		{"before it ends", time.Minute - 1, "a1", true, time.Minute - 1},
		{"when it ends", 1, "a2", false, 0},
		{"when the clock went back", -time.Hour, "a2", true, 0},
	} {
		now = now.Add(step.later)
		found, err := c.Do(t.Context(), key(1), Tag{}, time.Minute, m.make("a"))
		if err != nil || string(found.Body) != step.want || found.Hit != step.hit || found.Age != step.age {
			t.Errorf("%s: %q, hit %v, %s, %v", step.name, found.Body, found.Hit, found.Age, err)
		}
	}
}

func TestKeepsNoError(t *testing.T) {
	c := newCache(t, Options{})
	for _, tt := range []struct {
		name string
		make Make
	}{
		{"error", func(context.Context) (Answer, error) { return Answer{}, errors.New("no") }},
		{"panic", func(context.Context) (Answer, error) { panic("no") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.Do(t.Context(), key(1), Tag{}, time.Minute, tt.make); err == nil {
				t.Error("no error")
			}
			if got := c.Stats(); got.Entries != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	m := &maker{}
	if got := get(t, c, key(1), Tag{}, m.make("a")); got != "a1" {
		t.Errorf("behind the errors: %q", got)
	}
}

// TestBound: whatever comes, there are never more bytes than allowed, and what
// was asked for last stays.
func TestBound(t *testing.T) {
	const room = 10 * (1000 + entryOverhead)
	c := newCache(t, Options{Bytes: room})
	body := func(n int) Make {
		return func(context.Context) (Answer, error) { return Answer{Entry: Entry{Body: make([]byte, n)}}, nil }
	}
	for i := range 100 {
		if _, err := c.Do(t.Context(), key(i), Tag{}, time.Minute, body(1000)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), key(0), Tag{}, time.Minute, body(1000)); err != nil {
			t.Fatal(err)
		}
		if got := c.Stats(); got.Bytes > room || got.Entries > 10 {
			t.Fatalf("%+v", got)
		}
	}
	if found, _ := c.Do(t.Context(), key(0), Tag{}, time.Minute, body(1)); !found.Hit {
		t.Error("what is always asked for was let go")
	}
	if found, err := c.Do(t.Context(), key(1000), Tag{}, time.Minute, body(room)); err != nil || len(found.Body) != room {
		t.Errorf("larger than all room: %v", err)
	}
	if got := c.Stats(); got.Entries != 10 || got.Evictions != 90 {
		t.Errorf("%+v", got)
	}
	none := newCache(t, Options{Bytes: -1})
	get(t, none, key(1), Tag{}, body(1))
	if got := none.Stats(); got.Entries != 0 {
		t.Errorf("without room: %+v", got)
	}
}

func TestPurge(t *testing.T) {
	c, m := newCache(t, Options{}), &maker{}
	tags := []Tag{{"a", "s"}, {"a", "r"}, {"b", "s"}}
	fill := func() {
		c.PurgeAll()
		for i, tag := range tags {
			get(t, c, key(i), tag, m.make("x"))
		}
	}
	for _, tt := range []struct {
		name  string
		purge func()
		left  int64
	}{
		{"an API", func() { c.PurgeAPI("a") }, 1},
		{"a source", func() { c.PurgeSource("s") }, 1},
		{"another", func() { c.PurgeAPI("c") }, 3},
		{"all", c.PurgeAll, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fill()
			tt.purge()
			if got := c.Stats().Entries; got != tt.left {
				t.Errorf("%d are left", got)
			}
		})
	}
	c.PurgeAll()
	if got := c.Stats(); got.Bytes != 0 {
		t.Errorf("%+v", got)
	}
}

// TestCoalesces: many calls at once are one making.
func TestCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := newCache(t, Options{}), &maker{}
		release := make(chan struct{})
		slow := func(ctx context.Context) (Answer, error) {
			<-release
			return m.make("a")(ctx)
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if got := get(t, c, key(1), Tag{}, slow); got != "a1" {
					t.Errorf("got %q", got)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if got := c.Stats(); got.Coalesced != 49 || got.Entries != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// TestLeaderLeaves: who came first may go; those who came later get the answer.
// When all go, the making ends.
func TestLeaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, Options{})
		gone := errors.New("gone")
		var ended atomic.Bool
		release := make(chan struct{})
		slow := func(ctx context.Context) (Answer, error) {
			select {
			case <-release:
				return Answer{Entry: Entry{Body: []byte("a")}}, nil
			case <-ctx.Done():
				ended.Store(true)
				return Answer{}, ctx.Err()
			}
		}
		ask := func(k Key) (leave func(), result chan error) {
			ctx, cancel := context.WithCancelCause(t.Context())
			result = make(chan error, 1)
			go func() {
				found, err := c.Do(ctx, k, Tag{}, time.Minute, slow)
				if err == nil && string(found.Body) != "a" {
					err = fmt.Errorf("got %q", found.Body)
				}
				result <- err
			}()
			synctest.Wait()
			return func() { cancel(gone) }, result
		}
		leaveFirst, first := ask(key(1))
		_, second := ask(key(1))
		leaveFirst()
		if err := <-first; !errors.Is(err, gone) {
			t.Errorf("the first got %v", err)
		}
		if ended.Load() {
			t.Fatal("the making ended with the first")
		}
		close(release)
		if err := <-second; err != nil {
			t.Errorf("the second got %v", err)
		}
		release = make(chan struct{})
		leaveOne, one := ask(key(2))
		leaveTwo, two := ask(key(2))
		leaveOne()
		leaveTwo()
		<-one
		<-two
		synctest.Wait()
		if !ended.Load() {
			t.Error("the making goes on for nobody")
		}
		if got := c.Stats(); got.Entries != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// TestPurgeInFlight: an answer whose making began before a purge goes to those
// who waited, and is neither kept nor given to who came behind the purge.
func TestPurgeInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, Options{})
		release := make(chan struct{})
		old := func(context.Context) (Answer, error) {
			<-release
			return Answer{Entry: Entry{Body: []byte("old")}}, nil
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if got := get(t, c, key(1), Tag{API: "a"}, old); got != "old" {
				t.Errorf("before the purge: %q", got)
			}
		})
		synctest.Wait()
		c.PurgeAPI("a")
		m := &maker{}
		if got := get(t, c, key(1), Tag{API: "a"}, m.make("new")); got != "new1" {
			t.Errorf("behind the purge: %q", got)
		}
		close(release)
		wg.Wait()
		if got := get(t, c, key(1), Tag{API: "a"}, m.make("new")); got != "new1" {
			t.Errorf("later: %q", got)
		}
	})
}

// rest is a rest that knows whether it was closed, and with which context.
type rest struct {
	ctx    context.Context
	closed atomic.Int64
}

func (r *rest) Close() { r.closed.Add(1) }

// TestLarge: an answer too large to be kept goes to one caller, the others make
// their own, and so do those who come soon after.
func TestLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, Options{})
		r := &rest{}
		release := make(chan struct{})
		large := func(ctx context.Context) (Answer, error) {
			r.ctx = ctx
			<-release
			return Answer{Entry: Entry{Body: []byte("begin")}, Rest: r}, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var owners, alone atomic.Int64
		var owned Rest
		for range 5 {
			wg.Go(func() {
				found, err := c.Do(ctx, key(1), Tag{}, time.Minute, large)
				switch {
				case errors.Is(err, ErrAlone):
					alone.Add(1)
				case err == nil && found.Rest != nil:
					owners.Add(1)
					owned = found.Rest
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if owners.Load() != 1 || alone.Load() != 4 {
			t.Fatalf("%d own it, %d are alone", owners.Load(), alone.Load())
		}
		if _, err := c.Do(ctx, key(1), Tag{}, time.Minute, large); !errors.Is(err, ErrAlone) {
			t.Errorf("soon after: %v", err)
		}
		if r.ctx.Err() != nil {
			t.Error("the making ended before its rest was read")
		}
		cancel()
		synctest.Wait()
		if r.ctx.Err() == nil {
			t.Error("the making goes on when its owner is gone")
		}
		owned.Close()
		owned.Close()
		if n := r.closed.Load(); n != 1 {
			t.Errorf("closed %d times", n)
		}
	})
}

// TestLargeAbandoned: a rest that nobody waits for is closed.
func TestLargeAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := newCache(t, Options{}), &rest{}
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = c.Do(ctx, key(1), Tag{}, time.Minute, func(context.Context) (Answer, error) {
				<-release
				return Answer{Rest: r}, nil
			})
		}()
		synctest.Wait()
		cancel()
		<-done
		close(release)
		synctest.Wait()
		if n := r.closed.Load(); n != 1 {
			t.Errorf("closed %d times", n)
		}
	})
}

// TestClose: closing ends what is being made and waits for it.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, Options{})
		var ended atomic.Bool
		go func() {
			_, _ = c.Do(t.Context(), key(1), Tag{}, time.Minute, func(ctx context.Context) (Answer, error) {
				<-ctx.Done()
				ended.Store(true)
				return Answer{}, ctx.Err()
			})
		}()
		synctest.Wait()
		c.PurgeAll() // what is purged is waited for, too
		c.Close()
		if !ended.Load() {
			t.Error("it did not wait")
		}
		m := &maker{}
		if _, err := c.Do(t.Context(), key(1), Tag{}, time.Minute, m.make("a")); !errors.Is(err, ErrAlone) {
			t.Errorf("behind the end: %v", err)
		}
	})
}

// TestFlightLimit: more makings than allowed are their callers' own.
func TestFlightLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, Options{})
		block := func(ctx context.Context) (Answer, error) {
			<-ctx.Done()
			return Answer{}, ctx.Err()
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range MaxFlights {
			wg.Go(func() { _, _ = c.Do(ctx, key(i), Tag{}, time.Minute, block) })
		}
		synctest.Wait()
		if _, err := c.Do(ctx, key(MaxFlights), Tag{}, time.Minute, block); !errors.Is(err, ErrAlone) {
			t.Errorf("one more: %v", err)
		}
		cancel()
		wg.Wait()
	})
}

// TestRace has callers, purges and cancellations meet; the race detector and
// the books are the judges.
func TestRace(t *testing.T) {
	c := newCache(t, Options{Bytes: 20 * (100 + entryOverhead)})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				n := (worker + i) % 40
				if i%7 == 0 {
					cancel()
				}
				found, err := c.Do(ctx, key(n), Tag{API: fmt.Sprint(n % 3)}, time.Minute, func(context.Context) (Answer, error) {
					if n == 5 {
						return Answer{Rest: &rest{}}, nil
					}
					return Answer{Entry: Entry{Body: fmt.Appendf(nil, "%0100d", n)}}, nil
				})
				if err == nil && found.Rest != nil {
					found.Rest.Close()
				} else if err == nil && string(found.Body) != fmt.Sprintf("%0100d", n) {
					t.Errorf("%d got %q", n, found.Body)
				}
				if i%50 == 0 {
					c.PurgeAPI(fmt.Sprint(i % 3))
				}
				cancel()
			}
		})
	}
	wg.Wait()
	c.PurgeAll()
	if got := c.Stats(); got.Entries != 0 || got.Bytes != 0 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkHit(b *testing.B) {
	c, m := newCache(b, Options{}), &maker{}
	get(b, c, key(1), Tag{}, m.make("a"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(context.Background(), key(1), Tag{}, time.Minute, nil); err != nil {
			b.Fatal(err)
		}
	}
}
