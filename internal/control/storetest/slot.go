package storetest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testSlot(s *suite) {
	s.update(func(tx control.Tx) {
		g, h := s.newGroup(tx, "g"), s.newGroup(tx, "h")
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		r := s.newRevision(tx, a.ID, "", "/x")
		var all []*gatewright.Slot
		for _, k := range []gatewright.SlotKey{
			{Group: h.ID, API: a.ID, Track: "v1"}, {Group: g.ID, API: b.ID, Track: "v1"},
			{Group: g.ID, API: a.ID, Track: "v2"}, {Group: g.ID, API: a.ID, Track: "v10"},
		} {
			slot := &gatewright.Slot{SlotKey: k, Runtime: gatewright.RuntimeConfig{Enabled: true, Hosts: []string{k.Track}}}
			s.ok(tx.PutSlot(slot))
			all = append(all, slot)
		}
		changed := all[2]
		changed.Revision, changed.Change, changed.Runtime.Enabled = r.ID, "chg_any", false
		s.ok(tx.PutSlot(changed)) // replaces
		s.same(must(tx.Slot(changed.SlotKey))(s), changed)
		changed.Revision = ""
		s.ok(tx.PutSlot(changed)) // undeployed
		s.same(must(tx.Slot(changed.SlotKey))(s), changed)

		slices.SortFunc(all, func(a, b *gatewright.Slot) int {
			return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.API, b.API), cmp.Compare(a.Track, b.Track))
		})
		for _, f := range []control.SlotFilter{{}, {Group: g.ID}, {API: a.ID}, {Group: g.ID, API: a.ID}, {Group: "grp_none"}} {
			want := slices.DeleteFunc(slices.Clone(all), func(l *gatewright.Slot) bool {
				return f.Group != "" && l.Group != f.Group || f.API != "" && l.API != f.API
			})
			got := must(tx.Slots(f))(s)
			s.same(append([]*gatewright.Slot{}, got...), want)
		}
		changed.Revision = r.ID
		s.ok(tx.PutSlot(changed))
		s.same(must(tx.Slots(control.SlotFilter{Deployed: true}))(s), []*gatewright.Slot{changed})
		s.same(must(tx.Slots(control.SlotFilter{API: a.ID, Track: "v2"}))(s), []*gatewright.Slot{changed})
		for limit := 1; limit <= len(all)+1; limit++ { // pages join without gap
			var walked []*gatewright.Slot
			f := control.SlotFilter{Limit: limit}
			for page := must(tx.Slots(f))(s); len(page) > 0; page = must(tx.Slots(f))(s) {
				walked = append(walked, page...)
				f.After = page[len(page)-1].SlotKey
			}
			s.same(walked, all)
		}
		s.fails(oneError(tx.Slot(gatewright.SlotKey{Group: h.ID, API: a.ID, Track: "v2"})), gatewright.NotFound, `"v2"`)
		s.fails(tx.PutSlot(&gatewright.Slot{SlotKey: gatewright.SlotKey{Group: "grp_none", API: a.ID}}), gatewright.NotFound, `"grp_none"`)
		s.fails(tx.PutSlot(&gatewright.Slot{SlotKey: gatewright.SlotKey{Group: g.ID, API: "api_none"}}), gatewright.NotFound, `"api_none"`)
		s.fails(tx.PutSlot(&gatewright.Slot{SlotKey: changed.SlotKey, Revision: "rev_none"}), gatewright.NotFound, `"rev_none"`)
	})
}

func claim(host, key, head string) control.Claim {
	return control.Claim{Host: host, Key: key, Head: head, Route: "route " + key, Path: "/path" + key}
}

// held returns the claims as the store gives them back for slot.
func held(slot gatewright.SlotKey, claims ...control.Claim) []control.Claim {
	out := slices.Clone(claims)
	for i := range out {
		out[i].Slot = slot
	}
	return out
}

