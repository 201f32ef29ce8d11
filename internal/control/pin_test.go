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
			if _, err := w.pinned(tt.group, tt.configID); !errors.As(err, &e) || e.Field != control.FieldConfigID || !strings.Contains(e.Message, tt.say) {
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
