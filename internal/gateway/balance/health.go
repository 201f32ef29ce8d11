package balance

import (
	"sync/atomic"
	"time"
)

// How long a member is passed by after a failed connection.
const (
	FirstBackoff = time.Second      // after the first failure
	MaxBackoff   = 10 * time.Second // the back-off doubles up to this
)

// health is what is known of one address. It outlives the members that stand
// for the address in consecutive sets.
type health struct {
	now  func() time.Time
	mark atomic.Pointer[mark] // nil when the last connection could be opened
}

// mark says that the last connection to an address failed.
type mark struct {
	until   time.Time
	backoff time.Duration
}

// marked reports whether the address is to be passed by.
func (h *health) marked() bool {
	m := h.mark.Load()
	return m != nil && h.now().Before(m.until)
}

// failed marks the address. Failures while it is marked do not count: they
// come from exchanges that began before.
func (h *health) failed() {
	for {
		old := h.mark.Load()
		now := h.now()
		next := &mark{backoff: FirstBackoff}
		if old != nil {
			if now.Before(old.until) {
				return
			}
			next.backoff = min(2*old.backoff, MaxBackoff)
		}
		next.until = now.Add(next.backoff)
		if h.mark.CompareAndSwap(old, next) {
			return
		}
	}
}

// connected takes the mark off. It writes only when there is one, because it
// is called for every exchange.
func (h *health) connected() {
	if h.mark.Load() != nil {
		h.mark.Store(nil)
	}
}
