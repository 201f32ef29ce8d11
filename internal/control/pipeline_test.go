package control_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestOneRejectionFailsTheChange(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b, c := w.join(g, "a"), w.join(g, "b"), w.join(g, "c")
	w.live(publish("test", "1.0.0", "/a"))
	b.reject = func(r *gatewright.Resource) string {
		if r.Slot != nil && r.Slot.Current.Version == "1.0.1" {
			return "this gateway accepts 1 route; with this change it would have 2"
		}
		return ""
	}
	ch := w.submit(publish("test", "1.0.1", "/a", "/b"))
	if ch.State != gatewright.ChangeFailed {
		t.Fatalf("state %s", ch.State)
	}
	if msg := ch.Error.Error(); !strings.Contains(msg, "b: this gateway accepts 1 route") {
		t.Errorf("instance and cause are not named: %s", msg)
	}
	for _, gw := range []*fakeGateway{a, b, c} {
		if gw.running("Pets").Version != "1.0.0" {
			t.Errorf("%s runs %s", gw.name, gw.running("Pets").Version)
		}
		for _, entries := range gw.history {
			if len(entries) != 2 || entries[gatewright.SlotResourceKey(gatewright.SlotKey{API: ch.Items[0].Slot.API, Track: "v1"})] == "" {
				t.Errorf("%s served %v", gw.name, entries)
			}
		}
	}
	if d := w.deployment("Pets", "test"); d.State != gatewright.StateReady || d.Content.Version != "1.0.0" {
		t.Errorf("%s runs in state %s", d.Content.Version, d.State)
	}
	b.reject = nil
	w.live(publish("test", "1.0.1", "/a", "/b"))
}

func TestLostInstanceDoesNotBlock(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	w.live(publish("test", "1.0.0", "/a"))
	b.silent = true
	ch := w.submit(publish("test", "1.0.1", "/b"))
	if ch.State != gatewright.ChangePreparing {
		t.Fatalf("with b silent for less than 30 s the change is %s", ch.State)
	}
	w.clock.advance(gatewright.LostAfter)
	a.step()
	w.settle()
	ch, _ = w.c.Change(w.ctx, ch.ID)
	if ch.State != gatewright.ChangeLive {
		t.Fatalf("with b lost the change is %s: %v", ch.State, ch.Error)
	}
	d := w.deployment("Pets", "test")
	if d.Instances[1].State != gatewright.InstancePending || d.Instances[1].Health != gatewright.Lost {
		t.Errorf("the lost instance is %+v", d.Instances[1])
	}

	// It returns and gets the state; its rejection then is its own error.
	b.silent = false
	b.reject = func(r *gatewright.Resource) string { return "cannot" }
	w.settle()
	d = w.deployment("Pets", "test")
	if d.State != gatewright.StateError || d.Instances[1].State != gatewright.InstanceError || !strings.Contains(d.Message, "b: cannot") {
		t.Errorf("after a late rejection: %s %q %+v", d.State, d.Message, d.Instances[1])
	}
	if a.running("Pets").Version != "1.0.1" {
		t.Error("a late rejection reverted the group")
	}
}

func TestAllLostDuringPrepareFails(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.silent = true
	ch := w.submit(publish("test", "1.0.0", "/a"))
	w.clock.advance(gatewright.LostAfter)
	w.settle()
	ch, _ = w.c.Change(w.ctx, ch.ID)
	if ch.State != gatewright.ChangeFailed || !strings.Contains(ch.Error.Message, "no instance of test is reachable") {
		t.Errorf("the change is %s: %v", ch.State, ch.Error)
	}
}

func TestPrepareHasADeadline(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.deaf = true
	ch := w.submit(publish("test", "1.0.0", "/a"))
	for range 3 {
		w.clock.advance(control.PrepareTimeout / 3)
		w.settle() // it goes on reporting
	}
	ch, _ = w.c.Change(w.ctx, ch.ID)
	if ch.State != gatewright.ChangeFailed || !strings.Contains(ch.Error.Error(), "test-1") {
		t.Errorf("the change is %s: %v", ch.State, ch.Error)
	}
}

func TestNoInstance(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	req := publish("test", "1.0.0", "/a")
	w.refused(req, gatewright.PreconditionFailed, "no instance of test is reachable", "--allow-no-instance")
	req.AllowNoInstance = true
	w.live(req)
	if d := w.deployment("Pets", "test"); d.State != gatewright.StateError || !strings.Contains(d.Message, "no instance") {
		t.Errorf("with nobody to serve it: %s %q", d.State, d.Message)
	}
	gw := w.join(g, "late")
	w.settle()
	if gw.running("Pets") == nil || w.deployment("Pets", "test").State != gatewright.StateReady {
		t.Error("the first instance did not get the state")
	}
}

