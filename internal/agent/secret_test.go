package agent_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
	"github.com/gatewright/gatewright/internal/secret"
)

// sealing has the control plane keep secrets.
func sealing(t testing.TB) func(*fleettest.Plane) {
	return func(p *fleettest.Plane) {
		box, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeyBytes))
		if err != nil {
			t.Fatal(err)
		}
		p.Secrets = box
	}
}

// source gives the group a data source with a password and returns what became
// of that.
func (w *world) source(group, name, password string) *gatewright.Change {
	w.t.Helper()
	sub, err := w.Control.Submit(context.Background(), fleettest.Actor, control.Request{
		Kind: gatewright.ChangeConfigure, Group: group, AllowNoInstance: true,
		Items: []control.Item{{Password: &password, Resource: &gatewright.GroupResource{Source: &gatewright.DataSource{
			Name: name, User: "reader", SourceConfig: gatewright.SourceConfig{Dialect: gatewright.PostgreSQL, Host: "127.0.0.1", Database: "shop"},
		}}}},
	}, control.SubmitOptions{Reason: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Settled(sub.Change.ID)
}

// secretOf returns the identifier of a source's password.
func secretOf(t testing.TB, c *gatewright.Change) gatewright.SecretID {
	t.Helper()
	if c.State != gatewright.ChangeLive {
		t.Fatalf("the change is %s: %v", c.State, c.Error)
	}
	return named(c)
}

// named returns the identifier of the password that a change gives a source,
// wherever that has come to.
func named(c *gatewright.Change) gatewright.SecretID {
	return c.Items[0].Resource.After.Source.Password
}

// keeping has a gateway fill a vault of the test's.
func keeping(v **agent.Vault) func(*agent.Config) {
	return func(c *agent.Config) {
		*v = agent.NewVault()
		c.Vault = *v
	}
}

func opens(t testing.TB, v *agent.Vault, id gatewright.SecretID, want string) {
	t.Helper()
	got, err := v.Open(id)
	if want == "" {
		if err == nil {
			t.Errorf("secret %s can still be opened", id)
		}
		return
	}
	if err != nil || got != want {
		t.Errorf("secret %s is %q, %v", id, got, err)
	}
}

// holds reports which files below dir hold text in any usual form.
func holds(t testing.TB, dir, text string) (names []string) {
	t.Helper()
	forms := [][]byte{[]byte(text), []byte(base64.StdEncoding.EncodeToString([]byte(text))), []byte(base64.RawURLEncoding.EncodeToString([]byte(text)))}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		for _, f := range forms {
			if bytes.Contains(body, f) {
				names = append(names, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// sealedFiles lists the secrets on a gateway's disk.
func (n *node) sealedFiles() []string {
	n.w.t.Helper()
	names, err := filepath.Glob(filepath.Join(n.cfg.DataDir, "secrets", "*"))
	if err != nil {
		n.w.t.Fatal(err)
	}
	return names
}

// TestSecret follows a password from the control plane into a gateway's memory,
// over its alteration, and out again.
func TestSecret(t *testing.T) {
	const first, second = "correct horse battery", "staple-7f3a9c"
	w := newWorld(t, sealing(t))
	var v *agent.Vault
	n := w.node("gw-1", keeping(&v)).joined()
	one := secretOf(t, w.source("test", "shop", first))
	opens(t, v, one, first)

	two := secretOf(t, w.source("test", "shop", second))
	opens(t, v, two, second)
	n.logs.until(t, "generation activated", "generation=2")
	opens(t, v, one, "")
	if files := n.sealedFiles(); len(files) != 1 {
		t.Errorf("on disk: %v", files)
	}
	for _, text := range []string{first, second} {
		if names := holds(t, n.cfg.DataDir, text); len(names) > 0 {
			t.Errorf("%q is in %v", text, names)
		}
		n.logs.mu.Lock()
		if strings.Contains(strings.Join(n.logs.lines, "\n"), text) {
			t.Errorf("%q is in the log", text)
		}
		n.logs.mu.Unlock()
	}
	for _, name := range append(n.sealedFiles(), filepath.Join(n.cfg.DataDir, "instance-key.json")) {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}

	// Without its control plane a gateway starts with what it has.
	n.end()
	w.Stop()
	keeping(&v)(&n.cfg)
	n.start()
	opens(t, v, two, second)
	if s := n.Status(); len(s.Rejections) > 0 {
		t.Errorf("rejections: %v", s.Rejections)
	}
}

// TestSecretDamage damages what a gateway has on disk. It says so, and fetches
// again what it needs.
func TestSecretDamage(t *testing.T) {
	const password = "correct horse battery"
	tests := []struct {
		name   string
		damage func(*node)
		warns  bool // people are told
	}{
		{"the key is altered", func(n *node) { alter(n, "instance-key.json") }, true},
		{"the key is gone", func(n *node) { remove(n, "instance-key.json") }, false},
		{"the key is empty", func(n *node) { write(n, "instance-key.json", nil) }, true},
		{"a secret is altered", func(n *node) { alter(n, "secrets/*") }, false},
		{"a secret is gone", func(n *node) { remove(n, "secrets/*") }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sealing(t))
			var v *agent.Vault
			n := w.node("gw-1", keeping(&v)).joined()
			id := secretOf(t, w.source("test", "shop", password))
			n.end()
			tt.damage(n)
			keeping(&v)(&n.cfg)
			n.joined()
			w.Instance("test", "gw-1", "healthy", func(in *control.InstanceInfo) bool { return in.Health == gatewright.Healthy })
			opens(t, v, id, password)
			if warned := len(n.Status().Warnings) > 0; warned != tt.warns {
				t.Errorf("warnings: %q", n.Status().Warnings)
			}
		})
	}
}

func (n *node) file(pattern string) string {
	n.w.t.Helper()
	names, err := filepath.Glob(filepath.Join(n.cfg.DataDir, pattern))
	if err != nil || len(names) != 1 {
		n.w.t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names[0]
}

func write(n *node, pattern string, body []byte) {
	if err := os.WriteFile(n.file(pattern), body, 0o600); err != nil {
		n.w.t.Fatal(err)
	}
}

func remove(n *node, pattern string) {
	if err := os.Remove(n.file(pattern)); err != nil {
		n.w.t.Fatal(err)
	}
}

func alter(n *node, pattern string) {
	body, err := os.ReadFile(n.file(pattern))
	if err != nil {
		n.w.t.Fatal(err)
	}
	body[len(body)/2] ^= 1
	write(n, pattern, body)
}

// TestSecretRefused: a change whose secret cannot be had is rejected when it is
// prepared, and nothing of it serves.
func TestSecretRefused(t *testing.T) {
	w := newWorld(t, sealing(t))
	var away atomic.Bool
	away.Store(true)
	tr := newTransport(t, func(r *http.Request, resp *http.Response) error {
		if away.Load() && strings.HasPrefix(r.URL.Path, link.SecretPath) {
			resp.Body.Close()
			return context.DeadlineExceeded
		}
		return nil
	})
	var v *agent.Vault
	w.node("gw-1", keeping(&v), func(c *agent.Config) { c.Transport = tr }).joined()
	c := w.source("test", "shop", "correct horse battery")
	if c.State != gatewright.ChangeFailed || !strings.Contains(c.Outcomes[0].Reason, "cannot be had") {
		t.Fatalf("the change is %s: %+v", c.State, c.Outcomes)
	}
	away.Store(false)
	opens(t, v, secretOf(t, w.source("test", "shop", "correct horse battery")), "correct horse battery")
}

// TestSecretOfOthers asks for secrets that are not one's own, by hand.
func TestSecretOfOthers(t *testing.T) {
	w := newWorld(t, sealing(t))
	other := w.Group("other")
	w.node("gw-1").joined()
	theirs := named(w.source("other", "shop", "correct horse battery"))
	mine := secretOf(t, w.source("test", "shop", "staple-7f3a9c"))
	pair, err := secret.NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	join := func(group gatewright.GroupID, key []byte) *control.Joined {
		j, err := w.Control.Join(t.Context(), group, control.Join{Name: "by-hand", Address: "127.0.0.1:1", Version: "test", PublicKey: key})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	me, stranger, old := join(w.group.ID, pair.Public()), join(other.ID, pair.Public()), join(w.group.ID, nil)
	tests := []struct {
		name    string
		group   gatewright.GroupID
		who     *control.Joined
		session string
		id      gatewright.SecretID
		code    gatewright.Code
	}{
		{"one's own", w.group.ID, me, me.SessionKey, mine, ""},
		{"another group's", w.group.ID, me, me.SessionKey, theirs, gatewright.NotFound},
		{"from another group", other.ID, stranger, stranger.SessionKey, mine, gatewright.NotFound},
		{"as an instance of another group", w.group.ID, stranger, stranger.SessionKey, mine, gatewright.Conflict},
		{"without the session", w.group.ID, me, "", mine, gatewright.Conflict},
		{"with another's session", w.group.ID, me, old.SessionKey, mine, gatewright.Conflict},
		{"without a key", w.group.ID, old, old.SessionKey, mine, gatewright.PreconditionFailed},
		{"none", w.group.ID, me, me.SessionKey, "sec_0", gatewright.NotFound},
		{"no identifier", w.group.ID, me, me.SessionKey, "../shop", gatewright.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sealed, err := w.Control.InstanceSecret(t.Context(), tt.group, tt.who.Instance, tt.session, tt.id)
			if gatewright.CodeOf(err) != tt.code {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			if value, err := pair.Open(sealed, tt.id.Purpose()); err != nil || string(value) != "staple-7f3a9c" {
				t.Errorf("%q, %v", value, err)
			}
			if bytes.Contains(sealed, []byte("staple")) {
				t.Error("it is not sealed")
			}
		})
	}
}
