package storetest

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// calls returns policies that call flows.
func calls(names ...string) []gatewright.Policy {
	var list []gatewright.Policy
	for _, name := range names {
		config, err := json.Marshal(gatewright.FlowCall{Name: name})
		if err != nil {
			panic(err) // plain data
		}
		list = append(list, gatewright.Policy{Type: gatewright.PolicyFlow, Config: config})
	}
	return list
}

func testFlows(s *suite) {
	s.update(func(tx control.Tx) {
		g, h := s.newGroup(tx, "g"), s.newGroup(tx, "h")
		flow := &gatewright.API{ID: gatewright.APIID(s.id("api_")), Name: `a "flow"`, Kind: gatewright.KindFlow, Owner: "ann", CreatedAt: tx.Now()}
		s.ok(tx.CreateAPI(flow))
		api := s.newAPI(tx, "caller").ID
		revision := func(api gatewright.APIID, kind gatewright.Kind, base string, policies ...gatewright.Policy) *gatewright.Revision {
			r := s.newRevision(tx, api, "", base)
			r.Definition.Kind, r.Definition.Policies = kind, policies
			s.ok(tx.ReplaceDraft(r))
			return r
		}
		shared := revision(flow.ID, gatewright.KindFlow, "/flow", calls("other")...)
		calling := revision(api, "", "/calling", calls(flow.Name, "other", flow.Name)...)
		plain := revision(api, "", "/plain")
		put := func(group gatewright.GroupID, api gatewright.APIID, current, canary *gatewright.Revision) gatewright.SlotKey {
			slot := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: group, API: api, Track: "v1"}}
			if current != nil {
				slot.Revision = current.ID
			}
			if canary != nil {
				slot.Canary = &gatewright.Canary{Name: "c", Revision: canary.ID}
			}
			s.ok(tx.PutSlot(slot))
			return slot.SlotKey
		}
		s.same(must(tx.RunningFlows(""))(s), []control.RunningFlow{})
		s.same(must(tx.FlowCallers("", flow.Name))(s), []control.FlowCaller{})
		s.same(must(tx.Flows(calling.ID))(s), []string{flow.Name, "other"})
		s.same(must(tx.Flows(plain.ID))(s), []string{})

		inFlow := put(g.ID, flow.ID, shared, nil)
		inG, inH := put(g.ID, api, calling, calling), put(h.ID, api, plain, calling)
		running := control.RunningFlow{Group: g.ID, API: flow.ID, Name: flow.Name, Track: "v1", Revision: shared.ID, Policies: shared.Definition.Policies}
		s.same(must(tx.RunningFlows(""))(s), []control.RunningFlow{running})
		s.same(must(tx.RunningFlows(g.ID))(s), []control.RunningFlow{running})
		s.same(must(tx.RunningFlows(h.ID))(s), []control.RunningFlow{})

		caller := func(key gatewright.SlotKey, canary bool) control.FlowCaller {
			return control.FlowCaller{SlotKey: key, Name: "caller", Kind: gatewright.KindProxy, Revision: calling.ID, Number: calling.Number, Canary: canary}
		}
		inOrder := func(all ...control.FlowCaller) []control.FlowCaller {
			slices.SortFunc(all, func(a, b control.FlowCaller) int {
				return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.API, b.API))
			})
			return all
		}
		s.same(must(tx.FlowCallers("", flow.Name))(s), inOrder(caller(inG, false), caller(inH, true)))
		s.same(must(tx.FlowCallers(h.ID, flow.Name))(s), []control.FlowCaller{caller(inH, true)})
		nested := control.FlowCaller{SlotKey: inFlow, Name: flow.Name, Kind: gatewright.KindFlow, Revision: shared.ID, Number: shared.Number}
		s.same(must(tx.FlowCallers(g.ID, "other"))(s), inOrder(nested, caller(inG, false)))
		s.same(must(tx.FlowCallers("", "a"))(s), []control.FlowCaller{})
		for _, r := range must(tx.Running(g.ID))(s) {
			if r.Kind == gatewright.KindProxy {
				s.same(r.Flows, []string{flow.Name, "other"})
				s.same(r.Policies, []string{gatewright.PolicyFlow})
			}
		}

		// What is pinned calls beside what its group runs there, once for all instances.
		pin := gatewright.Pin{API: api, Track: "v1", Revision: calling.ID, Number: calling.Number, Hash: hash("c")}
		for _, name := range []string{"one", "two"} {
			s.ok(tx.PutPins(s.newInstance(tx, h, name), []gatewright.Pin{pin}))
		}
		pinned := caller(inH, false)
		pinned.Pinned = true
		s.same(must(tx.FlowCallers(h.ID, flow.Name))(s), []control.FlowCaller{caller(inH, true), pinned})
		put(h.ID, api, nil, nil) // where nothing runs, a pin brings nothing back
		s.same(must(tx.FlowCallers(h.ID, flow.Name))(s), []control.FlowCaller{})
		put(h.ID, api, plain, nil)
		s.same(must(tx.FlowCallers(h.ID, flow.Name))(s), []control.FlowCaller{pinned})
		s.same(must(tx.FlowCallers(g.ID, flow.Name))(s), []control.FlowCaller{caller(inG, false)})
		for _, in := range must(tx.Instances(h.ID))(s) {
			s.ok(tx.DeleteInstance(in.ID))
		}

		// What is undeployed calls nobody, and other content calls others.
		put(g.ID, api, nil, nil)
		put(h.ID, api, plain, nil)
		s.same(must(tx.FlowCallers("", flow.Name))(s), []control.FlowCaller{})
		calling.Definition.Policies = calls("other")
		s.ok(tx.ReplaceDraft(calling))
		s.same(must(tx.Flows(calling.ID))(s), []string{"other"})
		s.ok(tx.DeleteRevision(calling.ID))
		s.same(must(tx.Flows(calling.ID))(s), []string{})
	})
}