func TestJoinDuringPrepare(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	slow := w.join(g, "slow")
	slow.deaf = true
	ch := w.submit(publish("test", "1.0.0", "/a"))
	late := w.join(g, "late")
	late.reject = func(*gatewright.Resource) string { return "cannot" }
	w.settle()
	ch, _ = w.c.Change(w.ctx, ch.ID)
	if ch.State != gatewright.ChangeFailed {
		t.Errorf("an instance that joined in between rejected it; the change is %s", ch.State)
	}
}

func TestPlanHash(t *testing.T) {
	w := newWorld(t)
	w.standard()
	req := publish("test", "1.0.1", "/a", "/b")
	plan, err := w.c.Plan(w.ctx, req)
	w.must(err)
	again, err := w.c.Plan(w.ctx, req)
	w.must(err)
	if plan.Hash != again.Hash || !plan.Hash.Valid() {
		t.Fatalf("two plans of the same are %s and %s", plan.Hash, again.Hash)
	}
	if cs, _ := w.c.Changes(w.ctx, control.ChangeQuery{}); len(cs) != 0 {
		t.Error("planning left a change behind")
	}
	if as, _ := w.c.APIs(w.ctx, "", 10); len(as) != 0 {
		t.Error("planning left an API behind")
	}

	// Something else in the group does not matter; the same slot does.
	other := publish("test", "1.0.0", "/other")
	other.Items[0].API = "Other"
	w.live(other)
	w.live(publish("test", "1.0.0", "/a"))
	_, err = w.c.Submit(w.ctx, admin, req, control.SubmitOptions{PlanHash: plan.Hash})
	if gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), "publish by admin") || !strings.Contains(err.Error(), "1.0.0 → 1.0.1") {
		t.Errorf("a stale plan: %v", err)
	}
	plan, err = w.c.Plan(w.ctx, req)
	w.must(err)
	_, err = w.c.Submit(w.ctx, admin, req, control.SubmitOptions{PlanHash: plan.Hash})
	w.must(err)
}

func TestQueuedChangeIsPlannedAgain(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw := w.join(g, "a")
	gw.deaf = true
	first, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	// Another API of the group waits its turn. By then its route is taken.
	clash := publish("test", "1.0.0", "/a")
	clash.Items[0].API = "Other"
	second, err := w.c.Submit(w.ctx, admin, clash, control.SubmitOptions{})
	w.must(err)
	third := publish("test", "1.0.0", "/c")
	third.Items[0].API = "Third"
	fine, err := w.c.Submit(w.ctx, admin, third, control.SubmitOptions{})
	w.must(err)
	if second.Change.State != gatewright.ChangeScheduled {
		t.Errorf("the second change is %s", second.Change.State)
	}
	gw.deaf = false
	w.settle()
	for id, want := range map[gatewright.ChangeID]gatewright.ChangeState{
		first.Change.ID: gatewright.ChangeLive, second.Change.ID: gatewright.ChangeFailed, fine.Change.ID: gatewright.ChangeLive,
	} {
		ch, err := w.c.Change(w.ctx, id)
		w.must(err)
		if ch.State != want {
			t.Errorf("%s is %s, want %s: %v", ch.Items[0].Slot.APIName, ch.State, want, ch.Error)
		}
	}
}

func TestRollbackGoesBeforeStrangers(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.0.1", "/b"))
	gw.deaf = true
	for _, name := range []string{"X", "Y", "Z"} {
		req := publish("test", "1.0.0", "/"+name)
		req.Items[0].API = name
		_, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{})
		w.must(err)
	}
	sub, err := w.c.Submit(w.ctx, admin, request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), control.SubmitOptions{})
	w.must(err)
	gw.deaf = false
	w.settle()
	back, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	if back.Generation != 4 { // after X, which rolled already
		t.Errorf("the rollback is generation %d", back.Generation)
	}
}

func TestCompanionDoesNotHinderAnOlderChange(t *testing.T) {
	w := newWorld(t)
	testGW, _ := w.standard()
	w.live(publish("test", "", "/a"))
	testGW.deaf = true
	stranger := publish("test", "1.0.0", "/stranger")
	stranger.Items[0].API = "Stranger"
	_, err := w.c.Submit(w.ctx, admin, stranger, control.SubmitOptions{})
	w.must(err)
	older, err := w.c.Submit(w.ctx, admin, publish("test", "2.0.0", "/a", "/b"), control.SubmitOptions{})
	w.must(err)
	w.submit(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Version: "1.0.0", Runtime: nodes("127.0.0.1:7002")}))
	testGW.deaf = false
	w.settle()
	if ch, _ := w.c.Change(w.ctx, older.Change.ID); ch.State != gatewright.ChangeLive {
		t.Errorf("%s: %v", ch.State, ch.Error)
	}
}

