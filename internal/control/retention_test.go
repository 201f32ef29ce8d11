package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// numbers lists the stored revisions of an API, newest first.
func (w *world) numbers(api string) string {
	w.t.Helper()
	rs, err := w.c.Revisions(w.ctx, api, 0, 1000)
	w.must(err)
	all := make([]string, len(rs))
	for i, r := range rs {
		all[i] = fmt.Sprint(r.Number)
	}
	return strings.Join(all, " ")
}

func TestDeleteAPI(t *testing.T) {
	w := newWorld(t)
	w.standard()
	pets := w.api("Pets")
	w.live(control.Request{Kind: gatewright.ChangeSync, Group: "production", Items: []control.Item{{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}}})
	err := w.c.DeleteAPI(w.ctx, admin, "Pets", 0)
	if gatewright.CodeOf(err) != gatewright.Conflict ||
		!strings.Contains(err.Error(), `API "Pets" cannot be deleted while it is deployed; undeploy it first:`) ||
		!strings.Contains(err.Error(), "\n  test: runs track v1") || !strings.Contains(err.Error(), "\n  production: runs track v1") {
		t.Errorf("refused with %v", err)
	}
	for _, g := range []string{"test", "production"} {
		w.live(request(gatewright.ChangeUndeploy, g, control.Item{API: "Pets"}))
	}
	w.fails(w.c.DeleteAPI(w.ctx, admin, "Pets", 3), gatewright.Conflict, `somebody altered API "Pets" meanwhile; read it again, and alter that`)

	req := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1.0.0"})
	req.NotBefore = w.clock.Now().Add(1 << 40)
	sub, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{})
	w.must(err)
	err = w.c.DeleteAPI(w.ctx, admin, "Pets", 0)
	if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), "cannot be deleted while changes of it are under way") || !strings.Contains(err.Error(), string(sub.Change.ID)) {
		t.Errorf("refused with %v", err)
	}
	err = w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0")
	if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), "cannot be deleted while changes that bring or replace it are under way") {
		t.Errorf("refused with %v", err)
	}
	_, err = w.c.Cancel(w.ctx, admin, sub.Change.ID, "")
	w.must(err)
	w.must(w.c.DeleteAPI(w.ctx, admin, "Pets", 0))
	if e := w.lastAudit(); e.Action != "api.delete" || e.Target != string(pets.ID) || !strings.Contains(string(e.Before), `"name":"Pets"`) {
		t.Errorf("audited as %+v", e)
	}
	w.fails(w.c.DeleteAPI(w.ctx, admin, "Pets", 0), gatewright.NotFound, `API "Pets" does not exist; see: gatewright get apis`)
	if got := w.names(control.APIQuery{}); got != "" {
		t.Errorf("a search finds %q", got)
	}
	w.api("Pets") // the name is free again
}

func TestPruneRevisions(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.api("Pets")
	for i := range 8 {
		w.live(publishAs("Pets", fmt.Sprintf("1.%d.0", i+1), "/things", fmt.Sprint("/", i)))
	}
	// 9 runs in test, 2 in production, 4 is pinned.
	w.live(control.Request{Kind: gatewright.ChangeDeploy, Group: "production", Items: []control.Item{{API: "Pets", Revision: "2", Runtime: nodes("127.0.0.1:7002")}}})
	w.update("Pets", control.APIPatch{Pin: []string{"1.3.0"}})

	err := w.c.DeleteRevision(w.ctx, admin, "Pets", "2")
	w.fails(err, gatewright.Conflict, "revision 2 of \"Pets\" cannot be deleted while it is deployed; deploy another one or undeploy it first:\n  production: runs track v1")
	w.must(w.c.DeleteRevision(w.ctx, admin, "Pets", "1.7.0"))
	if e := w.lastAudit(); e.Action != "revision.delete" || !strings.Contains(string(e.Before), `"version":"1.7.0"`) || e.API == "" {
		t.Errorf("audited as %+v", e)
	}
	dry, err := w.c.PruneRevisions(w.ctx, admin, "Pets", control.Retention{Keep: 2, DryRun: true})
	w.must(err)
	if got := w.numbers("Pets"); got != "9 7 6 5 4 3 2 1" {
		t.Errorf("a dry run left %s", got)
	}
	gone, err := w.c.PruneRevisions(w.ctx, admin, "Pets", control.Retention{Keep: 2})
	w.must(err)
	if got := w.numbers("Pets"); got != "9 7 6 4 2" || len(gone) != 3 || gone[0].Number != 5 || gone[0].Version != "1.4.0" || len(dry) != 3 {
		t.Errorf("pruned %v, left %s", gone, got)
	}
	if e := w.lastAudit(); e.Action != "revision.delete" || !strings.Contains(string(e.Before), `"version":"1.4.0"`) {
		t.Errorf("audited as %+v", e)
	}
	w.fails(w.c.DeleteRevision(w.ctx, admin, "Pets", "4"), gatewright.Conflict, `revision 4 of "Pets" is pinned; let it go first: gatewright set "Pets" --unpin 4`)
	w.update("Pets", control.APIPatch{Unpin: []string{"4"}})
	_, err = w.c.PruneRevisions(w.ctx, admin, "Pets", control.Retention{})
	w.must(err)
	if got := w.numbers("Pets"); got != "9 2" {
		t.Errorf("left %s", got)
	}
	_, err = w.c.PruneRevisions(w.ctx, admin, "Pets", control.Retention{Keep: -1})
	w.fails(err, gatewright.Invalid, "-1 revisions cannot be kept; say 0 to 10000")

	// What was deleted is not promised to anybody else: its label stays bound.
	req := publishAs("Pets", "1.4.0", "/things", "/other")
	req.Group = "production"
	w.refused(req, gatewright.Conflict, "version 1.4.0 of Pets stands for other content")
}