func testClaims(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		v1 := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v1"}
		v2 := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v2"}
		rival := gatewright.SlotKey{Group: g.ID, API: b.ID, Track: "v1"}
		elsewhere := gatewright.SlotKey{Group: other.ID, API: b.ID, Track: "v1"}
		x, y, z := claim("h", "GET/x 0", "x"), claim("h", "GET/y 0", "y"), claim("", "GET/x 0", "x")
		wanted := []control.Claim{z, x, y, x, claim("h", "POST/x 0", "x")}

		s.ok(tx.PutClaims(v1, []control.Claim{x, y, z}))
		s.same(must(tx.ClaimHolders(rival, wanted))(s), held(v1, z, x, y))
		s.same(must(tx.ClaimHolders(v2, wanted))(s), held(v1, z, x, y)) // another track is another slot
		s.same(len(must(tx.ClaimHolders(v1, wanted))(s)), 0)            // not against itself
		s.same(len(must(tx.ClaimHolders(elsewhere, wanted))(s)), 0)
		s.same(len(must(tx.ClaimHolders(rival, nil))(s)), 0)
		s.same(len(must(tx.ClaimHolders(rival, []control.Claim{claim("i", "GET/x 0", ""), claim("h", "GET/X 0", "")}))(s)), 0)

		w := claim("h", "GET/w 0", "w")
		s.fails(tx.PutClaims(rival, []control.Claim{w, y}), gatewright.Conflict, "route GET/y 0", "/pathGET/y 0", `"h"`, string(a.ID))
		s.same(len(must(tx.ClaimHolders(v1, []control.Claim{w}))(s)), 0) // nothing of it was kept
		s.fails(tx.PutClaims(rival, []control.Claim{w, w}), gatewright.Conflict, "route GET/w 0")
		s.ok(tx.PutClaims(elsewhere, []control.Claim{x, y, z})) // each group for itself
		s.ok(tx.PutClaims(v1, []control.Claim{x, y}))           // again, and z released
		s.ok(tx.PutClaims(rival, []control.Claim{z, w}))
		s.same(must(tx.ClaimHolders(v2, append(wanted, w)))(s), slices.Concat(held(rival, z), held(rival, w), held(v1, x, y)))
		s.ok(tx.PutClaims(v1, nil))
		s.ok(tx.PutClaims(rival, []control.Claim{x, y}))
		s.fails(tx.PutClaims(gatewright.SlotKey{Group: "grp_none", API: a.ID}, nil), gatewright.NotFound, `"grp_none"`)
		s.fails(tx.PutClaims(gatewright.SlotKey{Group: g.ID, API: "api_none"}, nil), gatewright.NotFound, `"api_none"`)
	})
}

// testManyClaims has more claims than one statement takes.
func testManyClaims(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		one := gatewright.SlotKey{Group: g.ID, API: s.newAPI(tx, "a").ID, Track: "v1"}
		two := gatewright.SlotKey{Group: g.ID, API: s.newAPI(tx, "b").ID, Track: "v1"}
		claims := make([]control.Claim, 357)
		for i := range claims {
			claims[i] = claim("h", fmt.Sprintf("GET/%04d 0", i), "x")
		}
		s.ok(tx.PutClaims(one, claims))
		s.same(must(tx.ClaimHolders(two, claims))(s), held(one, claims...))
		s.fails(tx.PutClaims(two, claims[356:]), gatewright.Conflict)
		s.ok(tx.PutClaims(one, claims[:356]))
		s.ok(tx.PutClaims(two, claims[356:]))
	})
}

func testClaimsByHead(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		v1 := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v1"}
		v2 := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v2"}
		rival := gatewright.SlotKey{Group: g.ID, API: b.ID, Track: "v1"}
		pet, param, tail, host := claim("", "1", "pet"), claim("", "2", "{}"), claim("", "3", "*"), claim("h", "4", "pet")
		mine := claim("", "5", "pet")
		s.ok(tx.PutClaims(v1, []control.Claim{pet, param, tail, host}))
		s.ok(tx.PutClaims(rival, []control.Claim{mine}))

		find := func(k gatewright.SlotKey, host string, limit int, heads ...string) []control.Claim {
			found := must(tx.ClaimsByHead(k, host, heads, limit))(s)
			slices.SortFunc(found, func(a, b control.Claim) int { return cmp.Compare(a.Key, b.Key) })
			return found
		}
		s.same(find(rival, "", 9, "pet"), held(v1, pet))
		s.same(find(rival, "", 9, "pet", "*", "{}", "pet"), held(v1, pet, param, tail))
		s.same(find(rival, "h", 9, "pet", "*"), held(v1, host))
		s.same(find(v2, "", 9, "pet", "*"), held(rival, mine)) // not against the same API
		s.same(find(rival, "", 9), held(v1, pet, param, tail)) // any head
		s.same(len(find(rival, "", -1)), 0)
		s.same(len(find(rival, "", 9, "Pet", "")), 0)
		s.same(len(find(gatewright.SlotKey{Group: "grp_none"}, "", 9, "pet")), 0)
		for limit := range 4 {
			s.same(len(find(rival, "", limit, "pet", "*", "{}")), limit)
		}
		s.same(len(find(rival, "", -1, "pet")), 0)
	})
}
