package agent_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestChangeReachesEveryInstance(t *testing.T) {
	w := newWorld(t)
	var nodes []*node
	for i := range 3 {
		nodes = append(nodes, w.node(fmt.Sprint("n", i)).joined())
	}
	w.live("pets", "1.0.0")
	c := w.live("pets", "1.0.1")
	m := w.manifest()
	for _, n := range nodes {
		n.serves(m)
		if n.rt.did("commit 1") != 1 || n.rt.did("commit 2") != 1 {
			t.Errorf("%s did %q; want what was prepared to be committed", n.cfg.Name, n.rt.steps)
		}
		n.rt.until(t, "no candidate is left", func() bool { return n.rt.candidates() == 0 })
	}
	if len(c.Outcomes) != 3 {
		t.Fatalf("outcomes %v", c.Outcomes)
	}
	for _, o := range c.Outcomes {
		if o.State != gatewright.OutcomeApplied {
			t.Errorf("outcome of %s is %s", o.Name, o.State)
		}
	}
}

func TestOneRejectionStopsTheChangeEverywhere(t *testing.T) {
	w := newWorld(t)
	var nodes []*node
	for i := range 3 {
		n := w.node(fmt.Sprint("n", i))
		if i == 1 {
			n.rt.reject = func(r *gatewright.Resource) string {
				if r.Slot != nil && r.Slot.Current.Version == "2.0.0" {
					return "this gateway accepts 1 route"
				}
				return ""
			}
		}
		nodes = append(nodes, n.joined())
	}
	w.live("pets", "1.0.0")
	before := w.manifest()
	c := w.Publish("test", "pets", "2.0.0")
	if c.State != gatewright.ChangeFailed || !strings.Contains(c.Error.Error(), "n1: this gateway accepts 1 route") {
		t.Fatalf("the change is %s: %v", c.State, c.Error)
	}
	w.live("pets", "1.0.1") // and the group goes on
	for _, n := range nodes {
		n.serves(w.manifest())
		for _, e := range n.rt.history {
			for k, h := range e {
				if h != before.Entries[k] && h != w.manifest().Entries[k] {
					t.Errorf("%s served %s, which was never live", n.cfg.Name, h.Short())
				}
			}
		}
		n.rt.until(t, "no candidate is left", func() bool { return n.rt.candidates() == 0 })
	}
}

func TestLateJoinerPreparesWhatIsStaged(t *testing.T) {
	w := newWorld(t)
	first := w.node("first")
	first.rt.gate = make(chan struct{})
	first.joined()
	sub := w.Submit("test", "pets", "1.0.0")
	first.rt.until(t, "the first is preparing", func() bool { return first.rt.did("prepare") == 1 })
	second := w.node("second").start()
	second.rt.until(t, "the second has prepared", func() bool { return second.rt.did("prepare") == 1 })
	close(first.rt.gate)
	if c := w.Settled(sub.ID); c.State != gatewright.ChangeLive {
		t.Fatalf("the change is %s: %v", c.State, c.Error)
	}
	first.serves(w.manifest())
	second.serves(w.manifest())
}

func TestControlPlaneRestartsWhilePreparing(t *testing.T) {
	w := newWorld(t)
	n := w.node("n")
	n.rt.gate = make(chan struct{})
	n.joined()
	sub := w.Submit("test", "pets", "1.0.0")
	n.rt.until(t, "it is preparing", func() bool { return n.rt.did("prepare") == 1 })
	w.Stop()
	w.Start()
	close(n.rt.gate)
	if c := w.Settled(sub.ID); c.State != gatewright.ChangeLive {
		t.Fatalf("the change is %s: %v", c.State, c.Error)
	}
	n.serves(w.manifest())
	if _, g := n.rt.runs(); g != 1 {
		t.Errorf("generation %d", g)
	}
}

func TestRejectionOfReturningInstance(t *testing.T) {
	w := newWorld(t)
	n := w.node("n")
	n.rt.reject = func(r *gatewright.Resource) string {
		if r.Slot != nil && r.Slot.Name == "pets" && r.Slot.Current.Version == "2.0.0" {
			return "no room"
		}
		return ""
	}
	n.joined()
	w.live("pets", "1.0.0")
	old := w.manifest().Entries
	n.end()
	w.live("pets", "2.0.0") // nobody is there to object

	for _, restart := range []string{"returns", "is started again"} {
		n.start()
		in := w.Instance("test", "n", restart, func(in *control.InstanceInfo) bool {
			return in.Generation == 2 && len(in.Rejections) == 2 && in.LeftAt.IsZero()
		})
		if in.Health != gatewright.OutOfSync {
			t.Errorf("when it %s: health %s", restart, in.Health)
		}
		got, _ := n.rt.runs()
		for key, hash := range old { // the slot and the revision it cannot do without
			if got[key] != hash {
				t.Errorf("when it %s: %s is %q, want what served before the rejection", restart, key, got[key])
			}
		}
		if len(got) != 3 { // and the revision that would have run
			t.Errorf("when it %s: serves %v; want what served before the rejection", restart, got)
		}
		n.end()
	}

	// What is rejected is tried again with whatever comes next.
	n.rt.reject = nil
	n.start()
	w.live("birds", "1.0.0")
	w.Instance("test", "n", "in sync", func(in *control.InstanceInfo) bool {
		return in.Generation == 3 && len(in.Rejections) == 0
	})
	n.serves(w.manifest())
}

func TestLeavingIsSaid(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	n.end()
	w.Instance("test", "n", "gone", func(in *control.InstanceInfo) bool { return !in.LeftAt.IsZero() })
	all, err := w.Control.Instances(context.Background(), "test")
	if err != nil || len(all) != 1 || all[0].Health != gatewright.Offline {
		t.Errorf("instances %v, %v", all, err)
	}
}
