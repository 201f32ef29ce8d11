package control_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// pinned joins a gateway that is pinned, or says why it cannot be.
func (w *world) pinned(g *gatewright.Group, configID string) (*control.Joined, error) {
	return w.c.Join(w.ctx, g.ID, control.Join{Name: "pinned", Version: "test", ConfigID: configID})
}

func TestPin(t *testing.T) {
	w := newWorld(t)
	test, production := w.standard()
	first := w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.1.0", "/a", "/b"))

	for _, tt := range []struct {
		name     string
		group    *gatewright.Group
		configID string
		say      string
	}{
		{"no ID", test.group, "1.0.0", "is no configuration ID"},
		{"unknown", test.group, "2020-01-01r0", "no configuration 2020-01-01r0 ever ran in test"},
		{"of another group", production.group, first.ConfigID, "never ran in production, only in other groups like test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e *gatewright.Error
			if _, err := w.pinned(tt.group, tt.configID); !errors.As(err, &e) || e.Field != gatewright.FieldConfigID || !strings.Contains(e.Message, tt.say) {
				t.Errorf("got %v", err)
			}
		})
	}

	joined, err := w.pinned(test.group, first.ConfigID)
	w.must(err)
	if len(joined.Pins) != 1 || joined.Pins[0].Number != 1 || joined.Pins[0].Version != "1.0.0" {
		t.Fatalf("it is pinned to %+v", joined.Pins)
	}
	// What it runs is there for it, though the group no longer does, and for no other group.
	_, err = w.c.Blob(w.ctx, test.group.ID, joined.Pins[0].Hash)
	w.must(err)
	if _, err := w.c.Blob(w.ctx, production.group.ID, joined.Pins[0].Hash); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("another group gets the blob: %v", err)
	}
	if gone, err := w.c.PruneRevisions(w.ctx, admin, "Pets", control.Retention{Keep: 0}); err != nil || len(gone) != 0 {
		t.Errorf("pruned %v, %v", gone, err)
	}
	err = w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0")
	if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), "gateways are pinned to it") {
		t.Errorf("it is deleted: %v", err)
	}

	// Joining without the pin lets go of it.
	_, err = w.c.Join(w.ctx, test.group.ID, control.Join{Instance: joined.Instance, SessionKey: joined.SessionKey, Name: "pinned", Version: "test"})
	w.must(err)
	w.must(w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0"))
	if _, err := w.pinned(test.group, first.ConfigID); err == nil || !strings.Contains(err.Error(), "was deleted") {
		t.Errorf("pinned to what is gone: %v", err)
	}
}

// TestPinAfterSync: what was published keeps its configuration ID in the groups
// it comes to.
func TestPinAfterSync(t *testing.T) {
	w := newWorld(t)
	_, production := w.standard()
	first := w.live(publish("test", "1.0.0", "/a"))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test",
		Runtime: &control.RuntimePatch{Nodes: []gatewright.Node{{Host: "127.0.0.1", Port: 7002, Weight: 1}}}}))
	joined, err := w.pinned(production.group, first.ConfigID)
	w.must(err)
	if len(joined.Pins) != 1 || joined.Pins[0].Version != "1.0.0" {
		t.Errorf("it is pinned to %+v", joined.Pins)
	}
}

// TestPinThatIsUndeployed: an instance that is pinned has no say in whether
// an API is deployed or deleted.
func TestPinThatIsUndeployed(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	first := w.live(publish("test", "1.0.0", "/a"))
	joined, err := w.pinned(test.group, first.ConfigID)
	w.must(err)
	w.must(w.c.Report(w.ctx, test.group.ID, control.Report{Instance: joined.Instance, SessionKey: joined.SessionKey, Leaving: true}))
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}))
	api, _, err := w.c.API(w.ctx, "Pets")
	w.must(err)
	w.must(w.c.DeleteAPI(w.ctx, admin, "Pets", api.Revised))
	if _, err := w.pinned(test.group, first.ConfigID); err == nil || !strings.Contains(err.Error(), "the APIs that it published were deleted") {
		t.Errorf("pinned to what is gone: %v", err)
	}
}

// TestFlowsOfPinned: what a pinned instance calls stays, though the group itself
// calls it no longer.
func TestFlowsOfPinned(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	w.live(publishFlow("test", "Common", "1.0.0"))
	first := w.live(publishCaller("test", "Pets", "1.0.0", "Common"))
	leave := func(in *control.Joined) { // it comes back with what it is pinned to
		t.Helper()
		w.must(w.c.Report(w.ctx, test.group.ID, control.Report{Instance: in.Instance, SessionKey: in.SessionKey, Leaving: true}))
	}
	joined, err := w.pinned(test.group, first.ConfigID)
	w.must(err)
	leave(joined)
	w.live(publishCaller("test", "Pets", "1.1.0", ""))
	undeploy := request(gatewright.ChangeUndeploy, "test", control.Item{API: "Common"})
	says := "by Pets (gateways pinned to revision 1)"
	w.refused(undeploy, gatewright.Conflict, says)
	var e *gatewright.Error
	api, _, err := w.c.API(w.ctx, "Common")
	w.must(err)
	other := "Other"
	_, err = w.c.UpdateAPI(w.ctx, admin, "Common", api.Revised, control.APIPatch{Name: &other})
	if !errors.As(err, &e) || e.Code != gatewright.Conflict || !strings.Contains(e.Details[0].Message, says) {
		t.Errorf("renaming: %v", err)
	}

	// With its slot goes the pin.
	both := undeploy
	both.Items = []control.Item{{API: "Common"}, {API: "Pets"}}
	w.live(both)
	another, err := w.pinned(test.group, first.ConfigID)
	w.must(err)
	leave(another)
	w.live(publishCaller("test", "Pets", "1.2.0", ""))
	if _, err := w.pinned(test.group, first.ConfigID); !errors.As(err, &e) || e.Field != gatewright.FieldConfigID || !strings.Contains(e.Message, `calls the shared flow "Common", and that does not run in test`) {
		t.Errorf("pinned to what cannot run: %v", err)
	}
	// Whoever was pinned before is not kept out: what else it has to know reaches it.
	_, err = w.c.Join(w.ctx, test.group.ID, control.Join{Instance: joined.Instance, SessionKey: joined.SessionKey, Name: "pinned", Version: "test", ConfigID: first.ConfigID})
	w.must(err)
}
