package config

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Defaults and limits of [Gateway].
const (
	DefaultMaxRoutes = 1_000_000
	DefaultDrain     = 30 * time.Second
	MaxDrain         = time.Hour
	MaxServers       = 8 // replicas of the control plane that a gateway knows
	maxTokenBytes    = 4096
)

// Gateway configures one gateway instance.
type Gateway struct {
	Servers      []string      // URLs of the control plane's replicas, tried in turn
	Group        string        // the group it is a member of; the token decides, this is checked against it
	TokenFile    string        // holds the group's instance token
	Listen       string        // host:port for traffic
	ListenFlag   string        // by which a user chooses Listen, for messages; "" for --listen
	Name         string        // what people call it
	DataDir      string        // identity and last known good configuration
	ConfigID     string        // that it is pinned to, see [gatewright.Pin]; "" follows the group
	MaxRoutes    int           // more are rejected
	AccessLog    string        // file; "-" for standard output, "" for none
	StatusListen string        // host:port of the local status page; "" for none
	Drain        time.Duration // for requests under way when it stops
}

// Validate checks the configuration's form. Its errors are
// [gatewright.Invalid] and name the flag.
func (c *Gateway) Validate() error {
	if err := c.validateServers(); err != nil {
		return err
	}
	switch {
	case c.Group == "":
		return gatewright.FieldErrorf("group", "--group is missing: the gateway group this gateway is a member of")
	case c.TokenFile == "":
		return gatewright.FieldErrorf("token-file", "--token-file is missing; make one with: gatewright group token %q --output-file token", c.Group)
	case c.DataDir == "":
		return gatewright.FieldErrorf("data-dir", "--data-dir is missing")
	case c.MaxRoutes < 1:
		return gatewright.FieldErrorf("max-routes", "--max-routes %d is less than 1", c.MaxRoutes)
	case c.Drain < 0 || c.Drain > MaxDrain:
		return gatewright.FieldErrorf("drain", "--drain %s is not between 0s and %s", c.Drain, MaxDrain)
	}
	if err := gatewright.CheckName("name", c.Name); err != nil {
		return err
	}
	if c.ConfigID != "" {
		if _, err := gatewright.ParseConfigID(c.ConfigID); err != nil {
			return gatewright.FieldErrorf("config-id", "--config-id: %s", err)
		}
	}
	if err := CheckListen(c.Listen); err != nil {
		return gatewright.FieldErrorf("listen", "--listen: %s", err)
	}
	if c.StatusListen != "" {
		if err := CheckListen(c.StatusListen); err != nil {
			return gatewright.FieldErrorf("status-listen", "--status-listen: %s", err)
		}
	}
	return nil
}

func (c *Gateway) validateServers() error {
	if len(c.Servers) == 0 || len(c.Servers) > MaxServers {
		return gatewright.FieldErrorf("server", "--server is given %d times; give 1 to %d URLs of the control plane's replicas", len(c.Servers), MaxServers)
	}
	for i, s := range c.Servers {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return gatewright.FieldErrorf("server", "--server %q is not a URL like https://control.example.com:8080", s)
		}
		if slices.Contains(c.Servers[:i], s) {
			return gatewright.FieldErrorf("server", "--server %s is given twice", s)
		}
	}
	return nil
}

// ReadToken reads a secret from a file that nobody but its owner can read. A
// file others can read is refused: the secret is no longer one.
func ReadToken(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", gatewright.Errorf(gatewright.Invalid, "token file %s is not a regular file", name)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", gatewright.Errorf(gatewright.PreconditionFailed,
			"token file %s can be read or written by others (mode %04o); make it yours alone: chmod 600 %s", name, mode, name)
	}
	if info.Size() > maxTokenBytes {
		return "", gatewright.Errorf(gatewright.Invalid, "token file %s has %d bytes; that is no token", name, info.Size())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	switch {
	case secret == "":
		return "", gatewright.Errorf(gatewright.Invalid, "token file %s is empty", name)
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", gatewright.Errorf(gatewright.Invalid, "token file %s holds more than one token, or something else", name)
	}
	return secret, nil
}
