package sqlstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/control/storetest"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(ctx context.Context, dir string, clock func() time.Time) (control.Store, error) {
		return Open(ctx, Config{Path: filepath.Join(dir, "gatewright.db"), Clock: clock})
	})
}

// TestConformancePostgres notes in a store's directory which database it is in:
// the process that is killed is another one.
func TestConformancePostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("the code that the suite runs through is the one it ran through on SQLite; make test runs it on PostgreSQL too")
	}
	storetest.Run(t, func(ctx context.Context, dir string, clock func() time.Time) (control.Store, error) {
		note := filepath.Join(dir, "url")
		url, err := os.ReadFile(note)
		if errors.Is(err, fs.ErrNotExist) {
			url = []byte(postgres.Start(t))
			err = os.WriteFile(note, url, 0o600)
		}
		if err != nil {
			return nil, err
		}
		return Open(ctx, Config{URL: string(url), Clock: clock})
	})
}

// openURL opens the store in the database until the test ends.
func openURL(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
