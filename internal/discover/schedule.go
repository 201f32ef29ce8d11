package discover

import (
	"time"

	"github.com/gatewright/gatewright"
)

// When a service is looked up again.
const (
	MaxTTL     = 5 * time.Minute  // longest time an answer is kept, whatever its TTL
	FirstRetry = time.Second      // after the first failure; doubles with each
	MaxRetry   = 30 * time.Second // up to this
	MaxJitter  = time.Second      // longest random delay, so that gateways do not ask all at once
)

// progress is where the lookups of one service stand. Its methods are pure:
// they return the next progress and how long to wait before the next lookup.
// jitter is random, from 0 up to 1.
type progress struct {
	snapshot Snapshot
	expires  time.Time // of the last good answer
	failures int       // since the last good answer
}

// pending returns the progress before the first lookup of a service of which
// an earlier watch found f. It is used as if it had been found now by the same
// registry: until it has been expired for stale, or there is a good answer.
func pending(now time.Time, f finding, port uint16, stale time.Duration) progress {
	p := progress{snapshot: Snapshot{Phase: PhasePending}}
	if len(f.addresses) > 0 && now.Before(f.expires.Add(stale)) {
		p.snapshot.Addresses, p.snapshot.Dropped = f.at(port), f.dropped
		p.snapshot.Since = now
		p.expires = f.expires
	}
	return p
}

// succeeded takes in a good answer.
func (p progress) succeeded(now time.Time, a answer, jitter float64) (progress, time.Duration) {
	since := now
	if p.snapshot.Phase == PhaseOK {
		since = p.snapshot.Since
	}
	ttl := min(max(a.ttl, gatewright.MinRegistryTTL), MaxTTL)
	return progress{
		snapshot: Snapshot{Addresses: a.addresses, Phase: PhaseOK, Since: since, Dropped: a.dropped},
		expires:  now.Add(ttl),
	}, ttl + delay(ttl, jitter)
}

// failed takes in that a lookup failed. The last good answer is used until it
// has been expired for stale.
func (p progress) failed(now time.Time, err error, stale time.Duration, jitter float64) (progress, time.Duration) {
	next := p
	next.failures++
	retry := MaxRetry
	if shift := next.failures - 1; shift < 5 {
		retry = min(FirstRetry<<shift, MaxRetry)
	}
	wait := retry + delay(retry, jitter)
	next.snapshot.Phase = PhaseFailed
	if end := p.expires.Add(stale); len(p.snapshot.Addresses) > 0 && now.Before(end) {
		next.snapshot.Phase = PhaseStale
		wait = min(wait, end.Sub(now))
	} else {
		next.snapshot.Addresses, next.snapshot.Dropped = nil, 0
	}
	if next.snapshot.Phase != p.snapshot.Phase {
		next.snapshot.Since = now
	}
	next.snapshot.Reason = err.Error()
	return next, wait
}

// delay returns a random part of a tenth of d.
func delay(d time.Duration, jitter float64) time.Duration {
	return time.Duration(jitter * float64(min(d/10, MaxJitter)))
}
