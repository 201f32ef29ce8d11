package gateway

import (
	"sync/atomic"
	"time"
)

// bucket limits how often something may happen: qps times a second evenly, and
// as many at once after a second of rest. nil has no limit. It is the "generic
// cell rate algorithm": one number, the moment at which all that was granted
// would have been used up evenly.
type bucket struct {
	qps      int
	interval int64 // nanoseconds between two, when even
	burst    int64 // nanoseconds that due may be ahead
	due      atomic.Int64
}

// newBucket returns a full bucket; nil when qps is 0.
func newBucket(qps int) *bucket {
	if qps <= 0 {
		return nil
	}
	interval := int64(time.Second) / int64(qps) // rounded down: rather a request too many than one too few
	return &bucket{qps: qps, interval: interval, burst: interval * int64(qps-1)}
}

// or returns b if it has the limit of next, else next: what was used up of a
// limit stays used up while only other things are changed.
func (b *bucket) or(next *bucket) *bucket {
	if b != nil && next != nil && b.qps == next.qps {
		return b
	}
	return next
}

// take takes one at now and returns 0, or returns how long to wait until there
// is one again. A clock that was set back makes the bucket full.
func (b *bucket) take(now time.Time) time.Duration {
	if b == nil {
		return 0
	}
	at := now.UnixNano()
	for {
		due := b.due.Load()
		next := due
		if next < at || next > at+b.burst+b.interval {
			next = at
		}
		if wait := next - at - b.burst; wait > 0 {
			return time.Duration(wait)
		}
		if b.due.CompareAndSwap(due, next+b.interval) {
			return 0
		}
	}
}
