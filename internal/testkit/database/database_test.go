package database

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// TestEmpty: two databases are two, whole and empty.
func TestEmpty(t *testing.T) {
	for _, name := range []string{"one.db", "two.db"} {
		path := filepath.Join(t.TempDir(), name)
		Empty(t, path)
		store, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Update(t.Context(), func(tx control.Tx) error {
			events, err := tx.Events(0, 10)
			if err != nil || len(events) > 0 {
				t.Errorf("%d events in an empty database, %v", len(events), err)
			}
			return tx.AppendEvent(control.EventRow{Kind: "test", Ref: name})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDir: two tests have two directories, which are gone when they end.
func TestDir(t *testing.T) {
	var dirs []string
	for range 2 {
		t.Run("", func(t *testing.T) {
			dir := Dir(t)
			dirs = append(dirs, dir)
			Empty(t, filepath.Join(dir, "one.db"))
		})
	}
	if dirs[0] == dirs[1] {
		t.Error("two tests share a directory")
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left behind: %v", dir, err)
		}
	}
}
