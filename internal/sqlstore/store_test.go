package sqlstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/control/storetest"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// Making the schema takes longer than most tests: those that are not about that
// begin with a copy of it.
var (
	migrated = postgres.NewTemplate(func(ctx context.Context, url string) error {
		s, err := Open(ctx, Config{URL: url})
		if err != nil {
			return err
		}
		return s.Close()
	})
	migratedFile = sync.OnceValues(func() (body []byte, err error) {
		dir, err := os.MkdirTemp("", "gatewright-sqlstore-")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path := filepath.Join(dir, "empty.db")
		s, err := Open(context.Background(), Config{Path: path})
		if err != nil {
			return nil, err
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	})
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(ctx context.Context, dir string, clock func() time.Time) (control.Store, error) {
		path := filepath.Join(dir, "gatewright.db")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			body, err := migratedFile()
			if err != nil {
				return nil, err
			}
			if err := os.WriteFile(path, body, 0o600); err != nil {
				return nil, err
			}
		}
		return Open(ctx, Config{Path: path, Clock: clock})
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
			url = []byte(migrated.Start(t))
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
