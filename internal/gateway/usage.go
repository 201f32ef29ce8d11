package gateway

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// maxUsage bounds the combinations of revision, route and app that one stripe
// counts between two calls of [Gateway.TakeUsage]. Calls of others are counted
// for their revision alone.
const maxUsage = 1 << 14

// usageOf is what a side's calls are counted for.
type usageOf struct {
	api      gatewright.APIID
	track    string
	revision int
	version  string
}

// usageKey is a combination that calls are counted for.
type usageKey struct {
	of    *usageOf
	route *route   // nil for none
	app   *liveApp // nil for none
}

func (k usageKey) id() usageID {
	id := usageID{usageOf: *k.of}
	if k.route != nil {
		id.route = k.route.name
	}
	if k.app != nil {
		id.app = k.app.resource.ID
	}
	return id
}

// tally counts the calls of one combination.
type tally struct{ calls, errors, refused, last int64 }

// usageCounts counts calls for whoever takes the counts away. Requests of
// different stripes share no lock.
type usageCounts struct {
	limit    int // per stripe
	overflow atomic.Uint64
	shards   [stripes]usageShard

	taking  sync.Mutex
	pending map[usageID]*tally // taken out of the shards, not yet given away
}

// usageShard has two maps that take turns: while one is emptied, the other
// counts. A combination that goes on being called stays in both.
type usageShard struct {
	mu     sync.Mutex
	counts map[usageKey]*tally
	_      [48]byte
	spare  map[usageKey]*tally // of whoever holds usageCounts.taking
}

// usageID is a combination by what it is called: reconfigured apps and slots
// count on.
type usageID struct {
	usageOf
	route string
	app   gatewright.AppID
}

func newUsageCounts() *usageCounts {
	u := &usageCounts{limit: maxUsage, pending: map[usageID]*tally{}}
	for i := range u.shards {
		u.shards[i].counts, u.shards[i].spare = map[usageKey]*tally{}, map[usageKey]*tally{}
	}
	return u
}

// add counts one call that has ended.
func (u *usageCounts) add(stripe uint32, key usageKey, ex *exchange.Exchange) {
	at := ex.Start.Add(ex.Result.Total).UnixNano()
	var errors, refused int64
	switch f := ex.Result.Failure; ex.Response.Status / 100 {
	case 5:
		errors = 1
	case 4:
		if f != exchange.ClientGone && f != exchange.WriteFailed { // nobody was there to be refused
			refused = 1
		}
	}
	sh := &u.shards[stripe]
	sh.mu.Lock()
	t := sh.counts[key]
	if t == nil {
		if len(sh.counts) >= u.limit {
			key = usageKey{of: key.of}
			u.overflow.Add(1)
			t = sh.counts[key]
		}
		if t == nil {
			t = new(tally)
			sh.counts[key] = t
		}
	}
	t.calls++
	t.errors += errors
	t.refused += refused
	t.last = max(t.last, at)
	sh.mu.Unlock()
}

// collect moves what the shards have counted to pending.
func (u *usageCounts) collect() {
	for i := range u.shards {
		sh := &u.shards[i]
		sh.mu.Lock()
		full := sh.counts
		sh.counts = sh.spare
		sh.mu.Unlock()
		for key, t := range full {
			if t.calls == 0 {
				delete(full, key)
				continue
			}
			id := key.id()
			sum := u.pending[id]
			if sum == nil {
				sum = new(tally)
				u.pending[id] = sum
			}
			sum.calls += t.calls
			sum.errors += t.errors
			sum.refused += t.refused
			sum.last = max(sum.last, t.last)
			*t = tally{}
		}
		sh.spare = full
	}
}

// take returns and forgets at most limit counts.
func (u *usageCounts) take(limit int) []gatewright.Usage {
	u.taking.Lock()
	defer u.taking.Unlock()
	if len(u.pending) < limit {
		u.collect()
	}
	var taken []gatewright.Usage
	for id, t := range u.pending {
		if len(taken) == limit {
			break
		}
		last := time.Unix(0, t.last).UTC()
		taken = append(taken, gatewright.Usage{
			Bucket: last.Truncate(gatewright.UsageBucket),
			API:    id.api, Track: id.track, Revision: id.revision, Version: id.version, Route: id.route, App: id.app,
			Calls: t.calls, Errors: t.errors, Refused: t.refused, LastCall: last,
		})
		delete(u.pending, id)
	}
	slices.SortFunc(taken, func(a, b gatewright.Usage) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Track, b.Track), cmp.Compare(a.Revision, b.Revision),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.Route, b.Route), cmp.Compare(a.App, b.App))
	})
	return taken
}

// TakeUsage returns the calls that ended since it was called last, at most
// limit counts; what is left out comes next time. The group is not filled in.
// All calls of a combination since then are counted for the hour of the last.
func (g *Gateway) TakeUsage(limit int) []gatewright.Usage { return g.usage.take(limit) }
