package control_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// firstWrite calls look before anything of a backup leaves.
type firstWrite struct {
	bytes.Buffer
	look func() error
}

func (f *firstWrite) Write(b []byte) (int, error) {
	if f.Len() == 0 {
		if err := f.look(); err != nil {
			return 0, err
		}
	}
	return f.Buffer.Write(b)
}

func TestBackupIsNotedBeforeItLeaves(t *testing.T) {
	w := newWorld(t)
	w.standard()
	gone := errors.New("the reader has gone")
	for _, failure := range []error{nil, gone} {
		out := &firstWrite{look: func() error {
			if e := w.lastAudit(); e.Action != "backup.create" || e.Actor.Name != admin.Name {
				t.Errorf("a backup leaves after %s of %s", e.Action, e.Actor.Name)
			}
			return failure
		}}
		if err := w.c.Backup(w.ctx, admin, out); !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
	}
}

// restore takes a backup, lets f go on, and puts the backup in place.
func (w *world) restore(f func()) {
	w.t.Helper()
	var backup bytes.Buffer
	w.must(w.c.Backup(w.ctx, admin, &backup))
	f()
	w.must(w.store.Close())
	w.must(sqlstore.Restore(w.ctx, &backup, w.path))
	w.open()
	w.must(w.c.Restored(w.ctx, admin, "backup.db"))
}

// TestRestoredProvesNothing: reports of another time are not about what
// instances run now.
func TestRestoredProvesNothing(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.restore(func() { w.live(publish("test", "1.0.1", "/b")) })
	if e := w.lastAudit(); e.Action != "backup.restore" || e.Detail != "from backup.db" {
		t.Errorf("noted: %s %q", e.Action, e.Detail)
	}
	if d := w.deployment("Pets", "test"); d.State == gatewright.StateReady {
		t.Errorf("%s is ready before its instance, which runs 1.0.1, was heard", d.Content.Version)
	}
	w.settle()
	if d := w.deployment("Pets", "test"); d.State != gatewright.StateReady || gw.running("Pets").Version != "1.0.0" {
		t.Errorf("%s: %s, while the gateway runs %s", d.State, d.Message, gw.running("Pets").Version)
	}
	w.auditIntact(w.lastAudit().ID)
}

// TestRestoredPreparesAgain: an instance that had built a change when the
// backup was made may have let go of it since.
func TestRestoredPreparesAgain(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	quick, slow := w.join(g, "quick"), w.join(g, "slow")
	slow.deaf = true
	ch := w.submit(publish("test", "1.0.0", "/a"))
	w.restore(func() {
		slow.deaf = false
		w.settle()
	})
	quick.deaf = true
	w.settle()
	if now := w.change(ch.ID); now.State != gatewright.ChangePreparing {
		t.Errorf("the change is %s on the word of an instance from before", now.State)
	}
	quick.deaf = false
	w.settle()
	if now := w.change(ch.ID); now.State != gatewright.ChangeLive || now.Error != nil {
		t.Errorf("the change is %s: %v", now.State, now.Error)
	}
}
