package management_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// production creates a production group whose publishes need count approvals.
func production(t *testing.T, w *managementtest.World, count int) *gatewright.Group {
	t.Helper()
	g, err := w.Control.CreateGroup(t.Context(), w.Actor, gatewright.Group{Name: "production", Stage: gatewright.StageProduction})
	if err != nil {
		t.Fatal(err)
	}
	g, err = w.Control.UpdateGroup(t.Context(), w.Actor, g.Name, g.Revised, nil, gatewright.GroupSettings{
		Approvals: []gatewright.ApprovalRule{{Kinds: []gatewright.ChangeKind{gatewright.ChangePublish}, Count: count}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Join(g, "gw", "")
	return g
}

// tokenOf returns the token of a new approver.
func tokenOf(t *testing.T, w *managementtest.World, name string) string {
	t.Helper()
	return person(t, w, name, gatewright.RoleApprover, "", "")
}

func decision(t *testing.T, plan gatewright.Hash, approve bool, comment string) string {
	t.Helper()
	b, err := json.Marshal(wire.DecisionRequest{PlanHash: plan, Approve: &approve, Comment: comment})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestApproval(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	production(t, w, 2)
	first, second := tokenOf(t, w, "first"), tokenOf(t, w, "second")
	ch := submit(t, w, publishBody(t, "production", "a", "1.0.0", "/a"))
	if ch.State != gatewright.ChangePendingApproval || ch.Approval == nil || ch.Approval.Needed != 2 {
		t.Fatalf("change = %+v", ch)
	}
	_, body := do(t, w, request{path: "/api/v1/changes?state=pending-approval&group=production"})
	if l := into[wire.List[*gatewright.Change]](t, body); len(l.Items) != 1 || l.Items[0].ID != ch.ID {
		t.Errorf("waiting: %s", body)
	}
	_, body = do(t, w, request{path: "/api/v1/changes?state=preparing"})
	if l := into[wire.List[*gatewright.Change]](t, body); len(l.Items) != 0 {
		t.Errorf("preparing: %s", body)
	}

	path := "/api/v1/changes/" + string(ch.ID) + "/decisions"
	yes := decision(t, ch.PlanHash, true, "")
	refusals := []struct {
		name, token, body string
		status            int
		code              gatewright.Code
		field             string
	}{
		{"the author", w.Token, yes, 403, gatewright.Forbidden, ""},
		{"another plan", first, decision(t, gatewright.HashBytes(nil), true, ""), 412, gatewright.PreconditionFailed, ""},
		{"no plan", first, `{"approve":true}`, 400, gatewright.Invalid, "planHash"},
		{"neither yes nor no", first, `{"planHash":"` + string(ch.PlanHash) + `"}`, 400, gatewright.Invalid, "approve"},
		{"no without a comment", first, decision(t, ch.PlanHash, false, " "), 400, gatewright.Invalid, "comment"},
	}
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: path, token: test.token, body: test.body})
			if p := wantProblem(t, resp, body, test.status, test.code); p.Field != test.field {
				t.Errorf("field = %q, want %q", p.Field, test.field)
			}
		})
	}

	resp, body := do(t, w, request{path: path, token: first, body: yes})
	if got := into[gatewright.Change](t, body); resp.StatusCode != http.StatusOK || got.State != gatewright.ChangePendingApproval || got.Approval.Given() != 1 {
		t.Fatalf("first approval: %d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: path, token: first, body: yes})
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
	if resp, body = do(t, w, request{path: path, token: second, body: yes}); resp.StatusCode != http.StatusOK {
		t.Fatalf("second approval: %d %s", resp.StatusCode, body)
	}
	_, body = do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
	if got := into[gatewright.Change](t, body); got.State != gatewright.ChangeLive || got.ConfigID == "" || len(got.Approval.Decisions) != 2 {
		t.Errorf("in the end: %s", body)
	}
	resp, body = do(t, w, request{path: path, token: first, body: yes})
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
}

func TestRejectionAndCancel(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	production(t, w, 1)
	other := tokenOf(t, w, "other")

	ch := submit(t, w, publishBody(t, "production", "a", "1.0.0", "/a"))
	_, body := do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "/decisions", token: other, body: decision(t, ch.PlanHash, false, "not today")})
	if got := into[gatewright.Change](t, body); got.State != gatewright.ChangeRejected || got.Error == nil {
		t.Fatalf("rejected: %s", body)
	}

	ch = submit(t, w, publishBody(t, "production", "a", "1.0.0", "/a"))
	path := "/api/v1/changes/" + string(ch.ID) + "/cancel"
	resp, body := do(t, w, request{path: path, body: `{"reason":"no longer needed"}`})
	if got := into[gatewright.Change](t, body); resp.StatusCode != http.StatusOK || got.State != gatewright.ChangeCancelled {
		t.Fatalf("cancelled: %d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: path, body: `{}`})
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
	resp, body = do(t, w, request{path: "/api/v1/changes/chg_none/cancel", body: `{}`})
	wantProblem(t, resp, body, http.StatusNotFound, gatewright.NotFound)
	resp, body = do(t, w, request{path: "/api/v1/changes/chg_none/decisions", body: decision(t, ch.PlanHash, true, "")})
	wantProblem(t, resp, body, http.StatusNotFound, gatewright.NotFound)
}

func TestScheduledChange(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	doc := quote(string(managementtest.OpenAPI("t", "1.0.0", "/a")))
	ch := submit(t, w, `{"kind":"publish","group":"g","notBefore":"2999-01-01T00:00:00Z","expiresAt":"2999-01-02T00:00:00Z","notify":["ann"],"items":[{"document":{"text":`+doc+`}}]}`)
	if ch.State != gatewright.ChangeScheduled || len(ch.Notify) != 1 || ch.NotBefore.Year() != 2999 || ch.ExpiresAt.Day() != 2 {
		t.Fatalf("change = %+v", ch)
	}
	for state, want := range map[string]int{"scheduled": 1, "underway": 1, "pending-approval": 0} {
		_, body := do(t, w, request{path: "/api/v1/changes?state=" + state})
		if l := into[wire.List[*gatewright.Change]](t, body); len(l.Items) != want {
			t.Errorf("%s: %s", state, body)
		}
	}
}

// TestUnderwayPages goes through the waiting changes one by one.
func TestUnderwayPages(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	submitted := map[gatewright.ChangeID]bool{}
	for _, path := range []string{"/a", "/b", "/c"} {
		doc := quote(string(managementtest.OpenAPI("api "+path[1:], "1.0.0", path)))
		ch := submit(t, w, `{"kind":"publish","group":"g","notBefore":"2999-01-01T00:00:00Z","items":[{"document":{"text":`+doc+`}}]}`)
		submitted[ch.ID] = true
	}
	for cursor, n := "", 0; ; n++ {
		_, body := do(t, w, request{path: "/api/v1/changes?state=underway&limit=1" + cursor})
		l := into[wire.List[*gatewright.Change]](t, body)
		for _, ch := range l.Items {
			delete(submitted, ch.ID)
		}
		if l.NextCursor == "" || n > 3 {
			break
		}
		cursor = "&cursor=" + l.NextCursor
	}
	if len(submitted) > 0 {
		t.Errorf("not listed: %v", submitted)
	}
}

// TestLifecycleOfACanary drives a canary and a retirement through the API.
func TestLifecycleOfACanary(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	live := func(body string) *gatewright.Change {
		t.Helper()
		ch := submit(t, w, body)
		_, answer := do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
		got := into[gatewright.Change](t, answer)
		if got.State != gatewright.ChangeLive {
			t.Fatalf("%s: %s", body, answer)
		}
		return &got
	}
	content := func() gatewright.SlotContent {
		t.Helper()
		_, body := do(t, w, request{path: "/api/v1/deployments?group=g&api=a"})
		l := into[wire.List[*gatewright.Deployment]](t, body)
		if len(l.Items) != 1 {
			t.Fatalf("deployments: %s", body)
		}
		return l.Items[0].Content
	}
	item := func(kind, rest string) string {
		return `{"kind":"` + kind + `","group":"g","items":[{"api":"a"` + rest + `}]}`
	}
	live(publishBody(t, "g", "a", "1.0.0", "/a"))
	live(publishBody(t, "g", "a", "2.0.0", "/a2"))

	live(item("canary-start", `,"revision":"1.0.0","canary":{"percent":12.5,"key":"header:X-User","match":[{"source":"header","name":"version","values":["test"]}],"steps":[{"percent":50,"hold":"1h"}],"upstream":{"nodes":["127.0.0.1:7@3"]}}`))
	c := content().Canary
	if c == nil || c.Percent != 12.5 || c.Version != "1.0.0" || c.Key != "header:X-User" || len(c.Match) != 1 || len(c.Steps) != 1 || c.Upstream == nil || c.Upstream.Nodes[0].Weight != 3 || !c.Enabled {
		t.Fatalf("canary = %+v", c)
	}
	resp, body := do(t, w, request{path: "/api/v1/changes", body: item("deploy", `,"revision":"2.0.0"`)})
	if sub := into[wire.Submission](t, body); resp.StatusCode != http.StatusOK || !sub.NoOp {
		t.Errorf("deploy of what runs: %d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: "/api/v1/changes", body: item("undeploy", "")})
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
	live(item("canary-step", `,"canary":{"enabled":false}`))
	if c := content().Canary; c == nil || c.Enabled || c.Percent != 12.5 {
		t.Errorf("switched off: %+v", c)
	}
	live(item("canary-step", ""))
	if c := content().Canary; c == nil || c.Percent != 50 || len(c.Steps) != 0 {
		t.Errorf("next step: %+v", c)
	}
	live(item("canary-promote", ""))
	if got := content(); got.Canary != nil || got.Version != "1.0.0" || got.Runtime.Upstream.Nodes[0].Port != 7 {
		t.Errorf("promoted: %+v", got)
	}
	live(item("canary-start", `,"revision":"2.0.0","canary":{"percent":1}`))
	live(item("canary-abort", ""))
	if got := content(); got.Canary != nil || got.Version != "1.0.0" {
		t.Errorf("aborted: %+v", got)
	}

	live(item("deprecate", `,"lifecycle":{"sunsetAt":"2999-01-01T00:00:00Z","successor":"a@v2","link":"https://example.com/v2"}`))
	if l := content().Lifecycle; l == nil || l.DeprecatedAt.IsZero() || l.SunsetAt.Year() != 2999 || l.Successor != "a@v2" {
		t.Errorf("deprecated: %+v", l)
	}
	resp, body = do(t, w, request{path: "/api/v1/changes", body: item("retire", "")})
	wantProblem(t, resp, body, http.StatusPreconditionFailed, gatewright.PreconditionFailed)
	live(`{"kind":"retire","group":"g","force":true,"items":[{"api":"a"}]}`)
	if l := content().Lifecycle; l == nil || l.RetiredAt.IsZero() {
		t.Errorf("retired: %+v", l)
	}
	live(item("deprecate", `,"undo":true`))
	if l := content().Lifecycle; l != nil {
		t.Errorf("in service again: %+v", l)
	}
	live(item("configure", `,"runtime":{"enabled":false,"access":{"mode":"app","query":"key"}}`))
	if rt := content().Runtime; rt.Enabled || rt.Access.Mode != gatewright.AccessApp || rt.Access.Query != "key" {
		t.Errorf("configured: %+v", rt)
	}
}

// TestApply mixes kinds in one change.
func TestApply(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	one, two := quote(string(managementtest.OpenAPI("one", "1.0.0", "/one"))), quote(string(managementtest.OpenAPI("two", "1.0.0", "/two")))
	first := submit(t, w, `{"kind":"publish","group":"g","items":[{"document":{"text":`+one+`}},{"document":{"text":`+two+`}}]}`)
	do(t, w, request{path: "/api/v1/changes/" + string(first.ID) + "?wait=10s"})
	ch := submit(t, w, `{"kind":"apply","group":"g","items":[{"action":"disable","api":"one"},{"action":"undeploy","api":"two"},{"action":"configure","resource":{"registry":{"name":"dns","type":"dns"}}}]}`)
	_, body := do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
	got := into[gatewright.Change](t, body)
	if got.State != gatewright.ChangeLive || got.Kind != gatewright.ChangeApply || len(got.Items) != 3 ||
		got.Items[0].Action != gatewright.ChangeDisable || got.Items[1].Action != gatewright.ChangeUndeploy || got.Items[2].Resource == nil {
		t.Errorf("applied: %s", body)
	}
}
