package gateway

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"github.com/gatewright/gatewright"
)

// liveApp is an app resource: a caller that can be recognised.
type liveApp struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.AppResource
	name     string // as it stands in a header field
	keys     []*liveKey
	grants   map[gatewright.APIID]*liveGrant
}

func (a *liveApp) hashed() gatewright.Hash { return a.hash }

// liveKey is one key of an app.
type liveKey struct {
	app       *liveApp
	sum       []byte // SHA-256 of the key
	notBefore time.Time
	expires   time.Time // zero: never
}

// liveGrant is the right of an app to call one API. Its bucket may be older
// than the grant.
type liveGrant struct {
	expires   time.Time // zero: never
	clearance gatewright.SecurityLevel
	limit     *bucket // nil for none
}

// newApp checks and builds an app. Grants whose limit is that of old, which
// may be nil, go on with what is left of it.
func newApp(key gatewright.Key, hash gatewright.Hash, r *gatewright.AppResource, old *liveApp) (*liveApp, error) {
	if want := gatewright.AppKey(r.ID); want != key {
		return nil, gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	if err := gatewright.CheckName("app name", r.Name); err != nil {
		return nil, err
	}
	if len(r.Keys) > gatewright.MaxCredentials || len(r.Grants) > gatewright.MaxGrants {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the app has %d keys and %d grants; at most %d and %d are allowed",
			len(r.Keys), len(r.Grants), gatewright.MaxCredentials, gatewright.MaxGrants)
	}
	a := &liveApp{key: key, hash: hash, resource: r, name: fieldText(r.Name), grants: make(map[gatewright.APIID]*liveGrant, len(r.Grants))}
	for _, k := range r.Keys {
		sum, err := hex.DecodeString(strings.TrimPrefix(string(k.Hash), "sha256:"))
		if err != nil || !k.Hash.Valid() {
			return nil, gatewright.Errorf(gatewright.Invalid, "a key of the app has the unusable hash %q", k.Hash)
		}
		a.keys = append(a.keys, &liveKey{app: a, sum: sum, notBefore: k.NotBefore, expires: k.ExpiresAt})
	}
	for _, g := range r.Grants {
		if g.QPS < 0 || g.QPS > gatewright.MaxQPS {
			return nil, gatewright.Errorf(gatewright.Invalid, "%d requests per second are not between 0 and %d", g.QPS, gatewright.MaxQPS)
		}
		if err := g.Clearance.Validate(); err != nil {
			return nil, err
		}
		grant := &liveGrant{expires: g.ExpiresAt, clearance: g.Clearance, limit: newBucket(g.QPS)}
		if old != nil && old.grants[g.API] != nil {
			grant.limit = old.grants[g.API].limit.or(grant.limit)
		}
		a.grants[g.API] = grant
	}
	return a, nil
}

// appChange is what becomes of one app. One of old and new may be nil.
type appChange struct {
	key      gatewright.Key
	hash     gatewright.Hash
	old, new *liveApp
}

// changeApps puts the update's apps and their keys in place. Its cost is that
// of the apps that change.
func (b *built) changeApps(u Update) {
	apps, keys := b.base.apps.Txn(), b.base.keys.Txn()
	changes := b.appChanges(u)
	for _, c := range changes {
		if c.old != nil {
			apps.Delete([]byte(c.key))
			for _, k := range c.old.keys {
				keys.Delete(k.sum)
			}
		}
	}
	for _, c := range changes {
		if c.new == nil {
			continue
		}
		if k := takenKey(keys, c.new); k != nil {
			b.reject(c.key, c.hash, "one of its keys is a key of app "+k.app.resource.Name+" too")
			if c.new = c.old; c.old == nil {
				continue
			}
		}
		apps.Insert([]byte(c.key), c.new)
		for _, k := range c.new.keys {
			if _, taken := keys.Get(k.sum); !taken {
				keys.Insert(k.sum, k)
			}
		}
	}
	b.next.apps, b.next.keys = apps.CommitOnly(), keys.CommitOnly()
}

// appChanges lists what is to become of apps, in the order of their keys. An
// app that cannot be built is rejected and not in the list.
func (b *built) appChanges(u Update) []appChange {
	var changes []appChange
	for _, key := range u.Deletes {
		if _, upserted := u.Upserts[key]; upserted {
			continue
		}
		if old, had := b.base.apps.Get([]byte(key)); had {
			changes = append(changes, appChange{key: key, hash: old.hash, old: old})
		}
	}
	for key, l := range u.Upserts {
		if key.Kind() != gatewright.KeyApp {
			continue
		}
		old, _ := b.base.apps.Get([]byte(key))
		if old != nil && old.hash == l.Hash {
			continue
		}
		if reason := checkLoaded(gatewright.KeyApp, l); reason != "" {
			b.reject(key, l.Hash, reason)
			continue
		}
		next, err := newApp(key, l.Hash, l.Resource.App, old)
		if err != nil {
			b.reject(key, l.Hash, plainReason(err))
			continue
		}
		changes = append(changes, appChange{key: key, hash: l.Hash, old: old, new: next})
	}
	slices.SortFunc(changes, func(x, y appChange) int { return cmp.Compare(x.key, y.key) })
	return changes
}

// takenKey returns a key of another app that a has too.
func takenKey(keys *iradix.Txn[*liveKey], a *liveApp) *liveKey {
	for _, k := range a.keys {
		if other, taken := keys.Get(k.sum); taken {
			return other
		}
	}
	return nil
}

// fieldText returns text as it stands in a header field: what is not printable
// ASCII, and "%", percent-encoded.
func fieldText(text string) string {
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c == '%' || c < ' ' || c >= 0x7f {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"
