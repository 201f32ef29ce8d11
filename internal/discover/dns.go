package discover

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/gatewright/gatewright"
)

// Bounds of DNS lookups.
const (
	DefaultQueryTimeout  = 2 * time.Second  // for one query to one server
	LookupTimeout        = 10 * time.Second // for all queries of one lookup
	MaxConcurrentLookups = 64               // of one [Resolver]
)

// dnsDiscoverer follows one service in DNS: it looks it up, waits until the
// answer's time to live has passed, and does so again.
type dnsDiscoverer struct {
	service service
	known   progress      // before the first lookup
	learned func(finding) // is told each good answer
	lookup  *lookup
	stale   time.Duration
	clock   Clock
	slots   chan struct{} // one is taken during a lookup
}

// Run implements [Discoverer].
func (d *dnsDiscoverer) Run(ctx context.Context, emit func(Snapshot)) {
	now := d.known
	for {
		a, err := d.lookUp(ctx)
		if ctx.Err() != nil {
			return
		}
		var next progress
		var wait time.Duration
		if err != nil {
			next, wait = now.failed(d.clock.Now(), err, d.stale, rand.Float64())
		} else {
			next, wait = now.succeeded(d.clock.Now(), a, rand.Float64())
			d.learned(finding{a.addresses, a.dropped, next.expires})
		}
		if !next.snapshot.equal(&now.snapshot) {
			emit(next.snapshot)
		}
		now = next
		select {
		case <-ctx.Done():
			return
		case <-d.clock.After(wait):
		}
	}
}

func (d *dnsDiscoverer) lookUp(ctx context.Context) (answer, error) {
	select {
	case <-ctx.Done():
		return answer{}, ctx.Err()
	case d.slots <- struct{}{}:
	}
	defer func() { <-d.slots }()
	ctx, cancel := context.WithTimeout(ctx, LookupTimeout)
	defer cancel()
	return d.lookup.service(ctx, d.service)
}

// staleOf returns how long answers of a registry outlive it.
func staleOf(r *gatewright.Registry) time.Duration {
	if r.Stale == 0 {
		return gatewright.DefaultStale
	}
	return time.Duration(r.Stale)
}
