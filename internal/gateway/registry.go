package gateway

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// liveRegistry is a registry resource ready to be asked.
type liveRegistry struct {
	hash     gatewright.Hash
	resource *gatewright.Registry
}

func (r *liveRegistry) hashed() gatewright.Hash { return r.hash }

func checkRegistry(key gatewright.Key, r *gatewright.Registry) error {
	if want := gatewright.RegistryKey(r.Name); want != key {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	return r.Validate()
}

// registry returns the registry of that name in the next runtime.
func (b *built) registry(name string) (*liveRegistry, error) {
	r, ok := b.next.registries.Get([]byte(gatewright.RegistryKey(name)))
	if !ok {
		return nil, fmt.Errorf("registry %s is not in this group's configuration", name)
	}
	return r, nil
}
