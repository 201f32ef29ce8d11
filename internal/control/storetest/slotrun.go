package storetest

import (
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// testSlotRuns holds a slot's history to the changes that were activated.
func testSlotRuns(s *suite) {
	s.update(func(tx control.Tx) {
		g, a := s.newGroup(tx, "g"), s.newAPI(tx, "a")
		first, second := s.newRevision(tx, a.ID, "", "/x"), s.newRevision(tx, a.ID, "", "/y")
		s.same(must(tx.RevisionCount(a.ID))(s), 2)
		s.same(must(tx.RevisionCount("api_none"))(s), 0)
		key := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v1"}
		n := 0
		run := func(kind gatewright.ChangeKind, track string, r *gatewright.Revision, activated bool) {
			n++
			slot := &gatewright.SlotChange{API: a.ID, Track: track}
			if r != nil {
				slot.After = &gatewright.SlotContent{Revision: r.ID}
			}
			c := &gatewright.Change{
				ID: gatewright.ChangeID(fmt.Sprintf("chg_%d", n)), Group: g.ID, Kind: kind, State: gatewright.ChangeScheduled,
				CreatedAt: tx.Now(), Items: []gatewright.ChangeItem{{Slot: slot}},
			}
			s.ok(tx.CreateChange(c))
			if activated {
				c.State, c.ActivatedAt = gatewright.ChangeActivating, tx.Now()
			} else {
				c.State, c.SettledAt = gatewright.ChangeFailed, tx.Now()
			}
			s.ok(tx.UpdateChange(c))
		}
		run(gatewright.ChangePublish, "v1", first, true)
		run(gatewright.ChangePublish, "v1", second, false)
		run(gatewright.ChangePublish, "v2", second, true)
		run(gatewright.ChangeUndeploy, "v1", nil, true)
		c := &gatewright.Change{ // one of several kinds: its item tells which it was
			ID: "chg_apply", Group: g.ID, Kind: gatewright.ChangeApply, State: gatewright.ChangeLive, CreatedAt: tx.Now(), ActivatedAt: tx.Now(),
			Items: []gatewright.ChangeItem{{Action: gatewright.ChangeRollback, Slot: &gatewright.SlotChange{API: a.ID, Track: "v1", After: &gatewright.SlotContent{Revision: first.ID}}}},
		}
		s.ok(tx.CreateChange(c))
		s.same(must(tx.SlotRuns(key, 10))(s), []gatewright.SlotRun{
			{Kind: gatewright.ChangeRollback, Revision: first.ID}, {Kind: gatewright.ChangeUndeploy}, {Kind: gatewright.ChangePublish, Revision: first.ID},
		})
		s.same(len(must(tx.SlotRuns(key, 2))(s)), 2)
		s.same(len(must(tx.SlotRuns(gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v9"}, 2))(s)), 0)
		s.same(must(tx.SlotRan(key, first.ID))(s), true)
		s.same(must(tx.SlotRan(key, second.ID))(s), false)
	})
}
