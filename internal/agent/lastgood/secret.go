package lastgood

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gatewright/gatewright"
)

const (
	keyName   = "instance-key.json"
	secretDir = "secrets"

	maxKeyBytes    = 4 << 10
	maxSealedBytes = 128 << 10 // of one secret
)

// keyFile is how the instance's key stands on the disk. The sum betrays damage:
// almost any bytes would do for a key.
type keyFile struct {
	Sum gatewright.Hash `json:"sum"`
	Key []byte          `json:"key"`
}

// Key returns the instance's private key; nil when there is none. A file that
// is not as it was written is [*Damage].
func (s *Store) Key() ([]byte, error) {
	body, err := s.disk.Read(keyName, maxKeyBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Damage{File: keyName, Reason: err.Error()}
	}
	s.tighten(keyName, false)
	var f keyFile
	if err := json.Unmarshal(body, &f); err != nil || len(f.Key) == 0 || gatewright.HashBytes(f.Key) != f.Sum {
		return nil, &Damage{File: keyName, Reason: "it is not a key"}
	}
	return f.Key, nil
}

// SaveKey stores the instance's private key; it is on the disk when it returns.
func (s *Store) SaveKey(key []byte) error {
	body, err := json.Marshal(keyFile{gatewright.HashBytes(key), key})
	if err != nil {
		return fmt.Errorf("encode the instance's key: %w", err)
	}
	if err := s.replace(keyName, append(body, '\n')); err != nil {
		return fmt.Errorf("save the instance's key: %w", err)
	}
	return nil
}

// secretName returns the file that holds a sealed secret.
func secretName(id gatewright.SecretID) string { return secretDir + "/" + string(id) }

// Secret returns a secret as it was sealed to the instance's key. It wraps
// [fs.ErrNotExist] when there is none.
func (s *Store) Secret(id gatewright.SecretID) ([]byte, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	sealed, err := s.disk.Read(secretName(id), maxSealedBytes)
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", id, err)
	}
	return sealed, nil
}

// PutSecret keeps a sealed secret; it is on the disk when it returns, and so
// before a state that needs it.
func (s *Store) PutSecret(id gatewright.SecretID, sealed []byte) error {
	if err := id.Validate(); err != nil {
		return err
	}
	name, err := s.begin(secretName(id), secretDir)
	if err == nil {
		err = s.disk.Write(name, sealed)
	}
	if err == nil {
		err = s.disk.Sync([]string{name})
	}
	if err == nil {
		err = s.disk.Rename(name, secretName(id))
	}
	if err == nil {
		err = s.disk.SyncDir(secretDir)
	}
	if err == nil {
		err = s.disk.SyncDir(".")
	}
	if err != nil {
		return fmt.Errorf("keep secret %s: %w", id, err)
	}
	return nil
}

// KeepSecrets removes the secrets that are not named, and what a process that
// was killed began to write.
func (s *Store) KeepSecrets(named map[gatewright.SecretID]bool) {
	for _, name := range s.list(secretDir) {
		if !named[gatewright.SecretID(name)] && !strings.HasSuffix(name, damagedSuffix) {
			s.remove(secretDir + "/" + name)
		}
	}
}
