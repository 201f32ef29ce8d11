package auth

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/gatewright/gatewright"
)

// How guesses are slowed down.
const (
	FreeAccountFailures = 5                // in a row, before an account's next attempt must wait
	FreeAddressFailures = 20               // before an address's must; offices share one
	FirstThrottleDelay  = time.Second      // doubles with each failure
	MaxAccountDelay     = time.Minute      // nobody can lock anybody else out for longer
	MaxAddressDelay     = 15 * time.Minute // of the client's address
	ForgetFailuresAfter = time.Hour        // without a failure
	MaxThrottled        = 10_000           // accounts, addresses and known places each; the longest unused are forgotten
)

// Throttle slows down guessing of passwords and tokens. It counts per account
// and per address, in memory that does not grow past [MaxThrottled] entries. It
// is safe for use by several goroutines; each control plane counts for itself.
//
// An account's count cannot be used to keep its owner out: from an address they
// logged in from before, an account is counted on its own.
type Throttle struct {
	clock func() time.Time

	mu        sync.Mutex
	accounts  *simplelru.LRU[throttleKey, failures]
	addresses *simplelru.LRU[throttleKey, failures]
	known     *simplelru.LRU[throttleKey, struct{}] // account and address of successful logins
}

// throttleKey has a fixed size, however long a name somebody sends.
type throttleKey [sha256.Size]byte

// failures are those of one account or address.
type failures struct {
	count int
	last  time.Time
}

// NewThrottle returns a Throttle that reads the time from clock.
func NewThrottle(clock func() time.Time) (*Throttle, error) {
	t := &Throttle{clock: clock}
	var errs [3]error
	t.accounts, errs[0] = simplelru.NewLRU[throttleKey, failures](MaxThrottled, nil)
	t.addresses, errs[1] = simplelru.NewLRU[throttleKey, failures](MaxThrottled, nil)
	t.known, errs[2] = simplelru.NewLRU[throttleKey, struct{}](MaxThrottled, nil)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Attempt asks for permission to check a proof. It returns 0 when it may be
// checked, else how long to wait. What it permits counts as failed until
// [Throttle.Succeeded] says otherwise, so that attempts made at the same time
// are counted too; what it refuses does not count, so that waiting ends.
//
// account is the key by which the account is known, see [UserName], or "" when
// none was named, as with tokens.
func (t *Throttle) Attempt(account string, from netip.Addr) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	address := addressKey(from)
	byAddress := current(t.addresses, address, now)
	wait := byAddress.wait(now, FreeAddressFailures, MaxAddressDelay)
	if account == "" {
		if wait == 0 {
			t.addresses.Add(address, byAddress.another(now))
		}
		return wait
	}
	key := t.accountKey(account, from)
	byAccount := current(t.accounts, key, now)
	wait = max(wait, byAccount.wait(now, FreeAccountFailures, MaxAccountDelay))
	if wait == 0 {
		t.addresses.Add(address, byAddress.another(now))
		t.accounts.Add(key, byAccount.another(now))
	}
	return wait
}

// Succeeded says that the proof of an attempt was right. It forgets the
// account's failures, and takes back only this attempt from the address's:
// somebody with an account of their own could else guess at others' for ever.
func (t *Throttle) Succeeded(account string, from netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	address := addressKey(from)
	if f, ok := t.addresses.Get(address); ok {
		f.count--
		if f.count <= 0 {
			t.addresses.Remove(address)
		} else {
			t.addresses.Add(address, f)
		}
	}
	if account != "" {
		t.accounts.Remove(t.accountKey(account, from))
		t.known.Add(placeKey(account, from), struct{}{})
	}
}

// TooManyAttempts returns the error for an attempt that has to wait; wait is
// rounded up to seconds, as Retry-After has them.
func TooManyAttempts(wait time.Duration) *gatewright.Error {
	seconds := "1 second"
	if n := RetryAfter(wait); n != 1 {
		seconds = fmt.Sprintf("%d seconds", n)
	}
	return gatewright.Errorf(gatewright.LimitExceeded, "too many failed attempts; try again in %s", seconds)
}

// RetryAfter returns a wait in whole seconds, at least 1.
func RetryAfter(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}

// accountKey returns what the account's failures from there are counted under.
func (t *Throttle) accountKey(account string, from netip.Addr) throttleKey {
	place := placeKey(account, from)
	if _, ok := t.known.Get(place); ok {
		return place
	}
	return sha256.Sum256([]byte("account\x00" + account))
}

func placeKey(account string, from netip.Addr) throttleKey {
	return sha256.Sum256([]byte("place\x00" + network(from).String() + "\x00" + account))
}

func addressKey(from netip.Addr) throttleKey {
	return sha256.Sum256([]byte("address\x00" + network(from).String()))
}

// network returns what one client can be expected to have: an IPv4 address, or
// the /64 of an IPv6 one. Addresses that are not known are one client.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// current returns the failures that still count.
func current(l *simplelru.LRU[throttleKey, failures], key throttleKey, now time.Time) failures {
	f, ok := l.Get(key)
	if !ok || now.Sub(f.last).Abs() >= ForgetFailuresAfter {
		return failures{}
	}
	return f
}

func (f failures) another(now time.Time) failures { return failures{f.count + 1, now} }

// wait returns how long the next attempt has to wait at now. A clock that was
// put back makes nobody wait longer than limit.
func (f failures) wait(now time.Time, free int, limit time.Duration) time.Duration {
	if f.count < free {
		return 0
	}
	delay := limit
	if shift := f.count - free; shift < 30 {
		delay = min(limit, FirstThrottleDelay<<shift)
	}
	return min(limit, max(0, f.last.Add(delay).Sub(now)))
}
