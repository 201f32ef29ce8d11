package agent

import (
	"sync"

	"github.com/gatewright/gatewright"
)

// Vault has the secrets that a gateway runs with, in memory alone. The agent
// fills it before it prepares what needs them. It is safe for concurrent use.
type Vault struct {
	mu     sync.RWMutex
	values map[gatewright.SecretID]string
}

// NewVault returns an empty vault, for a [Config] and for who opens secrets.
func NewVault() *Vault { return &Vault{values: map[gatewright.SecretID]string{}} }

// Open returns a secret. Those that something that runs or is prepared names
// are there; others are [gatewright.Unavailable].
func (v *Vault) Open(id gatewright.SecretID) (string, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	value, ok := v.values[id]
	if !ok {
		return "", gatewright.Errorf(gatewright.Unavailable, "the secret %s is not at hand", id)
	}
	return value, nil
}

func (v *Vault) has(id gatewright.SecretID) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, ok := v.values[id]
	return ok
}

func (v *Vault) put(id gatewright.SecretID, value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.values[id] = value
}

// keep forgets what is not named.
func (v *Vault) keep(named map[gatewright.SecretID]bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.values {
		if !named[id] {
			delete(v.values, id)
		}
	}
}
