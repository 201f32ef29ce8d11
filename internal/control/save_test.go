package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func (w *world) save(req control.SaveRequest) *control.Saved {
	w.t.Helper()
	s, err := w.c.Save(w.ctx, admin, req)
	w.must(err)
	w.settle()
	return s
}

func (w *world) notSaved(req control.SaveRequest, code gatewright.Code, words string) {
	w.t.Helper()
	if _, err := w.c.Save(w.ctx, admin, req); gatewright.CodeOf(err) != code || !strings.Contains(fmt.Sprint(err), words) {
		w.t.Errorf("got %v, want %s, saying %q", err, code, words)
	}
}

func draft(paths ...string) *gatewright.Definition { return definition("Pets", "1.1.0", "/", paths...) }

func TestSaveDraft(t *testing.T) {
	w := newWorld(t)
	w.standard()
	first := w.save(control.SaveRequest{Mode: control.SaveNewAPI, API: "Pets", Definition: draft("/a"), Version: "1.0.0"})
	if first.Revision.Number != 1 || first.Revision.Sealed() {
		t.Fatalf("%+v", first.Revision)
	}
	w.notSaved(control.SaveRequest{Mode: control.SaveNewAPI, API: "Pets", Definition: draft("/a")}, gatewright.Conflict, `there is an API "Pets" already`)
	w.notSaved(control.SaveRequest{Mode: control.SaveNewVersion, API: "Cats", Definition: draft("/a")}, gatewright.NotFound, "Cats")
	w.notSaved(control.SaveRequest{Mode: "x", API: "Pets", Definition: draft("/a")}, gatewright.Invalid, "not a way to save")
	w.notSaved(control.SaveRequest{Mode: control.SaveUpdate, API: "Pets"}, gatewright.Invalid, "nothing to save")

	update := control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "1.0.0", Definition: draft("/b")}
	w.notSaved(update, gatewright.PreconditionFailed, "needs the hash")
	update.IfHash = first.Revision.Hash
	second := w.save(update)
	if second.Revision.ID != first.Revision.ID || second.Revision.Hash == first.Revision.Hash || second.Revision.Version != "1.0.0" {
		t.Errorf("%+v", second.Revision)
	}
	update.Definition = draft("/c") // somebody who read it before
	w.notSaved(update, gatewright.PreconditionFailed, "was saved since you read it")
	update.IfHash, update.Definition = second.Revision.Hash, definition("Pets", "1", "/other", "/a")
	w.notSaved(update, gatewright.Invalid, "has base path /, this has /other")
	update.Revision = ""
	w.notSaved(update, gatewright.Invalid, "needs the revision")

	next := w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/c"), Version: "1.1.0"})
	same := w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/c"), Version: "1.1.0"})
	if next.Revision.Number != 2 || same.Revision.ID != next.Revision.ID {
		t.Errorf("%d, then %d", next.Revision.Number, same.Revision.Number)
	}
}

// TestSaveOverWhatIsTested: what only test groups ran can be saved over; its
// label binds with production.
func TestSaveOverWhatIsTested(t *testing.T) {
	w := newWorld(t)
	test, production := w.standard()
	first := w.save(control.SaveRequest{Mode: control.SaveNewAPI, API: "Pets", Definition: draft("/a"), Version: "1.1.0"})
	deploy := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1", Runtime: nodes("127.0.0.1:7001")})
	w.live(deploy)
	if s := test.running("Pets"); s.Version != "" || s.Revision != 1 {
		t.Errorf("test runs %q, revision %d", s.Version, s.Revision)
	}
	second := w.save(control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "1.1.0", IfHash: first.Revision.Hash, Definition: draft("/b")})
	if second.Revision.Number != 2 || second.Revision.Version != "1.1.0" || len(second.Changes) != 1 {
		t.Fatalf("%+v", second)
	}
	if s := test.running("Pets"); s.Revision != 2 || s.Version != "" || s.Routes[0].Path != "/b" {
		t.Errorf("test runs revision %d %q", s.Revision, s.Version)
	}
	// A configuration of the slot does not settle the label either.
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7003")}))
	third := w.save(control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "2", IfHash: second.Revision.Hash, Definition: draft("/c")})

	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}))
	if s := production.running("Pets"); s.Version != "1.1.0" || s.Revision != 3 {
		t.Errorf("production runs %q, revision %d", s.Version, s.Revision)
	}
	if s := test.running("Pets"); s.Version != "1.1.0" {
		t.Errorf("test shows %q after the sync", s.Version)
	}
	w.notSaved(control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "3", IfHash: third.Revision.Hash, Definition: draft("/d")}, gatewright.Conflict, "is published and never changes")
	w.notSaved(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Version: "1.1.0", Definition: draft("/d")}, gatewright.Conflict, "stands for other content")
	// Revision 1 still has the label it had reserved; what it stands for is settled.
	w.refused(request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "1"}), gatewright.Conflict, "override")
	again := request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "1"})
	again.Override = true
	w.refused(again, gatewright.Conflict, "stands for other content")
}

func TestSaveRefusesWhatOthersRelyOn(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("production", "1.0.0", "/a"))
	rev, err := w.c.Revision(w.ctx, "Pets", "1")
	w.must(err)
	update := control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "1", IfHash: rev.Hash, Definition: draft("/z")}
	w.notSaved(update, gatewright.Conflict, "version 1.0.0 of Pets is published")

	unlabelled := publish("production", "", "/a", "/b")
	w.live(unlabelled)
	rev, err = w.c.Revision(w.ctx, "Pets", "2")
	w.must(err)
	update.Revision, update.IfHash = "2", rev.Hash
	w.notSaved(update, gatewright.Conflict, "is or was in production (production)")
	w.live(request(gatewright.ChangeUndeploy, "production", control.Item{API: "Pets"}))
	w.notSaved(update, gatewright.Conflict, "is or was in production (production)")

	s := w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/n")})
	sub, err := w.c.Submit(w.ctx, admin, request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: fmt.Sprint(s.Revision.Number), Runtime: nodes("127.0.0.1:1")}), control.SubmitOptions{})
	w.must(err)
	update.Revision, update.IfHash = fmt.Sprint(s.Revision.Number), s.Revision.Hash
	w.notSaved(update, gatewright.Conflict, "change "+string(sub.Change.ID)+" is about to run")
	w.settle()
	w.save(update)
}

func TestSavePinsTheScheme(t *testing.T) {
	w := newWorld(t)
	w.standard()
	s := w.save(control.SaveRequest{Mode: control.SaveNewAPI, API: "Pets", Definition: draft("/a")})
	scheme := gatewright.SchemeSemVer
	if _, err := w.c.UpdateAPI(w.ctx, admin, "Pets", s.API.Revised, control.APIPatch{Scheme: &scheme}); err != nil {
		t.Fatal(err)
	}
	w.notSaved(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Version: "v1", Definition: draft("/b")}, gatewright.Invalid, "does not follow the scheme")
}
