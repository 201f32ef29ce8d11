package control_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestLostAnswersToAJoin(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.step() // its key is used
	for range 5 {
		_, err := w.c.Join(w.ctx, gw.group.ID, control.Join{Instance: gw.id, SessionKey: gw.key, Name: gw.name})
		w.must(err) // and nobody hears the answer
	}
	gw.join()
	gw.step()
}

// occupy gives the group n instances more, past the protocol: joins take their
// time. left is when they said goodbye, zero for those that run.
func (w *world) occupy(g *gatewright.Group, n int, left time.Time) {
	w.t.Helper()
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		for i := range n {
			in := &gatewright.Instance{
				ID: gatewright.InstanceID(gatewright.NewID("ins_", tx.Now())), Group: g.ID, Name: fmt.Sprintf("pod-%d", i),
				JoinedAt: tx.Now(), LastSeen: tx.Now(), LeftAt: left,
			}
			if err := tx.PutInstance(in); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestInstancesThatLeftDoNotFillTheGroup(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	w.join(g, "stays")
	leaves := w.join(g, "leaves")
	w.occupy(g, control.MaxInstances-2, w.clock.Now())
	if _, err := w.c.Join(w.ctx, g.ID, control.Join{Name: "next"}); err != nil {
		t.Fatalf("two instances run, and a third is refused: %v", err)
	}
	w.must(w.c.Report(w.ctx, g.ID, control.Report{Instance: leaves.id, SessionKey: leaves.key, Leaving: true}))
	w.clock.advance(gatewright.OfflineAfter)
	w.must(w.c.Sweep(w.ctx))
	if infos, err := w.c.Instances(w.ctx, "test"); err != nil || len(infos) != 2 {
		t.Errorf("%d instances are remembered: %v", len(infos), err)
	}
}

func TestNoNewGraceForTheLost(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	b.silent = true
	w.clock.advance(10 * time.Minute)
	a.step()
	w.restart()
	a.step()
	w.live(publish("test", "1.0.0", "/a")) // does not wait for b
}

func TestRunningInstancesFillTheGroup(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	w.occupy(g, control.MaxInstances-1, time.Time{})
	leaves := w.join(g, "last")
	_, err := w.c.Join(w.ctx, g.ID, control.Join{Name: "one too many"})
	if gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("one more joined: %v", err)
	}
	w.must(w.c.Report(w.ctx, g.ID, control.Report{Instance: leaves.id, SessionKey: leaves.key, Leaving: true}))
	w.join(g, "in its place")
}

// TestChangeWarnsOfTheLost: who is silent is named before a change goes on
// without them; who said goodbye is not missed.
func TestChangeWarnsOfTheLost(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	stays, dies, leaves := w.join(g, "stays"), w.join(g, "dies"), w.join(g, "leaves")
	w.must(w.c.Report(w.ctx, g.ID, control.Report{Instance: leaves.id, SessionKey: leaves.key, Leaving: true}))
	leaves.silent, dies.silent = true, true
	w.clock.advance(gatewright.LostAfter)
	stays.step()
	found := findings(t, w, publish("test", "1.0.0", "/a"), "instances")
	if len(found) != 1 || found[0].Level != gatewright.LevelWarning || found[0].Subject != "dies" || !strings.Contains(found[0].Message, "instance dies is not reachable (last seen 2026-11-21 12:00:00)") {
		t.Errorf("findings %+v", found)
	}
	w.live(publish("test", "1.0.0", "/a"))
}

func TestForgetInstance(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	if err := w.c.ForgetInstance(w.ctx, admin, gw.id); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Errorf("a running one is forgotten: %v", err)
	}
	gw.silent = true
	w.clock.advance(gatewright.LostAfter)
	old := gw.id
	w.must(w.c.ForgetInstance(w.ctx, admin, old))
	gw.key = "of another history"
	gw.join()
	if gw.id == old {
		t.Error("it was not forgotten")
	}
	if err := w.c.ForgetInstance(w.ctx, admin, "ins_none"); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("one that is not: %v", err)
	}
}

func TestLateRejectionIsNotApplied(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	a.step()
	b.step()
	_, err = w.c.Advance(w.ctx, g.ID) // both have prepared: activate
	w.must(err)
	b.reject = func(*gatewright.Resource) string { return "the disk is full" }
	w.settle()
	ch, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	if ch.State != gatewright.ChangeLive || ch.Error == nil || !strings.Contains(ch.Error.Error(), "b: the disk is full") {
		t.Errorf("%s: %v", ch.State, ch.Error)
	}
	for _, o := range ch.Outcomes {
		if want := map[string]gatewright.OutcomeState{"a": gatewright.OutcomeApplied, "b": gatewright.OutcomeRejected}[o.Name]; o.State != want {
			t.Errorf("%s is %s", o.Name, o.State)
		}
	}
}

func TestGenerationOfAnotherHistory(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.generation, gw.deaf = 60, true // as after a backup was restored
	gw.step()
	ch := w.submit(publish("test", "1.0.0", "/a"))
	if ch.State == gatewright.ChangeLive {
		t.Errorf("generation 60 counts for generation 1")
	}
	gw.deaf = false
	w.settle()
	if ch, _ = w.c.Change(w.ctx, ch.ID); ch.State != gatewright.ChangeLive || gw.running("Pets") == nil {
		t.Errorf("%s: %v", ch.State, ch.Error)
	}
}

func TestOwnDeafnessIsNotTheirSilence(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	w.must(w.c.Listen(w.ctx))
	w.clock.advance(10 * time.Minute) // the machine slept
	w.must(w.c.Listen(w.ctx))
	b.deaf = true
	a.step()
	ch := w.submit(publish("test", "1.0.0", "/a"))
	if ch.State != gatewright.ChangePreparing {
		t.Errorf("the change does not wait for b: %s", ch.State)
	}
}

func TestClockPutBack(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.silent = true
	w.clock.advance(-time.Hour)
	w.restart()
	w.clock.advance(gatewright.LostAfter)
	w.refused(publish("test", "1.0.0", "/a"), gatewright.PreconditionFailed, "no instance of test is reachable")
}

func TestRestartAfterALongTime(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.silent = true
	ch := w.submit(publish("test", "1.0.0", "/a"))
	w.must(w.store.Close())
	w.clock.advance(time.Hour)
	w.open()
	_, err := w.c.Advance(w.ctx, gw.group.ID)
	w.must(err)
	gw.silent = false
	w.settle()
	if ch, _ = w.c.Change(w.ctx, ch.ID); ch.State != gatewright.ChangeLive {
		t.Errorf("an hour without a control plane made it %s: %v", ch.State, ch.Error)
	}
}
