package control_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func actor(name string) gatewright.Actor { return gatewright.Actor{Name: name, Client: "test"} }

// governed is a world whose production group has settings.
func governed(t *testing.T, s gatewright.GroupSettings) *world {
	w := newWorld(t)
	w.standard()
	w.set("production", s)
	return w
}

func (w *world) set(group string, s gatewright.GroupSettings) {
	w.t.Helper()
	g, err := w.c.Group(w.ctx, group)
	w.must(err)
	_, err = w.c.UpdateGroup(w.ctx, admin, group, g.Revised, g.Labels, s)
	w.must(err)
}

func (w *world) change(id gatewright.ChangeID) *gatewright.Change {
	w.t.Helper()
	ch, err := w.c.Change(w.ctx, id)
	w.must(err)
	return ch
}

func code(t *testing.T, err error, want gatewright.Code) {
	t.Helper()
	if got := gatewright.CodeOf(err); err == nil || got != want {
		t.Errorf("error %v, want one with the code %s", err, want)
	}
}

func TestApproval(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Kinds: []gatewright.ChangeKind{gatewright.ChangePublish}, Count: 2}}})
	ch := w.submit(publish("production", "1.0.0", "/a"))
	if ch.State != gatewright.ChangePendingApproval || ch.Approval.Needed != 2 || ch.Approval.Role != "approver" {
		t.Fatalf("it is %s, %+v", ch.State, ch.Approval)
	}
	decide := func(who string, v control.Verdict) error {
		_, err := w.c.Decide(w.ctx, actor(who), ch.ID, v)
		return err
	}
	yes := control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}}
	code(t, decide("admin", yes), gatewright.Forbidden) // the author
	code(t, decide("bob", control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"viewer"}}), gatewright.Forbidden)
	code(t, decide("bob", control.Verdict{PlanHash: gatewright.HashBytes(nil), Approve: true, Roles: []string{"approver"}}), gatewright.PreconditionFailed)
	code(t, decide("bob", control.Verdict{PlanHash: ch.PlanHash, Roles: []string{"approver"}}), gatewright.Invalid) // no without a why
	w.must(decide("bob", yes))
	code(t, decide("bob", yes), gatewright.Conflict) // one voice each
	w.settle()
	if s := w.change(ch.ID).State; s != gatewright.ChangePendingApproval {
		t.Fatalf("with one of two approvals it is %s", s)
	}
	w.must(decide("carol", yes))
	w.settle()
	if s := w.change(ch.ID).State; s != gatewright.ChangeLive {
		t.Fatalf("approved, it is %s", s)
	}
	code(t, decide("dora", yes), gatewright.Conflict)
	if ch := w.submit(publish("test", "1.0.0", "/a")); ch.State != gatewright.ChangeLive {
		t.Errorf("in test it is %s", ch.State)
	}
	w.live(request(gatewright.ChangeConfigure, "production", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7003")})) // a kind no rule names
}

func TestApprovalIsVoidWhenThePlanIs(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	w.live(publish("production", "1.0.0", "/a"))
	w.set("production", gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Kinds: []gatewright.ChangeKind{gatewright.ChangePublish}, Count: 1}}})
	ch := w.submit(publish("production", "1.1.0", "/b"))
	w.live(request(gatewright.ChangeConfigure, "production", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7003")}))
	_, err := w.c.Decide(w.ctx, actor("bob"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
	w.must(err)
	w.settle()
	if got := w.change(ch.ID); got.State != gatewright.ChangeSuperseded {
		t.Errorf("approved after another change it is %s", got.State)
	}
	if v := w.deployment("Pets", "production").Content.Version; v != "1.0.0" {
		t.Errorf("%s runs", v)
	}
}

func TestRejectedAndCancelled(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}})
	first := w.submit(publish("production", "1.0.0", "/a"))
	_, err := w.c.Decide(w.ctx, actor("bob"), first.ID, control.Verdict{PlanHash: first.PlanHash, Comment: "not before Monday", Roles: []string{"approver"}})
	w.must(err)
	if ch := w.change(first.ID); ch.State != gatewright.ChangeRejected || ch.Error == nil {
		t.Errorf("it is %s: %v", ch.State, ch.Error)
	}
	second := w.submit(publish("production", "1.0.0", "/a"))
	_, err = w.c.Cancel(w.ctx, admin, second.ID, "wrong file")
	w.must(err)
	if s := w.change(second.ID).State; s != gatewright.ChangeCancelled {
		t.Errorf("it is %s", s)
	}
	_, err = w.c.Cancel(w.ctx, admin, second.ID, "")
	code(t, err, gatewright.Conflict)
	if len(w.all("production")) != 0 {
		t.Error("something runs")
	}
}

