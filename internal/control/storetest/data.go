package storetest

import (
	"cmp"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testData(s *suite) {
	s.update(func(tx control.Tx) {
		g, h := s.newGroup(tx, "g"), s.newGroup(tx, "h")
		api := s.newAPI(tx, "reader").ID
		revision := func(base, source string, tables ...string) *gatewright.Revision {
			r := s.newRevision(tx, api, "", base)
			r.Definition.Kind, r.Definition.Data = gatewright.KindData, &gatewright.DataDefinition{Mode: gatewright.DataNative, Source: source}
			for _, t := range tables {
				r.Definition.Data.Tables = append(r.Definition.Data.Tables, gatewright.DataTable{Name: t})
			}
			s.ok(tx.ReplaceDraft(r))
			return r
		}
		orders, both := revision("/orders", "shop", "orders"), revision("/both", "shop", "orders", "customers")
		put := func(group gatewright.GroupID, track string, current, canary *gatewright.Revision) gatewright.SlotKey {
			slot := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: group, API: api, Track: track}}
			if current != nil {
				slot.Revision = current.ID
			}
			if canary != nil {
				slot.Canary = &gatewright.Canary{Name: "c", Revision: canary.ID}
			}
			s.ok(tx.PutSlot(slot))
			return slot.SlotKey
		}
		reader := func(key gatewright.SlotKey, r *gatewright.Revision, canary bool) control.DataReader {
			return control.DataReader{SlotKey: key, Name: "reader", Revision: r.ID, Number: r.Number, Canary: canary}
		}
		shop, customers := gatewright.SourceKey("shop"), gatewright.TableKey("customers")
		s.same(must(tx.DataReaders(g.ID, shop))(s), []control.DataReader{})
		inG, inH := put(g.ID, "v1", orders, both), put(h.ID, "v1", both, both)
		s.same(must(tx.DataReaders(g.ID, shop))(s), []control.DataReader{reader(inG, orders, false), reader(inG, both, true)})
		s.same(must(tx.DataReaders(g.ID, customers))(s), []control.DataReader{reader(inG, both, true)})
		s.same(must(tx.DataReaders(h.ID, customers))(s), []control.DataReader{reader(inH, both, false)})
		s.same(must(tx.DataReaders(g.ID, gatewright.SourceKey("customers")))(s), []control.DataReader{})
		s.same(must(tx.Revision(both.ID))(s).Definition.Data, both.Definition.Data)
		s.same(must(tx.RevisionHead(both.ID))(s).Definition.Data, both.Definition.Data)

		// What is undeployed reads nothing, and other content reads other tables.
		put(g.ID, "v1", orders, nil)
		s.same(must(tx.DataReaders(g.ID, customers))(s), []control.DataReader{})
		orders.Definition.Data.Tables[0].Name = "customers"
		s.ok(tx.ReplaceDraft(orders))
		s.same(must(tx.DataReaders(g.ID, customers))(s), []control.DataReader{reader(inG, orders, false)})
		s.same(must(tx.DataReaders(g.ID, gatewright.TableKey("orders")))(s), []control.DataReader{})
	})
}

func testSecrets(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		s.fails(oneError(tx.Secret("sec_none")), gatewright.NotFound)
		s.same(len(must(tx.Secrets())(s)), 0)
		var rows []*control.SecretRow
		for range 2 {
			row := &control.SecretRow{ID: gatewright.SecretID(s.id("sec_")), Group: g.ID, Key: gatewright.SourceKey("shop"), Sealed: "s1:x:1"}
			s.ok(tx.CreateSecret(row))
			rows = append(rows, row)
		}
		s.fails(tx.CreateSecret(rows[0]), gatewright.Conflict)
		s.fails(tx.CreateSecret(&control.SecretRow{ID: "sec_x", Group: "grp_none"}), gatewright.NotFound)
		s.ok(tx.ResealSecret(rows[0].ID, "s1:y:2"))
		s.fails(tx.ResealSecret("sec_none", "s1:y:2"), gatewright.NotFound)
		rows[0].Sealed = "s1:y:2"
		s.same(must(tx.Secret(rows[0].ID))(s), rows[0])
		slices.SortFunc(rows, func(a, b *control.SecretRow) int { return cmp.Compare(a.ID, b.ID) })
		s.same(must(tx.Secrets())(s), rows)
		s.ok(tx.DeleteSecret(rows[0].ID))
		s.fails(tx.DeleteSecret(rows[0].ID), gatewright.NotFound)
		s.same(must(tx.Secrets())(s), rows[1:])
	})
}
