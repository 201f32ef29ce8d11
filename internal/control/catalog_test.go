package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// api publishes an API of that name to test and returns it.
func (w *world) api(name string) *gatewright.API {
	w.t.Helper()
	def := definition(name, "1.0.0", fmt.Sprintf("/%x", name), "/things")
	w.live(control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{{Definition: def, Version: "1.0.0", Runtime: nodes("127.0.0.1:7001")}}})
	a, _, err := w.c.API(w.ctx, name)
	w.must(err)
	return a
}

// fails checks code and whole message of an error.
func (w *world) fails(err error, code gatewright.Code, message string) {
	w.t.Helper()
	if got := gatewright.CodeOf(err); got != code {
		w.t.Errorf("code %q, want %q: %v", got, code, err)
	}
	if err == nil || err.Error() != message {
		w.t.Errorf("error\n%v\nwant\n%s", err, message)
	}
}

func (w *world) folder(parent, name string) *gatewright.Folder {
	w.t.Helper()
	f, err := w.c.CreateFolder(w.ctx, admin, "", parent, name)
	w.must(err)
	return f
}

func (w *world) update(api string, p control.APIPatch) *control.APIUpdate {
	w.t.Helper()
	a, _, err := w.c.API(w.ctx, api)
	w.must(err)
	u, err := w.c.UpdateAPI(w.ctx, admin, api, a.Revised, p)
	w.must(err)
	return u
}

// names searches and returns what it finds.
func (w *world) names(q control.APIQuery) string {
	w.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	found, err := w.c.SearchAPIs(w.ctx, q)
	w.must(err)
	names := make([]string, len(found))
	for i, e := range found {
		names[i] = e.Name
	}
	return strings.Join(names, " ")
}

// tree renders folders with the number of APIs right in each.
func (w *world) tree() string {
	w.t.Helper()
	folders, atRoot, err := w.c.Folders(w.ctx, "")
	w.must(err)
	lines := []string{fmt.Sprint("/:", atRoot)}
	for _, f := range folders {
		lines = append(lines, fmt.Sprintf("%s:%d", f.Path, f.APIs))
	}
	return strings.Join(lines, " ")
}

// lastAudit returns the newest entry.
func (w *world) lastAudit() *gatewright.AuditEntry {
	w.t.Helper()
	es, err := w.c.Audit(w.ctx, control.AuditQuery{}, 0, 1)
	w.must(err)
	return es[0]
}

func TestFolders(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.folder("", "Payments")
	w.folder("Payments", "Cards")
	w.folder("Payments/Cards", "EU")
	w.folder("", "Cards") // the same name elsewhere is another folder
	for _, a := range []string{"a", "b", "c"} {
		w.api(a)
	}
	w.update("a", control.APIPatch{Folder: ptr("Payments")})
	w.update("b", control.APIPatch{Folder: ptr("/Payments/Cards/EU/")})
	if got, want := w.tree(), "/:1 Cards:0 Payments:1 Payments/Cards:0 Payments/Cards/EU:1"; got != want {
		t.Errorf("tree %s, want %s", got, want)
	}
	if got := w.names(control.APIQuery{Folder: "Payments"}); got != "a b" {
		t.Errorf("Payments and below has %q", got)
	}
	if got := w.names(control.APIQuery{Folder: "/"}); got != "c" {
		t.Errorf("the root has %q", got)
	}

	f, err := w.c.UpdateFolder(w.ctx, admin, "Payments/Cards", 0, control.FolderPatch{Name: ptr("Credit"), Parent: ptr("Cards")})
	w.must(err)
	if e := w.lastAudit(); e.Action != "folder.edit" || e.Target != string(f.ID) || !strings.Contains(string(e.Before), `"name":"Cards"`) || !strings.Contains(string(e.After), `"name":"Credit"`) {
		t.Errorf("audited as %+v", e)
	}
	if got, want := w.tree(), "/:1 Cards:0 Cards/Credit:0 Cards/Credit/EU:1 Payments:1"; got != want {
		t.Errorf("tree %s, want %s", got, want)
	}
	if got := w.names(control.APIQuery{Folder: "Cards"}) + "," + w.names(control.APIQuery{Folder: "Payments"}); got != "b,a" {
		t.Errorf("after the move Cards and Payments have %q", got)
	}
	e, err := w.c.APIEntry(w.ctx, "b")
	w.must(err)
	if e.FolderPath != "Cards/Credit/EU" {
		t.Errorf("b is in %q", e.FolderPath)
	}
}

