package sqlstore

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestRebind(t *testing.T) {
	tests := []struct {
		name, query, want string
		numbered          bool
	}{
		{"as it is", "SELECT ?, ?", "SELECT ?, ?", false},
		{"numbered", "SELECT ?, (?) = ?", "SELECT $1, ($2) = $3", true},
		{"nothing to do", "SELECT 1", "SELECT 1", true},
		{"many", tuples(3, 4), "($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12)", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := dialect{numbered: tt.numbered}
			for range 2 {
				if got := d.rebind(tt.query); got != tt.want {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}

// TestNestedUpdate: an update inside another waits for itself; it is told so.
func TestNestedUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "gw.db")})
		if err != nil {
			t.Fatal(err)
		}
		var inner error
		started := time.Now()
		outer := s.Update(t.Context(), func(tx control.Tx) error {
			inner = s.Update(t.Context(), func(control.Tx) error { return nil })
			return tx.CreateGroup(&gatewright.Group{ID: "grp_1"})
		})
		if outer != nil || gatewright.CodeOf(inner) != gatewright.Unavailable || !strings.Contains(inner.Error(), "inside another") {
			t.Errorf("outer %v, inner %v", outer, inner)
		}
		if waited := time.Since(started); waited != maxWait {
			t.Errorf("waited %s", waited)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestManyViews has more views open than there are readers.
func TestManyViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "gw.db")})
		if err != nil {
			t.Fatal(err)
		}
		release, ended := make(chan struct{}), make(chan error)
		for range DefaultConnections {
			go func() {
				ended <- s.View(t.Context(), func(tx control.Tx) error { <-release; _, err := tx.Groups(); return err })
			}()
		}
		synctest.Wait()
		if err := s.View(t.Context(), func(control.Tx) error { return nil }); gatewright.CodeOf(err) != gatewright.Unavailable {
			t.Errorf("one view too many returned %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.View(ctx, func(control.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a view whose context ended while it waited returned %v", err)
		}
		if err := s.Update(t.Context(), func(tx control.Tx) error { return tx.CreateGroup(&gatewright.Group{ID: "grp_1"}) }); err != nil {
			t.Errorf("readers kept the writer from writing: %v", err)
		}
		close(release)
		for range DefaultConnections {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestFailedStatement: once a statement has failed, nothing commits, even if
// the error is ignored.
func TestFailedStatement(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gw.db"))
	create := func(tx control.Tx, id gatewright.GroupID) error {
		return tx.CreateGroup(&gatewright.Group{ID: id, Name: string(id)})
	}
	for _, statement := range []string{"INSERT INTO nowhere VALUES (1)", "INSERT INTO tracks (api_id, name, base_path) VALUES ('none', '', '')", "INSERT INTO blobs (hash, body) VALUES ('h', NULL)"} {
		err := s.Update(t.Context(), func(ctx control.Tx) error {
			if err := create(ctx, "grp_1"); err != nil {
				return err
			}
			if _, err := ctx.(*tx).exec(statement); err == nil {
				t.Errorf("%s was executed", statement)
			}
			if err := create(ctx, "grp_2"); err == nil {
				t.Error("the transaction went on")
			}
			return nil
		})
		if err == nil || gatewright.CodeOf(err) != gatewright.Internal {
			t.Errorf("after %s: %v", statement, err)
		}
	}
	err := s.Update(t.Context(), func(tx control.Tx) error {
		if groups, err := tx.Groups(); err != nil || len(groups) != 0 {
			t.Errorf("%d groups are left, %v", len(groups), err)
		}
		return create(tx, "grp_1")
	})
	if err != nil {
		t.Errorf("the store no longer works: %v", err)
	}
}

// TestInterruptedStatement ends the context while a statement runs for ever.
func TestInterruptedStatement(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gw.db"))
	for _, query := range []string{
		"INSERT INTO blobs (hash, body) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'h' || i, x'00' FROM n",
		"DELETE FROM blobs WHERE hash = (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := s.Update(ctx, func(c control.Tx) error {
			if err := c.CreateGroup(&gatewright.Group{ID: "grp_1"}); err != nil {
				return err
			}
			_, err := c.(*tx).exec(query)
			return err
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("returned %v", err)
		}
		err = s.Update(t.Context(), func(tx control.Tx) error {
			groups, err := tx.Groups()
			if len(groups) != 0 {
				t.Error("part of it was kept")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
