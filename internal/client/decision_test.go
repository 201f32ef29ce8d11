package client_test

import (
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

// TestDecisions has a program ask and a person decide.
func TestDecisions(t *testing.T) {
	w, author := newWorld(t)
	ctx := t.Context()
	const password = "an open secret of tests"
	if _, err := author.CreateUser(ctx, client.UserRequest{Name: "ann", Password: password}); err != nil {
		t.Fatal(err)
	}
	if _, err := author.CreateBinding(ctx, client.BindingRequest{Role: gatewright.RoleApprover, User: "ann"}); err != nil {
		t.Fatal(err)
	}
	made, err := newClient(t, w.Server.URL, "").LoginPassword(ctx, "ann", password, client.TokenDetails{Name: "approver"})
	if err != nil {
		t.Fatal(err)
	}
	approver := newClient(t, w.Server.URL, made.Secret)
	g, err := author.CreateGroup(ctx, client.GroupRequest{Name: "production", Stage: gatewright.StageProduction})
	if err != nil {
		t.Fatal(err)
	}
	w.Join(g, "gw-1", "")
	rules := client.GroupUpdate{Labels: map[string]string{"a": "b"}, Settings: &gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}}}
	set, err := author.UpdateGroup(ctx, "production", g.Revised, rules)
	if err != nil || set.Revised == g.Revised || len(set.Settings.Approvals) != 1 || set.Labels["a"] != "b" {
		t.Fatalf("group = %+v, %v", set, err)
	}
	if _, err := author.UpdateGroup(ctx, "production", g.Revised, rules); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Errorf("stale update: %v", err)
	}

	ask := func() *gatewright.Change {
		t.Helper()
		sub, err := author.Submit(ctx, publish("production", managementtest.OpenAPI("Pets", "1", "/pets")), "")
		if err != nil || sub.Change == nil || sub.Change.State != gatewright.ChangePendingApproval {
			t.Fatalf("submission = %+v, %v", sub, err)
		}
		return sub.Change
	}
	ch := ask()
	waiting, err := approver.Changes(ctx, client.ChangeFilter{State: string(gatewright.ChangePendingApproval)}, client.Page{})
	if err != nil || len(waiting.Items) != 1 || waiting.Items[0].ID != ch.ID {
		t.Errorf("waiting = %+v, %v", waiting, err)
	}
	if _, err := author.Decide(ctx, ch.ID, ch.PlanHash, true, ""); gatewright.CodeOf(err) != gatewright.Forbidden {
		t.Errorf("own approval: %v", err)
	}
	if got, err := approver.Decide(ctx, ch.ID, ch.PlanHash, false, "no"); err != nil || got.State != gatewright.ChangeRejected {
		t.Errorf("rejected = %+v, %v", got, err)
	}
	ch = ask()
	if got, err := author.Cancel(ctx, ch.ID, "changed my mind"); err != nil || got.State != gatewright.ChangeCancelled {
		t.Errorf("cancelled = %+v, %v", got, err)
	}
	ch = ask()
	if _, err := approver.Decide(ctx, ch.ID, ch.PlanHash, true, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := author.WaitChange(ctx, ch.ID, nil); err != nil || got.State != gatewright.ChangeLive {
		t.Errorf("in the end = %+v, %v", got, err)
	}

	later := publish("production", managementtest.OpenAPI("Pets", "2", "/pets"))
	later.NotBefore = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := author.Submit(ctx, later, ""); err != nil {
		t.Fatal(err)
	}
	under, err := author.Changes(ctx, client.ChangeFilter{Group: "production", State: client.Underway}, client.Page{})
	if err != nil || len(under.Items) != 1 || !under.Items[0].NotBefore.Equal(later.NotBefore) {
		t.Errorf("under way = %+v, %v", under, err)
	}
}
