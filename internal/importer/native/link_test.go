package native_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/importer/native"
)

// TestLinksAreNamed: a symbolic link that leads out of the directory, or
// nowhere, is refused by its name and says what it is.
func TestLinksAreNamed(t *testing.T) {
	for _, target := range []string{"/etc/hosts", "nowhere.yaml"} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, "sub", "link.yaml")); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = native.Load(root.FS(), []string{"."}, nil)
		if err == nil || !strings.Contains(err.Error(), "sub/link.yaml") || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("to %s: %v", target, err)
		}
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	}
}
