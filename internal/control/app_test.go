package control_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// app returns the app f knows by that name.
func (f *fakeGateway) app(name string) *gatewright.AppResource {
	f.w.t.Helper()
	for key := range f.entries {
		if a := f.resource(key).App; a != nil && a.Name == name {
			return a
		}
	}
	return nil
}

func TestApps(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	_, err := w.c.CreateApp(w.ctx, admin, "test", "billing", "")
	w.must(err)
	_, err = w.c.CreateApp(w.ctx, admin, "test", "Billing", "")
	code(t, err, gatewright.Conflict)
	first, secret, err := w.c.AddCredential(w.ctx, admin, "test", "billing", control.NewCredential{})
	w.must(err)
	_, _, err = w.c.AddCredential(w.ctx, admin, "test", "billing", control.NewCredential{ExpiresAt: w.clock.Now().Add(time.Hour)})
	w.must(err)
	_, err = w.c.PutGrant(w.ctx, admin, "test", "billing", control.NewGrant{API: "Pets", QPS: 10})
	w.must(err)
	w.settle()
	a := gw.app("billing")
	if a == nil || len(a.Keys) != 2 || a.Keys[0].Hash != gatewright.HashBytes([]byte(secret)) || len(a.Grants) != 1 || a.Grants[0].QPS != 10 {
		t.Fatalf("the gateway knows %+v", a)
	}
	if !strings.HasPrefix(secret, first.Hint) || len(first.Hint) > 8 {
		t.Errorf("hint %q", first.Hint)
	}
	_, err = w.c.RevokeCredential(w.ctx, admin, "test", "billing", first.Name)
	w.must(err)
	w.settle()
	if a := gw.app("billing"); len(a.Keys) != 1 || a.Keys[0].Hash == gatewright.HashBytes([]byte(secret)) {
		t.Errorf("after the revocation the gateway knows %+v", a.Keys)
	}
	callers, err := w.c.Callers(w.ctx, "test", "Pets")
	w.must(err)
	if len(callers) != 1 || !callers[0].Good {
		t.Errorf("callers %+v", callers)
	}
	w.advance(2 * time.Hour)
	if callers, _ = w.c.Callers(w.ctx, "test", "Pets"); callers[0].Good || callers[0].Why == "" {
		t.Errorf("with no key left: %+v", callers[0])
	}
	_, err = w.c.DeleteApp(w.ctx, admin, "test", "billing")
	w.must(err)
	w.settle()
	if gw.app("billing") != nil {
		t.Error("the gateway still knows the app")
	}
	_, err = w.c.App(w.ctx, "test", "billing")
	code(t, err, gatewright.NotFound)
	for _, ch := range mustChanges(w) {
		for _, item := range ch.Items {
			for _, line := range item.Lines {
				if strings.Contains(line, secret) || strings.Contains(line, string(gatewright.HashBytes([]byte(secret)))) {
					t.Errorf("a plan tells the key: %s", line)
				}
			}
		}
	}
}

func mustChanges(w *world) []*gatewright.Change {
	cs, err := w.c.Changes(w.ctx, control.ChangeQuery{})
	w.must(err)
	return cs
}

// TestRevocationOvertakes: a gateway that builds and builds holds up a publish,
// but no revocation.
func TestRevocationOvertakes(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw, slow := w.join(g, "a"), w.join(g, "b")
	_, err := w.c.CreateApp(w.ctx, admin, "test", "billing", "")
	w.must(err)
	cred, _, err := w.c.AddCredential(w.ctx, admin, "test", "billing", control.NewCredential{})
	w.must(err)
	w.settle()
	slow.deaf = true
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	w.settle()
	if s := w.change(sub.Change.ID).State; s != gatewright.ChangePreparing {
		t.Fatalf("the publish is %s", s)
	}
	_, err = w.c.RevokeCredential(w.ctx, admin, "test", "billing", string(cred.ID))
	w.must(err)
	gw.step()
	if a := gw.app("billing"); len(a.Keys) != 0 {
		t.Fatalf("the key is still good: %+v", a.Keys)
	}
	slow.deaf = false
	w.settle()
	if s := w.change(sub.Change.ID).State; s != gatewright.ChangeLive {
		t.Errorf("the publish is %s", s)
	}
	if a := slow.app("billing"); len(a.Keys) != 0 || slow.running("Pets") == nil {
		t.Errorf("the slow one has %+v", a)
	}
}

// TestRevocationIsNotUndone: a change of the app that was prepared before the
// revocation would bring the key back.
func TestRevocationIsNotUndone(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw := w.join(g, "a")
	_, err := w.c.CreateApp(w.ctx, admin, "test", "billing", "")
	w.must(err)
	cred, _, err := w.c.AddCredential(w.ctx, admin, "test", "billing", control.NewCredential{})
	w.must(err)
	w.settle()
	app, err := w.c.App(w.ctx, "test", "billing")
	w.must(err)
	app.Description = "from a file"
	gw.deaf = true
	sub, err := w.c.Submit(w.ctx, admin, control.Request{Kind: gatewright.ChangeApply, Group: "test", Items: []control.Item{
		{Action: gatewright.ChangeConfigure, Resource: &gatewright.GroupResource{App: app.App}},
	}}, control.SubmitOptions{})
	w.must(err)
	_, err = w.c.RevokeCredential(w.ctx, admin, "test", "billing", cred.Name)
	w.must(err)
	gw.deaf = false
	w.settle()
	if s := w.change(sub.Change.ID).State; s != gatewright.ChangeSuperseded {
		t.Errorf("the change of the file is %s", s)
	}
	if a := gw.app("billing"); len(a.Keys) != 0 {
		t.Errorf("the revoked key is good again: %+v", a.Keys)
	}
}

func TestAccessChangesNothingElse(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.refused(request(gatewright.ChangeAccess, "test", control.Item{Resource: &gatewright.GroupResource{Registry: &gatewright.Registry{Name: "dns", Type: "dns"}}}),
		gatewright.Invalid, "alters apps and nothing else")
}
