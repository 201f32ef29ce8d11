package storetest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// appendAudit appends an entry in an update of its own.
func (s *suite) appendAudit(e gatewright.AuditEntry) *gatewright.AuditEntry {
	s.Helper()
	s.update(func(tx control.Tx) {
		e.At = tx.Now()
		s.ok(tx.AppendAudit(&e))
	})
	return &e
}

func testAudit(s *suite) {
	const many = 11
	var want []*gatewright.AuditEntry // newest first
	for i := range many {
		e := s.appendAudit(gatewright.AuditEntry{
			Action: "group.create", Kind: "group", Target: "g", Detail: "多", Group: "grp_1", API: "api_1", Outcome: gatewright.AuditOK,
			Actor:  gatewright.Actor{Name: "ann", Client: "cli", Address: "[::1]:9", Token: "tok_1"},
			Before: json.RawMessage(`{"b":1, "a":"<"}`), After: json.RawMessage(`[1.50]`),
		})
		if e.ID != int64(i+1) || e.Hash != e.Digest() || i > 0 && e.Previous != want[0].Hash {
			s.Fatalf("entry %+v after %+v", e, want)
		}
		want = append([]*gatewright.AuditEntry{e}, want...)
	}
	s.view(func(tx control.Tx) {
		for limit := 1; limit <= many+1; limit++ {
			var got []*gatewright.AuditEntry
			for before := int64(0); ; before = got[len(got)-1].ID {
				page := must(tx.Audit(control.AuditFilter{Before: before, Limit: limit}))(s)
				got = append(got, page...)
				if len(page) < limit {
					break
				}
			}
			s.same(got, want)
		}
		s.same(len(must(tx.Audit(control.AuditFilter{}))(s)), 0)
		s.same(must(tx.CountAudit(control.AuditFilter{Limit: 3}))(s), 3)
		s.same(len(must(tx.Audit(control.AuditFilter{Before: 1, Limit: 5}))(s)), 0)
		oldest := must(tx.Audit(control.AuditFilter{Oldest: true, After: 3, Limit: 2}))(s)
		s.same([]int64{oldest[0].ID, oldest[1].ID}, []int64{4, 5})
		s.same(must(tx.AuditEntry(4))(s), oldest[0])
		s.fails(oneError(tx.AuditEntry(many+1)), gatewright.NotFound, "12")
		s.same(must(tx.AuditHead())(s), want[0].Head())
		s.same(must(tx.AuditAnchor())(s), gatewright.AuditHead{})
	})
	s.reopen()
	s.intact(many)
}

// testAuditRollback: an update that fails leaves no gap.
func testAuditRollback(s *suite) {
	s.appendAudit(gatewright.AuditEntry{Action: "a"})
	for range 3 {
		_ = s.store.Update(s.Context(), func(tx control.Tx) error {
			s.ok(tx.AppendAudit(&gatewright.AuditEntry{Action: "b"}))
			return errGiveUp
		})
	}
	s.same(s.appendAudit(gatewright.AuditEntry{Action: "c"}).ID, int64(2))
	s.intact(2)
}

