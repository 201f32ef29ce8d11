package agent_test

import (
	"context"
	"maps"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/gateway"
)

// The real gateway, from a publish to a rejection.
func TestRealGateway(t *testing.T) {
	w := newWorld(t)
	n := w.node("n")
	g := gateway.New(gateway.Config{Limits: gateway.Limits{MaxRoutes: 3}})
	t.Cleanup(func() {
		if err := g.Shutdown(t.Context()); err != nil {
			t.Log(err) // the test's context is over
		}
	})
	n.runtime = agent.Serving(g)
	n.start()
	w.Instance("test", "n", "joined", func(*control.InstanceInfo) bool { return true })
	w.live("pets", "1.0.0")
	w.live("pets", "1.0.1")
	if m := w.manifest(); g.Generation() != 2 || !maps.Equal(g.Entries(), m.Entries) {
		t.Errorf("it serves generation %d: %v", g.Generation(), g.Entries())
	}
	c := w.Publish("test", "birds", "1.0.0")
	if c.State != gatewright.ChangeFailed || g.Generation() != 2 {
		t.Errorf("beyond its limit the change is %s (%v) and the gateway at %d", c.State, c.Error, g.Generation())
	}
	if err := agent.Serving(g).Commit(&fakeCandidate{rt: n.rt}, 3); err == nil {
		t.Error("a candidate of another runtime was taken into service")
	}
}

// A key that is taken away is no good soon, whatever else is being prepared:
// it comes as a generation of its own, which nobody prepares.
func TestKeysGoAtOnce(t *testing.T) {
	w := newWorld(t)
	n := w.node("n")
	g := gateway.New(gateway.Config{})
	t.Cleanup(func() {
		if err := g.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	n.runtime = agent.Serving(g)
	n.start()
	w.Instance("test", "n", "joined", func(*control.InstanceInfo) bool { return true })
	w.live("pets", "1.0.0")
	app := &gatewright.AppResource{ID: "app_1", Name: "Shop", Keys: []gatewright.KeyResource{{Hash: gatewright.HashBytes([]byte("k"))}}}
	w.Put(w.group.ID, "app/app_1", &gatewright.Resource{Format: gatewright.ResourceFormat, App: app})
	w.Instance("test", "n", "at 2", func(in *control.InstanceInfo) bool { return in.Generation == 2 })
	if s := g.Status(); s.Apps != 1 || s.Keys != 1 {
		t.Fatalf("%d apps with %d keys", s.Apps, s.Keys)
	}
	app.Keys = nil
	w.Put(w.group.ID, "app/app_1", &gatewright.Resource{Format: gatewright.ResourceFormat, App: app})
	w.Instance("test", "n", "at 3", func(in *control.InstanceInfo) bool { return in.Generation == 3 })
	if s := g.Status(); s.Apps != 1 || s.Keys != 0 || len(s.APIs) != 1 {
		t.Errorf("%d apps with %d keys, %d APIs", s.Apps, s.Keys, len(s.APIs))
	}
}
