package balance

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright"
)

// MaxMembers bounds the set of a [Balancer].
const MaxMembers = 4096

// Balancer spreads requests over a set of members. It is safe for concurrent
// use; picking takes no lock.
type Balancer[E any] struct {
	now   func() time.Time
	set   atomic.Pointer[set[E]]
	turn  atomic.Uint64 // of the schedule
	spill atomic.Uint64 // picks that could not take the member whose turn it was

	mu sync.Mutex // held by Update
}

// set is immutable.
type set[E any] struct {
	all      []*Member[E]
	members  []*Member[E] // those with a weight
	schedule schedule     // of members
}

// New returns a balancer without members, which picks nothing. now is the
// clock.
func New[E any](now func() time.Time) *Balancer[E] {
	b := &Balancer[E]{now: now}
	b.set.Store(new(set[E]))
	return b
}

// Update replaces the set of members at once. What is known of an address that
// stays, such as that connections to it failed, is kept. The balancer does not
// release endpoints: a pick that began before may still return a member of the
// old set.
//
// It returns a [gatewright.Error] and keeps the old set when there are more
// than [MaxMembers] targets, an address comes twice, or a weight is not
// between 0 and [gatewright.MaxWeight].
func (b *Balancer[E]) Update(targets []Target[E]) error {
	if len(targets) > MaxMembers {
		return gatewright.Errorf(gatewright.LimitExceeded, "%d addresses to balance over; at most %d are allowed", len(targets), MaxMembers)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[string]*health{}
	for _, m := range b.set.Load().all {
		known[m.target.Address] = m.health
	}
	next := &set[E]{all: make([]*Member[E], 0, len(targets))}
	seen := make(map[string]bool, len(targets))
	var weights []int
	for _, t := range targets {
		if seen[t.Address] {
			return gatewright.Errorf(gatewright.Invalid, "address %s is listed twice", t.Address)
		}
		seen[t.Address] = true
		if t.Weight < 0 || t.Weight > gatewright.MaxWeight {
			return gatewright.Errorf(gatewright.Invalid, "weight %d of address %s is not between 0 and %d", t.Weight, t.Address, gatewright.MaxWeight)
		}
		m := &Member[E]{target: t, health: known[t.Address]}
		if m.health == nil {
			m.health = &health{now: b.now}
		}
		next.all = append(next.all, m)
		if t.Weight > 0 {
			next.members = append(next.members, m)
			weights = append(weights, t.Weight)
		}
	}
	if len(weights) > 0 {
		next.schedule = newSchedule(weights)
	}
	b.set.Store(next)
	return nil
}

// Members returns the members of the set, in the order of [Balancer.Update],
// those with weight 0 included.
func (b *Balancer[E]) Members() []*Member[E] { return slices.Clone(b.set.Load().all) }

// Pick returns the member for an exchange's next attempt and remembers it in
// a. Members in a are not picked again. Members that are marked are picked
// only when no other is left. Pick returns nil when every member has been
// tried, after [MaxAttempts], and when no member has a weight.
func (b *Balancer[E]) Pick(a *Attempts[E]) *Member[E] {
	s := b.set.Load()
	if len(s.members) == 0 || a.count == MaxAttempts {
		return nil
	}
	m := s.members[s.schedule.at(b.turn.Add(1)-1)]
	if a.has(m) || m.health.marked() {
		// Its turns go to the others in proportion to their weights.
		if m = s.pickOther(b.spill.Add(1), a); m == nil {
			return nil
		}
	}
	return a.add(m)
}

// pickOther picks among the members that have not been tried: those that are
// not marked, or all when all of them are.
func (s *set[E]) pickOther(k uint64, a *Attempts[E]) *Member[E] {
	var fresh, total uint64
	for _, m := range s.members {
		if a.has(m) {
			continue
		}
		total += uint64(m.target.Weight)
		if !m.health.marked() {
			fresh += uint64(m.target.Weight)
		}
	}
	passMarked := fresh > 0
	if passMarked {
		total = fresh
	}
	if total == 0 {
		return nil
	}
	number := spread(k, total)
	var last, spare *Member[E] // for when marks have been set since the first pass
	for _, m := range s.members {
		if a.has(m) {
			continue
		}
		if passMarked && m.health.marked() {
			spare = m
			continue
		}
		last = m
		w := uint64(m.target.Weight)
		if number < w {
			break
		}
		number -= w
	}
	if last == nil {
		return spare
	}
	return last
}
