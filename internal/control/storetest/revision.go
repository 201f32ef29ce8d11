package storetest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// testRevisionHead holds the short reading against the whole one.
func testRevisionHead(s *suite) {
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "a")
		r := s.draft(a.ID, "1.0.0", "/x")
		r.Definition.Document.Text = []byte("text")
		s.ok(tx.CreateRevision(r))
		s.ok(tx.SealRevision(r.ID, tx.Now()))
		whole := must(tx.Revision(r.ID))(s)
		whole.Definition.Routes, whole.Definition.Document.Text = nil, nil
		s.same(must(tx.RevisionHead(r.ID))(s), whole)
		s.fails(oneError(tx.RevisionHead("rev_none")), gatewright.NotFound, `revision "rev_none" does not exist`)
	})
}

func testRevision(s *suite) {
	var r *gatewright.Revision
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "a")
		r = s.draft(a.ID, "1.0.0", "/pet/{id}")
		r.Definition.Document.Text = make([]byte, gatewright.MaxDocumentBytes)
		for i := range r.Definition.Document.Text {
			r.Definition.Document.Text[i] = byte(i >> 3)
		}
		s.ok(tx.CreateRevision(r))
		dup := s.draft(a.ID, "", "/x")
		dup.ID = r.ID
		s.fails(tx.CreateRevision(dup), gatewright.Conflict, string(r.ID))
		s.same(dup.Number, 0)
		s.same(must(tx.API(a.ID))(s).LastRevision, 1)
		s.fails(tx.CreateRevision(s.draft("api_none", "", "/x")), gatewright.NotFound, `API "api_none" does not exist`)
	})
	s.view(func(tx control.Tx) {
		for _, got := range []*gatewright.Revision{must(tx.Revision(r.ID))(s), must(tx.RevisionByNumber(r.API, 1))(s)} {
			s.same(got.Definition.ContentHash(), r.Hash)
			s.same(bytes.Equal(got.Definition.Document.Text, r.Definition.Document.Text), true)
			want := *r
			got.Definition.Document.Text, want.Definition.Document.Text = nil, nil // cmp takes seconds for it
			s.same(got, &want)
		}
	})
}

func testRevisionNumbers(s *suite) {
	const many = 300
	var a, b *gatewright.API
	s.update(func(tx control.Tx) { a, b = s.newAPI(tx, "a"), s.newAPI(tx, "b") })
	last := 0
	for last < many {
		s.update(func(tx control.Tx) {
			for range 50 {
				last++
				s.same(s.newRevision(tx, a.ID, "", "/x").Number, last)
			}
		})
		// A number given in a transaction that failed was never given.
		failure := fmt.Errorf("no")
		err := s.store.Update(s.Context(), func(tx control.Tx) error {
			s.same(s.newRevision(tx, a.ID, "", "/x").Number, last+1)
			return failure
		})
		s.same(err == failure, true)
		s.reopen()
	}
	s.update(func(tx control.Tx) {
		s.same(s.newRevision(tx, b.ID, "", "/x").Number, 1) // each API counts for itself
		s.same(must(tx.API(a.ID))(s).LastRevision, many)
		s.same(must(tx.API(b.ID))(s).LastRevision, 1)
	})
}

func testRevisionSeal(s *suite) {
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "a")
		r := s.newRevision(tx, a.ID, "1.0.0", "/x")
		s.same(must(tx.Revision(r.ID))(s).Sealed(), false)
		first := tx.Now().Add(time.Second)
		s.ok(tx.SealRevision(r.ID, first))
		s.ok(tx.SealRevision(r.ID, first.Add(time.Hour)))
		s.ok(tx.SealRevision(r.ID, first.Add(-time.Hour)))
		r.SealedAt = first
		s.same(must(tx.Revision(r.ID))(s), r) // and nothing else changed
		s.fails(tx.SealRevision("rev_none", first), gatewright.NotFound, `revision "rev_none" does not exist`)
		if tx.SealRevision(r.ID, time.Time{}) == nil {
			s.Error("a revision was sealed at no time")
		}
	})
}

func testReplaceDraft(s *suite) {
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "a")
		r := s.newRevision(tx, a.ID, "1.0.0", "/x")
		other := s.newRevision(tx, a.ID, "", "/o")
		draft := *s.draft(a.ID, "2.0.0", "/y")
		draft.ID, draft.Track, draft.ConfigID = r.ID, "v2", "2026-03-01r0"
		draft.Number, draft.CreatedBy, draft.CreatedAt = 99, "eve", time.Time{} // what it leaves alone
		s.ok(tx.ReplaceDraft(&draft))
		want := draft
		want.Number, want.CreatedBy, want.CreatedAt = r.Number, r.CreatedBy, r.CreatedAt
		s.same(must(tx.Revision(r.ID))(s), &want)
		s.same(must(tx.DraftByContent(a.ID, draft.Hash, "2.0.0"))(s), &want)
		s.fails(oneError(tx.DraftByContent(a.ID, r.Hash, "1.0.0")), gatewright.NotFound)
		draft.Definition.Document.Text = nil // also what is gone is gone
		s.ok(tx.ReplaceDraft(&draft))
		s.same(len(must(tx.Revision(r.ID))(s).Definition.Document.Text), 0)
		s.same(must(tx.Revision(other.ID))(s), other)
		s.ok(tx.SealRevision(r.ID, tx.Now()))
		s.fails(tx.ReplaceDraft(&draft), gatewright.Conflict, string(r.ID))
		draft.ID = "rev_none"
		s.fails(tx.ReplaceDraft(&draft), gatewright.NotFound, `"rev_none"`)
	})
}

