package management_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestOpenAPI holds the description to a golden file: what changes there
// changes for every client.
func TestOpenAPI(t *testing.T) {
	w := managementtest.New(t, management.Config{Build: wire.Build{Version: "0.0.0"}})
	resp, body := do(t, w, request{path: "/api/openapi.json"})
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	var got bytes.Buffer
	if err := json.Indent(&got, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
	}
}

// TestOpenAPIIsSound asks an independent reader.
func TestOpenAPIIsSound(t *testing.T) {
	w := managementtest.New(t, management.Config{Build: wire.Build{Version: "0.0.0"}})
	_, body := do(t, w, request{path: "/api/openapi.json"})
	doc, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil {
		t.Fatal(err) // a reference to nowhere, among others
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if ids[op.OperationID] || op.OperationID == "" || op.Summary == "" {
				t.Errorf("%s %s: operation %q has no name or one that is taken, or no summary", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			if d := op.Responses.Default(); d == nil || d.Value.Content[wire.ProblemMediaType] == nil {
				t.Errorf("%s %s does not say what its errors look like", method, path)
			}
		}
	}
	if strings.Contains(string(body), "ErrorModel") {
		t.Error("the framework's own error shows")
	}
	_, yaml := do(t, w, request{path: "/api/openapi.yaml"})
	if !bytes.HasPrefix(yaml, []byte("components:")) && !bytes.Contains(yaml, []byte("openapi:")) {
		t.Errorf("yaml = %.100q", yaml)
	}
}
