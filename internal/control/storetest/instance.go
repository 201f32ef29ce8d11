package storetest

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testInstance(s *suite) {
	s.update(func(tx control.Tx) {
		g, h := s.newGroup(tx, "g"), s.newGroup(tx, "h")
		put := func(id, name string, group *gatewright.Group) *gatewright.Instance {
			i := &gatewright.Instance{ID: gatewright.InstanceID(id), Name: name, Group: group.ID, LastSeen: tx.Now()}
			s.ok(tx.PutInstance(i))
			return i
		}
		b2, a, b1, z := put("ins_b2", "b", g), put("ins_a", "a", g), put("ins_b1", "b", g), put("ins_z", "Z", h)
		s.same(must(tx.Instances(g.ID))(s), []*gatewright.Instance{a, b1, b2})
		s.same(must(tx.Instances(h.ID))(s), []*gatewright.Instance{z})
		s.same(must(tx.Instances(""))(s), []*gatewright.Instance{z, a, b1, b2})
		s.same(len(must(tx.Instances("grp_none"))(s)), 0)

		a.Generation, a.LeftAt, a.SessionKey, a.PriorKey = 9, tx.Now(), hash("s"), hash("p")
		a.Digest, a.Unlisted, a.Sequence = gatewright.NoEntries, 3, 17
		a.Rejections = []gatewright.Rejection{{Key: "api/x", Hash: hash("x"), Reason: "no"}}
		a.Warnings = []string{"disk full"}
		s.ok(tx.PutInstance(a))
		s.same(must(tx.Instance(a.ID))(s), a)
		a.Rejections, a.Warnings, a.LeftAt, a.PriorKey, a.Digest, a.Unlisted, a.Sequence = nil, nil, time.Time{}, "", "", 0, 0
		s.ok(tx.PutInstance(a)) // also what is gone is gone
		s.same(must(tx.Instance(a.ID))(s), a)

		s.ok(tx.DeleteInstance(a.ID))
		s.fails(oneError(tx.Instance(a.ID)), gatewright.NotFound, `"ins_a"`)
		s.fails(tx.DeleteInstance(a.ID), gatewright.NotFound, `"ins_a"`)
		s.same(must(tx.Instances(g.ID))(s), []*gatewright.Instance{b1, b2})
		s.fails(tx.PutInstance(&gatewright.Instance{ID: "ins_x", Group: "grp_none"}), gatewright.NotFound, `"grp_none"`)
	})
}