// testRevisionDelete: neither what runs nor what a canary runs can be deleted.
func testRevisionDelete(s *suite) {
	s.update(func(tx control.Tx) {
		g, a := s.newGroup(tx, "g"), s.newAPI(tx, "a")
		current, canary, idle := s.newRevision(tx, a.ID, "1", "/x"), s.newRevision(tx, a.ID, "2", "/y"), s.newRevision(tx, a.ID, "3", "/z")
		one := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v1"}, Revision: current.ID, Canary: &gatewright.Canary{Revision: canary.ID, Name: "c"}}
		two := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v2"}, Revision: current.ID}
		s.ok(tx.PutSlot(two))
		s.ok(tx.PutSlot(one))
		s.same(must(tx.RevisionSlots(current.ID))(s), []*gatewright.Slot{one, two})
		s.same(must(tx.RevisionSlots(canary.ID))(s), []*gatewright.Slot{one})
		s.same(len(must(tx.RevisionSlots(idle.ID))(s)), 0)
		s.same(must(tx.Slots(control.SlotFilter{Canary: true}))(s), []*gatewright.Slot{one})
		s.same(len(must(tx.Slots(control.SlotFilter{Canary: true, Track: "v2", API: a.ID}))(s)), 0)
		s.fails(tx.DeleteRevision(current.ID), gatewright.Conflict, string(current.ID), string(g.ID), `"v1"`)
		s.fails(tx.DeleteRevision(canary.ID), gatewright.Conflict, string(canary.ID), `"v1"`)
		s.ok(tx.BindVersion(gatewright.VersionBinding{API: a.ID, Label: "3", Hash: idle.Hash}))
		s.ok(tx.DeleteRevision(idle.ID))
		s.fails(oneError(tx.Revision(idle.ID)), gatewright.NotFound)
		s.fails(tx.DeleteRevision(idle.ID), gatewright.NotFound, string(idle.ID))
		s.ok(oneError(tx.VersionBinding(a.ID, "3"))) // the label stays taken
		s.same(must(tx.RevisionCount(a.ID))(s), 2)
		s.same(s.newRevision(tx, a.ID, "", "/n").Number, 4) // and the number
		one.Canary = nil
		s.ok(tx.PutSlot(one))
		s.same(must(tx.Slot(one.SlotKey))(s), one)
		s.ok(tx.DeleteRevision(canary.ID))
		s.fails(tx.PutSlot(&gatewright.Slot{SlotKey: one.SlotKey, Canary: &gatewright.Canary{Revision: canary.ID}}), gatewright.NotFound, string(canary.ID))
	})
}

func testRevisionLookup(s *suite) {
	s.update(func(tx control.Tx) {
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		draft := s.newRevision(tx, a.ID, "1.0.0", "/x")
		again := s.newRevision(tx, a.ID, "1.0.0", "/x")
		other := s.newRevision(tx, a.ID, "1.0.0", "/y")
		bare := s.newRevision(tx, a.ID, "", "/x")

		_, err := tx.RevisionByVersion(a.ID, "1.0.0")
		s.fails(err, gatewright.NotFound, `"1.0.0"`) // drafts have no say
		s.same(must(tx.DraftByContent(a.ID, draft.Hash, "1.0.0"))(s), again)
		s.same(must(tx.DraftByContent(a.ID, other.Hash, "1.0.0"))(s), other)
		s.same(must(tx.DraftByContent(a.ID, bare.Hash, ""))(s), bare)
		s.fails(oneError(tx.DraftByContent(a.ID, other.Hash, "")), gatewright.NotFound)
		s.fails(oneError(tx.DraftByContent(b.ID, draft.Hash, "1.0.0")), gatewright.NotFound)

		reserved := func(api gatewright.APIID, label string) (numbers []int) {
			for _, r := range must(tx.DraftsByVersion(api, label))(s) {
				numbers = append(numbers, r.Number)
			}
			return numbers
		}
		s.same(reserved(a.ID, "1.0.0"), []int{3, 2, 1})
		s.same(len(reserved(a.ID, ""))+len(reserved(a.ID, "2"))+len(reserved(b.ID, "1.0.0")), 0)

		s.ok(tx.SealRevision(draft.ID, tx.Now()))
		s.same(reserved(a.ID, "1.0.0"), []int{3, 2})
		draft.SealedAt = tx.Now()
		s.same(must(tx.RevisionByVersion(a.ID, "1.0.0"))(s), draft)
		s.same(must(tx.DraftByContent(a.ID, draft.Hash, "1.0.0"))(s), again)
		s.ok(tx.SealRevision(again.ID, tx.Now()))
		s.fails(oneError(tx.DraftByContent(a.ID, draft.Hash, "1.0.0")), gatewright.NotFound, `"1.0.0"`)

		s.ok(tx.SealRevision(bare.ID, tx.Now()))
		s.fails(oneError(tx.RevisionByVersion(a.ID, "")), gatewright.NotFound) // "" is no label
		s.fails(oneError(tx.RevisionByVersion(b.ID, "1.0.0")), gatewright.NotFound)
		s.fails(oneError(tx.RevisionByNumber(a.ID, 5)), gatewright.NotFound, "5")
		s.fails(oneError(tx.RevisionByNumber(a.ID, 0)), gatewright.NotFound)
		s.same(must(tx.RevisionByNumber(a.ID, 3))(s), other)
	})
}