func TestFolderRefusals(t *testing.T) {
	w := newWorld(t)
	w.folder("", "A")
	w.folder("A", "B")
	w.folder("A/B", "C")
	w.folder("", "D")
	e := w.folder("D", "B")
	tests := []struct {
		name    string
		do      func() error
		code    gatewright.Code
		message string
	}{
		{"level 4", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "A/B/C", "E"); return err },
			gatewright.Invalid, `folder "E" in "A/B/C" would be on level 4; folders have at most 3 levels`},
		{"level 4 by a move", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, "A", 0, control.FolderPatch{Parent: ptr("D")})
			return err
		}, gatewright.Invalid, `folder "A" cannot be moved into "D": its deepest sub-folder would be on level 4; folders have at most 3 levels`},
		{"into itself", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, "A", 0, control.FolderPatch{Parent: ptr("A")})
			return err
		}, gatewright.Invalid, `folder "A" cannot be moved into "A": that is the folder itself or lies below it`},
		{"below itself", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, "A", 0, control.FolderPatch{Parent: ptr("A/B")})
			return err
		}, gatewright.Invalid, `folder "A" cannot be moved into "A/B": that is the folder itself or lies below it`},
		{"sibling", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "A", "B"); return err },
			gatewright.Conflict, `"A" has a folder "B" already; choose another name`},
		{"sibling by a move", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, "D/B", 0, control.FolderPatch{Parent: ptr("A")})
			return err
		}, gatewright.Conflict, `"A" has a folder "B" already; choose another name`},
		{"sibling by a rename", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, "D", 0, control.FolderPatch{Name: ptr("A")})
			return err
		}, gatewright.Conflict, `the root has a folder "A" already; choose another name`},
		{"look-alike", func() error {
			w.folder("", "\u00c4")
			_, err := w.c.CreateFolder(w.ctx, admin, "", "", "A\u0308")
			return err
		}, gatewright.Conflict, "the root has a folder \"\u00c4\" already; choose another name"},
		{"control character", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "", "a\x07b"); return err },
			gatewright.Invalid, `folder name "a\ab" contains the unprintable character U+0007`},
		{"bidi override", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "", "a\u202eb"); return err },
			gatewright.Invalid, `folder name "a\u202eb" contains the unprintable character U+202E`},
		{"slash", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "", "a/b"); return err },
			gatewright.Invalid, `folder name "a/b" contains a slash, which stands between the parts of a path`},
		{"no such parent", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "", "A/X", "B"); return err },
			gatewright.NotFound, `folder "A/X" does not exist: there is no "X" in "A"`},
		{"no such project", func() error { _, err := w.c.CreateFolder(w.ctx, admin, "prj_none", "", "B"); return err },
			gatewright.NotFound, `project "prj_none" does not exist; see: gatewright project list`},
		{"the root", func() error { _, err := w.c.DeleteFolder(w.ctx, admin, "/", 0); return err },
			gatewright.Invalid, `no folder is named; see: gatewright folder list`},
		{"stale", func() error {
			_, err := w.c.UpdateFolder(w.ctx, admin, string(e.ID), 7, control.FolderPatch{Name: ptr("F")})
			return err
		}, gatewright.Conflict, `somebody altered folder "B" meanwhile; read it again, and alter that`},
		{"stale deletion", func() error { _, err := w.c.DeleteFolder(w.ctx, admin, string(e.ID), 7); return err },
			gatewright.Conflict, `somebody altered folder "D/B" meanwhile; read it again, and alter that`},
		{"collision of a deletion", func() error {
			w.folder("", "B")
			_, err := w.c.DeleteFolder(w.ctx, admin, "A", 0)
			return err
		}, gatewright.Conflict, "folder \"A\" cannot be deleted: its sub-folders would move to the root, which has folders of the same names; rename or move these first\n  A/B: \"B\" exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.fails(tt.do(), tt.code, tt.message)
		})
	}
}