func TestTestGroupsNeverAskForApproval(t *testing.T) {
	w := newWorld(t)
	w.standard()
	g, err := w.c.Group(w.ctx, "test")
	w.must(err)
	_, err = w.c.UpdateGroup(w.ctx, admin, "test", g.Revised, nil, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}})
	code(t, err, gatewright.Invalid)
}

func TestGroupSettingsTwoEditors(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	_, err := w.c.UpdateGroup(w.ctx, admin, "test", g.Revised, map[string]string{"team": "a"}, gatewright.GroupSettings{})
	w.must(err)
	_, err = w.c.UpdateGroup(w.ctx, admin, "test", g.Revised, map[string]string{"team": "b"}, gatewright.GroupSettings{})
	code(t, err, gatewright.Conflict)
}

func TestScheduled(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	at := w.clock.Now().Add(time.Hour)
	req := publish("production", "1.0.0", "/a")
	req.NotBefore = at
	ch := w.submit(req)
	if ch.State != gatewright.ChangeScheduled {
		t.Fatalf("it is %s", ch.State)
	}
	other := publish("production", "1.0.0", "/other")
	other.Items[0].API = "Other"
	w.live(other) // what waits for its time holds nobody up
	w.advance(59 * time.Minute)
	if s := w.change(ch.ID).State; s != gatewright.ChangeScheduled {
		t.Fatalf("too early it is %s", s)
	}
	w.advance(2 * time.Minute)
	if s := w.change(ch.ID).State; s != gatewright.ChangeLive {
		t.Fatalf("at its time it is %s: %v", s, w.change(ch.ID).Error)
	}

	offline := request(gatewright.ChangeUndeploy, "production", control.Item{API: "Pets"})
	offline.NotBefore, offline.ExpiresAt = w.clock.Now().Add(time.Hour), w.clock.Now().Add(30*time.Minute)
	w.refused(offline, gatewright.Invalid, "expire before it may begin")
}

// advance moves the clock while everybody goes on talking.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	w.clock.advance(d)
	w.must(w.c.Listen(w.ctx))
	w.settle()
	w.must(w.c.KeepTime(w.ctx))
	w.settle()
}

func TestExpired(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}})
	req := publish("production", "1.0.0", "/a")
	req.ExpiresAt = w.clock.Now().Add(time.Hour)
	ch := w.submit(req)
	w.advance(2 * time.Hour)
	if s := w.change(ch.ID).State; s != gatewright.ChangeExpired {
		t.Errorf("it is %s", s)
	}
	_, err := w.c.Decide(w.ctx, actor("bob"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
	code(t, err, gatewright.Conflict)
}

func TestFreeze(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("production", "1.0.0", "/a"))
	w.live(publish("production", "1.0.1", "/b"))
	now := w.clock.Now()
	w.set("production", gatewright.GroupSettings{Freezes: []gatewright.FreezeWindow{{Name: "year's end", From: now, Until: now.Add(time.Hour)}}})
	req := publish("production", "1.1.0", "/c")
	w.refused(req, gatewright.PreconditionFailed, "frozen (year's end)", "--break-freeze")
	req.NotBefore = now.Add(30 * time.Minute)
	w.refused(req, gatewright.PreconditionFailed, "frozen")
	w.live(request(gatewright.ChangeRollback, "production", control.Item{API: "Pets"})) // putting things back is never frozen
	req.NotBefore = now.Add(time.Hour)
	ch := w.submit(req)
	w.advance(61 * time.Minute)
	if s := w.change(ch.ID).State; s != gatewright.ChangeLive {
		t.Errorf("after the freeze it is %s: %v", s, w.change(ch.ID).Error)
	}
	w.set("production", gatewright.GroupSettings{Freezes: []gatewright.FreezeWindow{{Name: "again", From: now, Until: now.Add(100 * time.Hour)}}})
	urgent := publish("production", "1.2.0", "/d")
	urgent.BreakFreeze = true
	w.live(urgent)
}

