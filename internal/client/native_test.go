package client_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

// TestApplyExportSave goes through what the command line does with files and
// drafts.
func TestApplyExportSave(t *testing.T) {
	w, c := newWorld(t)
	w.Group("test")
	req := client.ApplyPlanRequest{AllowNoInstance: true, Files: []client.Document{
		*client.NewDocument("a.yaml", []byte("apiVersion: gatewright.dev/v1\nkind: API\nname: Pets\nversion: 1.0.0\ndocument: ./b.yaml\n")),
		*client.NewDocument("b.yaml", managementtest.OpenAPI("Pets", "1.0.0", "/a")),
	}}
	plan, err := c.PlanApply(t.Context(), "test", req)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := c.Apply(t.Context(), "test", client.ApplyRequest{ApplyPlanRequest: req, PlanHash: plan.Hash}, "key")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitChange(t.Context(), sub.Change.ID, nil); err != nil {
		t.Fatal(err)
	}
	documents, err := c.Export(t.Context(), "test", client.ExportQuery{WithHashes: true})
	if err != nil || len(documents) != 2 || !strings.Contains(string(documents[1]), `"Pets"`) || !json.Valid(documents[1]) {
		t.Fatalf("%v %s", err, documents)
	}

	doc := func(path string) client.SaveRequest {
		return client.SaveRequest{Document: client.NewDocument("c.yaml", managementtest.OpenAPI("Pets", "1.1.0", path))}
	}
	first, err := c.SaveVersion(t.Context(), "Pets", doc("/b"))
	if err != nil || first.Revision.Number != 2 {
		t.Fatalf("%v %+v", err, first)
	}
	second, err := c.SaveOver(t.Context(), "Pets", "2", first.Revision.Hash, doc("/c"))
	if err != nil || second.Revision.Number != 2 {
		t.Fatalf("%v %+v", err, second)
	}
	if _, err := c.SaveOver(t.Context(), "Pets", "2", first.Revision.Hash, doc("/d")); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Error(err)
	}
	if _, err := c.SaveAPI(t.Context(), doc("/a")); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Error(err)
	}
	diff, err := c.Compare(t.Context(), "Pets", "test", "2")
	if err != nil || diff.Same || diff.From.Group != "test" || diff.To.Number != 2 {
		t.Errorf("%v %+v", err, diff)
	}
}