func TestDeleteFolder(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.folder("", "A")
	w.folder("A", "A") // has the name of the one it moves beside
	w.folder("A/A", "C")
	w.folder("A", "B")
	for _, a := range []string{"one", "two", "three"} {
		w.api(a)
	}
	w.update("one", control.APIPatch{Folder: ptr("A")})
	w.update("two", control.APIPatch{Folder: ptr("A/A/C")})
	w.update("three", control.APIPatch{Folder: ptr("A/B")})
	d, err := w.c.DeleteFolder(w.ctx, admin, "A", 0)
	w.must(err)
	if len(d.Folders) != 2 || d.APIs != 1 {
		t.Errorf("moved %+v", d)
	}
	if got, want := w.tree(), "/:1 A:0 A/C:1 B:1"; got != want {
		t.Errorf("tree %s, want %s", got, want)
	}
	if got := w.names(control.APIQuery{Folder: "A"}); got != "two" {
		t.Errorf("A has %q", got)
	}
	if e := w.lastAudit(); e.Action != "folder.delete" || !strings.Contains(string(e.After), `"apis":1`) {
		t.Errorf("audited as %+v", e)
	}
	for _, path := range []string{"A/C", "B", "A"} {
		info, err := w.c.Folder(w.ctx, "", path)
		w.must(err)
		_, err = w.c.DeleteFolder(w.ctx, admin, path, info.Revised)
		w.must(err)
	}
	if got := w.tree(); got != "/:3" {
		t.Errorf("at the end there is %s", got)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.api("a")
	w.api("b")
	region, err := w.c.CreateTagGroup(w.ctx, admin, "region", "where", []string{"eu", "us"})
	w.must(err)
	_, err = w.c.CreateTagGroup(w.ctx, admin, "业务线", "", []string{"支付"})
	w.must(err)
	before := w.states()
	_, err = w.c.TagAPI(w.ctx, admin, "a", []string{"region/eu", "业务线/支付"}, nil)
	w.must(err)
	_, err = w.c.TagAPI(w.ctx, admin, "b", []string{"region/eu", "region/us"}, nil)
	w.must(err)
	if w.states() != before {
		t.Error("tagging made a change")
	}
	for query, want := range map[string]string{"region/eu": "a b", "region/eu 业务线/支付": "a", "region/us": "b", "region/us 业务线/支付": "", string(region.Tags[0].ID): "a b"} {
		if got := w.names(control.APIQuery{Tags: strings.Fields(query)}); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
		if got := strings.Fields(w.names(control.APIQuery{Tags: strings.Fields(query), Sort: control.SortByChange})); len(got) != len(strings.Fields(want)) {
			t.Errorf("%s by change finds %q, want %q", query, got, want)
		}
	}
	api, err := w.c.TagAPI(w.ctx, admin, "b", []string{"region/us"}, []string{"region/eu"})
	w.must(err)
	if e := w.lastAudit(); e.Action != "api.tag" || len(api.Settings.Tags) != 1 || !strings.Contains(string(e.Before), string(region.Tags[0].ID)) || strings.Contains(string(e.After), string(region.Tags[0].ID)) {
		t.Errorf("%v, audited as %+v", api.Settings.Tags, e)
	}

	// Names swap; identifiers, and so what is tagged, stay.
	region, err = w.c.UpdateTagGroup(w.ctx, admin, "region", 0, control.TagGroupPatch{Rename: map[string]string{"eu": "us", "us": "eu"}, Add: []string{"cn"}})
	w.must(err)
	if got := w.names(control.APIQuery{Tags: []string{"region/us"}}); got != "a" || len(region.Tags) != 3 || region.Revised != 1 {
		t.Errorf("after the swap region/us finds %q, group %+v", got, region)
	}

	many := make([]string, gatewright.MaxTagsPerGroup)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	for _, tt := range []struct {
		name    string
		err     error
		code    gatewright.Code
		message string
	}{
		{"unknown tag", second(w.c.TagAPI(w.ctx, admin, "a", []string{"region/xx"}, nil)), gatewright.NotFound, `tag "region/xx" does not exist; write it as group/tag, see: gatewright tag list`},
		{"unknown group", second(w.c.TagGroup(w.ctx, "none")), gatewright.NotFound, `tag group "none" does not exist; see: gatewright tag list`},
		{"taken", second(w.c.CreateTagGroup(w.ctx, admin, "region", "", nil)), gatewright.Conflict, `a tag group named "region" exists already`},
		{"twice", second(w.c.CreateTagGroup(w.ctx, admin, "x", "", []string{"\u00e9", "e\u0301"})), gatewright.Conflict, "tag group \"x\" has a tag \"\u00e9\" already"},
		{"slash", second(w.c.CreateTagGroup(w.ctx, admin, "x", "", []string{"a/b"})), gatewright.Invalid, `tag name "a/b" contains a slash, which stands between the parts of a path`},
		{"stale", second(w.c.UpdateTagGroup(w.ctx, admin, "region", 0, control.TagGroupPatch{Name: ptr("r")})), gatewright.Conflict, `somebody altered tag group "r" meanwhile; read it again, and alter that`},
		{"in use", second(w.c.UpdateTagGroup(w.ctx, admin, "region", 1, control.TagGroupPatch{Remove: []string{"us"}})), gatewright.Conflict, "tag region/us is on APIs; take it off them, or remove it with force, which does that\n  a: has the tag"},
		{"group in use", w.c.DeleteTagGroup(w.ctx, admin, "业务线", 0, false), gatewright.Conflict, "tag 业务线/支付 is on APIs; take it off them, or remove it with force, which does that\n  a: has the tag"},
		{"too many", second(w.c.CreateTagGroup(w.ctx, admin, "x", "", append(many, "more"))), gatewright.LimitExceeded, `tag group "x" has 201 tags; at most 200 are allowed`},
		{"too many on an API", second(w.c.TagAPI(w.ctx, admin, "a", many, nil)), gatewright.Invalid, `200 tags; an API has at most 50`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.fails(tt.err, tt.code, tt.message)
		})
	}
	_, err = w.c.UpdateTagGroup(w.ctx, admin, "region", 1, control.TagGroupPatch{Remove: []string{"us", "cn"}, Force: true})
	w.must(err)
	w.must(w.c.DeleteTagGroup(w.ctx, admin, "业务线", 0, true))
	if a, _, _ := w.c.API(w.ctx, "a"); len(a.Settings.Tags) != 0 {
		t.Errorf("a keeps %v", a.Settings.Tags)
	}
}

