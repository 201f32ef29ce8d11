package management_test

import (
	"fmt"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// TestRevert puts a change back over the API: planned, bound to the plan, by
// somebody who may, and told by both changes.
func TestRevert(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g := w.Group("g")
	w.Join(g, "gw", "")
	settled := func(ch *gatewright.Change) *gatewright.Change {
		_, body := do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=30s"})
		return into[*gatewright.Change](t, body)
	}
	ch := settled(submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a")))
	if ch.State != gatewright.ChangeLive {
		t.Fatalf("the publish is %s: %v", ch.State, ch.Error)
	}
	revert := fmt.Sprintf(`{"kind":"revert","group":%q,"items":[{"change":%q}]`, g.ID, ch.ID)

	viewer := person(t, w, "viewer", gatewright.RoleViewer, "", "")
	_, body := do(t, w, request{path: "/api/v1/plans", token: viewer, body: revert + "}"})
	plan := into[gatewright.Plan](t, body)
	if plan.Kind != gatewright.ChangeRevert || len(plan.Items) != 1 || plan.Items[0].Action != "remove" {
		t.Errorf("plan: %s", body)
	}
	resp, body := do(t, w, request{path: "/api/v1/changes", token: viewer, body: revert + "}"})
	wantProblem(t, resp, body, 403, gatewright.Forbidden)
	resp, body = do(t, w, request{path: "/api/v1/changes", body: revert + `,"planHash":"` + string(gatewright.HashBytes(nil)) + `"}`})
	wantProblem(t, resp, body, 412, gatewright.PreconditionFailed)

	operator := person(t, w, "operator", gatewright.RoleGatewayOperator, "", "")
	_, body = do(t, w, request{path: "/api/v1/changes", token: operator, body: revert + `,"planHash":"` + string(plan.Hash) + `","reason":"wrong"}`})
	by := settled(into[wire.Submission](t, body).Change)
	if by.State != gatewright.ChangeLive || by.Reverts != ch.ID {
		t.Errorf("the revert is %s and reverts %q: %v", by.State, by.Reverts, by.Error)
	}
	if ch = settled(ch); ch.State != gatewright.ChangeReverted || ch.RevertedBy != by.ID {
		t.Errorf("the publish is %s by %q", ch.State, ch.RevertedBy)
	}
	resp, body = do(t, w, request{path: "/api/v1/changes", body: revert + "}"})
	wantProblem(t, resp, body, 412, gatewright.PreconditionFailed)
}