func TestSimultaneousChangesOfOneSlot(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	const n = 16
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = w.c.Submit(w.ctx, admin, publish("test", fmt.Sprintf("1.1.%d", i), "/a", fmt.Sprintf("/x%d", i)), control.SubmitOptions{})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch gatewright.CodeOf(err) {
		case "":
			won++
		case gatewright.Conflict:
		default:
			t.Errorf("unexpected error: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d changes of one slot were accepted", won, n)
	}
	w.settle()
}

func TestTwoFirstPublishesOfOneName(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.deaf = true
	_, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	w.refused(publish("test", "1.0.0", "/b"), gatewright.Conflict, "under way")
}

func TestRollbackOvertakes(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	gw.deaf = true
	stuck := w.submit(publish("test", "1.0.1", "/b"))
	if stuck.State != gatewright.ChangePreparing {
		t.Fatal(stuck.State)
	}
	sub, err := w.c.Submit(w.ctx, admin, request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), control.SubmitOptions{})
	w.must(err)
	stuck, _ = w.c.Change(w.ctx, stuck.ID)
	if stuck.State != gatewright.ChangeSuperseded || !strings.Contains(stuck.Error.Message, string(sub.Change.ID)) {
		t.Errorf("the overtaken change is %s: %v", stuck.State, stuck.Error)
	}
	gw.deaf = false
	w.settle()
	if v := gw.running("Pets").Version; v != "1.0.0" {
		t.Errorf("after the rollback it runs %s", v)
	}
	for _, entries := range gw.history {
		for _, hash := range entries {
			if body, err := w.c.Blob(w.ctx, gw.group.ID, hash); err == nil && strings.Contains(string(body), "1.0.1") {
				t.Error("the superseded revision served")
			}
		}
	}
}

func TestRollbackOvertakesActivating(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	w.live(publish("test", "1.0.0", "/a"))
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.1", "/b"), control.SubmitOptions{})
	w.must(err)
	a.step()
	b.step() // both prepared
	_, err = w.c.Advance(w.ctx, g.ID)
	w.must(err)
	b.deaf = true // b never takes it into service
	w.settle()
	if ch, _ := w.c.Change(w.ctx, sub.Change.ID); ch.State != gatewright.ChangeActivating || a.running("Pets").Version != "1.0.1" {
		t.Fatalf("state %s", ch.State)
	}
	_, err = w.c.Submit(w.ctx, admin, request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), control.SubmitOptions{})
	w.must(err)
	b.deaf = false
	w.settle()
	for _, gw := range []*fakeGateway{a, b} {
		if v := gw.running("Pets").Version; v != "1.0.0" {
			t.Errorf("%s runs %s", gw.name, v)
		}
	}
}

func TestRestartGoesOn(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	gw.deaf = true
	ch := w.submit(publish("test", "1.0.1", "/b"))
	w.restart()
	w.clock.advance(20 * time.Second) // silence while nobody listened does not count
	gw.deaf = false
	w.settle()
	if ch, _ = w.c.Change(w.ctx, ch.ID); ch.State != gatewright.ChangeLive {
		t.Errorf("after a restart the change is %s: %v", ch.State, ch.Error)
	}
}

func TestIdempotency(t *testing.T) {
	w := newWorld(t)
	w.standard()
	opts := control.SubmitOptions{IdempotencyKey: "build-42"}
	first, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), opts)
	w.must(err)
	w.settle()
	second, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), opts)
	w.must(err)
	if second.Change == nil || second.Change.ID != first.Change.ID {
		t.Errorf("the same key made %+v", second.Change)
	}
	if _, err = w.c.Submit(w.ctx, admin, publish("test", "1.0.1", "/b"), opts); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("the key was accepted for another request: %v", err)
	}

	// A no-op is remembered too: repeating it later must not do something.
	nothing := control.SubmitOptions{IdempotencyKey: "build-43"}
	none, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), nothing)
	w.must(err)
	w.live(publish("test", "1.1.0", "/b"))
	again, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), nothing)
	w.must(err)
	if none.Change != nil || again.Change != nil {
		t.Errorf("repeating a no-op made %+v", again.Change)
	}
	w.clock.advance(25 * time.Hour)
	w.must(w.c.Sweep(w.ctx))
}

