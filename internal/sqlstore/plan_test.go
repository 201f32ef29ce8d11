package sqlstore

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// recorded runs f, in a transaction that is dropped, and returns the statements
// it prepared with how the database executes them.
func recorded(t *testing.T, s *Store, f func(control.Tx)) map[string][]string {
	t.Helper()
	plans := map[string][]string{}
	_ = s.Update(t.Context(), func(c control.Tx) error {
		f(c)
		x := c.(*tx)
		for query := range x.stmts {
			args := make([]any, strings.Count(query, "?"))
			rows, err := x.sql.Query("EXPLAIN QUERY PLAN "+query, args...)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var id, parent, unused int
				var detail string
				if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
					t.Fatal(err)
				}
				plans[query] = append(plans[query], detail)
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return rollback
	})
	return plans
}

// rollback is an error that means nothing.
var rollback = gatewright.Errorf(gatewright.Internal, "roll back")

// TestQueryPlans: no statement that may meet large tables reads one whole, or
// sorts what an index has in order.
func TestQueryPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gw.db"))
	k := gatewright.SlotKey{Group: "grp_1", API: "api_1", Track: "v1"}
	claims := []control.Claim{{Host: "a", Key: "1"}, {Host: "b", Key: "2"}}
	delta := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{"a": "h"}, Deletes: []gatewright.Key{"b"}}
	filters := []control.ChangeFilter{{Limit: 9}, {Before: "chg_1", Limit: 9}, {Unsettled: true}, {Unsettled: true, Group: "grp_1"}, {Unsettled: true, Group: "grp_1", Before: "chg_1", Limit: 1}, {Group: "grp_1", Activated: true, Limit: 1},
		{Group: "grp_1", Resource: "registry/r"}, {Group: "grp_1", Resource: "registry/r", Before: "chg_1", Limit: 9, Activated: true}, {Group: "grp_1", Resource: "registry/r", Unsettled: true}}
	for _, f := range filters {
		for _, api := range []gatewright.APIID{"", "api_1"} {
			for _, track := range []string{"", "v1"} {
				g := f
				g.API, g.Track = api, track
				filters = append(filters, g)
			}
		}
	}
	plans := recorded(t, s, func(tx control.Tx) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(tx.CreateGroup(&gatewright.Group{ID: "grp_1"}))
		must(tx.CreateAPI(&gatewright.API{ID: "api_1"}))
		must(tx.CreateRevision(&gatewright.Revision{ID: "rev_1", API: "api_1"}))
		must(tx.SealRevision("rev_1", tx.Now()))
		must(tx.SetRevisionVersion("rev_1", "1"))
		must(tx.PutSlot(&gatewright.Slot{SlotKey: k, Revision: "rev_1"}))
		must(tx.PutClaims(k, claims))
		_, err := tx.ApplyDelta("grp_1", delta)
		must(err)
		must(tx.PutBlob("h", nil))
		must(tx.Stage("chg_1", "grp_1", delta))
		must(tx.CreateChange(&gatewright.Change{ID: "chg_1", Group: "grp_1", Items: []gatewright.ChangeItem{{Slot: &gatewright.SlotChange{API: "api_1"}}}}))
		must(tx.PutOutcome("chg_1", gatewright.InstanceOutcome{}))
		must(tx.PutInstance(&gatewright.Instance{ID: "ins_1", Group: "grp_1"}))
		for _, read := range []func() error{
			func() error { _, err := tx.APIs("", 9); return err },
			func() error { _, err := tx.RevisionByVersion("api_1", "1"); return err },
			func() error { _, err := tx.RevisionByNumber("api_1", 1); return err },
			func() error { _, err := tx.Revisions("api_1", 0, 9); return err },
			func() error { _, err := tx.Revisions("api_1", 9, 9); return err },
			func() error { _, err := tx.Slots(control.SlotFilter{Group: "grp_1"}); return err },
			func() error { _, err := tx.ClaimsByHead(k, "", []string{"a", "b"}, 9); return err },
			func() error { _, err := tx.ClaimsByHead(k, "", nil, 9); return err },
			func() error { _, err := tx.Manifest("grp_1"); return err },
			func() error { _, _, err := tx.DeltaSince("grp_1", 0); return err },
			func() error { _, err := tx.ManifestDigest("grp_1", 0); return err },
			func() error { return tx.TrimManifestLog("grp_1", 0) },
			func() error { _, err := tx.Blob("grp_1", "h"); return err },
			func() error { _, err := tx.Staged("chg_1"); return err },
			func() error { return tx.Unstage("chg_1") },
			func() error { _, err := tx.Instances("grp_1"); return err },
			func() error { _, err := tx.GroupResources("grp_1", "registry"); return err },
			func() error { _, err := tx.RevisionSlots("rev_1"); return err },
			func() error { _, err := tx.Slots(control.SlotFilter{Canary: true}); return err },
			func() error { _, err := tx.Events(0, 9); return err },
			func() error { _, err := tx.LastEvent(); return err },
			func() error { return tx.DeleteEvents(9) },
			func() error { return tx.AddUsage([]gatewright.Usage{{}}) },
			func() error { return tx.DeleteUsageBefore(tx.Now()) },
			func() error { _, err := tx.Usage(control.UsageFilter{}, 9); return err },
			func() error { _, err := tx.Usage(control.UsageFilter{API: "api_1"}, 9); return err },
			func() error {
				_, err := tx.Usage(control.UsageFilter{Group: "grp_1", API: "api_1", Track: "v1"}, 9)
				return err
			},
			func() error {
				_, err := tx.Usage(control.UsageFilter{App: "app_1", Since: tx.Now(), Until: tx.Now()}, 9)
				return err
			},
			func() error { _, err := tx.NextConfigID(tx.Now()); return err },
			func() error { return tx.UpdateAPI(&gatewright.API{ID: "api_1"}) },
			func() error { return tx.UpdateGroup(&gatewright.Group{ID: "grp_1"}) },
			func() error { return tx.CreateAPI(&gatewright.API{ID: "api_2", Name: "2"}) },
			func() error { return tx.DeleteAPI("api_2") },
			func() error { return tx.CreateRevision(&gatewright.Revision{ID: "rev_2", API: "api_1"}) },
			func() error { return tx.ReplaceDraft(&gatewright.Revision{ID: "rev_2", API: "api_1"}) },
			func() error { return tx.DeleteRevision("rev_2") },
			func() error { _, err := tx.Audit(control.AuditFilter{Limit: 9}); return err },
			func() error { _, err := tx.Audit(control.AuditFilter{Before: 9, Limit: 9}); return err },
			func() error { return tx.DeleteIdempotencyBefore(tx.Now()) },
		} {
			must(read())
		}
		_, _ = tx.DraftByContent("api_1", "h", "1")
		_, _ = tx.TokenByHash("h")
		for _, f := range filters {
			_, err := tx.Changes(f)
			must(err)
		}
	})
	if len(plans) < 50 {
		t.Fatalf("only %d statements were recorded", len(plans))
	}
	inOrder := map[string]bool{ // read to their limit in the order of the index
		"SCAN changes": true, "SCAN audit": true, "SCAN c": true, "SCAN events": true,
	}
	for query, plan := range plans {
		for _, step := range plan {
			table, _, _ := strings.Cut(strings.TrimPrefix(step, "SCAN "), " ")
			scan := strings.HasPrefix(step, "SCAN ") && table != "CONSTANT" && !strings.HasSuffix(step, "VALUES CLAUSE") && !strings.Contains(step, " CONSTANT ROW")
			limited := inOrder[step] && strings.Contains(query, "LIMIT ") || step == "SCAN slots USING INDEX slots_canary" // the few that have one
			sorted := strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "FROM outcomes") &&
				!strings.Contains(query, "canary_revision_id = ?") && !strings.Contains(query, "FROM usage_counts")
			whole := strings.Contains(query, "claims") && strings.Contains(step, "(group_id=?)") // all of a group
			settled := strings.Contains(query, "c.settled = 0") && strings.Contains(step, " c ") && !strings.Contains(step, "INDEX changes_unsettled")
			if scan && !limited || sorted || whole || settled {
				t.Errorf("%s\n%s", query, strings.Join(plan, "\n"))
				break
			}
		}
	}
}
