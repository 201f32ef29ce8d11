package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// TestALabelIsReservedOnce: two drafts never wait for one label.
func TestALabelIsReservedOnce(t *testing.T) {
	w := newWorld(t)
	w.standard()
	first := w.save(control.SaveRequest{Mode: control.SaveNewAPI, API: "Pets", Definition: draft("/a"), Version: "1.0.0"})
	again := control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/b"), Version: "1.0.0"}
	w.notSaved(again, gatewright.Conflict, "version 1.0.0 of Pets is reserved for draft revision 1, saved by admin")

	again.Version = "1.1.0"
	second := w.save(again)
	update := control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "1.1.0", IfHash: second.Revision.Hash, Definition: draft("/b"), Version: "1.0.0"}
	w.notSaved(update, gatewright.Conflict, "reserved for draft revision 1")
	// Its own label is no other's, whatever becomes of its content.
	update = control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "1.0.0", IfHash: first.Revision.Hash, Definition: draft("/c"), Version: "1.0.0"}
	w.save(update)
	// One that is given up is free.
	w.must(w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0"))
	update = control.SaveRequest{Mode: control.SaveUpdate, API: "Pets", Revision: "2", IfHash: second.Revision.Hash, Definition: draft("/b"), Version: "1.0.0"}
	if s := w.save(update); s.Revision.Number != 2 || s.Revision.Version != "1.0.0" {
		t.Errorf("saved %+v", s.Revision)
	}
}

// TestADraftIsFoundByItsLabel: wherever a revision is named, the label of a
// draft names it.
func TestADraftIsFoundByItsLabel(t *testing.T) {
	w := newWorld(t)
	_, production := w.standard()
	w.live(publish("production", "1.0.0", "/a"))
	w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/a", "/b"), Version: "1.1.0"})

	rev, err := w.c.Revision(w.ctx, "Pets", "1.1.0")
	w.must(err)
	if rev.Number != 2 || len(rev.Definition.Routes) != 2 {
		t.Fatalf("1.1.0 is %+v", rev)
	}
	diff, err := w.c.Compare(w.ctx, "Pets", "1.0.0", "1.1.0")
	w.must(err)
	if diff.To.Number != 2 {
		t.Errorf("compared with %+v", diff.To)
	}
	w.live(request(gatewright.ChangeCanaryStart, "production", control.Item{API: "Pets", Revision: "1.1.0", Canary: canaryPatch("c", 10)}))
	if c := w.deployment("Pets", "production").Content.Canary; c == nil || c.Number != 2 {
		t.Errorf("the canary is %+v", c)
	}
	w.live(request(gatewright.ChangeCanaryAbort, "production", control.Item{API: "Pets"}))

	third := w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/a", "/c"), Version: "1.2.0"})
	deploy := request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "1.2.0"})
	deploy.Override = true
	w.live(deploy)
	if s := production.running("Pets"); s.Version != "1.2.0" || s.Revision != third.Revision.Number {
		t.Errorf("production runs %q, revision %d", s.Version, s.Revision)
	}
	deploy.Items[0].Revision = "1.3.0"
	w.refused(deploy, gatewright.NotFound, `no version or revision "1.3.0"`)
}

// TestALabelMeansOneRevision: a publish that failed leaves a draft with its
// label behind. It reserves nothing, and is not taken for one that does.
func TestALabelMeansOneRevision(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	test.reject = func(*gatewright.Resource) string { return "no" }
	for _, path := range []string{"/b", "/c"} {
		if ch := w.submit(publish("test", "1.1.0", "/a", path)); ch.State != gatewright.ChangeFailed {
			t.Fatalf("the publish is %s", ch.State)
		}
	}
	test.reject = nil
	deploy := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1.1.0"})
	deploy.Override = true
	w.refused(deploy, gatewright.Conflict, "several drafts of Pets", "revisions 3, 2", "number")

	saved := w.save(control.SaveRequest{Mode: control.SaveNewVersion, API: "Pets", Definition: draft("/a", "/d"), Version: "1.1.0"})
	rev, err := w.c.Revision(w.ctx, "Pets", "1.1.0")
	w.must(err)
	if rev.ID != saved.Revision.ID {
		t.Errorf("1.1.0 is revision %d, want the one saved on purpose", rev.Number)
	}
	// A publish may still take it, and says from whom.
	fs := findings(t, w, publish("test", "1.1.0", "/a", "/e"), "version")
	if len(fs) != 1 || fs[0].Level != gatewright.LevelWarning || !strings.Contains(fs[0].Message, fmt.Sprintf("reserved for draft revision %d", saved.Revision.Number)) {
		t.Errorf("%+v", fs)
	}
	w.live(publish("test", "1.1.0", "/a", "/e"))
	w.refused(request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: fmt.Sprint(saved.Revision.Number), Runtime: nodes("127.0.0.1:1")}),
		gatewright.Conflict, "stands for other content")
}
