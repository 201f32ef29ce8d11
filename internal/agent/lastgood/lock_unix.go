//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lastgood

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gatewright/gatewright"
)

// lockDir takes the data directory for this process and returns what gives it
// back. The kernel does so when the process ends, however it ends. The file
// stays: removing it would let two processes each lock one of their own.
func lockDir(root string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(root, lockName), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = errors.Join(err, f.Close())
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock data directory %s: %w", root, err)
		}
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "data directory %s is used by another gateway process; stop that one first, or give this one a directory of its own (--data-dir)", root)
	}
	return f.Close, nil
}
