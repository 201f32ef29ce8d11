package sqlstore

import (
	"path/filepath"
	"testing"

	"github.com/gatewright/gatewright/internal/control"
)

// BenchmarkRunning counts what runs in a group of 10,000 APIs, which planning
// a change does.
func BenchmarkRunning(b *testing.B) {
	store := open(b, filepath.Join(b.TempDir(), "gw.db"))
	in := newInstallation(b, store, 10_000, 0)
	for b.Loop() {
		err := store.View(b.Context(), func(tx control.Tx) error {
			running, err := tx.Running(in.group)
			if err == nil && len(running) != 1 || err == nil && running[0].Count != 10_000 {
				b.Fatalf("counted %+v", running)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
