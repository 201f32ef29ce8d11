//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/gatewright/gatewright"
)

// lockFile takes the lock of the file, making it when missing, and returns
// what gives it back. The kernel does so when the process ends, however it
// ends. The file stays: removing it would let two processes each lock one of
// their own. It holds the process's number, for the message of the second.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "another process%s has it open; stop that one first, or use another path", holder(f))
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock file: %w", err), f.Close())
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock file: %w", err), f.Close())
	}
	return f.Close, nil
}

// holder returns " 1234" when the lock file tells who holds it.
func holder(f io.Reader) string {
	b, err := io.ReadAll(io.LimitReader(f, 20))
	pid := strings.TrimSpace(string(b))
	if _, convErr := strconv.Atoi(pid); err != nil || convErr != nil {
		return ""
	}
	return " (number " + pid + ")"
}
