package database

import (
	"os"
	"testing"
)

// Dir returns a directory for databases that is removed when the test ends:
// one in memory where the system has room for it, since every transaction waits
// for the disk otherwise. It is for tests that do not ask what outlives a crash
// of the machine.
func Dir(t testing.TB) string {
	t.Helper()
	in := memory()
	if in == "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(in, "gatewright-test-")
	if err != nil {
		t.Fatalf("make a directory in memory: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the directory in memory: %v", err)
		}
	})
	return dir
}
