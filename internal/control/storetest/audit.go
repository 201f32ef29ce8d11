package storetest

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testAudit(s *suite) {
	const many = 11
	var want []*gatewright.AuditEntry // newest first
	for range many {
		s.update(func(tx control.Tx) {
			e := &gatewright.AuditEntry{
				At: tx.Now(), Action: "group.create", Target: "g", Detail: "多",
				Actor: gatewright.Actor{Name: "ann", Client: "cli", Address: "[::1]:9", Token: "tok_1"},
			}
			s.ok(tx.AppendAudit(e))
			if len(want) > 0 && e.ID <= want[0].ID {
				s.Fatalf("entry %d after %d", e.ID, want[0].ID)
			}
			want = append([]*gatewright.AuditEntry{e}, want...)
		})
	}
	s.view(func(tx control.Tx) {
		for limit := 1; limit <= many+1; limit++ {
			var got []*gatewright.AuditEntry
			for before := int64(0); ; before = got[len(got)-1].ID {
				page := must(tx.Audit(before, limit))(s)
				got = append(got, page...)
				if len(page) < limit {
					break
				}
			}
			s.same(got, want)
		}
		s.same(len(must(tx.Audit(0, 0))(s)), 0)
		s.same(len(must(tx.Audit(want[many-1].ID, 5))(s)), 0)
	})
}
