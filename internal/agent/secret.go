package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/secret"
)

// secrets is what the agent knows of them beside the vault, which has the
// values.
type secrets struct {
	key     *secret.KeyPair // what is for this gateway alone is sealed to it
	lacking atomic.Bool     // something was rejected because a secret could not be had

	mu    sync.Mutex
	named map[gatewright.Hash][]gatewright.SecretID // by the resources that were loaded
	swept bool                                      // what earlier processes left on the disk is gone
}

// loadKey reads the key pair, or makes one. Another key than before means only
// that secrets are fetched again.
func (a *Agent) loadKey() error {
	private, err := a.store.Key()
	if err == nil && private != nil {
		if a.secrets.key, err = secret.ParseKeyPair(private); err == nil {
			return nil
		}
	}
	if err != nil {
		a.setAside(err)
	}
	if a.secrets.key, err = secret.NewKeyPair(); err != nil {
		return err
	}
	a.saveKey()
	return nil
}

// saveKey keeps the key pair for the next process.
func (a *Agent) saveKey() {
	private, err := a.secrets.key.Private()
	if err == nil {
		err = a.store.SaveKey(private)
	}
	a.unkeyed = err != nil
	if err != nil {
		a.nextSave = a.cfg.Clock().Add(a.cfg.SaveRetry)
		a.warn(topicKey, fmt.Sprintf("the instance's key could not be saved, and after a restart secrets would have to be fetched again: %v", err))
		return
	}
	a.warn(topicKey, "")
}

// secure sees to it that the vault has the secrets that a resource names. It
// returns a reason when the control plane says why it cannot be had, and an
// error when it says nothing.
func (a *Agent) secure(ctx context.Context, hash gatewright.Hash, res *gatewright.Resource) (reason string, err error) {
	ids := res.Secrets()
	a.note(hash, ids)
	for _, id := range ids {
		if a.vault.has(id) || a.recall(id) == nil {
			continue
		}
		var refused *gatewright.Error
		switch err := a.fetchSecret(ctx, id); {
		case err == nil:
		case errors.As(err, &refused) && refused.Code != gatewright.Conflict: // that is about the session
			a.secrets.lacking.Store(true)
			return fmt.Sprintf("secret %s cannot be had: %s", id, refused.Message), nil
		default:
			return "", fmt.Errorf("secret %s cannot be had: %w", id, err)
		}
	}
	return "", nil
}

// note takes down which secrets a resource names.
func (a *Agent) note(hash gatewright.Hash, ids []gatewright.SecretID) {
	if len(ids) == 0 {
		return
	}
	a.secrets.mu.Lock()
	defer a.secrets.mu.Unlock()
	a.secrets.named[hash] = ids
}

// recall puts a secret that is on the disk into the vault.
func (a *Agent) recall(id gatewright.SecretID) error {
	sealed, err := a.store.Secret(id)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			a.log.Warn("a secret on disk could not be read", slog.String("secret", string(id)), slog.Any("error", err))
		}
		return err
	}
	value, err := a.secrets.key.Open(sealed, id.Purpose())
	if err != nil {
		a.log.Warn("a secret on disk could not be opened", slog.String("secret", string(id)), slog.Any("error", err))
		return err
	}
	a.vault.put(id, string(value))
	return nil
}

// recallAll puts the secrets of a resource that ran before into the vault. It
// returns why that cannot be, "" if it is done.
func (a *Agent) recallAll(hash gatewright.Hash, res *gatewright.Resource) string {
	ids := res.Secrets()
	a.note(hash, ids)
	for _, id := range ids {
		if err := a.recall(id); err != nil {
			a.secrets.lacking.Store(true)
			return fmt.Sprintf("secret %s, which it needs, is not on disk as it was; it waits for the control plane", id)
		}
	}
	return ""
}

// fetchSecret gets a secret from the control plane and keeps it as it is
// sealed. What can pass is tried again.
func (a *Agent) fetchSecret(ctx context.Context, id gatewright.SecretID) error {
	if a.client == nil || a.joined == nil {
		return errors.New("it is not on disk, and there is no control plane yet")
	}
	sealed, err := a.insist(ctx, string(id), func() ([]byte, error) {
		return a.client.secret(ctx, a.joined, id)
	})
	if err != nil {
		return err
	}
	value, err := a.secrets.key.Open(sealed, id.Purpose())
	if err != nil {
		return err
	}
	if err := a.store.PutSecret(id, sealed); err != nil {
		a.cannotSave(err)
	}
	a.vault.put(id, string(value))
	return nil
}

// forgetSecrets drops the secrets that neither what runs nor what is prepared
// names.
func (a *Agent) forgetSecrets() {
	used := a.candidateBlobs()
	for _, hashes := range []map[gatewright.Key]gatewright.Hash{a.running.Entries, a.running.Instead, a.running.Kept} {
		for _, h := range hashes {
			used[h] = true
		}
	}
	named := map[gatewright.SecretID]bool{}
	a.secrets.mu.Lock()
	gone := !a.secrets.swept
	a.secrets.swept = true
	for hash, ids := range a.secrets.named {
		if !used[hash] {
			delete(a.secrets.named, hash)
			gone = true
			continue
		}
		for _, id := range ids {
			named[id] = true
		}
	}
	a.secrets.mu.Unlock()
	if gone {
		a.vault.keep(named)
		a.store.KeepSecrets(named)
	}
}