func TestCopiedIdentity(t *testing.T) {
	w := newWorld(t)
	gw, prod := w.standard()
	join := control.Join{Instance: gw.id, SessionKey: gw.key, Name: "copy"}

	connected := join
	connected.Connected = true
	if _, err := w.c.Join(w.ctx, gw.group.ID, connected); gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), "copied") {
		t.Errorf("a second process with the identity of a connected one: %v", err)
	}
	_, err := w.c.Join(w.ctx, prod.group.ID, join)
	if gatewright.CodeOf(err) != gatewright.Forbidden {
		t.Errorf("joining another group: %v", err)
	}
	gw.step() // confirms its session
	_, err = w.c.Join(w.ctx, gw.group.ID, join)
	w.must(err) // restarted by its owner, or copied: cannot be told yet
	err = w.c.Report(w.ctx, gw.group.ID, control.Report{Instance: gw.id, SessionKey: gw.key})
	if gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("the older session still reports: %v", err)
	}
	// The answer to the join may have been lost: the key before is accepted
	// until the new one was used.
	gw.join()
	gw.step()
	stale := join
	stale.SessionKey = "made up"
	if _, err = w.c.Join(w.ctx, gw.group.ID, stale); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("a made-up key joined: %v", err)
	}
}

func TestInstanceHealth(t *testing.T) {
	w := newWorld(t)
	gw, other := w.standard()
	other.silent = true
	w.live(publish("test", "1.0.0", "/a"))
	health := func() gatewright.Health {
		infos, err := w.c.Instances(w.ctx, "test")
		w.must(err)
		if len(infos) == 0 {
			return "gone"
		}
		return infos[0].Health
	}
	steps := []struct {
		wait time.Duration
		want gatewright.Health
	}{
		{0, gatewright.Healthy},
		{gatewright.LostAfter - time.Second, gatewright.Healthy},
		{2 * time.Second, gatewright.Lost},
		{gatewright.OfflineAfter, gatewright.Offline},
		{gatewright.GoneAfter, "gone"},
	}
	for _, s := range steps {
		w.clock.advance(s.wait)
		w.must(w.c.Sweep(w.ctx))
		if got := health(); got != s.want {
			t.Errorf("after %s: %s, want %s", s.wait, got, s.want)
		}
	}
	gw.id, gw.key = "", ""
	gw.join()
	gw.generation = 0
	if got := health(); got != gatewright.Healthy && got != gatewright.OutOfSync {
		t.Errorf("after it joined anew: %s", got)
	}
	gw.deaf = true
	gw.step()
	if got := health(); got != gatewright.OutOfSync {
		t.Errorf("it reports generation 0: %s", got)
	}
	gw.deaf = false
	w.settle()
	w.must(w.c.Report(w.ctx, gw.group.ID, control.Report{Instance: gw.id, SessionKey: gw.key, Generation: gw.generation, Leaving: true}))
	if got := health(); got != gatewright.Offline {
		t.Errorf("after it said goodbye: %s", got)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	w.group("test", gatewright.StageTest)
	tok, secret, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenInstance, "gateways", "test")
	w.must(err)
	if _, err = w.c.Authenticate(w.ctx, gatewright.TokenInstance, secret); err != nil {
		t.Error(err)
	}
	if _, err = w.c.Authenticate(w.ctx, gatewright.TokenAdmin, secret); gatewright.CodeOf(err) != gatewright.Unauthenticated {
		t.Errorf("an instance token opens the management API: %v", err)
	}
	if _, err = w.c.Authenticate(w.ctx, gatewright.TokenInstance, secret+"x"); gatewright.CodeOf(err) != gatewright.Unauthenticated {
		t.Errorf("a wrong secret: %v", err)
	}
	w.must(w.c.RevokeToken(w.ctx, admin, tok.ID))
	if _, err = w.c.Authenticate(w.ctx, gatewright.TokenInstance, secret); gatewright.CodeOf(err) != gatewright.Unauthenticated {
		t.Errorf("a revoked token: %v", err)
	}
	if strings.Contains(fmt.Sprintf("%+v", errors.Unwrap(err)), secret) {
		t.Error("the error shows the secret")
	}
}

func TestEventsNeverBlock(t *testing.T) {
	w := newWorld(t)
	sub, attentive := w.c.Subscribe(), w.c.Subscribe()
	defer attentive.Close()
	for i := range control.MaxEventBacklog + 1 {
		w.group(fmt.Sprintf("g%d", i), gatewright.StageTest)
		<-attentive.C
	}
	n := 0
	for range sub.C { // closed, because it fell behind
		n++
	}
	if n != control.MaxEventBacklog {
		t.Errorf("%d events were kept", n)
	}
	sub.Close()
	sub.Close()
}
