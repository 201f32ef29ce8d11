package gateway

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// liveRegistry is a registry resource ready to be asked.
type liveRegistry struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.Registry
}

// registryName returns the name in a registry's key.
func registryName(key gatewright.Key) (string, bool) {
	return strings.CutPrefix(string(key), kindRegistry+"/")
}

// changeRegistries puts the update's registries in place and returns the names
// of those that are new, different or gone.
func (b *built) changeRegistries(u Update) []string {
	var changed []string
	for _, key := range u.Deletes {
		name, ok := registryName(key)
		if _, upserted := u.Upserts[key]; !ok || upserted {
			continue
		}
		if _, had := b.registries.Delete([]byte(name)); had {
			changed = append(changed, name)
		}
	}
	for key, l := range u.Upserts {
		name, ok := registryName(key)
		if !ok {
			continue
		}
		if old, had := b.base.registries.Get([]byte(name)); had && old.hash == l.Hash {
			continue
		}
		if reason := checkLoaded(kindRegistry, l); reason != "" {
			b.reject(key, l.Hash, reason)
			continue
		}
		if err := checkRegistry(name, l.Resource.Registry); err != nil {
			b.reject(key, l.Hash, plainReason(err))
			continue
		}
		b.registries.Insert([]byte(name), &liveRegistry{key: key, hash: l.Hash, resource: l.Resource.Registry})
		changed = append(changed, name)
	}
	return changed
}

func checkRegistry(name string, r *gatewright.Registry) error {
	if r.Name != name {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", gatewright.RegistryKey(r.Name))
	}
	return r.Validate()
}

// retarget rebuilds the APIs that look up addresses in changed registries and
// are not changed themselves.
func (b *built) retarget(changed []string) {
	for _, name := range changed {
		b.base.users.Root().WalkPrefix(userKey(name, ""), func(_ []byte, old *liveAPI) bool {
			if _, done := b.changes[old.key]; done {
				return false
			}
			c := &apiChange{key: old.key, hash: old.hash, old: old}
			b.changes[old.key] = c
			var err error
			if c.new, err = b.newAPI(old.key, old.hash, old.resource, old); err != nil {
				c.reason = plainReason(err)
			}
			return false
		})
	}
}

// registry returns the registry of that name in the next runtime.
func (b *built) registry(name string) (*liveRegistry, error) {
	r, ok := b.registries.Get([]byte(name))
	if !ok {
		return nil, fmt.Errorf("registry %s is not in this group's configuration", name)
	}
	return r, nil
}
