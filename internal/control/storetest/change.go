package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testChange(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		c := s.newChange(tx, g, gatewright.SlotKey{API: "api_1", Track: "v1"})
		s.same(must(tx.Change(c.ID))(s), c)
		s.fails(tx.CreateChange(c), gatewright.Conflict, string(c.ID))

		after := *c
		after.State, after.Generation = gatewright.ChangeFailed, 7
		after.PreparedAt, after.ActivatedAt, after.SettledAt = tx.Now(), tx.Now().Add(1e6), tx.Now().Add(2e6)
		after.Error = &gatewright.Error{Code: gatewright.Unavailable, Message: "nobody", Details: []gatewright.Detail{{Subject: "gw-1", Message: "silent"}}}
		sent := after
		sent.Items, sent.Kind, sent.Group, sent.Outcomes = nil, "other", "grp_other", []gatewright.InstanceOutcome{{}} // what never changes
		s.ok(tx.UpdateChange(&sent))
		s.same(must(tx.Change(c.ID))(s), &after)

		f := new(filler) // everything else can change
		all := filled[gatewright.Change](f)
		all.ID, all.Group, all.Kind, all.Items, all.Outcomes, all.ActivatedAt = c.ID, c.Group, c.Kind, c.Items, nil, tx.Now()
		s.ok(tx.UpdateChange(all))
		s.same(must(tx.Change(c.ID))(s), all)

		after.Error, after.State = nil, gatewright.ChangeLive
		s.ok(tx.UpdateChange(&after))
		s.same(must(tx.Change(c.ID))(s), &after)
		missing := &gatewright.Change{ID: "chg_none", Group: g.ID}
		s.fails(tx.UpdateChange(missing), gatewright.NotFound, `change "chg_none" does not exist`)
		s.fails(tx.CreateChange(&gatewright.Change{ID: "chg_1", Group: "grp_none"}), gatewright.NotFound, `"grp_none"`)
	})
}

// history stores changes over two groups and several slots, in every state,
// oldest first.
func (s *suite) history() (all []*gatewright.Change, groups []*gatewright.Group) {
	s.update(func(tx control.Tx) {
		groups = []*gatewright.Group{s.newGroup(tx, "g"), s.newGroup(tx, "h")}
		a1, a2 := gatewright.SlotKey{API: "api_a", Track: "v1"}, gatewright.SlotKey{API: "api_a", Track: "v2"}
		b1 := gatewright.SlotKey{API: "api_b", Track: "v1"}
		sets := [][]gatewright.ChangeItem{
			slotItems(a1), append(slotItems(a2, a1), resourceItem("registry/r")), slotItems(b1), slotItems(b1, a1, a1), nil, slotItems(a2),
			{resourceItem("registry/r"), resourceItem("app/a"), resourceItem("registry/r")}, append(slotItems(a1), resourceItem("app/a")),
		}
		states := []gatewright.ChangeState{
			gatewright.ChangeLive, gatewright.ChangePreparing, gatewright.ChangeFailed, gatewright.ChangeActivating,
			gatewright.ChangeScheduled, gatewright.ChangePendingApproval, gatewright.ChangeReverted,
		}
		for i := range 80 {
			c := s.newChangeOf(tx, groups[i%2], sets[i/2%len(sets)])
			c.State = states[i%len(states)]
			switch c.State {
			case gatewright.ChangeLive, gatewright.ChangeActivating, gatewright.ChangeReverted:
				c.ActivatedAt = tx.Now()
			}
			s.ok(tx.UpdateChange(c))
			if i%3 == 0 {
				o := gatewright.InstanceOutcome{Instance: "ins_1", State: gatewright.OutcomeApplied}
				s.ok(tx.PutOutcome(c.ID, o))
				c.Outcomes = []gatewright.InstanceOutcome{o}
			}
			all = append(all, c)
		}
	})
	return all, groups
}

func slotItems(keys ...gatewright.SlotKey) []gatewright.ChangeItem {
	var items []gatewright.ChangeItem
	for _, k := range keys {
		items = append(items, gatewright.ChangeItem{Slot: &gatewright.SlotChange{API: k.API, Track: k.Track}})
	}
	return items
}

func resourceItem(key gatewright.Key) gatewright.ChangeItem {
	return gatewright.ChangeItem{Resource: &gatewright.ResourceChange{Key: key}}
}

