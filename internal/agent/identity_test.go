package agent_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
)

// copyOf returns a gateway that has the identity n has now.
func (w *world) copyOf(n *node) *node {
	w.t.Helper()
	body, err := os.ReadFile(filepath.Join(n.cfg.DataDir, "identity.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	c := w.node("copy")
	if err := os.WriteFile(filepath.Join(c.cfg.DataDir, "identity.json"), body, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) instances() []*control.InstanceInfo {
	w.t.Helper()
	all, err := w.Control.Instances(context.Background(), "test")
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestCopiedIdentity(t *testing.T) {
	t.Run("while the original is connected", func(t *testing.T) {
		w := newWorld(t)
		n := w.node("original").joined()
		c := w.copyOf(n).start()
		c.logs.until(t, "not connected", "is connected already", "remove the identity file of the copy")
		w.live("pets", "1.0.0")
		n.serves(w.manifest())
		if got, _ := c.rt.runs(); len(got) > 0 {
			t.Errorf("the copy serves %v", got)
		}
	})
	t.Run("the copy comes first", func(t *testing.T) {
		w := newWorld(t)
		n := w.node("original").joined()
		n.end()
		c := w.copyOf(n).joined()
		n.start()
		n.logs.until(t, "not connected", "was copied")
		w.live("pets", "1.0.0")
		c.serves(w.manifest())
	})
	t.Run("the original comes first", func(t *testing.T) {
		w := newWorld(t)
		n := w.node("original").joined()
		n.end()
		c := w.copyOf(n)
		n.joined()
		n.end()
		c.start()
		c.logs.until(t, "not connected", "was copied")
	})
}

func TestIdentityStays(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	id := n.Status().Instance
	for range 3 {
		n.end()
		n.joined()
	}
	if n.Status().Instance != id || len(w.instances()) != 1 {
		t.Errorf("instance %s became %s; the group has %d", id, n.Status().Instance, len(w.instances()))
	}
}

func TestRevokedToken(t *testing.T) {
	w := newWorld(t)
	var secret atomic.Value
	secret.Store(w.secret)
	n := w.node("n", func(c *agent.Config) { c.Token = func() (string, error) { return secret.Load().(string), nil } })
	n.joined()
	w.live("pets", "1.0.0")
	m := w.manifest()
	n.serves(m)
	id := n.Status().Instance
	n.logs.forget()
	w.Revoke(w.token)
	n.logs.until(t, "not connected", "the token is not valid here")
	if s := n.Status(); s.Connected || !strings.Contains(s.LastError, "token") {
		t.Errorf("status %+v", s)
	}
	n.serves(m) // all the same

	_, again := w.Token("test")
	n.logs.forget()
	secret.Store(again)
	n.logs.until(t, "in step")
	w.live("pets", "1.0.1")
	n.serves(w.manifest())
	if n.Status().Instance != id {
		t.Errorf("with a new token instance %s became %s", id, n.Status().Instance)
	}
}

func TestTokenOfAnotherGroup(t *testing.T) {
	w := newWorld(t)
	w.Group("production")
	_, other := w.Token("production")
	n := w.node("n", func(c *agent.Config) { c.Token = func() (string, error) { return other, nil } })
	n.start()
	n.logs.until(t, "not connected", `the token is of group "production", and this gateway means to join "test"`)
	if all := w.instances(); len(all) > 0 {
		t.Errorf("it was let in: %v", all)
	}
}

func TestForgottenInstanceJoinsAnew(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	w.live("pets", "1.0.0")
	n.end()
	w.Clock.Advance(gatewright.GoneAfter)
	if err := w.Control.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if all := w.instances(); len(all) > 0 {
		t.Fatalf("still there: %v", all)
	}
	n.joined()
	n.serves(w.manifest())
}
