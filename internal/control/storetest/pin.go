package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// testPins holds pins to what they protect: revisions and blobs, as long as
// the instance is known and the API there is.
func testPins(s *suite) {
	s.update(func(tx control.Tx) {
		g, other, a, b := s.newGroup(tx, "g"), s.newGroup(tx, "other"), s.newAPI(tx, "a"), s.newAPI(tx, "b")
		held, gone := s.newRevision(tx, a.ID, "1", "/x"), s.newRevision(tx, b.ID, "1", "/y")
		one, two := s.newInstance(tx, g, "one"), s.newInstance(tx, other, "two")
		s.ok(tx.PutBlob(hash("1"), []byte("1")))
		s.ok(tx.PutBlob(hash("2"), []byte("2")))
		pin := func(r *gatewright.Revision, track, body string) gatewright.Pin {
			return gatewright.Pin{API: r.API, Track: track, Revision: r.ID, Number: r.Number, Version: r.Version, Hash: hash(body)}
		}
		x, y, z := pin(held, "v1", "1"), pin(held, "v2", "1"), pin(gone, "v1", "2")
		s.ok(tx.PutPins(one, []gatewright.Pin{y, z, x}))
		s.ok(tx.PutPins(two, []gatewright.Pin{x}))
		of := func(in *gatewright.Instance, pins ...gatewright.Pin) (all []control.InstancePin) {
			for _, p := range pins {
				all = append(all, control.InstancePin{Instance: in.ID, Pin: p})
			}
			slices.SortFunc(all, func(p, q control.InstancePin) int {
				return cmp.Or(cmp.Compare(p.API, q.API), cmp.Compare(p.Track, q.Track))
			})
			return all
		}
		s.same(must(tx.Pins(control.PinFilter{Group: g.ID}))(s), of(one, x, y, z))
		s.same(must(tx.Pins(control.PinFilter{API: b.ID}))(s), of(one, z))
		s.same(must(tx.Pins(control.PinFilter{Group: other.ID, API: a.ID}))(s), of(two, x))
		s.same(len(must(tx.Pins(control.PinFilter{}))(s)), 4)

		s.fails(tx.DeleteRevision(held.ID), gatewright.Conflict, string(held.ID))
		s.same(string(must(tx.Blob(g.ID, hash("2")))(s)), "2")
		s.fails(oneError(tx.Blob(other.ID, hash("2"))), gatewright.NotFound)
		s.same(must(tx.DeleteUnreferencedBlobs(10))(s), 0)

		s.ok(tx.DeleteAPI(b.ID)) // it runs nowhere: nothing could be pinned any more
		s.same(must(tx.Pins(control.PinFilter{Group: g.ID}))(s), of(one, x, y))
		s.ok(tx.PutPins(one, []gatewright.Pin{y}))
		s.same(must(tx.Pins(control.PinFilter{Group: g.ID}))(s), of(one, y))
		s.same(must(tx.DeleteUnreferencedBlobs(10))(s), 1)
		s.ok(tx.DeleteInstance(two.ID))
		s.ok(tx.PutPins(one, nil))
		s.same(len(must(tx.Pins(control.PinFilter{}))(s)), 0)
		s.ok(tx.DeleteRevision(held.ID))
	})
}

// testConfigRuns holds what ran under a configuration ID to activated changes.
func testConfigRuns(s *suite) {
	const id = "2026-11-21r0"
	s.update(func(tx control.Tx) {
		g, other, a := s.newGroup(tx, "g"), s.newGroup(tx, "other"), s.newAPI(tx, "a")
		first, second := s.newRevision(tx, a.ID, "", "/x"), s.newRevision(tx, a.ID, "", "/y")
		run := func(g *gatewright.Group, track, configID string, r *gatewright.Revision, activated bool) {
			slot := &gatewright.SlotChange{API: a.ID, Track: track}
			if r != nil {
				slot.After = &gatewright.SlotContent{Revision: r.ID, ConfigID: configID}
			}
			c := s.newChangeOf(tx, g, []gatewright.ChangeItem{{Slot: slot}})
			c.State, c.SettledAt = gatewright.ChangeFailed, tx.Now()
			if activated {
				c.State, c.ActivatedAt, c.SettledAt = gatewright.ChangeActivating, tx.Now(), time.Time{}
			}
			s.ok(tx.UpdateChange(c))
		}
		run(g, "v1", id, first, true)
		run(g, "v1", id, first, true) // configured
		run(g, "v1", "2026-11-21r1", second, true)
		run(g, "v1", "", nil, true)
		run(g, "v2", id, second, false)
		run(other, "v2", id, second, true)
		want := []control.ConfigRun{
			{Group: g.ID, API: a.ID, Track: "v1", Revision: first.ID}, {Group: other.ID, API: a.ID, Track: "v2", Revision: second.ID},
		}
		slices.SortFunc(want, func(p, q control.ConfigRun) int { return cmp.Compare(p.Group, q.Group) })
		s.same(must(tx.ConfigRuns(id, 10))(s), want)
		s.same(must(tx.ConfigRuns(id, 1))(s), want[:1])
		s.same(len(must(tx.ConfigRuns("", 10))(s)), 0)
		s.same(len(must(tx.ConfigRuns("2026-11-21r9", 10))(s)), 0)
	})
}