// chosen is what a filter is to give, without Before and Limit.
func chosen(all []*gatewright.Change, f control.ChangeFilter) []*gatewright.Change {
	want := []*gatewright.Change{}
	for _, c := range slices.Backward(all) {
		about := f.API == "" || slices.ContainsFunc(c.Items, func(i gatewright.ChangeItem) bool {
			return i.Slot != nil && i.Slot.API == f.API && (f.Track == "" || i.Slot.Track == f.Track)
		})
		about = about && (f.Resource == "" || f.Group == "" || slices.ContainsFunc(c.Items, func(i gatewright.ChangeItem) bool {
			return i.Resource != nil && i.Resource.Key == f.Resource
		}))
		if about && (f.Group == "" || c.Group == f.Group) && (!f.Unsettled || !c.State.Settled()) && (!f.Activated || !c.ActivatedAt.IsZero()) {
			want = append(want, c)
		}
	}
	return want
}

// testChangeList asks for every combination of the filter, in pages of one size
// or another. All changes are made in one millisecond: identifiers do not order
// them.
func testChangeList(s *suite) {
	all, groups := s.history()
	s.view(func(tx control.Tx) {
		for bits := range 2 * 2 * 2 * 4 * 3 {
			f := control.ChangeFilter{Unsettled: bits&1 != 0, Activated: bits&2 != 0}
			if bits&4 != 0 {
				f.Group = groups[1].ID
			}
			f.Resource = []gatewright.Key{"", "registry/r", "app/a"}[bits>>5]
			switch bits >> 3 & 3 {
			case 1:
				f.API = "api_a"
			case 2:
				f.API, f.Track = "api_a", "v1"
			case 3:
				f.API, f.Track = "api_b", "v2"
			}
			want := chosen(all, f)
			s.same(append([]*gatewright.Change{}, must(tx.Changes(f))(s)...), want)
			limit := []int{1, 2, 3, 7, 80}[bits%5] // five divides no number of values above
			page, got := f, []*gatewright.Change{}
			page.Limit = limit
			for {
				found := must(tx.Changes(page))(s)
				got = append(got, found...)
				if len(found) < limit {
					break
				}
				page.Before = found[limit-1].ID
			}
			s.same(got, want)
		}
		s.fails(oneError(tx.Changes(control.ChangeFilter{Before: "chg_none"})), gatewright.NotFound, `"chg_none"`)
		s.same(len(must(tx.Changes(control.ChangeFilter{Group: "grp_none"}))(s)), 0)
		// Track alone selects nothing.
		s.same(len(must(tx.Changes(control.ChangeFilter{Track: "v9"}))(s)), len(all))
	})
}

// testChangeHistory: a change that settles leaves the list of those under way.
func testChangeHistory(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		c := s.newChange(tx, g, gatewright.SlotKey{API: "api_a", Track: "v1"})
		under := control.ChangeFilter{Group: g.ID, API: "api_a", Track: "v1", Unsettled: true}
		s.same(len(must(tx.Changes(under))(s)), 1)
		ran := control.ChangeFilter{Group: g.ID, API: "api_a", Track: "v1", Activated: true}
		s.same(len(must(tx.Changes(ran))(s)), 0)
		for _, state := range []gatewright.ChangeState{
			gatewright.ChangePendingApproval, gatewright.ChangeScheduled, gatewright.ChangePreparing, gatewright.ChangeActivating,
			gatewright.ChangeLive, gatewright.ChangeRejected, gatewright.ChangeCancelled, gatewright.ChangeExpired,
			gatewright.ChangeSuperseded, gatewright.ChangeFailed, gatewright.ChangeReverted,
		} {
			c.State, c.ActivatedAt = state, tx.Now()
			s.ok(tx.UpdateChange(c))
			s.same(len(must(tx.Changes(under))(s)) == 1, !state.Settled())
			s.same(len(must(tx.Changes(ran))(s)), 1)
		}
	})
}

