package auth_test

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// throttled is a throttle with a clock that stands still until it is moved.
type throttled struct {
	*auth.Throttle
	now time.Time
}

func newThrottle(t *testing.T) *throttled {
	t.Helper()
	th := &throttled{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	throttle, err := auth.NewThrottle(func() time.Time { return th.now })
	if err != nil {
		t.Fatal(err)
	}
	th.Throttle = throttle
	return th
}

// failing makes attempts until one is refused and returns how many were
// permitted and how long to wait; it gives up after limit.
func (th *throttled) failing(account string, from netip.Addr, limit int) (permitted int, wait time.Duration) {
	for range limit {
		if wait = th.Attempt(account, from); wait > 0 {
			return permitted, wait
		}
		permitted++
	}
	return permitted, 0
}

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}) }

func TestThrottleAccount(t *testing.T) {
	th := newThrottle(t)
	// Each guess comes from another address: only the account can tell.
	next := 0
	attempt := func() time.Duration { next++; return th.Attempt("anna", addr(next)) }
	for i := range auth.FreeAccountFailures {
		if wait := attempt(); wait != 0 {
			t.Fatalf("attempt %d has to wait %s", i, wait)
		}
	}
	for want := auth.FirstThrottleDelay; want < 4*auth.MaxAccountDelay; want *= 2 {
		wait := attempt()
		if wait != min(want, auth.MaxAccountDelay) {
			t.Fatalf("wait is %s, want %s", wait, want)
		}
		if again := attempt(); again != wait {
			t.Fatalf("what is refused lengthens the wait to %s", again)
		}
		th.now = th.now.Add(wait - 1)
		if rest := attempt(); rest != 1 {
			t.Fatalf("just before the end the wait is %s", rest)
		}
		th.now = th.now.Add(1)
		if rest := attempt(); rest != 0 {
			t.Fatalf("at the end the wait is %s", rest)
		}
	}
	if wait := th.Attempt("bert", addr(1)); wait != 0 {
		t.Errorf("another account has to wait %s", wait)
	}
	th.now = th.now.Add(auth.ForgetFailuresAfter)
	if permitted, _ := th.failing("anna", addr(9999), 100); permitted != auth.FreeAccountFailures {
		t.Errorf("after a long time %d attempts are free", permitted)
	}
}

func TestThrottleAddress(t *testing.T) {
	tests := []struct {
		name      string
		one, same string
		shared    bool
	}{
		{"IPv4", "192.0.2.1", "192.0.2.1", true},
		{"another IPv4", "192.0.2.1", "192.0.2.2", false},
		{"IPv4 within IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"IPv6 network", "2001:db8::1", "2001:db8::ffff:0:0:2", true},
		{"another IPv6 network", "2001:db8::1", "2001:db8:0:1::1", false},
		{"zone", "fe80::1%eth0", "fe80::2%eth1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			th := newThrottle(t)
			one, same := netip.MustParseAddr(tt.one), netip.MustParseAddr(tt.same)
			// Each guess is at another account: only the address can tell.
			for i := range auth.FreeAddressFailures {
				if wait := th.Attempt(fmt.Sprint("user", i), one); wait != 0 {
					t.Fatalf("attempt %d has to wait %s", i, wait)
				}
			}
			if wait := th.Attempt("anna", same); (wait > 0) != tt.shared {
				t.Errorf("wait is %s", wait)
			}
			if wait := th.Attempt("", same); (wait > 0) != tt.shared {
				t.Errorf("with a token wait is %s", wait)
			}
		})
	}
	t.Run("limit", func(t *testing.T) {
		th := newThrottle(t)
		var longest time.Duration
		for range 100 {
			wait := th.Attempt("", addr(1))
			longest = max(longest, wait)
			th.now = th.now.Add(wait)
		}
		if longest != auth.MaxAddressDelay {
			t.Errorf("longest wait is %s", longest)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		th := newThrottle(t)
		if permitted, _ := th.failing("", netip.Addr{}, 100); permitted != auth.FreeAddressFailures {
			t.Errorf("%d attempts are free", permitted)
		}
	})
}

// TestThrottleSuccess: an account of one's own must not buy guesses at others'.
func TestThrottleSuccess(t *testing.T) {
	th := newThrottle(t)
	guesses := 0
	for range 10 * auth.FreeAddressFailures {
		if th.Attempt("mallory", addr(1)) == 0 {
			th.Succeeded("mallory", addr(1))
		}
		if th.Attempt(fmt.Sprint("user", guesses), addr(1)) == 0 {
			guesses++
		}
	}
	if guesses > auth.FreeAddressFailures {
		t.Errorf("%d guesses were free", guesses)
	}
	t.Run("forgets the account's", func(t *testing.T) {
		th := newThrottle(t)
		for range auth.FreeAccountFailures - 1 {
			th.Attempt("anna", addr(1))
		}
		th.Attempt("anna", addr(1))
		th.Succeeded("anna", addr(1))
		if permitted, _ := th.failing("anna", addr(2), 100); permitted != auth.FreeAccountFailures {
			t.Errorf("%d attempts are free", permitted)
		}
	})
}

// TestThrottleOwnerGetsIn: somebody who guesses all day must not keep the owner
// out.
func TestThrottleOwnerGetsIn(t *testing.T) {
	th := newThrottle(t)
	home := addr(1)
	th.Attempt("anna", home)
	th.Succeeded("anna", home)
	for i := range 50 {
		for th.Attempt("anna", addr(100+i)) == 0 { // until even a new address has to wait
		}
		if wait := th.Attempt("anna", home); wait != 0 {
			t.Fatalf("the owner has to wait %s", wait)
		}
		th.Succeeded("anna", home)
		th.now = th.now.Add(time.Second)
	}
	// The known address is no free ticket either.
	if permitted, _ := th.failing("anna", home, 100); permitted != auth.FreeAccountFailures {
		t.Errorf("%d guesses are free from a known address", permitted)
	}
}

func TestThrottleClockPutBack(t *testing.T) {
	th := newThrottle(t)
	th.failing("anna", addr(1), 100)
	th.now = th.now.Add(-time.Minute * 30)
	if wait := th.Attempt("anna", addr(2)); wait > auth.MaxAccountDelay {
		t.Errorf("wait is %s", wait)
	}
}

// TestThrottleBound makes more entries than are kept.
func TestThrottleBound(t *testing.T) {
	th := newThrottle(t)
	th.failing("anna", addr(1), 100)
	for i := range auth.MaxThrottled {
		th.Attempt(fmt.Sprint("user", i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if wait := th.Attempt("anna", addr(2)); wait != 0 {
		t.Errorf("the oldest entry is still there and waits %s", wait)
	}
}

// TestThrottleTogether: guesses made at the same time are counted like others.
func TestThrottleTogether(t *testing.T) {
	th := newThrottle(t)
	var permitted atomic.Int64
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			if th.Attempt("anna", addr(i)) == 0 {
				permitted.Add(1)
			}
		})
	}
	group.Wait()
	if n := permitted.Load(); n != auth.FreeAccountFailures {
		t.Errorf("%d of 64 guesses were permitted", n)
	}
}

func TestTooManyAttempts(t *testing.T) {
	for wait, want := range map[time.Duration]int{0: 1, 1: 1, time.Second: 1, time.Second + 1: 2, time.Minute: 60} {
		if got := auth.RetryAfter(wait); got != want {
			t.Errorf("%s is %d seconds, want %d", wait, got, want)
		}
	}
	wantCode(t, auth.TooManyAttempts(time.Minute), gatewright.LimitExceeded)
}
