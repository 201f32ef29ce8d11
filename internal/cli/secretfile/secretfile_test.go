package secretfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestReplace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte("old and open to all"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Replace(name, "new"); err != nil {
		t.Fatal(err)
	}
	check(t, name, "new\n")
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := Replace(filepath.Join(t.TempDir(), "none", "secret"), "x"); err == nil {
		t.Error("a missing directory is accepted")
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := Finish(f, "one"); err != nil {
		t.Fatal(err)
	}
	check(t, name, "one\n")
	if _, err := Create(name); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("got %v", err)
	}
	check(t, name, "one\n")
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), name+"-link"); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(name + "-link"); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("a dangling link is followed: %v", err)
	}
}

func TestAbandon(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret")
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	Abandon(f)
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func check(t *testing.T, name, want string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil || string(b) != want {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
