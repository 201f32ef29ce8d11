package agent_test

import (
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
