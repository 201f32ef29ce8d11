package management_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

func TestUpdateGroup(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	if _, err := w.Control.CreateGroup(t.Context(), w.Actor, gatewright.Group{Name: "生产", Stage: gatewright.StageProduction}); err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/groups/" + percentEncode("生产")
	resp, _ := do(t, w, request{path: path})
	first := resp.Header.Get("ETag")
	if first == "" {
		t.Fatal("a group has no entity tag")
	}
	body := `{"labels":{"region":"cn"},"settings":{"locations":["sh","bj"],"compatibility":"warn","approvals":[{"kinds":["publish"],"count":2,"role":"approver"}],
		"freezes":[{"name":"spring","from":"2027-02-05T00:00:00Z","until":"2027-02-13T00:00:00Z"}],"limits":{"mode":"warn","units":60}}}`
	tests := []struct {
		name, match, body string
		status            int
		code              gatewright.Code
		field             string
	}{
		{"no If-Match", "", body, 428, gatewright.Invalid, "If-Match"},
		{"stale If-Match", `"99"`, body, 412, gatewright.PreconditionFailed, ""},
		{"If-Match of another form", "x", body, 412, gatewright.PreconditionFailed, ""},
		{"weak If-Match", "W/" + first, body, 412, gatewright.PreconditionFailed, ""},
		{"no labels", first, `{"settings":{}}`, 400, gatewright.Invalid, "labels"},
		{"no settings", first, `{"labels":{}}`, 400, gatewright.Invalid, "settings"},
		{"bad setting", first, `{"labels":{},"settings":{"compatibility":"strict"}}`, 400, gatewright.Invalid, "compatibility"},
		{"more approvers than can be asked", first, `{"labels":{},"settings":{"approvals":[{"count":11}]}}`, 400, gatewright.Invalid, "approvals"},
		{"negative limit", first, `{"labels":{},"settings":{"limits":{"units":-1}}}`, 400, gatewright.Invalid, "limits"},
		{"bad label", first, `{"labels":{"":"x"},"settings":{}}`, 400, gatewright.Invalid, "labels"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			if test.match != "" {
				h.Set("If-Match", test.match)
			}
			resp, body := do(t, w, request{method: http.MethodPut, path: path, body: test.body, header: h})
			if p := wantProblem(t, resp, body, test.status, test.code); p.Field != test.field {
				t.Errorf("field = %q, want %q (%s)", p.Field, test.field, p.Detail)
			}
		})
	}

	put := func(match string) (*http.Response, []byte) {
		return do(t, w, request{method: http.MethodPut, path: path, body: body, header: http.Header{"If-Match": {match}}})
	}
	resp, answer := put(first)
	got := into[gatewright.Group](t, answer)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") == first {
		t.Fatalf("%d %s %s", resp.StatusCode, resp.Header.Get("ETag"), answer)
	}
	_, answer = do(t, w, request{path: path})
	if diff := cmp.Diff(got, into[gatewright.Group](t, answer)); diff != "" {
		t.Errorf("stored otherwise than answered:\n%s", diff)
	}
	if got.Labels["region"] != "cn" || got.Settings.Limits.Units != 60 || len(got.Settings.Freezes) != 1 || got.Name != "生产" || got.Stage != gatewright.StageProduction {
		t.Errorf("group = %+v", got)
	}
	resp, answer = put(first)
	wantProblem(t, resp, answer, http.StatusPreconditionFailed, gatewright.PreconditionFailed)
	if resp, answer = put("*"); resp.StatusCode != http.StatusOK {
		t.Errorf("whatever it is now: %d %s", resp.StatusCode, answer)
	}
	resp, answer = do(t, w, request{method: http.MethodPut, path: "/api/v1/groups/none", body: body, header: http.Header{"If-Match": {"*"}}})
	wantProblem(t, resp, answer, http.StatusNotFound, gatewright.NotFound)
}

// TestTestGroupNeedsNoApproval holds the rule that a group for tests has no
// approval rules.
func TestTestGroupNeedsNoApproval(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("g")
	resp, body := do(t, w, request{method: http.MethodPut, path: "/api/v1/groups/g", header: http.Header{"If-Match": {"*"}},
		body: `{"labels":{},"settings":{"approvals":[{"count":1}]}}`})
	wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
}