func second[T any](_ T, err error) error { return err }

func TestUpdateAPI(t *testing.T) {
	w := newWorld(t)
	gateway, _ := w.standard()
	w.api("Pets")
	slot := func() *gatewright.SlotResource {
		t.Helper()
		for key, hash := range gateway.entries {
			if key.Kind() != gatewright.KeySlot {
				continue
			}
			body, err := w.c.Blob(w.ctx, gateway.group.ID, hash)
			w.must(err)
			res, err := gatewright.DecodeResource(body, hash)
			w.must(err)
			return res.Slot
		}
		return nil
	}

	u := w.update("Pets", control.APIPatch{Description: ptr("宠物"), Owner: ptr("bob"), Collaborators: ptr([]string{"carol"}), MaxRows: ptr(500), Scheme: ptr(gatewright.SchemeSemVer)})
	if len(u.Changes) != 0 || u.API.Revised != 1 {
		t.Errorf("what gateways need not know made %+v", u)
	}
	u = w.update("Pets", control.APIPatch{Security: ptr(gatewright.SecuritySecret), MaxQPS: ptr(100)})
	w.settle()
	if len(u.Changes) != 1 || u.Changes[0].Kind != gatewright.ChangeSettings || u.Changes[0].Reason != "security level L1 → L3, max QPS none → 100" {
		t.Fatalf("changes %+v", u.Changes)
	}
	if ch, err := w.c.Change(w.ctx, u.Changes[0].ID); err != nil || ch.State != gatewright.ChangeLive {
		t.Errorf("the change is %+v, %v", ch, err)
	}
	if s := slot(); s.Security != gatewright.SecuritySecret || s.MaxQPS != 100 {
		t.Errorf("the gateway runs %+v", s)
	}
	if u = w.update("Pets", control.APIPatch{MaxQPS: ptr(100)}); u.API.Revised != 2 || u.Changes != nil {
		t.Errorf("altering nothing gave %+v", u)
	}
	w.update("Pets", control.APIPatch{Name: ptr("Cafe\u0301")})
	w.settle()
	if s := slot(); s.Name != "Caf\u00e9" {
		t.Errorf("the gateway calls it %q", s.Name)
	}
	cs, err := w.c.Changes(w.ctx, control.ChangeQuery{API: "Cafe\u0301", Limit: 1})
	w.must(err)
	if len(cs) != 1 || cs[0].Reason != "name Pets → Caf\u00e9" {
		t.Errorf("history begins with %+v", cs)
	}

	w.api("Other")
	a, _, _ := w.c.API(w.ctx, "Caf\u00e9")
	many := slices.Repeat([]string{"x"}, gatewright.MaxCollaborators+1)
	for _, tt := range []struct {
		name    string
		patch   control.APIPatch
		code    gatewright.Code
		message string
	}{
		{"name taken", control.APIPatch{Name: ptr("Other")}, gatewright.Conflict, `an API with the name "Other" exists already`},
		{"name of an identifier", control.APIPatch{Name: ptr("api_x")}, gatewright.Invalid, `API name "api_x" begins with api_, as identifiers do`},
		{"control character", control.APIPatch{Name: ptr("a\x00b")}, gatewright.Invalid, `API name "a\x00b" contains the unprintable character U+0000`},
		{"bidi override", control.APIPatch{Name: ptr("a\u202eb")}, gatewright.Invalid, `API name "a\u202eb" contains the unprintable character U+202E`},
		{"no owner", control.APIPatch{Owner: ptr("")}, gatewright.Invalid, `owner is empty`},
		{"security level", control.APIPatch{Security: ptr(gatewright.SecurityLevel("L5"))}, gatewright.Invalid, `security level "L5" is not one of L1 (public), L2 (internal), L3 (secret) and L4 (confidential)`},
		{"negative", control.APIPatch{MaxQPS: ptr(-1)}, gatewright.Invalid, `maxQPS is -1; it is a positive number of requests per second, at most 1000000, or 0 for no limit`},
		{"too many rows", control.APIPatch{MaxRows: ptr(1_000_001)}, gatewright.Invalid, `maxRows is 1000001; it is a positive number of rows, at most 1000000, or 0 for no limit`},
		{"description", control.APIPatch{Description: ptr(strings.Repeat("x", gatewright.MaxDescriptionLength+1))}, gatewright.Invalid, `description is not text of at most 2000 characters without control characters`},
		{"scheme", control.APIPatch{Scheme: ptr(gatewright.VersionScheme("x"))}, gatewright.Invalid, `there is no version scheme "x"; use one of semver, major.minor, date, VN, vN, none`},
		{"many collaborators", control.APIPatch{Collaborators: &many}, gatewright.Invalid, `101 collaborators; at most 100 are allowed`},
		{"same collaborator", control.APIPatch{Collaborators: ptr([]string{"x", "x"})}, gatewright.Invalid, `collaborators lists x twice`},
		{"no folder", control.APIPatch{Folder: ptr("nope")}, gatewright.NotFound, `folder "nope" does not exist: there is no "nope" in the root`},
		{"no revision", control.APIPatch{Pin: []string{"9"}}, gatewright.NotFound, "Caf\u00e9 has no version or revision \"9\"; see: gatewright get revisions \"Caf\u00e9\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			_, err := w.c.UpdateAPI(w.ctx, admin, "Caf\u00e9", a.Revised, tt.patch)
			w.fails(err, tt.code, tt.message)
		})
	}
	w.t = t
	_, err = w.c.UpdateAPI(w.ctx, admin, "Caf\u00e9", a.Revised-1, control.APIPatch{MaxQPS: ptr(1)})
	w.fails(err, gatewright.Conflict, "somebody altered API \"Caf\u00e9\" meanwhile; read it again, and alter that")
}

