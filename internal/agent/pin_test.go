package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/link"
)

func pinnedTo(configID string) func(*agent.Config) {
	return func(c *agent.Config) { c.ConfigID = configID }
}

// change submits and waits until the change has settled.
func (w *world) change(kind gatewright.ChangeKind, item control.Item) *gatewright.Change {
	w.t.Helper()
	sub, err := w.Control.Submit(context.Background(), gatewright.Actor{Name: "admin", Client: "test"},
		control.Request{Kind: kind, Group: "test", Items: []control.Item{item}, Override: true, AbortCanary: true, AllowNoInstance: true}, control.SubmitOptions{Reason: "test"})
	if err != nil {
		w.t.Fatalf("%s: %v", kind, err)
	}
	if sub.Change == nil {
		return nil
	}
	return w.Settled(sub.Change.ID)
}

// pin is what the publish ch pinned of its API.
func (w *world) pin(ch *gatewright.Change) gatewright.Pin {
	w.t.Helper()
	s := ch.Items[0].Slot
	p := gatewright.Pin{API: s.API, Track: s.Track, Number: s.After.Number, Version: s.After.Version}
	p.Hash = w.manifest().Entries[p.Content()]
	return p
}

// through returns what a gateway with a pin runs of a manifest, worked out anew
// from the group's resources.
func (w *world) through(m *gatewright.Manifest, pin gatewright.Pin, configID string) entries {
	w.t.Helper()
	want := maps.Clone(m.Entries)
	hash := m.Entries[pin.Slot()]
	if hash == "" {
		return want
	}
	body, err := w.Control.Blob(context.Background(), m.Group, hash)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := gatewright.DecodeResource(body, hash)
	if err != nil {
		w.t.Fatal(err)
	}
	for k := range want {
		if strings.HasPrefix(string(k), "rev/"+string(pin.API)+"/") {
			delete(want, k)
		}
	}
	res.Slot = pin.On(res.Slot, configID)
	if _, want[pin.Slot()], err = res.Encode(); err != nil {
		w.t.Fatal(err)
	}
	want[pin.Content()] = pin.Hash
	return want
}

// follows waits until the gateway serves the group's manifest through its pin.
func (n *node) follows(pin gatewright.Pin) {
	n.w.t.Helper()
	m := n.w.manifest()
	want := n.w.through(m, pin, n.cfg.ConfigID)
	n.rt.until(n.w.t, fmt.Sprint("generation ", m.Generation, " is served through the pin"), func() bool {
		got, generation := n.rt.runs()
		return generation == m.Generation && maps.Equal(got, want)
	})
}

func TestPinnedGateway(t *testing.T) {
	w := newWorld(t)
	free := w.node("free").joined()
	first := w.live("pets", "1.0.0")
	w.live("orders", "1.0.0")
	pin := w.pin(first)
	n := w.node("pinned", pinnedTo(first.ConfigID))
	n.rt.reject = func(r *gatewright.Resource) string {
		if r.Revision != nil && r.Revision.BasePath == "/pets" && r.Revision.Number > 1 {
			return "a pinned gateway is asked to build what it does not run"
		}
		return ""
	}
	n.joined()
	n.follows(pin)

	ch := w.live("pets", "2.0.0")
	for _, o := range ch.Outcomes {
		if want := map[string]gatewright.OutcomeState{"free": gatewright.OutcomeApplied, "pinned": gatewright.OutcomePinned}[o.Name]; o.State != want {
			t.Errorf("outcome of %s is %s, want %s", o.Name, o.State, want)
		}
	}
	for _, o := range w.live("orders", "2.0.0").Outcomes {
		if o.State != gatewright.OutcomeApplied {
			t.Errorf("of an API that is not pinned the outcome of %s is %s", o.Name, o.State)
		}
	}
	free.serves(w.manifest())
	n.follows(pin)
	if n.rt.did("commit 4") != 1 {
		t.Errorf("it did %q; want what was prepared to be committed", n.rt.steps)
	}
	ds, err := w.Control.Status(t.Context(), control.StatusQuery{Group: "test", API: "pets"})
	if err != nil || ds[0].State != gatewright.StateReady || !strings.Contains(ds[0].Message, "pinned is pinned to "+first.ConfigID+" and runs 1.0.0") {
		t.Fatalf("status is %+v, %v", ds[0], err)
	}
	for _, in := range ds[0].Instances {
		pinned := in.Name == "pinned"
		if in.State != gatewright.InstanceDeployed || in.Health != gatewright.Healthy || (in.Pin != nil) != pinned {
			t.Errorf("%s is %s, %s, pinned to %+v", in.Name, in.State, in.Health, in.Pin)
		}
		if pinned && *in.Pin != (gatewright.Pinned{ConfigID: first.ConfigID, Number: 1, Version: "1.0.0"}) {
			t.Errorf("it is pinned to %+v", in.Pin)
		}
	}

	// Started again without a control plane, it serves what it served.
	n.end()
	before, _ := n.rt.runs()
	server := n.cfg.Servers
	n.cfg.Servers = []string{"http://127.0.0.1:1"}
	n.start()
	if got, _ := n.rt.runs(); !maps.Equal(got, before) {
		t.Errorf("after a restart it serves %v, not %v", got, before)
	}
	n.end()
	n.cfg.Servers = server
	w.live("pets", "3.0.0")
	n.joined()
	n.follows(pin)

	// Without the pin it runs what the group runs.
	n.end()
	n.cfg.ConfigID, n.rt.reject = "", nil
	n.start()
	n.rt.until(t, "the pin is gone", func() bool { got, _ := n.rt.runs(); return maps.Equal(got, w.manifest().Entries) })
	w.live("pets", "4.0.0")
	n.serves(w.manifest())
}

