// Package secretfile writes secrets to files that only their owner can read.
// It knows nothing of what a secret opens.
package secretfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gatewright/gatewright"
)

// Create creates an empty file, mode 0600, for a secret. It never touches a
// file that is there already: that may be a secret in use.
func Create(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, gatewright.Errorf(gatewright.Conflict, "file %s exists; remove it or choose another name", name)
	}
	if err != nil {
		return nil, fmt.Errorf("create a file for the secret: %w", err)
	}
	return f, nil
}

// Finish writes secret to a file of [Create] and closes it.
func Finish(f *os.File, secret string) error {
	_, err := f.WriteString(secret + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the secret: %w", err)
	}
	return nil
}

// Abandon closes and removes a file of [Create] for which there is no secret.
func Abandon(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name()) // it is empty; leaving it does no harm
}

// Replace writes secret to name, mode 0600, in place of what is there. A
// reader sees the old content or the new, nothing between.
func Replace(name, secret string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".secret-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("create a file for the secret: %w", err)
	}
	if err := Finish(f, secret); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("put the secret into place: %w", err)
	}
	return nil
}