func testRevisionList(s *suite) {
	const many = 13
	var want []*gatewright.Revision
	var a *gatewright.API
	s.update(func(tx control.Tx) {
		a = s.newAPI(tx, "a")
		s.newRevision(tx, s.newAPI(tx, "b").ID, "", "/x")
		for i := range many {
			r := *s.newRevision(tx, a.ID, fmt.Sprintf("1.%d", i), "/x")
			r.Definition.Routes, r.Definition.Document.Text = nil, nil
			want = append([]*gatewright.Revision{&r}, want...)
		}
	})
	s.view(func(tx control.Tx) {
		for limit := 1; limit <= many+1; limit++ {
			var got []*gatewright.Revision
			for before := 0; ; before = got[len(got)-1].Number {
				page := must(tx.Revisions(a.ID, before, limit))(s)
				got = append(got, page...)
				if len(page) < limit || got[len(got)-1].Number == 1 {
					break
				}
			}
			s.same(got, want)
		}
		s.same(len(must(tx.Revisions(a.ID, 0, 0))(s)), 0)
		s.same(len(must(tx.Revisions(a.ID, 1, 9))(s)), 0)
		s.same(len(must(tx.Revisions("api_none", 0, 9))(s)), 0)
	})
}

func testVersionLabel(s *suite) {
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "a")
		r := s.newRevision(tx, a.ID, "", "/x")
		s.ok(tx.SealRevision(r.ID, tx.Now()))
		s.ok(tx.SetRevisionVersion(r.ID, "1.0.0"))
		s.ok(tx.SetRevisionVersion(r.ID, "1.0.0"))
		s.fails(tx.SetRevisionVersion(r.ID, "1.0.1"), gatewright.Conflict, `"1.0.0"`, `"1.0.1"`)
		r.Version, r.SealedAt = "1.0.0", tx.Now()
		s.same(must(tx.RevisionByVersion(a.ID, "1.0.0"))(s), r)
		s.fails(tx.SetRevisionVersion(r.ID, ""), gatewright.Conflict, `"1.0.0"`)
		s.fails(tx.SetRevisionVersion("rev_none", "1"), gatewright.NotFound, `"rev_none"`)
	})
}

func testVersionBinding(s *suite) {
	s.update(func(tx control.Tx) {
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		first := gatewright.VersionBinding{API: a.ID, Label: "1.0.0", Hash: hash("x"), BoundAt: tx.Now()}
		s.ok(tx.BindVersion(first))
		later := first
		later.BoundAt = tx.Now().Add(time.Hour)
		s.ok(tx.BindVersion(later)) // the same content: nothing to say
		s.same(*must(tx.VersionBinding(a.ID, "1.0.0"))(s), first)
		later.Hash = hash("y")
		s.fails(tx.BindVersion(later), gatewright.Conflict, `"1.0.0"`)
		s.same(*must(tx.VersionBinding(a.ID, "1.0.0"))(s), first)
		later.API = b.ID // another API's label is another label
		s.ok(tx.BindVersion(later))
		s.fails(oneError(tx.VersionBinding(a.ID, "1.0")), gatewright.NotFound, `"1.0"`)
		s.fails(tx.BindVersion(gatewright.VersionBinding{API: "api_none", Label: "1"}), gatewright.NotFound, `"api_none"`)
	})
	s.reopen()
	s.update(func(tx control.Tx) {
		a := must(tx.APIByName("a"))(s)
		s.fails(tx.BindVersion(gatewright.VersionBinding{API: a.ID, Label: "1.0.0", Hash: hash("y")}), gatewright.Conflict)
	})
}
