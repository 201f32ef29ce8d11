package management_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auditfile"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// newestAudit returns the newest entry.
func newestAudit(t *testing.T, w *managementtest.World) *gatewright.AuditEntry {
	t.Helper()
	es, err := w.Control.Audit(t.Context(), control.AuditQuery{}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return es[0]
}

func TestAuditRoutes(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g := w.Group("production")
	w.Group("=test")
	ok := func(path string) []byte {
		t.Helper()
		resp, body := do(t, w, request{path: path})
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d: %s", path, resp.StatusCode, body)
		}
		return body
	}
	list := into[wire.List[*gatewright.AuditEntry]](t, ok("/api/v1/audit?group=production"))
	if len(list.Items) != 1 || list.Items[0].Group != g.ID || list.Items[0].Action != "group.create" {
		t.Fatalf("list of a group: %+v", list.Items)
	}
	e := list.Items[0]
	if got := into[gatewright.AuditEntry](t, ok(fmt.Sprint("/api/v1/audit/", e.ID))); got.Hash != e.Hash || got.Digest() != e.Hash {
		t.Errorf("entry %+v", got)
	}
	head := into[gatewright.AuditHead](t, ok("/api/v1/audit/head"))
	if newest := newestAudit(t, w); head != newest.Head() {
		t.Errorf("head %v", head)
	}
	report := into[gatewright.AuditReport](t, ok("/api/v1/audit/verification?head="+head.String()))
	if report.Fault != nil || report.Checked != head.ID {
		t.Errorf("report %+v", report)
	}
	exported, err := auditfile.Verify(strings.NewReader(string(ok("/api/v1/audit/export"))), head)
	if err != nil || exported.Fault != nil || exported.Partial || exported.Checked != head.ID {
		t.Errorf("export: %+v, %v", exported, err)
	}
	exported, err = auditfile.Verify(strings.NewReader(string(ok("/api/v1/audit/export?group=production"))))
	if err != nil || exported.Fault != nil || !exported.Partial || exported.Checked != 1 {
		t.Errorf("export of a selection: %+v, %v", exported, err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(ok("/api/v1/audit/export?format=csv")))).ReadAll()
	if err != nil || int64(len(rows)) != head.ID+1 || rows[len(rows)-1][8] != "'=test" {
		t.Errorf("CSV: %v, %v", rows, err)
	}
}

func TestAuditRoutesRefuse(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	tests := []struct {
		name, path string
		status     int
		code       gatewright.Code
	}{
		{"unknown entry", "/api/v1/audit/999", 404, gatewright.NotFound},
		{"entry that is no number", "/api/v1/audit/x", 400, gatewright.Invalid},
		{"unknown group", "/api/v1/audit?group=nowhere", 404, gatewright.NotFound},
		{"unknown outcome", "/api/v1/audit?outcome=good", 400, gatewright.Invalid},
		{"no time", "/api/v1/audit?since=yesterday", 400, gatewright.Invalid},
		{"unknown format", "/api/v1/audit/export?format=xml", 400, gatewright.Invalid},
		{"export of an unknown group", "/api/v1/audit/export?group=nowhere", 404, gatewright.NotFound},
		{"no head", "/api/v1/audit/verification?head=7", 400, gatewright.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: tt.path})
			wantProblem(t, resp, body, tt.status, tt.code)
		})
	}
}

// TestRefusalsAreAudited: who was not let in, and what was refused, is in the
// log; looking, and dry runs, are not.
func TestRefusalsAreAudited(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("production")
	tests := []struct {
		name    string
		r       request
		outcome gatewright.AuditOutcome // "" for no entry
		detail  string
	}{
		{"no token", request{path: "/api/v1/groups", token: "-"}, "unauthenticated", "token is needed"},
		{"wrong token", request{path: "/api/v1/groups", token: "gwa_wrong0123456789abcdef"}, "unauthenticated", "token is needed"},
		{"name taken", request{path: "/api/v1/groups", body: `{"name":"production","stage":"test"}`}, "conflict", "production"},
		{"not found", request{path: "/api/v1/tokens/tok_x", method: http.MethodDelete}, "not_found", "tok_x"},
		{"bad body", request{path: "/api/v1/groups", body: `{"name":1}`}, "invalid", ""},
		{"a look at nothing", request{path: "/api/v1/groups/nowhere"}, "", ""},
		{"no such route", request{path: "/api/v1/nothing", body: `{}`}, "", ""},
		{"dry run", request{path: "/api/v1/plans", body: `{}`}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := newestAudit(t, w)
			resp, body := do(t, w, tt.r)
			if resp.StatusCode < 400 {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			e := newestAudit(t, w)
			if tt.outcome == "" {
				if e.ID != before.ID {
					t.Errorf("an entry was written: %+v", e)
				}
				return
			}
			if e.ID != before.ID+1 || e.Outcome != tt.outcome || !strings.Contains(e.Detail, tt.detail) || !strings.HasSuffix(e.Target, tt.r.path) {
				t.Errorf("entry %+v after %d", e, before.ID)
			}
			if e.Actor.Address != "127.0.0.1" || e.Actor.Client != "api" || (e.Actor.Name == "") != (tt.outcome == "unauthenticated") {
				t.Errorf("actor %+v", e.Actor)
			}
			if strings.Contains(fmt.Sprint(*e), "gwa_wrong") {
				t.Errorf("the entry tells what was tried: %+v", e)
			}
		})
	}
}
