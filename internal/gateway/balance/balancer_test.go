package balance

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

// clock is a clock that moves when it is told to.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_800_000_000, c.nanos.Load()) }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// balancerOf returns a balancer over the members "m0", "m1" … whose endpoint
// is their index.
func balancerOf(t testing.TB, weights ...int) (*Balancer[int], *clock) {
	t.Helper()
	c := new(clock)
	b := New[int](c.now)
	if err := b.Update(targets(weights...)); err != nil {
		t.Fatal(err)
	}
	return b, c
}

func targets(weights ...int) []Target[int] {
	list := make([]Target[int], len(weights))
	for i, w := range weights {
		list[i] = Target[int]{Address: fmt.Sprintf("m%d", i), Weight: w, Endpoint: i}
	}
	return list
}

// counts picks n times, each for an exchange of its own.
func counts(b *Balancer[int], n int) map[string]int {
	got := map[string]int{}
	for range n {
		if m := b.Pick(new(Attempts[int])); m != nil {
			got[m.Address()]++
		} else {
			got["none"]++
		}
	}
	return got
}

func expect(t *testing.T, got map[string]int, want map[string]int) {
	t.Helper()
	for _, list := range []map[string]int{got, want} {
		for k := range list {
			if got[k] != want[k] {
				t.Errorf("%s: %d picks, want %d", k, got[k], want[k])
			}
		}
	}
}

func TestPick(t *testing.T) {
	tests := []struct {
		name    string
		weights []int
		picks   int
		want    map[string]int
	}{
		{"in proportion", []int{300, 100}, 400, map[string]int{"m0": 300, "m1": 100}},
		{"weight 0 gets nothing", []int{100, 0, 100}, 200, map[string]int{"m0": 100, "m2": 100}},
		{"only weight 0", []int{0, 0}, 5, map[string]int{"none": 5}},
		{"no members", nil, 5, map[string]int{"none": 5}},
		{"one member", []int{7}, 5, map[string]int{"m0": 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := balancerOf(t, tt.weights...)
			expect(t, counts(b, tt.picks), tt.want)
		})
	}
}

func TestNewPicksNothing(t *testing.T) {
	expect(t, counts(New[int](new(clock).now), 3), map[string]int{"none": 3})
}

func TestRepick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 6).Draw(t, "weights")
		b := New[int](new(clock).now)
		if err := b.Update(targets(weights...)); err != nil {
			t.Fatal(err)
		}
		usable := 0
		for _, w := range weights {
			if w > 0 {
				usable++
			}
		}
		for range 10 {
			var a Attempts[int]
			seen := map[string]bool{}
			for m := b.Pick(&a); m != nil; m = b.Pick(&a) {
				if seen[m.Address()] {
					t.Fatalf("weights %v: %s was picked twice for one exchange", weights, m.Address())
				}
				if m.Weight() == 0 {
					t.Fatalf("weights %v: %s has weight 0", weights, m.Address())
				}
				seen[m.Address()] = true
				if rapid.Bool().Draw(t, "fails") {
					m.ConnectFailed()
				}
			}
			if want := min(usable, MaxAttempts); len(seen) != want || a.Count() != want {
				t.Fatalf("weights %v: %d members picked, want %d", weights, len(seen), want)
			}
			a.Reset()
			if usable > 0 && b.Pick(&a) == nil {
				t.Fatal("nothing was picked after a reset")
			}
		}
	})
}

func TestMarkAndRecover(t *testing.T) {
	b, c := balancerOf(t, 100, 100, 200)
	bad := b.Members()[0]
	bad.ConnectFailed()
	got := counts(b, 3000)
	if got["m0"] != 0 {
		t.Errorf("a marked member was picked %d times", got["m0"])
	}
	// Its turns go to the others by their weights.
	if d := got["m1"] - 1000; d < -10 || d > 10 {
		t.Errorf("picks %v, want 1000 and 2000", got)
	}
	c.advance(FirstBackoff - 1)
	if got := counts(b, 100); got["m0"] != 0 {
		t.Errorf("picked before the back-off ended: %v", got)
	}
	c.advance(1)
	expect(t, counts(b, 400), map[string]int{"m0": 100, "m1": 100, "m2": 200})
}

func TestBackoffDoubles(t *testing.T) {
	b, c := balancerOf(t, 1, 1)
	m := b.Members()[0]
	for _, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		want *= time.Second
		start := c.now()
		m.ConnectFailed()
		c.advance(want / 2)
		m.ConnectFailed() // an exchange that began before the mark
		if got := m.MarkedUntil().Sub(start); got != want {
			t.Fatalf("marked for %s, want %s", got, want)
		}
		c.advance(want - want/2)
		if !m.MarkedUntil().IsZero() {
			t.Fatalf("still marked after %s", want)
		}
	}
	m.ConnectFailed()
	m.Connected()
	if !m.MarkedUntil().IsZero() {
		t.Error("still marked after a connection worked")
	}
	m.ConnectFailed()
	if got := m.MarkedUntil().Sub(c.now()); got != FirstBackoff {
		t.Errorf("back-off %s after a success in between, want %s", got, FirstBackoff)
	}
}

func TestAllMarkedAreUsedAnyway(t *testing.T) {
	b, _ := balancerOf(t, 1, 3, 0)
	for _, m := range b.Members() {
		m.ConnectFailed()
	}
	got := counts(b, 4000)
	if got["none"] != 0 || got["m2"] != 0 || got["m0"] < 990 || got["m0"] > 1010 {
		t.Errorf("picks %v, want 1000 and 3000", got)
	}
}

