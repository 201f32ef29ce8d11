package importer_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer"
)

var update = flag.Bool("update", false, "write the golden files")

// documents returns the paths of the documents in a directory of testdata.
func documents(t testing.TB, dir string) []string {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"*.yaml", "*.json", "*.txt"} {
		found, err := filepath.Glob(filepath.Join("testdata", dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if !strings.Contains(path, ".golden.") {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compareGolden compares got with the content of the file, or writes it.
func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, path)), got); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", path, diff)
	}
}

// TestImportGolden imports good documents and compares everything they say.
func TestImportGolden(t *testing.T) {
	paths := documents(t, "good")
	if len(paths) < 15 {
		t.Fatalf("%d documents", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text := read(t, path)
			result, err := importer.Import(filepath.Base(path), text)
			if err != nil {
				t.Fatal(err)
			}
			if err := result.Definition.Validate(); err != nil {
				t.Errorf("the definition is not valid: %s", err)
			}
			if string(result.Definition.Document.Text) != string(text) {
				t.Error("the document's text is not what was imported")
			}
			result.Definition.Document.Text = nil
			got, err := json.MarshalIndent(result, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, strings.TrimSuffix(path, filepath.Ext(path))+".golden.json", string(got)+"\n")
		})
	}
}

// TestImportBad imports documents that must be refused and compares the
// complete text of the refusal.
func TestImportBad(t *testing.T) {
	paths := documents(t, "bad")
	if len(paths) < 45 {
		t.Fatalf("%d documents", len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			result, err := importer.Import(filepath.Base(path), read(t, path))
			if err == nil {
				t.Fatalf("imported: %+v", result)
			}
			e := gatewright.AsError(err)
			if e.Code != gatewright.Invalid {
				t.Fatalf("code %s: %s", e.Code, err)
			}
			var b strings.Builder
			b.WriteString(e.Message + "\n")
			for _, d := range e.Details {
				b.WriteString(d.String() + "\n")
				if d.Pointer != "" {
					b.WriteString("    at " + d.Pointer + "\n")
				}
			}
			compareGolden(t, path+".golden.text", b.String())
		})
	}
}
