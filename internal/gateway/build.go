package gateway

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	goruntime "runtime"

	"github.com/gatewright/gatewright"
)

// parallelSlots is how many slots are worth building on several processors.
const parallelSlots = 64

// built is a runtime made from another one and an update, and what came of
// that. Its cost depends on what changes, not on what stays the same, except
// for a full update.
type built struct {
	g    *Gateway
	base *runtime
	next runtime

	rejections []gatewright.Rejection
	kept       []gatewright.Rejection // of what stays because of other rejections
	fresh      []*liveSlot            // next has them, base does not
	replaced   []*liveSlot            // base has them, next does not

	seats   *seatEdit
	changes map[gatewright.Key]*slotChange
}

// slotChange is what becomes of one slot. One of old and new may be nil. When
// reason is not "", old stays.
type slotChange struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.SlotResource // nil when the slot goes
	seat     int
	old, new *liveSlot
	reason   string

	remove, add []*routeEntry // of the table
}

// build makes a runtime from base and u. It rejects what cannot be run and
// leaves in place what runs under the rejected keys.
func (g *Gateway) build(base *runtime, u Update) *built {
	b := &built{g: g, base: base, seats: base.seats.edit(), changes: map[gatewright.Key]*slotChange{}}
	if u.Full {
		u.Deletes = nil
		base.each(func(k gatewright.Key, _ gatewright.Hash) {
			if _, stays := u.Upserts[k]; !stays {
				u.Deletes = append(u.Deletes, k)
			}
		})
	}
	changed := b.changeNeeded(u)
	b.changeFlows(u, changed)
	b.changeApps(u)
	b.deleteSlots(u)
	b.upsertSlots(u)
	b.retarget(changed)
	order := slices.SortedFunc(maps.Values(b.changes), func(x, y *slotChange) int { return cmp.Compare(x.key, y.key) })
	b.buildSlots(order)
	b.next.table = b.settle(order)
	b.finish(order)
	b.keepCalled()
	byKey := func(x, y gatewright.Rejection) int { return cmp.Compare(x.Key, y.Key) }
	slices.SortFunc(b.rejections, byKey)
	slices.SortFunc(b.kept, byKey)
	return b
}

func (b *built) reject(key gatewright.Key, hash gatewright.Hash, reason string) {
	b.rejections = append(b.rejections, gatewright.Rejection{Key: key, Hash: hash, Reason: reason})
}

// checkLoaded returns why l cannot be run under a key of the given kind, ""
// if it is not already clear that it cannot.
func checkLoaded(kind string, l Loaded) string {
	r := l.Resource
	switch {
	case r == nil:
		return fmt.Sprintf("the content of %s is missing, and this gateway does not run it", l.Hash.Short())
	case r.Format < gatewright.MinResourceFormat || r.Format > gatewright.ResourceFormat:
		return fmt.Sprintf("resource format %d is not supported by this gateway, which reads %d to %d; run a gateway of a neighbouring version of the control plane",
			r.Format, gatewright.MinResourceFormat, gatewright.ResourceFormat)
	case kind == gatewright.KeySlot && r.Slot == nil:
		return "the resource is not a slot, as its key says"
	case kind == gatewright.KeyRevision && r.Revision == nil:
		return "the resource is not a revision, as its key says"
	case kind == gatewright.KeyRegistry && r.Registry == nil:
		return "the resource is not a registry, as its key says"
	case kind == gatewright.KeyApp && r.App == nil:
		return "the resource is not an app, as its key says"
	case kind == gatewright.KeyFlowHooks && r.FlowHooks == nil:
		return "the resource is not flow hooks, as its key says"
	}
	return ""
}

// deleteSlots notes the slots that go.
func (b *built) deleteSlots(u Update) {
	for _, key := range u.Deletes {
		if old, ok := b.base.slots.Get([]byte(key)); ok {
			b.changes[key] = &slotChange{key: key, hash: old.hash, old: old, seat: old.seat}
		}
	}
}

// upsertSlots notes the slots that are new or changed.
func (b *built) upsertSlots(u Update) {
	for key, l := range u.Upserts {
		switch key.Kind() {
		case gatewright.KeyRevision, gatewright.KeyRegistry, gatewright.KeyApp, gatewright.KeyFlowHooks:
			continue // done before
		case gatewright.KeySlot:
			if isFlow(l) || b.base.flows.has(key) {
				continue // done before
			}
		default:
			b.reject(key, l.Hash, fmt.Sprintf("this gateway does not know resources of kind %q; run one as new as the control plane", key.Kind()))
			continue
		}
		old, _ := b.base.slots.Get([]byte(key))
		if old != nil && old.hash == l.Hash {
			delete(b.changes, key)
			continue
		}
		c := &slotChange{key: key, hash: l.Hash, old: old}
		b.changes[key] = c
		if c.reason = checkLoaded(gatewright.KeySlot, l); c.reason != "" {
			continue
		}
		c.resource = l.Resource.Slot
		if old != nil {
			c.seat = old.seat
		} else {
			c.seat = b.seats.take()
		}
	}
}

// buildSlots builds what is to run, many slots on all processors.
func (b *built) buildSlots(order []*slotChange) {
	var workers errgroup.Group
	workers.SetLimit(1)
	if len(order) >= parallelSlots {
		workers.SetLimit(goruntime.GOMAXPROCS(0))
	}
	for share := range slices.Chunk(order, parallelSlots) {
		workers.Go(func() error {
			for _, c := range share {
				b.buildSlot(c)
			}
			return nil
		})
	}
	_ = workers.Wait() // none returns an error
}

func (b *built) buildSlot(c *slotChange) {
	var before, after *routeSet
	if c.resource != nil {
		err := checkSlot(c.key, c.resource)
		if err == nil {
			c.new, err = b.newSlot(c.key, c.hash, c.resource, c.seat, c.old)
		}
		if err != nil {
			c.reason = plainReason(err)
			return
		}
		after = c.new.routes
	}
	if c.old != nil {
		before = c.old.routes
		c.remove = before.without(after)
	}
	if after != nil {
		c.add = after.without(before)
	}
}

// finish joins what was settled into the next runtime.
func (b *built) finish(order []*slotChange) {
	slots, users := b.base.slots.Txn(), b.base.users.Txn()
	b.next.canaries = b.base.canaries
	for _, c := range order {
		if c.reason != "" {
			b.giveUp(c)
			continue
		}
		if c.old != nil {
			b.replaced = append(b.replaced, c.old)
			slots.Delete([]byte(c.key))
			for _, needed := range c.old.needs() {
				users.Delete(userKey(needed, c.key))
			}
			b.next.canaries -= c.old.canaries()
		}
		if c.new == nil {
			b.seats.leave(c.seat)
			continue
		}
		b.fresh = append(b.fresh, c.new)
		b.seats.set(c.seat, c.new)
		slots.Insert([]byte(c.key), c.new)
		for _, needed := range c.new.needs() {
			users.Insert(userKey(needed, c.key), c.new)
		}
		b.next.canaries += c.new.canaries()
	}
	b.next.slots, b.next.users, b.next.seats = slots.CommitOnly(), users.CommitOnly(), b.seats.seats
}

// giveUp leaves things as they were before a change that is rejected.
func (b *built) giveUp(c *slotChange) {
	b.reject(c.key, c.hash, c.reason)
	if c.new != nil {
		c.new.close()
	}
	if c.old != nil {
		b.keepNeeded(c.old)
	} else if c.resource != nil {
		b.seats.leave(c.seat)
	}
}

// discard lets go of what base does not share.
func (b *built) discard() {
	for _, s := range b.fresh {
		s.close()
	}
}
