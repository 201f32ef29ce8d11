package gatewright_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestDomainImports keeps the domain free of everything but the standard
// library: every other package depends on it.
func TestDomainImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source files (%v)", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
				t.Errorf("%s imports %s; the domain imports the standard library only", name, path)
			}
			for _, effect := range []string{"os", "io/fs", "net/http", "database/sql", "log", "log/slog"} {
				if path == effect {
					t.Errorf("%s imports %s; the domain does no input or output", name, path)
				}
			}
		}
	}
}