// TestPinnedGatewayAgainstModel lets the group change, and the gateway be
// killed, in random order.
func TestPinnedGatewayAgainstModel(t *testing.T) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(1, 2))
	w.live("pets", "1.0.0")
	second := w.live("pets", "2.0.0")
	w.live("orders", "1.0.0")
	pin := w.pin(second)
	n := w.node("pinned", pinnedTo(second.ConfigID)).joined()
	percent := 20.0
	runs, canary := true, false
	for i := range 25 {
		step := random.IntN(8)
		switch {
		case step == 0 && runs:
			w.change(gatewright.ChangeUndeploy, control.Item{API: "pets"})
			runs, canary = false, false
		case step <= 1:
			if canary {
				w.change(gatewright.ChangeCanaryAbort, control.Item{API: "pets"})
				canary = false
			}
			w.live("pets", fmt.Sprintf("3.0.%d", i))
			runs = true
		case step == 2:
			w.live("orders", fmt.Sprintf("2.0.%d", i))
		case step == 3 && runs:
			w.change(gatewright.ChangeDeploy, control.Item{API: "pets", Revision: "1.0.0"})
			w.change(gatewright.ChangeCanaryStart, control.Item{API: "pets", Revision: "2.0.0", Canary: &control.CanaryPatch{Percent: &percent}})
			canary = true
		case step == 4:
			w.change(gatewright.ChangeDeploy, control.Item{API: "pets", Revision: "2.0.0"})
			runs, canary = true, false
		case step == 5 && runs:
			prefix := fmt.Sprintf("/p%d", i)
			w.change(gatewright.ChangeConfigure, control.Item{API: "pets", Runtime: &control.RuntimePatch{PathPrefix: &prefix}})
		case step == 6:
			n.end()
			n.start()
		case step == 7:
			n.end()
			w.live("orders", fmt.Sprintf("2.0.%d", i))
			n.joined()
		}
		n.follows(pin)
		for _, served := range n.rt.history {
			for k := range served {
				if strings.HasPrefix(string(k), "rev/"+string(pin.API)+"/") && k != pin.Content() {
					t.Fatalf("step %d: it served %s", i, k)
				}
			}
		}
	}
}

// run runs a gateway's process until it ends by itself.
func (n *node) run() error {
	a, err := agent.New(n.cfg, n.rt)
	if err != nil {
		return err
	}
	return a.Run(n.w.t.Context())
}

func TestRefusedPin(t *testing.T) {
	w := newWorld(t)
	w.node("free").joined()
	ch := w.live("pets", "1.0.0")
	// answering as an older control plane does, which does not know pins
	old := newTransport(t, func(r *http.Request, resp *http.Response) error {
		if r.URL.Path != link.JoinPath || resp.StatusCode != http.StatusOK {
			return nil
		}
		var joined map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&joined); err != nil {
			return err
		}
		delete(joined, "configId")
		delete(joined, "pins")
		body, err := json.Marshal(joined)
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return err
	})
	for _, tt := range []struct {
		name, configID string
		change         func(*agent.Config)
		say            string
	}{
		{"unknown", "2020-01-01r0", nil, "no configuration 2020-01-01r0 ever ran in test"},
		{"older control plane", ch.ConfigID, func(c *agent.Config) { c.Transport = old }, "cannot pin a gateway"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := w.node("a", pinnedTo(tt.configID))
			if tt.change != nil {
				tt.change(&n.cfg)
			}
			var e *gatewright.Error
			if err := n.run(); !errors.As(err, &e) || e.Field != gatewright.FieldConfigID || !strings.Contains(e.Message, tt.say) {
				t.Errorf("with nothing to serve it ends with %v", err)
			}

			n = w.node("b")
			n.joined().end()
			before, _ := n.rt.runs()
			pinnedTo(tt.configID)(&n.cfg)
			if tt.change != nil {
				tt.change(&n.cfg)
			}
			n.start()
			n.logs.until(t, "not connected to the control plane", tt.say)
			if got, _ := n.rt.runs(); !maps.Equal(got, before) {
				t.Errorf("it serves %v, not what it served before", got)
			}
			n.end()
		})
	}
	if err := w.node("c", pinnedTo("yesterday")).run(); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("a configuration ID that is none: %v", err)
	}
}
