package importer_test

import (
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer"
)

// FuzzImport checks that no text makes the importer panic, that a refusal says
// where, and that what is accepted can be published.
func FuzzImport(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		for _, path := range documents(f, dir) {
			f.Add(path, read(f, path))
		}
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		result, err := importer.Import(name, text)
		if err != nil {
			e := gatewright.AsError(err)
			if e.Code != gatewright.Invalid || len(e.Details) == 0 || e.Details[0].Location == "" {
				t.Fatalf("code %s, details %v", e.Code, e.Details)
			}
			return
		}
		if err := result.Definition.Validate(); err != nil {
			t.Errorf("the definition is not valid: %s", err)
		}
		names := map[string]bool{}
		for _, r := range result.Definition.Routes {
			if names[r.Name] {
				t.Errorf("two routes are called %q", r.Name)
			}
			names[r.Name] = true
		}
		if result.Upstream != nil {
			if err := result.Upstream.Validate(); err != nil {
				t.Errorf("the upstream is not valid: %s", err)
			}
		}
		if !result.Definition.Document.Digest.Valid() {
			t.Errorf("digest %q", result.Definition.Document.Digest)
		}
	})
}