func testAuditFilter(s *suite) {
	start := s.clock.Now()
	var group *gatewright.Group
	var pets, shop *gatewright.API
	var change *gatewright.Change
	s.update(func(tx control.Tx) {
		group, pets, shop = s.newGroup(tx, "g"), s.newAPI(tx, "pets"), s.newAPI(tx, "shop")
		change = s.newChange(tx, group,
			gatewright.SlotKey{Group: group.ID, API: pets.ID, Track: "v1"}, gatewright.SlotKey{Group: group.ID, API: shop.ID, Track: "v1"})
	})
	entries := []gatewright.AuditEntry{
		1: {Action: "token.create", Target: "tok_1", Outcome: gatewright.AuditOK, Actor: gatewright.Actor{Name: "ann", Address: "10.0.0.1"}},
		2: {Action: "token.revoke", Target: "tok_1", Outcome: gatewright.AuditOK, Actor: gatewright.Actor{Name: "bob", Address: "10.0.0.1"}},
		3: {Action: "api.update", Target: string(pets.ID), API: pets.ID, Outcome: gatewright.AuditOK, Actor: gatewright.Actor{Name: "ann"}},
		4: {Action: "change.submit", Target: string(change.ID), Group: group.ID, Outcome: gatewright.AuditOK, Actor: gatewright.Actor{Name: "ann"}},
		5: {Action: "request.refuse", Target: "x", Outcome: "forbidden", Actor: gatewright.Actor{Name: "bob", Address: "10.0.0.2"}},
		6: {Action: "tokens.list", Target: "x", Outcome: "invalid", Actor: gatewright.Actor{Name: "eve"}},
	}
	for _, e := range entries[1:] {
		s.appendAudit(e)
		s.clock.Advance(time.Hour)
	}
	for _, tt := range []struct {
		name string
		f    control.AuditFilter
		want []int64
	}{
		{"all", control.AuditFilter{}, []int64{6, 5, 4, 3, 2, 1}},
		{"actor", control.AuditFilter{Actor: "ann"}, []int64{4, 3, 1}},
		{"action", control.AuditFilter{Action: "token.create"}, []int64{1}},
		{"noun", control.AuditFilter{Action: "token."}, []int64{2, 1}},
		{"target", control.AuditFilter{Target: "tok_1"}, []int64{2, 1}},
		{"address", control.AuditFilter{Address: "10.0.0.1"}, []int64{2, 1}},
		{"group", control.AuditFilter{Group: group.ID}, []int64{4}},
		{"API, and a change of several", control.AuditFilter{API: pets.ID}, []int64{4, 3}},
		{"API of a change of several", control.AuditFilter{API: shop.ID}, []int64{4}},
		{"since", control.AuditFilter{Since: start.Add(4 * time.Hour)}, []int64{6, 5}},
		{"until", control.AuditFilter{Until: start.Add(2 * time.Hour)}, []int64{2, 1}},
		{"between", control.AuditFilter{Since: start.Add(time.Hour), Until: start.Add(2 * time.Hour)}, []int64{2}},
		{"done", control.AuditFilter{Outcome: gatewright.AuditOK}, []int64{4, 3, 2, 1}},
		{"refused", control.AuditFilter{Outcome: gatewright.AuditRefused}, []int64{6, 5}},
		{"code", control.AuditFilter{Outcome: "forbidden"}, []int64{5}},
		{"several", control.AuditFilter{Actor: "bob", Outcome: gatewright.AuditRefused, Address: "10.0.0.2"}, []int64{5}},
		{"none", control.AuditFilter{Actor: "an"}, nil},
		{"page", control.AuditFilter{Actor: "ann", Before: 4}, []int64{3, 1}},
		{"oldest first", control.AuditFilter{Actor: "ann", After: 1, Oldest: true}, []int64{3, 4}},
	} {
		tt.f.Limit = 100
		s.view(func(tx control.Tx) {
			var got []int64
			for _, e := range must(tx.Audit(tt.f))(s) {
				got = append(got, e.ID)
			}
			if n := must(tx.CountAudit(tt.f))(s); n != len(got) {
				s.Errorf("%s: %d are counted", tt.name, n)
			}
			if !slices.Equal(got, tt.want) {
				s.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		})
	}
}

func testAuditDelete(s *suite) {
	start := s.clock.Now()
	var all []*gatewright.AuditEntry
	for i := range 10 {
		all = append(all, s.appendAudit(gatewright.AuditEntry{Action: "a", Detail: strconv.Itoa(i)}))
		s.clock.Advance(time.Hour)
	}
	remove := func(before time.Time, limit, want int) {
		s.Helper()
		s.update(func(tx control.Tx) { s.same(must(tx.DeleteAudit(before, limit))(s), want) })
	}
	remove(start, 100, 0)
	remove(start.Add(time.Hour), 0, 0)
	s.view(func(tx control.Tx) { s.same(must(tx.AuditAnchor())(s), gatewright.AuditHead{}) })
	remove(start.Add(5*time.Hour), 3, 3)
	s.view(func(tx control.Tx) { s.same(must(tx.AuditAnchor())(s), all[2].Head()) })
	remove(start.Add(5*time.Hour), 100, 2)
	remove(start.Add(5*time.Hour), 100, 0)
	s.reopen()
	s.view(func(tx control.Tx) {
		s.same(must(tx.AuditAnchor())(s), all[4].Head())
		s.same(must(tx.Audit(control.AuditFilter{Oldest: true, Limit: 100}))(s), all[5:])
		s.fails(oneError(tx.AuditEntry(5)), gatewright.NotFound)
	})
	remove(start.Add(100*time.Hour), 100, 5) // all of it: the chain still goes on
	s.view(func(tx control.Tx) { s.same(must(tx.AuditHead())(s), all[9].Head()) })
	next := s.appendAudit(gatewright.AuditEntry{Action: "b"})
	s.same(next.ID, int64(11))
	s.same(next.Previous, all[9].Hash)
}

// testAuditTogether: entries written at the same time form one chain.
func testAuditTogether(s *suite) {
	const workers, each = 6, 10
	var wg sync.WaitGroup
	errs := make(chan error, workers*each)
	for w := range workers {
		wg.Go(func() {
			for range each {
				errs <- s.store.Update(s.Context(), func(tx control.Tx) error {
					for range w%2 + 1 {
						if err := tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "a"}); err != nil {
							return err
						}
					}
					return nil
				})
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		s.ok(err)
	}
	s.intact(workers / 2 * each * 3)
}

// intact checks the whole chain.
func (s *suite) intact(entries int64) {
	s.Helper()
	n, fault, err := AuditIntact(s.Context(), s.store)
	s.ok(err)
	if fault != nil || n != entries {
		s.Fatalf("%d entries are as they were written, want %d; fault %+v", n, entries, fault)
	}
}

// AuditIntact checks the whole chain of a store, as a test's last word on it,
// and returns the number of its entries.
func AuditIntact(ctx context.Context, store control.Store) (n int64, fault *gatewright.AuditFault, err error) {
	err = store.View(ctx, func(tx control.Tx) error {
		anchor, err := tx.AuditAnchor()
		if err != nil {
			return err
		}
		all, err := tx.Audit(control.AuditFilter{Oldest: true, Limit: 1 << 20})
		if err != nil {
			return err
		}
		head, err := tx.AuditHead()
		if err != nil {
			return err
		}
		v := gatewright.NewAuditVerifier(anchor, false)
		for _, e := range all {
			if v.Next(e) != nil {
				break
			}
		}
		r := v.End(head)
		n, fault = r.Checked, r.Fault
		return nil
	})
	return n, fault, err
}
