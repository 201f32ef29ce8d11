package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"github.com/gatewright/gatewright"
)

// built is a runtime made from another one and an update, and what came of
// that. Its cost depends on what changes, not on what stays the same, except
// for a full update.
type built struct {
	g    *Gateway
	base *runtime
	next runtime

	rejections []gatewright.Rejection
	fresh      []*liveAPI // next has them, base does not
	replaced   []*liveAPI // base has them, next does not

	registries *iradix.Txn[*liveRegistry]
	changes    map[gatewright.Key]*apiChange
}

// apiChange is what becomes of one API. One of old and new may be nil. When
// reason is not "", old stays.
type apiChange struct {
	key      gatewright.Key
	hash     gatewright.Hash
	old, new *liveAPI
	reason   string
}

// build makes a runtime from base and u. It rejects what cannot be run and
// leaves in place what runs under the rejected keys.
func (g *Gateway) build(base *runtime, u Update) *built {
	b := &built{g: g, base: base, registries: base.registries.Txn(), changes: map[gatewright.Key]*apiChange{}}
	if u.Full {
		u.Deletes = nil
		base.each(func(k gatewright.Key, _ gatewright.Hash) {
			if _, stays := u.Upserts[k]; !stays {
				u.Deletes = append(u.Deletes, k)
			}
		})
	}
	changed := b.changeRegistries(u)
	b.deleteAPIs(u)
	b.upsertAPIs(u)
	b.retarget(changed)
	order := b.order()
	b.next.table = b.settle(order)
	b.finish(order)
	slices.SortFunc(b.rejections, func(x, y gatewright.Rejection) int { return cmp.Compare(x.Key, y.Key) })
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
	case kind == kindAPI && (r.API == nil || r.Registry != nil):
		return "the resource is not an API, as its key says"
	case kind == kindRegistry && (r.Registry == nil || r.API != nil):
		return "the resource is not a registry, as its key says"
	}
	return ""
}

// The kinds of resource a gateway runs.
const (
	kindAPI      = "api"
	kindRegistry = "registry"
)

// deleteAPIs notes the APIs that go.
func (b *built) deleteAPIs(u Update) {
	for _, key := range u.Deletes {
		if old, ok := b.base.apis.Get([]byte(key)); ok {
			b.changes[key] = &apiChange{key: key, hash: old.hash, old: old}
		}
	}
}

// upsertAPIs builds the APIs that are new or changed.
func (b *built) upsertAPIs(u Update) {
	for key, l := range u.Upserts {
		switch key.Kind() {
		case kindRegistry:
			continue // done before
		case kindAPI:
		default:
			b.reject(key, l.Hash, fmt.Sprintf("this gateway does not know resources of kind %q; run one as new as the control plane", key.Kind()))
			continue
		}
		old, _ := b.base.apis.Get([]byte(key))
		if old != nil && old.hash == l.Hash {
			delete(b.changes, key)
			continue
		}
		c := &apiChange{key: key, hash: l.Hash, old: old}
		b.changes[key] = c
		if c.reason = checkLoaded(kindAPI, l); c.reason != "" {
			continue
		}
		err := checkAPI(key, l.Resource.API)
		if err == nil {
			c.new, err = b.newAPI(key, l.Hash, l.Resource.API, old)
		}
		if err != nil {
			c.reason = plainReason(err)
		}
	}
}

// plainReason returns the text of err for people. What is no
// [gatewright.Error] is told too: it is the operator's own machine.
func plainReason(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// order returns the changes in the order of their keys.
func (b *built) order() []*apiChange {
	order := make([]*apiChange, 0, len(b.changes))
	for _, c := range b.changes {
		order = append(order, c)
	}
	slices.SortFunc(order, func(x, y *apiChange) int { return cmp.Compare(x.key, y.key) })
	return order
}

// finish joins what was settled into the next runtime.
func (b *built) finish(order []*apiChange) {
	apis, users := b.base.apis.Txn(), b.base.users.Txn()
	for _, c := range order {
		if c.reason != "" {
			b.reject(c.key, c.hash, c.reason)
			if c.new != nil {
				c.new.close()
			}
			continue
		}
		if c.old != nil {
			b.replaced = append(b.replaced, c.old)
			apis.Delete([]byte(c.key))
			if d := c.old.resource.Upstream.Discovery; d != nil {
				users.Delete(userKey(d.Registry, c.key))
			}
		}
		if c.new != nil {
			b.fresh = append(b.fresh, c.new)
			apis.Insert([]byte(c.key), c.new)
			if d := c.new.resource.Upstream.Discovery; d != nil {
				users.Insert(userKey(d.Registry, c.key), c.new)
			}
		}
	}
	b.next.apis, b.next.users, b.next.registries = apis.CommitOnly(), users.CommitOnly(), b.registries.CommitOnly()
}

// discard lets go of what base does not share.
func (b *built) discard() {
	for _, a := range b.fresh {
		a.close()
	}
}