// TestOnePersonHasOneVoice: a service token speaks for whoever made it.
func TestOnePersonHasOneVoice(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 2}}})
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		for name, maker := range map[string]string{"robot": "pam", "other robot": "pam", "robot's robot": control.ServiceName("robot")} {
			token := &gatewright.Token{
				ID: gatewright.TokenID(gatewright.NewID("tok_", tx.Now())), Kind: gatewright.TokenService, Name: name,
				Hash: gatewright.HashBytes([]byte(name)), CreatedAt: tx.Now(), CreatedBy: maker,
			}
			if err := tx.CreateToken(token); err != nil {
				return err
			}
		}
		return nil
	}))
	sub, err := w.c.Submit(w.ctx, actor(control.ServiceName("robot")), publish("production", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	decide := func(who string) error {
		_, err := w.c.Decide(w.ctx, actor(who), sub.Change.ID, control.Verdict{PlanHash: sub.Change.PlanHash, Approve: true, Roles: []string{"approver"}})
		return err
	}
	for _, who := range []string{"pam", control.ServiceName("robot"), control.ServiceName("other robot"), control.ServiceName("robot's robot")} {
		code(t, decide(who), gatewright.Forbidden)
	}
	w.must(decide("bob"))
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		return tx.CreateToken(&gatewright.Token{ID: "tok_bob", Kind: gatewright.TokenService, Name: "bob's robot", Hash: gatewright.HashBytes([]byte("b")), CreatedBy: "bob"})
	}))
	code(t, decide(control.ServiceName("bob's robot")), gatewright.Conflict)
	w.must(decide("carol"))
	w.settle()
	if s := w.change(sub.Change.ID).State; s != gatewright.ChangeLive {
		t.Errorf("it is %s", s)
	}
}

func TestExpiryThatHasPassed(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	req := publish("production", "1.0.0", "/a")
	req.ExpiresAt = w.clock.Now().Add(-time.Hour)
	w.refused(req, gatewright.Invalid, "has passed already")
}

// TestRollbackAfterALateChange: what was asked for first and went live last is
// what a rollback goes back from.
func TestRollbackAfterALateChange(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	w.live(publish("production", "1.0.0", "/a"))
	w.live(publish("production", "1.1.0", "/a", "/b"))
	w.set("production", gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Kinds: []gatewright.ChangeKind{gatewright.ChangePublish}, Count: 1}}})
	ch := w.submit(publish("production", "1.2.0", "/a", "/b", "/c"))
	w.live(request(gatewright.ChangeSettings, "production", control.Item{API: "Pets"})) // asked for later, live earlier
	_, err := w.c.Decide(w.ctx, actor("bob"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
	w.must(err)
	w.settle()
	if v := w.deployment("Pets", "production").Content.Version; v != "1.2.0" {
		t.Fatalf("%s runs", v)
	}
	w.live(request(gatewright.ChangeRollback, "production", control.Item{API: "Pets"}))
	if v := w.deployment("Pets", "production").Content.Version; v != "1.1.0" {
		t.Errorf("after the rollback %s runs", v)
	}
}
