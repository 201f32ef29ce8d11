package client_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

func newWorld(t *testing.T) (*managementtest.World, *client.Client) {
	t.Helper()
	w := managementtest.New(t, management.Config{Build: client.Build{Version: "1.2.3"}})
	return w, newClient(t, w.Server.URL, w.Token)
}

func newClient(t *testing.T, url, token string) *client.Client {
	t.Helper()
	c, err := client.New(url, token, client.Options{Name: "cli/0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func publish(group string, doc []byte) client.ChangeRequest {
	return client.ChangeRequest{PlanRequest: client.PlanRequest{
		Kind: gatewright.ChangePublish, Group: group,
		Items: []client.Item{{Document: client.NewDocument("petstore.yaml", doc)}},
	}}
}

// settle submits and waits.
func settle(t *testing.T, c *client.Client, req client.ChangeRequest) *gatewright.Change {
	t.Helper()
	sub, err := c.Submit(t.Context(), req, "")
	if err != nil {
		t.Fatal(err)
	}
	if sub.Change == nil {
		t.Fatalf("nothing was changed: %+v", sub.Plan)
	}
	ch, err := c.WaitChange(t.Context(), sub.Change.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// TestLifecycle takes an API from its document to two groups and back, the
// way the command line does.
func TestLifecycle(t *testing.T) {
	w, c := newWorld(t)
	ctx := t.Context()
	for _, name := range []string{"test", "production"} {
		g, err := c.CreateGroup(ctx, client.GroupRequest{Name: name, Stage: gatewright.StageTest})
		if err != nil {
			t.Fatal(err)
		}
		w.Join(g, name+"-1", "")
	}
	doc := managementtest.OpenAPI("Swagger Petstore", "1.0.0", "/pets")
	req := publish("test", doc)
	plan, err := c.Plan(ctx, req.PlanRequest)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Blocked() || plan.NoOp || plan.Items[0].Action != "create" {
		t.Fatalf("plan = %+v", plan)
	}
	req.PlanHash, req.Reason = plan.Hash, "first version"

	sub, err := c.Submit(ctx, req, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Submit(ctx, req, "key-1")
	if err != nil || again.Change.ID != sub.Change.ID {
		t.Fatalf("same key: %+v, %v", again, err)
	}
	var states []gatewright.ChangeState
	ch, err := c.WaitChange(ctx, sub.Change.ID, func(ch *gatewright.Change) { states = append(states, ch.State) })
	if err != nil || ch.State != gatewright.ChangeLive {
		t.Fatalf("change = %+v, %v", ch, err)
	}
	if states[len(states)-1] != gatewright.ChangeLive {
		t.Errorf("updates = %v, want live last", states)
	}
	if ch.Client != "cli" || ch.Author != "admin" || ch.Reason != "first version" {
		t.Errorf("who, why, through what: %q %q %q", ch.Author, ch.Reason, ch.Client)
	}

	got, err := c.Document(ctx, "Swagger Petstore", "1.0.0")
	if err != nil || !bytes.Equal(got, doc) {
		t.Errorf("document = %q, %v", got, err)
	}
	rev, err := c.Revision(ctx, "Swagger Petstore", "1")
	if err != nil || rev.Version != "1.0.0" || len(rev.Definition.Routes) != 1 || rev.Definition.Document.Text != nil {
		t.Errorf("revision = %+v, %v", rev, err)
	}

	nodes := client.Nodes{{Host: "127.0.0.1", Port: 8, Weight: 5}}
	ch = settle(t, c, client.ChangeRequest{PlanRequest: client.PlanRequest{Kind: gatewright.ChangeSync, Group: "production",
		Items: []client.Item{{API: "Swagger Petstore", From: "test", Runtime: &client.Runtime{UpstreamPatch: client.UpstreamPatch{Nodes: nodes}}}}}})
	if ch.State != gatewright.ChangeLive {
		t.Fatalf("sync = %+v", ch)
	}
	ds, err := c.Deployments(ctx, client.DeploymentFilter{API: "Swagger Petstore"}, client.Page{})
	if err != nil || len(ds.Items) != 2 {
		t.Fatalf("deployments = %+v, %v", ds, err)
	}
	for _, d := range ds.Items {
		if d.State != gatewright.StateReady || d.Content.Version != "1.0.0" || len(d.Instances) != 1 {
			t.Errorf("deployment = %+v", d)
		}
	}
	production := slices.IndexFunc(ds.Items, func(d *gatewright.Deployment) bool { return d.GroupName == "production" })
	if production < 0 {
		t.Fatal("production has no deployment")
	}
	if diff := cmp.Diff([]gatewright.Node(nodes), ds.Items[production].Content.Runtime.Upstream.Nodes); diff != "" {
		t.Errorf("production's own nodes (-want +got):\n%s", diff)
	}

	none, err := c.Submit(ctx, publish("test", doc), "")
	if err != nil || !none.NoOp || none.Change != nil || none.Plan == nil {
		t.Errorf("the same again = %+v, %v", none, err)
	}
	history, err := c.Changes(ctx, client.ChangeFilter{Group: "test", API: "Swagger Petstore@v1"}, client.Page{})
	if err != nil || len(history.Items) != 1 {
		t.Errorf("history = %+v, %v", history, err)
	}
	b, err := c.Version(ctx)
	if err != nil || b.Version != "1.2.3" {
		t.Errorf("version = %+v, %v", b, err)
	}
}

func TestWaitChangeTellsRejection(t *testing.T) {
	w, c := newWorld(t)
	w.Join(w.Group("test"), "gw-1", "cannot compile the policy")
	ch := settle(t, c, publish("test", managementtest.OpenAPI("Pets", "1", "/pets")))
	if ch.State != gatewright.ChangeFailed || ch.Error == nil || len(ch.Error.Details) != 1 {
		t.Fatalf("change = %+v", ch)
	}
	if d := ch.Error.Details[0]; d.Subject != "gw-1" || d.Message != "cannot compile the policy (and 1 more)" { // the slot, and its revision
		t.Errorf("detail = %+v", d)
	}
}

func TestErrorsRoundTrip(t *testing.T) {
	w, c := newWorld(t)
	w.Group("test")
	w.Join(w.Group("live"), "gw", "")
	pets := managementtest.OpenAPI("Pets", "1.0.0", "/pets")
	settle(t, c, publish("live", pets))
	stale := publish("live", managementtest.OpenAPI("Pets", "1.1.0", "/pets"))
	stale.PlanHash = gatewright.HashBytes([]byte("another plan"))
	broken := publish("live", []byte("openapi: 3.0.3\npaths: 7\n"))
	tests := []struct {
		name    string
		call    func() error
		code    gatewright.Code
		field   string
		details bool
	}{
		{"not found", func() error { _, err := c.API(t.Context(), "none"); return err }, gatewright.NotFound, "", false},
		{"conflict", func() error {
			_, err := c.CreateGroup(t.Context(), client.GroupRequest{Name: "test", Stage: gatewright.StageTest})
			return err
		}, gatewright.Conflict, "", false},
		{"version stands for other content", func() error {
			_, err := c.Submit(t.Context(), publish("live", managementtest.OpenAPI("Pets", "1.0.0", "/dogs")), "")
			return err
		}, gatewright.Conflict, "", false},
		{"no instance", func() error { _, err := c.Submit(t.Context(), publish("test", pets), ""); return err }, gatewright.PreconditionFailed, "", false},
		{"stale plan", func() error { _, err := c.Submit(t.Context(), stale, ""); return err }, gatewright.PreconditionFailed, "", true},
		{"invalid field", func() error {
			_, err := c.CreateGroup(t.Context(), client.GroupRequest{Name: "x", Stage: "moon"})
			return err
		}, gatewright.Invalid, "stage", false},
		{"document with errors", func() error { _, err := c.Plan(t.Context(), broken.PlanRequest); return err }, gatewright.Invalid, "/items/0/document", true},
		{"unauthenticated", func() error {
			_, err := newClient(t, w.Server.URL, "gwa_wrong").Version(t.Context())
			return err
		}, gatewright.Unauthenticated, "", false},
		{"empty name", func() error { _, err := c.API(t.Context(), ""); return err }, gatewright.Invalid, "name", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var e *gatewright.Error
			if err := test.call(); !errors.As(err, &e) {
				t.Fatalf("error = %v, want a gatewright.Error", err)
			}
			if e.Code != test.code || e.Field != test.field || e.Message == "" || len(e.Details) > 0 != test.details {
				t.Errorf("error = %#v", e)
			}
		})
	}
}
