package gateway

import (
	"fmt"

	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"github.com/gatewright/gatewright"
)

// changeNeeded puts the update's revisions and registries in place and returns
// the keys of those that are new, different or gone.
func (b *built) changeNeeded(u Update) (changed []gatewright.Key) {
	b.next.registries = changeLeaves(b, u, gatewright.KeyRegistry, b.base.registries, &changed,
		func(key gatewright.Key, l Loaded) (*liveRegistry, error) {
			return &liveRegistry{l.Hash, l.Resource.Registry}, checkRegistry(key, l.Resource.Registry)
		})
	b.next.revisions = changeLeaves(b, u, gatewright.KeyRevision, b.base.revisions, &changed,
		func(key gatewright.Key, l Loaded) (*liveRevision, error) {
			return newRevision(key, l.Hash, l.Resource.Revision)
		})
	return changed
}

// changeLeaves returns base with what u says about resources of one kind. A
// resource that build refuses is rejected, and the one before it stays.
func changeLeaves[T live](b *built, u Update, kind string, base *iradix.Tree[T], changed *[]gatewright.Key, build func(gatewright.Key, Loaded) (T, error)) *iradix.Tree[T] {
	next := base.Txn()
	for _, key := range u.Deletes {
		if _, upserted := u.Upserts[key]; upserted || key.Kind() != kind {
			continue
		}
		if _, had := next.Delete([]byte(key)); had {
			*changed = append(*changed, key)
		}
	}
	for key, l := range u.Upserts {
		if key.Kind() != kind {
			continue
		}
		if old, had := base.Get([]byte(key)); had && old.hashed() == l.Hash {
			continue
		}
		if reason := checkLoaded(kind, l); reason != "" {
			b.reject(key, l.Hash, reason)
			continue
		}
		v, err := build(key, l)
		if err != nil {
			b.reject(key, l.Hash, plainReason(err))
			continue
		}
		next.Insert([]byte(key), v)
		*changed = append(*changed, key)
	}
	return next.CommitOnly()
}

// retarget rebuilds the slots that need something that changed and are not
// changed themselves.
func (b *built) retarget(changed []gatewright.Key) {
	for _, needed := range changed {
		b.base.users.Root().WalkPrefix(userKey(needed, ""), func(_ []byte, old *liveSlot) bool {
			if _, done := b.changes[old.key]; !done {
				b.changes[old.key] = &slotChange{key: old.key, hash: old.hash, old: old, resource: old.resource, seat: old.seat}
			}
			return false
		})
	}
}

// keepNeeded keeps what a slot needs that goes on as it was because its change
// was rejected: what serves must be able to serve again after a restart.
func (b *built) keepNeeded(s *liveSlot) {
	for _, key := range s.needs() {
		switch key.Kind() {
		case gatewright.KeyRevision:
			b.next.revisions = keepLeaf(b, s.key, key, b.base.revisions, b.next.revisions)
		case gatewright.KeyRegistry:
			b.next.registries = keepLeaf(b, s.key, key, b.base.registries, b.next.registries)
		}
	}
}

func keepLeaf[T live](b *built, needs, key gatewright.Key, base, next *iradix.Tree[T]) *iradix.Tree[T] {
	old, had := base.Get([]byte(key))
	if _, stays := next.Get([]byte(key)); stays || !had {
		return next
	}
	b.kept = append(b.kept, gatewright.Rejection{
		Key: key, Hash: old.hashed(), Reason: fmt.Sprintf("%s goes on with it, because the change to that was rejected", needs),
	})
	next, _, _ = next.Insert([]byte(key), old)
	return next
}