func TestMarkedAreUsedWhenTheRestWasTried(t *testing.T) {
	b, _ := balancerOf(t, 1, 1)
	b.Members()[0].ConnectFailed()
	var a Attempts[int]
	first, second, third := b.Pick(&a), b.Pick(&a), b.Pick(&a)
	if first.Address() != "m1" || second.Address() != "m0" || third != nil {
		t.Errorf("picked %v, %v, %v", first, second, third)
	}
}

func TestUpdateKeepsWhatIsKnown(t *testing.T) {
	b, c := balancerOf(t, 1, 1)
	b.Members()[0].ConnectFailed()
	var a Attempts[int]
	tried := b.Pick(&a)
	if tried.Address() != "m1" {
		t.Fatalf("picked %s", tried.Address())
	}
	if err := b.Update(targets(5, 5, 5)); err != nil {
		t.Fatal(err)
	}
	if m := b.Pick(&a); m.Address() != "m2" {
		t.Errorf("picked %s, which is marked or was tried before the update", m.Address())
	}
	if m := b.Members()[0]; m.MarkedUntil().IsZero() || m.Weight() != 5 {
		t.Errorf("the mark or the new weight is lost: %v, %d", m.MarkedUntil(), m.Weight())
	}
	// A member of the old set still speaks for its address.
	tried.ConnectFailed()
	if b.Members()[1].MarkedUntil().IsZero() {
		t.Error("a failure told through an old member is lost")
	}
	// An address that was away comes back with a clean record.
	for _, set := range [][]Target[int]{targets(1, 1)[1:], targets(1, 1)} {
		if err := b.Update(set); err != nil {
			t.Fatal(err)
		}
	}
	if !b.Members()[0].MarkedUntil().IsZero() {
		t.Error("the mark outlived the address")
	}
	c.advance(time.Hour)
	expect(t, counts(b, 2), map[string]int{"m0": 1, "m1": 1})
}

func TestUpdateRefuses(t *testing.T) {
	tests := []struct {
		name    string
		targets []Target[int]
		code    gatewright.Code
	}{
		{"address twice", []Target[int]{{Address: "a", Weight: 1}, {Address: "a", Weight: 2}}, gatewright.Invalid},
		{"negative weight", []Target[int]{{Address: "a", Weight: -1}}, gatewright.Invalid},
		{"weight too high", []Target[int]{{Address: "a", Weight: gatewright.MaxWeight + 1}}, gatewright.Invalid},
		{"too many", targets(make([]int, MaxMembers+1)...), gatewright.LimitExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := balancerOf(t, 1)
			if err := b.Update(tt.targets); gatewright.CodeOf(err) != tt.code {
				t.Errorf("got error %v, want %s", err, tt.code)
			}
			expect(t, counts(b, 3), map[string]int{"m0": 3})
		})
	}
}

// TestConcurrentPicksAreExact takes whole periods from many goroutines.
func TestConcurrentPicksAreExact(t *testing.T) {
	const workers, rounds = 8, 500
	b, _ := balancerOf(t, 5, 2, 1)
	got := make([]atomic.Int64, 3)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range 8 * rounds {
				got[b.Pick(new(Attempts[int])).Endpoint()].Add(1)
			}
		})
	}
	wg.Wait()
	for i, weight := range []int64{5, 2, 1} {
		if n := got[i].Load(); n != weight*workers*rounds {
			t.Errorf("member %d: %d picks, want %d", i, n, weight*workers*rounds)
		}
	}
}

// TestConcurrentChanges is about data races and the rule that a set which has
// members always gives one.
func TestConcurrentChanges(t *testing.T) {
	b, c := balancerOf(t, 1, 2, 3)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 3000 {
				var a Attempts[int]
				first := b.Pick(&a)
				second := b.Pick(&a)
				if first == nil || second == nil || first.Address() == second.Address() {
					t.Errorf("picked %v, then %v", first, second)
					return
				}
				if i%3 == 0 {
					first.ConnectFailed()
				} else {
					second.Connected()
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 500 {
			if err := b.Update(targets([]int{i%5 + 1, 2, 3, 4}[:2+i%3]...)); err != nil {
				t.Error(err)
			}
			c.advance(FirstBackoff / 3)
			b.Members()
		}
	})
	wg.Wait()
}

func TestPickAllocatesNothing(t *testing.T) {
	b, _ := balancerOf(t, 3, 2, 1)
	b.Members()[0].ConnectFailed()
	var a Attempts[int]
	if n := testing.AllocsPerRun(100, func() {
		a.Reset()
		b.Pick(&a)
		b.Pick(&a).Connected()
	}); n != 0 {
		t.Errorf("%v allocations per pick", n)
	}
}

func BenchmarkPick(b *testing.B) {
	for _, n := range []int{1, 3, 256} {
		for _, marked := range []bool{false, true} {
			b.Run(fmt.Sprintf("members=%d/marked=%v", n, marked), func(b *testing.B) {
				weights := make([]int, n)
				for i := range weights {
					weights[i] = 100 + i
				}
				lb, _ := balancerOf(b, weights...)
				if marked {
					lb.Members()[0].ConnectFailed()
				}
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					var a Attempts[int]
					for pb.Next() {
						a.Reset()
						lb.Pick(&a)
					}
				})
			})
		}
	}
}
