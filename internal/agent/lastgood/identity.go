package lastgood

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gatewright/gatewright"
)

const maxIdentityBytes = 16 << 10

// Identity is who a gateway is for its control plane. The key changes with
// each join; a copy of the file therefore betrays itself.
type Identity struct {
	Instance   gatewright.InstanceID `json:"instance"`
	SessionKey string                `json:"sessionKey"`
	Group      gatewright.GroupID    `json:"group"`
}

// Identity returns the stored identity; nil when there is none. A file that
// cannot be understood is [*Damage].
func (s *Store) Identity() (*Identity, error) {
	body, err := s.disk.Read(identityName, maxIdentityBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Damage{File: identityName, Reason: err.Error()}
	}
	s.tighten(identityName, false)
	id := new(Identity)
	if err := json.Unmarshal(body, id); err != nil || id.Instance == "" {
		return nil, &Damage{File: identityName, Reason: "it is not an identity"}
	}
	return id, nil
}

// SaveIdentity stores the identity; it is on the disk when it returns.
func (s *Store) SaveIdentity(id *Identity) error {
	body, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	if err := s.replace(identityName, append(body, '\n')); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	return nil
}
