package storetest

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testOrganisation(s *suite) {
	s.update(func(tx control.Tx) {
		s.same(must(tx.Organisation())(s), &gatewright.Organisation{})
		o := &gatewright.Organisation{Settings: filled[gatewright.Organisation](new(filler)).Settings}
		s.ok(tx.UpdateOrganisation(o))
		s.same(o.Revised, int64(1))
		s.same(must(tx.Organisation())(s), o)
		s.fails(tx.UpdateOrganisation(&gatewright.Organisation{}), gatewright.Conflict)
		o.Settings.Limits = gatewright.Limits{}
		s.ok(tx.UpdateOrganisation(o))
		s.same(o.Revised, int64(2))
		old := *o
		old.Revised = 1
		s.fails(tx.UpdateOrganisation(&old), gatewright.Conflict)
		s.same(must(tx.Organisation())(s), o)
	})
}

// withPolicies stores a revision with policies of these types.
func (s *suite) withPolicies(tx control.Tx, api gatewright.APIID, path string, types ...string) *gatewright.Revision {
	s.Helper()
	r := s.draft(api, "", path)
	r.Definition.Policies = policies(types...)
	r.Hash = r.Definition.ContentHash()
	s.ok(tx.CreateRevision(r))
	return r
}

func policies(types ...string) []gatewright.Policy {
	var all []gatewright.Policy
	for _, name := range types {
		all = append(all, gatewright.Policy{Name: "n", Type: name, Config: json.RawMessage(`{"a":"宠物 'x'"}`)})
	}
	return all
}

func testPolicyTypes(s *suite) {
	s.update(func(tx control.Tx) {
		api := s.newAPI(tx, "Pets").ID
		bare := s.newRevision(tx, api, "", "/bare")
		s.same(must(tx.PolicyTypes(bare.ID))(s), []string(nil))
		s.same(must(tx.PolicyTypes("rev_none"))(s), []string(nil))
		rev := s.withPolicies(tx, api, "/some", "headers", "cors", "headers")
		want := []string{"cors", "headers"}
		s.same(must(tx.PolicyTypes(rev.ID))(s), want)
		s.same(must(tx.Revision(rev.ID))(s).Definition.Policies, rev.Definition.Policies)

		// A draft gets other content.
		rev.Definition.Policies = policies("respond")
		s.ok(tx.ReplaceDraft(rev))
		s.same(must(tx.PolicyTypes(rev.ID))(s), []string{"respond"})
		rev.Definition.Policies = nil
		s.ok(tx.ReplaceDraft(rev))
		s.same(must(tx.PolicyTypes(rev.ID))(s), []string(nil))

		// Policies are gone with their revision, and with its API.
		rev.Definition.Policies = policies("respond")
		s.ok(tx.ReplaceDraft(rev))
		s.ok(tx.DeleteRevision(rev.ID))
		s.same(must(tx.PolicyTypes(rev.ID))(s), []string(nil))
		rev = s.withPolicies(tx, api, "/again", "cors")
		s.ok(tx.DeleteAPI(api))
		s.same(must(tx.PolicyTypes(rev.ID))(s), []string(nil))
	})
}

func testRunning(s *suite) {
	s.update(func(tx control.Tx) {
		g, h := s.newGroup(tx, "g"), s.newGroup(tx, "h")
		proxy, second := s.newAPI(tx, "proxy"), s.newAPI(tx, "second")
		flow := &gatewright.API{ID: gatewright.APIID(s.id("api_")), Name: "flow", Kind: gatewright.KindFlow, Owner: "ann", CreatedAt: tx.Now()}
		s.ok(tx.CreateAPI(flow))
		s.same(must(tx.Running(""))(s), []control.Running{})
		s.same(must(tx.DeployedAPIs(""))(s), []control.KindCount{})

		bare, with := s.newRevision(tx, proxy.ID, "", "/bare"), s.withPolicies(tx, proxy.ID, "/with", "headers")
		other := s.withPolicies(tx, second.ID, "/other", "headers")
		shared := s.newRevision(tx, flow.ID, "", "/shared")
		put := func(group *gatewright.Group, api gatewright.APIID, track string, current, canary *gatewright.Revision) {
			slot := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: group.ID, API: api, Track: track}}
			if current != nil {
				slot.Revision = current.ID
			}
			if canary != nil {
				slot.Canary = &gatewright.Canary{Name: "c", Revision: canary.ID}
			}
			s.ok(tx.PutSlot(slot))
		}
		put(g, proxy.ID, "v1", bare, with)  // its canary counts
		put(g, proxy.ID, "v2", with, with)  // it is the same one
		put(g, second.ID, "v1", other, nil) // the policies of proxy
		put(g, flow.ID, "v1", shared, nil)
		put(h, proxy.ID, "v1", bare, nil)
		put(h, second.ID, "v1", nil, nil) // undeployed

		type key struct {
			group gatewright.GroupID
			kind  gatewright.Kind
			types string
		}
		tally := func(all []control.Running) map[key]int {
			counts := map[key]int{}
			for _, r := range all {
				counts[key{r.Group, r.Kind, strings.Join(r.Policies, " ")}] += r.Count
			}
			return counts
		}
		inG := map[key]int{{g.ID, "proxy", ""}: 1, {g.ID, "proxy", "headers"}: 3, {g.ID, "flow", ""}: 1}
		s.same(tally(must(tx.Running(g.ID))(s)), inG)
		all := map[key]int{{h.ID, "proxy", ""}: 1}
		for k, n := range inG {
			all[k] = n
		}
		s.same(tally(must(tx.Running(""))(s)), all)

		sorted := func(counts []control.KindCount) []control.KindCount {
			slices.SortFunc(counts, func(a, b control.KindCount) int {
				return strings.Compare(string(a.Group)+string(a.Kind), string(b.Group)+string(b.Kind))
			})
			return counts
		}
		want := sorted([]control.KindCount{
			{Kind: "flow", Count: 1}, {Kind: "proxy", Count: 2},
			{Group: g.ID, Kind: "flow", Count: 1}, {Group: g.ID, Kind: "proxy", Count: 2}, {Group: h.ID, Kind: "proxy", Count: 1},
		})
		s.same(sorted(must(tx.DeployedAPIs(""))(s)), want)
		s.same(must(tx.DeployedAPIs(h.ID))(s), []control.KindCount{{Group: h.ID, Kind: "proxy", Count: 1}})
		s.same(sorted(must(tx.CreatedAPIs())(s)), []control.KindCount{{Kind: "flow", Count: 1}, {Kind: "proxy", Count: 2}})
	})
}