// TestSettingsOvertake: limits come into force at once, whatever is under way,
// and what is under way does not put the old ones back.
func TestSettingsOvertake(t *testing.T) {
	w := newWorld(t)
	gateway, _ := w.standard()
	w.api("Pets")
	gateway.deaf = true
	sub, err := w.c.Submit(w.ctx, admin, publishAs("Pets", "1.1.0", "/things", "/more"), control.SubmitOptions{})
	w.must(err)
	u := w.update("Pets", control.APIPatch{MaxQPS: ptr(7)})
	if len(u.Changes) != 1 || u.Changes[0].State != gatewright.ChangeActivating {
		t.Fatalf("changes %+v", u.Changes)
	}
	gateway.deaf = false
	w.settle()
	ch, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	if ch.State != gatewright.ChangeLive {
		t.Fatalf("the publish is %s: %v", ch.State, ch.Error)
	}
	for key, hash := range gateway.entries {
		body, err := w.c.Blob(w.ctx, gateway.group.ID, hash)
		w.must(err)
		res, err := gatewright.DecodeResource(body, hash)
		w.must(err)
		if res.Slot != nil && (res.Slot.MaxQPS != 7 || res.Slot.Current.Number != 2) {
			t.Errorf("%s is %+v", key, res.Slot)
		}
	}
}

// publishAs publishes another version of an API that [world.api] has made.
func publishAs(name, version string, paths ...string) control.Request {
	return control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{{
		Definition: definition(name, version, fmt.Sprintf("/%x", name), paths...), Version: version,
	}}}
}