func TestSearchRefusals(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name    string
		query   control.APIQuery
		code    gatewright.Code
		message string
	}{
		{"text", control.APIQuery{Text: strings.Repeat("语", 257)}, gatewright.Invalid, "the text to look for has 257 characters; at most 256 are allowed"},
		{"tags", control.APIQuery{Tags: make([]string, 11)}, gatewright.Invalid, "11 tags; a search takes at most 10"},
		{"tag", control.APIQuery{Tags: []string{"a/b"}}, gatewright.NotFound, `tag "a/b" does not exist; write it as group/tag, see: gatewright tag list`},
		{"folder", control.APIQuery{Folder: "A/B"}, gatewright.NotFound, `folder "A/B" does not exist: there is no "A" in the root`},
		{"group", control.APIQuery{Group: "none"}, gatewright.NotFound, `gateway group "none" does not exist; see: gatewright get groups`},
		{"security", control.APIQuery{Security: "L9"}, gatewright.Invalid, `security level "L9" is not one of L1 (public), L2 (internal), L3 (secret) and L4 (confidential)`},
		{"state", control.APIQuery{State: "asleep"}, gatewright.Invalid, `"asleep" is no state; use one of deployed, undeployed, disabled, canary, deprecated, retired`},
		{"sort", control.APIQuery{Sort: "age"}, gatewright.Invalid, `"age" is no order; use name or changed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			_, err := w.c.SearchAPIs(w.ctx, tt.query)
			w.fails(err, tt.code, tt.message)
		})
	}
}

// TestNamesInAllScripts: names in any script are found as they are written,
// and whichever way accents are.
func TestNamesInAllScripts(t *testing.T) {
	w := newWorld(t)
	w.standard()
	for _, name := range []string{"宠物商店", "متجر الحيوانات", "Caf\u00e9", "Ελλάδα"} {
		w.api(name)
	}
	if a, _, err := w.c.API(w.ctx, "Cafe\u0301"); err != nil || a.Name != "Caf\u00e9" {
		t.Errorf("%v, %v", a, err)
	}
	for text, want := range map[string]string{"物商": "宠物商店", "الحي": "متجر الحيوانات", "CAFE\u0301": "Caf\u00e9", "ελλάς": "", "ΕΛΛΆ": "Ελλάδα"} {
		if got := w.names(control.APIQuery{Text: text}); got != want {
			t.Errorf("%s finds %q, want %q", text, got, want)
		}
	}
	// A publish under the other spelling is one of the same API.
	w.live(publishAs("Caf\u00e9", "1.1.0", "/things"))
	req := publishAs("Caf\u00e9", "1.2.0", "/things", "/more")
	req.Items[0].Definition.Title = "Cafe\u0301"
	w.live(req)
	if got := w.numbers("Caf\u00e9"); got != "3 2 1" {
		t.Errorf("revisions %s", got)
	}
}
