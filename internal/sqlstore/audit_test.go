package sqlstore

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/control/storetest"
)

// auditWorld is a control plane on a database that a test tampers with.
type auditWorld struct {
	t     *testing.T
	store *Store
	c     *control.Control
}

// onBoth runs test on either database.
func onBoth(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Run("sqlite", func(t *testing.T) { test(t, Config{Path: filepath.Join(t.TempDir(), "gatewright.db")}) })
	t.Run("postgres", func(t *testing.T) { test(t, Config{URL: migrated.Start(t)}) })
}

func newAuditWorld(t *testing.T, cfg Config) *auditWorld {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	c, err := control.New(t.Context(), s, control.Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &auditWorld{t, s, c}
}

// append writes n entries.
func (w *auditWorld) append(n int) {
	w.t.Helper()
	for i := range n {
		err := w.store.Update(w.t.Context(), func(tx control.Tx) error {
			return tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "group.update", Target: fmt.Sprint(i), After: []byte(`{"n":1}`)})
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// execute executes a statement behind Gatewright's back.
func (w *auditWorld) execute(query string) {
	w.t.Helper()
	if _, err := w.store.write.db.ExecContext(w.t.Context(), query); err != nil {
		w.t.Fatal(err)
	}
}

// TestAuditTampering alters the database directly. The first entry that is
// wrong is named.
func TestAuditTampering(t *testing.T) {
	const columns = "at, actor, client, address, token, action, target, detail, kind, group_id, api_id, outcome, state_before, state_after, previous, hash"
	tests := []struct {
		name   string
		tamper []string
		id     int64
		kind   gatewright.AuditFaultKind
	}{
		{"nothing", nil, 0, ""},
		{"text altered", []string{"UPDATE audit SET actor = 'eve' WHERE id = 5"}, 5, gatewright.AuditAltered},
		{"time altered", []string{"UPDATE audit SET at = at + 1 WHERE id = 5"}, 5, gatewright.AuditAltered},
		{"time removed", []string{"UPDATE audit SET at = NULL WHERE id = 5"}, 5, gatewright.AuditAltered},
		{"state altered", []string{`UPDATE audit SET state_after = '{"n":2}' WHERE id = 5`}, 5, gatewright.AuditAltered},
		{"state added", []string{`UPDATE audit SET state_before = 'no JSON' WHERE id = 5`}, 5, gatewright.AuditAltered},
		{"hash altered", []string{"UPDATE audit SET hash = 'x' WHERE id = 5"}, 5, gatewright.AuditAltered},
		{"link altered", []string{"UPDATE audit SET previous = 'x' WHERE id = 5"}, 5, gatewright.AuditAltered},
		{"deleted", []string{"DELETE FROM audit WHERE id = 5"}, 5, gatewright.AuditMissing},
		{"first deleted", []string{"DELETE FROM audit WHERE id <= 2"}, 1, gatewright.AuditMissing},
		{"last deleted", []string{"DELETE FROM audit WHERE id > 8"}, 9, gatewright.AuditMissing},
		{"all deleted", []string{"DELETE FROM audit"}, 1, gatewright.AuditMissing},
		{"newest deleted, the head moved back", []string{"DELETE FROM audit WHERE id = 10", "UPDATE audit_chain SET entry = 9 WHERE place = 'head'"}, 9, gatewright.AuditAltered},
		{"beginning deleted as if by retention", []string{
			"UPDATE audit_chain SET entry = 3, hash = (SELECT hash FROM audit WHERE id = 3) WHERE place = 'anchor'", "DELETE FROM audit WHERE id <= 3",
		}, 3, gatewright.AuditMissing},
		{"beginning deleted as if older than the chain", []string{
			"UPDATE audit_chain SET entry = 3 WHERE place = 'anchor'", "DELETE FROM audit WHERE id <= 3",
		}, 4, gatewright.AuditAltered},
		{"put in at the end", []string{"INSERT INTO audit (id, " + columns + ") SELECT 11, " + columns + " FROM audit WHERE id = 5"}, 11, gatewright.AuditReordered},
		{"put in before the first", []string{"INSERT INTO audit (id, " + columns + ") SELECT 0, " + columns + " FROM audit WHERE id = 5"}, 0, gatewright.AuditInserted},
		{"exchanged", []string{"UPDATE audit SET id = 50 WHERE id = 5", "UPDATE audit SET id = 5 WHERE id = 6", "UPDATE audit SET id = 6 WHERE id = 50"}, 5, gatewright.AuditReordered},
	}
	onBoth(t, func(t *testing.T, cfg Config) {
		w := newAuditWorld(t, cfg)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				w.t = t
				w.execute("DELETE FROM audit")
				w.execute("UPDATE audit_chain SET entry = 0, hash = ''")
				w.append(10)
				for _, q := range tt.tamper {
					w.execute(q)
				}
				r, err := w.c.VerifyAudit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if tt.kind == "" {
					if r.Fault != nil || r.Checked != 10 {
						t.Fatalf("report %+v, fault %+v", r, r.Fault)
					}
					return
				}
				if r.Fault == nil || r.Fault.ID != tt.id || r.Fault.Kind != tt.kind {
					t.Errorf("fault is %+v, want %s at %d", r.Fault, tt.kind, tt.id)
				}
			})
		}
	})
}

// TestAuditOlderThanTheChain opens a database whose entries were written
// before there was a chain.
func TestAuditOlderThanTheChain(t *testing.T) {
	onBoth(t, func(t *testing.T, cfg Config) {
		w := newAuditWorld(t, cfg)
		for i := range 3 {
			w.execute(fmt.Sprintf("INSERT INTO audit (id, actor, client, address, token, action, target, detail) VALUES (%d, 'ann', '', '', '', 'x', '', '')", i+1))
		}
		w.execute("UPDATE audit_chain SET entry = (SELECT MAX(id) FROM audit)") // as the migration does
		w.append(4)
		r, err := w.c.VerifyAudit(t.Context())
		if err != nil || r.Fault != nil || r.Checked != 4 || r.Head.ID != 7 {
			t.Fatalf("report %+v, %v", r, err)
		}
		err = w.store.Update(t.Context(), func(tx control.Tx) error {
			n, err := tx.DeleteAudit(tx.Now().Add(time.Hour), 2)
			if n != 2 {
				t.Errorf("%d were deleted", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if r, err = w.c.VerifyAudit(t.Context()); err != nil || r.Fault != nil || r.Checked != 4 {
			t.Errorf("after retention: %+v, %v", r, err)
		}
	})
}

// TestAuditOfTwoReplicas: two control planes on one database write one chain.
func TestAuditOfTwoReplicas(t *testing.T) {
	url := migrated.Start(t)
	stores := []*Store{openURL(t, url), openURL(t, url)}
	const each = 40
	var wg sync.WaitGroup
	errs := make(chan error, 2*each)
	for _, s := range stores {
		wg.Go(func() {
			for range each {
				errs <- s.Update(t.Context(), func(tx control.Tx) error {
					return tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "x"})
				})
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range stores {
		n, fault, err := storetest.AuditIntact(t.Context(), s)
		if err != nil || fault != nil || n != 2*each {
			t.Errorf("%d entries, fault %+v, %v", n, fault, err)
		}
	}
}