func testOutcome(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		c, other := s.newChange(tx, g), s.newChange(tx, g)
		b := gatewright.InstanceOutcome{Instance: "ins_1", Name: "b", State: gatewright.OutcomePending, At: tx.Now()}
		a := gatewright.InstanceOutcome{Instance: "ins_2", Name: "a", State: gatewright.OutcomeRejected, Reason: "规则 ?", Base: 4, At: tx.Now()}
		s.ok(tx.PutOutcome(c.ID, b))
		s.ok(tx.PutOutcome(c.ID, a)) // of an instance that nobody knows any more
		b.State, b.Base = gatewright.OutcomeApplied, 5
		s.ok(tx.PutOutcome(c.ID, b)) // replaces
		s.same(must(tx.Change(c.ID))(s).Outcomes, []gatewright.InstanceOutcome{a, b})
		s.same(len(must(tx.Change(other.ID))(s).Outcomes), 0)
		s.fails(tx.PutOutcome("chg_none", a), gatewright.NotFound, `"chg_none"`)
	})
}

func testIdempotency(s *suite) {
	get := func(actor, key string) (got [2]string, err error) {
		s.view(func(tx control.Tx) {
			var h gatewright.Hash
			var c gatewright.ChangeID
			h, c, err = tx.Idempotency(actor, key)
			got = [2]string{string(h), string(c)}
		})
		return got, err
	}
	put := func(actor, key, request, change string) (err error) {
		s.update(func(tx control.Tx) {
			err = tx.PutIdempotency(actor, key, gatewright.Hash(request), gatewright.ChangeID(change))
		})
		return err
	}
	s.ok(put("ann", "k", "r1", "c1"))
	s.ok(put("bob", "k", "r2", "c2"))
	s.ok(put("ann", "k", "r1", "c1"))
	s.fails(put("ann", "k", "r1", "c3"), gatewright.Conflict, `"k"`, `"ann"`)
	s.fails(put("ann", "k", "r3", "c1"), gatewright.Conflict, `"k"`)
	s.same(must(get("ann", "k"))(s), [2]string{"r1", "c1"})
	s.same(must(get("bob", "k"))(s), [2]string{"r2", "c2"})
	s.fails(oneError(get("ann", "K")), gatewright.NotFound, `"K"`)

	first := s.clock.Now()
	s.clock.Advance(time.Hour)
	s.ok(put("ann", "later", "r", "c"))
	for _, step := range []struct {
		name   string
		before time.Time
		early  bool // whether the early one is still there
	}{
		{"never", time.Time{}, true},
		{"exactly then", first, true}, // before means before
		{"a moment later", first.Add(time.Microsecond), false},
	} {
		s.Run(step.name, func(*testing.T) {
			s.update(func(tx control.Tx) { s.ok(tx.DeleteIdempotencyBefore(step.before)) })
			_, err := get("ann", "k")
			s.same(err == nil, step.early)
			s.ok(oneError(get("ann", "later")))
		})
	}
	s.ok(put("ann", "k", "r9", "c9")) // free again
}

func testConfigID(s *suite) {
	day := time.Date(2026, 11, 21, 23, 59, 59, 0, time.UTC)
	next := func(t time.Time) (id string) {
		s.update(func(tx control.Tx) { id = must(tx.NextConfigID(t))(s) })
		return id
	}
	s.same(next(day), "2026-11-21r0")
	s.same(next(day.Add(-23*time.Hour)), "2026-11-21r1")
	s.same(next(day.Add(time.Second)), "2026-11-22r0")
	s.same(next(day.In(time.FixedZone("east", 3600*8))), "2026-11-21r2") // the day is that of UTC
	err := s.store.Update(s.Context(), func(tx control.Tx) error {
		s.same(must(tx.NextConfigID(day))(s), "2026-11-21r3")
		s.same(must(tx.NextConfigID(day))(s), "2026-11-21r4")
		return errGiveUp
	})
	s.same(errors.Is(err, errGiveUp), true)
	s.reopen()
	s.same(next(day), "2026-11-21r3") // what was rolled back was not given
	const given, each = 4, 98         // a row that one transaction alters thousands of times gets slower and slower
	for range (gatewright.MaxConfigsPerDay - given) / each {
		s.update(func(tx control.Tx) {
			for range each {
				s.ok(oneError(tx.NextConfigID(day)))
			}
		})
	}
	s.update(func(tx control.Tx) {
		s.fails(oneError(tx.NextConfigID(day)), gatewright.LimitExceeded)
		s.ok(oneError(tx.NextConfigID(day.AddDate(0, 0, 1))))
	})
}
