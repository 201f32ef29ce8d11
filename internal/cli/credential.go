package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/secretfile"
)

// loginsFile is the file, in the user's configuration directory, with a token
// for each control plane that somebody has logged in to.
const loginsFile = "logins.json"

// maxLoginsBytes bounds that file.
const maxLoginsBytes = 1 << 20

// storedLogin is what a login has left behind.
type storedLogin struct {
	Name      string             `json:"name"` // of the person
	Token     string             `json:"token"`
	ID        gatewright.TokenID `json:"id"`
	ExpiresAt time.Time          `json:"expiresAt,omitzero"`
}

// logins are the stored logins by the address of the control plane.
type logins map[string]storedLogin

func (a *app) loginsPath() (string, error) {
	dir, err := a.env.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find your configuration directory: %w", err)
	}
	return filepath.Join(dir, "gatewright", loginsFile), nil
}

// readLogins returns the stored logins, none when there is no file.
func (a *app) readLogins() (logins, error) {
	name, err := a.loginsPath()
	if err != nil {
		return logins{}, nil // somebody without a home directory has no logins
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return logins{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read your logins: %w", err)
	}
	defer f.Close() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read your logins: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "%s can be read or written by others (mode %04o); make it yours alone: chmod 600 %s", name, mode, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxLoginsBytes))
	if err != nil {
		return nil, fmt.Errorf("read your logins: %w", err)
	}
	all := logins{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, gatewright.Errorf(gatewright.Invalid, "%s is damaged; remove it and log in again", name)
	}
	return all, nil
}

// writeLogins stores logins so that only the user can read them.
func (a *app) writeLogins(all logins) error {
	name, err := a.loginsPath()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("make your configuration directory: %w", err)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write your logins: %w", err)
	}
	return secretfile.Replace(name, string(text))
}

// loginKey is under which the login to this control plane is stored.
func (a *app) loginKey() string { return strings.TrimRight(a.serverURL(), "/") }
