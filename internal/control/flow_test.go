package control_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func callOf(name string) gatewright.Policy {
	config, err := json.Marshal(gatewright.FlowCall{Name: name})
	if err != nil {
		panic(err)
	}
	return gatewright.Policy{Type: gatewright.PolicyFlow, Config: config}
}

// flowOf is a flow with a policy of its own that is told by mark, and calls.
func flowOf(name, mark string, calls ...string) *gatewright.Definition {
	d := &gatewright.Definition{Kind: gatewright.KindFlow, Title: name}
	d.Policies = []gatewright.Policy{{Type: "headers", Config: json.RawMessage(fmt.Sprintf(`{"response":{"set":{"X-Flow":%q}}}`, mark))}}
	for _, c := range calls {
		d.Policies = append(d.Policies, callOf(c))
	}
	return d
}

func publishFlow(group, name, version string, calls ...string) control.Request {
	return request(gatewright.ChangePublish, group, control.Item{Definition: flowOf(name, version, calls...), Version: version})
}

// publishCaller publishes an API that calls a flow for all its requests, or,
// when the name begins with a slash, for those of one route.
func publishCaller(group, api, version, flow string) control.Request {
	req := publishing(group, api, version)
	def := req.Items[0].Definition
	if routed, ok := strings.CutPrefix(flow, "/"); ok {
		def.Routes[0].Policies = append(def.Routes[0].Policies, callOf(routed))
	} else if flow != "" {
		def.Policies = append(def.Policies, callOf(flow))
	}
	return req
}

func hooking(group string, before, after []string) control.Request {
	return request(gatewright.ChangeConfigure, group, control.Item{Resource: &gatewright.GroupResource{FlowHooks: &gatewright.FlowHooks{Before: before, After: after}}})
}

func unhooking(group string) control.Request {
	return request(gatewright.ChangeConfigure, group, control.Item{Remove: gatewright.FlowHooksKey})
}

// TestFlowGoesThroughThePipeline takes a flow through everything that there is
// for it.
func TestFlowGoesThroughThePipeline(t *testing.T) {
	w := newWorld(t)
	test, production := w.standard()
	w.live(publishFlow("test", "Common", "2.0.0"))
	slot := test.running("Common")
	if slot == nil || slot.Kind != gatewright.KindFlow || slot.Version != "2.0.0" || slot.Track != "v1" || !slot.Enabled || !slot.Upstream.IsZero() {
		t.Fatalf("the gateway runs %+v", slot)
	}
	if rev := test.resource(gatewright.RevisionKey(slot.API, 1)).Revision; len(rev.Policies) != 1 || len(rev.Routes) != 0 || rev.BasePath != "" {
		t.Errorf("its revision is %+v", rev)
	}
	if plan := w.planned(publishFlow("test", "Common", "2.0.0")); !plan.NoOp {
		t.Errorf("the same again is %+v", plan.Items)
	}
	w.live(publishFlow("test", "Common", "3.0.0")) // another major is in the same track
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Common", From: "test"}))
	if got := production.running("Common"); got == nil || got.Version != "3.0.0" {
		t.Errorf("production runs %+v", got)
	}
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Common"}))
	if got := test.running("Common"); got.Version != "2.0.0" {
		t.Errorf("after the rollback test runs %s", got.Version)
	}
	deploy := request(gatewright.ChangeDeploy, "production", control.Item{API: "Common", Revision: "1"})
	w.refused(deploy, gatewright.Conflict, "--override")
	deploy.Override = true
	w.live(deploy)
	if d := w.deployment("Common", "production"); d.Kind != gatewright.KindFlow || d.Content.Version != "2.0.0" || d.State != gatewright.StateReady {
		t.Errorf("status tells %+v", d)
	}
	saved, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "Common", Mode: control.SaveNewVersion, Definition: flowOf("Common", "draft")})
	w.must(err)
	if saved.Revision.Number != 3 || saved.Revision.Track != "v1" {
		t.Errorf("saved as %+v", saved.Revision)
	}
	diff, err := w.c.Compare(w.ctx, "Common", "2.0.0", "3.0.0")
	w.must(err)
	if len(diff.Definition) != 1 || diff.Definition[0].Pointer != "/policies/0/config/response/set/X-Flow" {
		t.Errorf("they differ in %+v", diff.Definition)
	}
	w.live(request(gatewright.ChangeUndeploy, "production", control.Item{API: "Common"}))
	if got := production.running("Common"); got != nil || len(production.entries) != 0 {
		t.Errorf("production runs %+v", production.entries)
	}
}

func TestFlowRefusesWhatItHasNot(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publishFlow("test", "Common", "1.0.0"))
	w.live(publishFlow("test", "Common", "2.0.0"))
	w.live(publishing("test", "Pets", "1.0.0"))
	share := 5.0
	at := func(kind gatewright.ChangeKind, item control.Item) control.Request {
		item.API = "Common"
		return request(kind, "test", item)
	}
	patched := publishFlow("test", "Common", "3.0.0")
	patched.Items[0].Runtime = nodes("127.0.0.1:1")
	renamed := publishFlow("test", "Common", "3.0.0")
	renamed.Items[0].API = "Pets"
	taken := publishing("test", "Common", "3.0.0")
	tests := []struct {
		name string
		req  control.Request
		code gatewright.Code
		says string
	}{
		{"upstream", patched, gatewright.Invalid, "has no runtime configuration; configure the APIs that call it"},
		{"configure", at(gatewright.ChangeConfigure, control.Item{Runtime: nodes("127.0.0.1:1")}), gatewright.PreconditionFailed, "cannot be configured; configure the APIs"},
		{"disable", at(gatewright.ChangeDisable, control.Item{}), gatewright.PreconditionFailed, "cannot be switched on or off; undeploy it"},
		{"canary", at(gatewright.ChangeCanaryStart, control.Item{Revision: "1", Canary: &control.CanaryPatch{Percent: &share}}), gatewright.PreconditionFailed, "cannot be given a canary; publish it under another name"},
		{"deprecate", at(gatewright.ChangeDeprecate, control.Item{Lifecycle: &gatewright.Lifecycle{}}), gatewright.PreconditionFailed, "cannot be deprecated or retired; nobody calls it from outside"},
		{"retire", at(gatewright.ChangeRetire, control.Item{}), gatewright.PreconditionFailed, "cannot be deprecated or retired"},
		{"a flow over a proxy", renamed, gatewright.Invalid, "Pets is of kind proxy, the definition is of kind flow"},
		{"a proxy over a flow", taken, gatewright.Invalid, "Common is of kind flow, the definition is of kind proxy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { w.refused(tt.req, tt.code, tt.says) })
	}
	_, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "Common", Mode: control.SaveNewVersion, Definition: definition("Common", "1", "/", "/x")})
	if gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("a proxy was saved as a flow: %v", err)
	}
}

// TestCallsOfWhatIsMissing brings callers in every way to a group without the
// flow.
func TestCallsOfWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publishFlow("test", "Common", "1.0.0"))
	w.live(publishCaller("test", "Pets", "1.0.0", "Common"))
	w.live(publishCaller("test", "Pets", "2.0.0", ""))
	w.live(publishCaller("production", "Pets", "2.0.0", ""))
	const missing = `calls the shared flow "Common", which does not run in production`
	deploy := request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "1.0.0"})
	deploy.Override = true
	canary := request(gatewright.ChangeCanaryStart, "production", control.Item{API: "Pets", Revision: "1.0.0", Canary: canaryPatch("some", 5)})
	sync := request(gatewright.ChangeSync, "production", control.Item{API: "Shop", From: "test", Runtime: nodes("127.0.0.1:1")})
	w.live(publishCaller("test", "Shop", "1.0.0", "/Common"))
	tests := []struct {
		name string
		req  control.Request
		says string
	}{
		{"publish", publishCaller("production", "Pets", "3.0.0", "Common"), missing},
		{"publish with a route that calls", publishCaller("production", "Pets", "3.0.0", "/Common"), missing},
		{"deploy", deploy, missing},
		{"sync", sync, missing},
		{"canary", canary, "the canary of Pets " + missing},
		{"a flow", publishFlow("production", "Outer", "1.0.0", "Common"), missing},
		{"hooks", hooking("production", nil, []string{"Common"}), missing},
		{"what is no flow", publishCaller("production", "Other", "1.0.0", "Pets"), "Pets is an API of kind proxy"},
		{"what nobody knows", publishCaller("production", "Other", "1.0.0", "Nobody"), `gatewright publish FLOW.yaml --group "production"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { w.refused(tt.req, gatewright.PreconditionFailed, tt.says) })
	}
	w.refused(deploy, gatewright.PreconditionFailed, `gatewright deploy "Common" --revision 1 --group "production"`)

	// Rollback: the flow has gone since.
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Shop"}))
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Common"}))
	w.refused(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), gatewright.PreconditionFailed, `calls the shared flow "Common"`)
}

// TestTakingACalledFlowAway tries every way to take a flow away, against every
// way to call it.
func TestTakingACalledFlowAway(t *testing.T) {
	callers := []struct {
		name  string
		begin func(*world)
		says  string
		end   func(*world)
	}{
		{"an API", func(w *world) { w.live(publishCaller("test", "Pets", "1.0.0", "Common")) }, "by Pets",
			func(w *world) { w.live(publishCaller("test", "Pets", "1.1.0", "")) }},
		{"a route", func(w *world) { w.live(publishCaller("test", "Pets", "1.0.0", "/Common")) }, "by Pets",
			func(w *world) { w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"})) }},
		{"a flow", func(w *world) { w.live(publishFlow("test", "Outer", "1.0.0", "Common")) }, "by shared flow Outer",
			func(w *world) { w.live(publishFlow("test", "Outer", "1.1.0")) }},
		{"a canary", func(w *world) {
			w.live(publishCaller("test", "Pets", "1.0.0", "Common"))
			w.live(publishCaller("test", "Pets", "1.1.0", ""))
			w.live(request(gatewright.ChangeCanaryStart, "test", control.Item{API: "Pets", Revision: "1.0.0", Canary: canaryPatch("some", 5)}))
		}, "by Pets (canary)", func(w *world) { w.live(request(gatewright.ChangeCanaryAbort, "test", control.Item{API: "Pets"})) }},
		{"a hook", func(w *world) { w.live(hooking("test", []string{"Common"}, nil)) }, "by the flow hooks",
			func(w *world) { w.live(unhooking("test")) }},
	}
	for _, tt := range callers {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			gateway, _ := w.standard()
			w.live(publishFlow("test", "Common", "1.0.0"))
			tt.begin(w)
			undeploy := request(gatewright.ChangeUndeploy, "test", control.Item{API: "Common"})
			w.refused(undeploy, gatewright.Conflict, `the shared flow "Common" is called in test `+tt.says)
			api, _, err := w.c.API(w.ctx, "Common")
			w.must(err)
			other := "Other"
			_, err = w.c.UpdateAPI(w.ctx, admin, "Common", api.Revised, control.APIPatch{Name: &other})
			if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(fmt.Sprint(gatewright.AsError(err).Details), tt.says) {
				t.Errorf("renaming: %v", err)
			}
			err = w.c.DeleteAPI(w.ctx, admin, "Common", api.Revised)
			if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(fmt.Sprint(gatewright.AsError(err).Details), tt.says) {
				t.Errorf("deleting: %v", err)
			}
			w.live(publishFlow("test", "Common", "2.0.0")) // another revision takes nothing away
			tt.end(w)
			w.live(undeploy)
			if gateway.running("Common") != nil {
				t.Error("it runs on")
			}
			api, _, err = w.c.API(w.ctx, "Common")
			w.must(err)
			w.must(w.c.DeleteAPI(w.ctx, admin, "Common", api.Revised))
		})
	}
}

// TestRenamedFlow: what nobody calls is renamed, and called by its new name.
func TestRenamedFlow(t *testing.T) {
	w := newWorld(t)
	gateway, _ := w.standard()
	w.live(publishFlow("test", "Common", "1.0.0"))
	api, _, err := w.c.API(w.ctx, "Common")
	w.must(err)
	other := "Other"
	_, err = w.c.UpdateAPI(w.ctx, admin, "Common", api.Revised, control.APIPatch{Name: &other})
	w.must(err)
	w.settle()
	if gateway.running("Other") == nil || gateway.running("Common") != nil {
		t.Error("the gateway does not know its new name")
	}
	w.refused(publishCaller("test", "Pets", "1.0.0", "Common"), gatewright.PreconditionFailed, "does not run in test")
	w.live(publishCaller("test", "Pets", "1.0.0", "Other"))
}

// TestRenamedWhileACallerIsPrepared: what instances are building calls a flow by
// the name it had when it was planned.
func TestRenamedWhileACallerIsPrepared(t *testing.T) {
	for _, tt := range []struct {
		name   string
		caller control.Request
	}{
		{"an API", publishCaller("test", "Pets", "1.0.0", "Common")},
		{"a route", publishCaller("test", "Pets", "1.0.0", "/Common")},
		{"a flow", publishFlow("test", "Outer", "1.0.0", "Common")},
		{"a hook", hooking("test", nil, []string{"Common"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			gateway, _ := w.standard()
			w.live(publishFlow("test", "Common", "1.0.0"))
			api, _, err := w.c.API(w.ctx, "Common")
			w.must(err)
			other := "Other"
			sub, err := w.c.Submit(w.ctx, admin, tt.caller, control.SubmitOptions{})
			w.must(err)
			_, err = w.c.Advance(w.ctx, gateway.group.ID)
			w.must(err)
			ch, err := w.c.Change(w.ctx, sub.Change.ID)
			w.must(err)
			if ch.State != gatewright.ChangePreparing {
				t.Fatalf("the caller is %s", ch.State)
			}
			_, err = w.c.UpdateAPI(w.ctx, admin, "Common", api.Revised, control.APIPatch{Name: &other})
			if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(fmt.Sprint(gatewright.AsError(err).Details), string(ch.ID)) {
				t.Errorf("renaming: %v", err)
			}
			w.settle()
			if ch, err = w.c.Change(w.ctx, ch.ID); err != nil || ch.State != gatewright.ChangeLive {
				t.Errorf("the caller is %s, %v", ch.State, err)
			}
		})
	}
}

// TestFlowAndCallerInOneChange: the order of items decides nothing.
func TestFlowAndCallerInOneChange(t *testing.T) {
	w := newWorld(t)
	w.standard()
	both := publishCaller("test", "Pets", "1.0.0", "Common")
	both.Items = append(both.Items, publishFlow("test", "Common", "1.0.0", "Inner").Items[0], publishFlow("test", "Inner", "1.0.0").Items[0])
	w.live(both)
	gone := request(gatewright.ChangeUndeploy, "test", control.Item{API: "Inner"})
	gone.Items = append(gone.Items, control.Item{API: "Common"})
	w.refused(gone, gatewright.Conflict, `"Common" is called in test by Pets`)
	gone.Items = append(gone.Items, control.Item{API: "Pets"})
	w.live(gone)
}

func TestManyCallersAreToldShort(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publishFlow("test", "Common", "1.0.0"))
	all := publishCaller("test", "API 00", "1.0.0", "Common")
	for i := 1; i < 30; i++ {
		all.Items = append(all.Items, publishCaller("test", fmt.Sprintf("API %02d", i), "1.0.0", "Common").Items[0])
		all.Items[i].Definition.BasePath = fmt.Sprintf("/api%d", i)
	}
	all.Items[0].Definition.BasePath = "/api0"
	w.live(all)
	err := w.refused(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Common"}), gatewright.Conflict, " more")
	if n := strings.Count(err.Error(), "API "); n >= 30 || n < 5 {
		t.Errorf("%d are named: %v", n, err)
	}
}

func TestFlowCircles(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.refused(publishFlow("test", "A", "1.0.0", "A"), gatewright.PreconditionFailed, "A → A: shared flows call one another in a circle")
	names := []string{"H", "G", "F", "E", "D", "C", "B", "A"}
	for i, name := range names {
		var calls []string
		if i > 0 {
			calls = names[i-1 : i]
		}
		w.live(publishFlow("test", name, "1.0.0", calls...))
	}
	w.refused(publishFlow("test", "H", "2.0.0", "B"), gatewright.PreconditionFailed, "H → B → C → D → E → F → G → H: shared flows call one another in a circle")
	w.refused(publishFlow("test", "Top", "1.0.0", "A"), gatewright.PreconditionFailed, "Top → A → B → C → D → E → F → G → H", "more than 8 deep")
	// It is not the one that is published that goes too deep, but who calls it.
	w.live(publishFlow("test", "I", "1.0.0"))
	w.refused(publishFlow("test", "H", "2.0.0", "I"), gatewright.PreconditionFailed, "A → B → C → D → E → F → G → H → I", "more than 8 deep")
	w.live(publishCaller("test", "Pets", "1.0.0", "A"))
}

// TestFlowsDecideUnits: what a call reaches makes it extensible, whoever brought
// it.
func TestFlowsDecideUnits(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.classify("ip-restriction")
	w.live(publishFlow("test", "Inner", "1.0.0"))
	w.live(publishFlow("test", "Outer", "1.0.0", "Inner"))
	w.live(publishCaller("test", "Pets", "1.0.0", "Outer"))
	w.live(publishing("test", "Shop", "1.0.0"))
	strict := publishFlow("test", "Inner", "2.0.0")
	strict.Items[0].Definition.Policies = append(strict.Items[0].Definition.Policies, testPolicy("ip-restriction"))
	units := func(standard, extensible int) gatewright.Units {
		return gatewright.Units{Total: standard + extensible + 2, Standard: standard, Extensible: extensible, SharedFlow: 2}
	}
	check := func(name string, req control.Request, before, after gatewright.Units, warns string) {
		t.Helper()
		plan := w.planned(req)
		if plan.Units == nil {
			t.Fatalf("%s: no units", name)
		}
		if diff := cmp.Diff(gatewright.PlanUnits{Before: before, After: after}, *plan.Units); diff != "" {
			t.Errorf("%s: units: %s", name, diff)
		}
		warned := slices.ContainsFunc(plan.Findings, func(f gatewright.Finding) bool { return warns != "" && strings.Contains(f.Message, warns) })
		if warned != (warns != "") {
			t.Errorf("%s: findings %+v", name, plan.Findings)
		}
		w.live(req)
		if got := w.usage().Units; got != after {
			t.Errorf("%s: %+v are used, want %+v", name, got, after)
		}
	}
	const one = "1 revision of other APIs in test turn from standard into extensible ones, because shared flows make the policy ip-restriction act"
	check("a new revision of a flow", strict, units(2, 0), units(1, 1), one)
	check("hooks", hooking("test", nil, []string{"Inner"}), units(1, 1), units(0, 2), one)
	check("no hooks", unhooking("test"), units(0, 2), units(1, 1), "")
	check("a caller that calls it no more", publishCaller("test", "Pets", "1.1.0", ""), units(1, 1), units(2, 0), "")
	check("a caller that does", publishCaller("test", "Pets", "1.2.0", "Outer"), units(2, 0), units(1, 1), "Pets@v1 turns from a standard into an extensible proxy")
	check("back", request(gatewright.ChangeRollback, "test", control.Item{API: "Inner"}), units(1, 1), units(2, 0), "")
}

// TestApplyFlows takes flows and hooks from one group to another and back.
func TestApplyFlows(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publishFlow("test", "Inner", "1.0.0"))
	w.live(publishFlow("test", "Outer", "1.0.0", "Inner"))
	w.live(publishCaller("test", "Acaller", "1.0.0", "Outer"))
	w.live(hooking("test", []string{"Inner"}, []string{"Outer"}))
	state := w.export("test", false)
	state.Group = nil
	w.apply(control.ApplyRequest{Group: "production", State: state})
	got := w.export("production", false)
	got.Group = nil
	if diff := cmp.Diff(portable(state), portable(got)); diff != "" {
		t.Errorf("exported again: %s", diff)
	}
	plan, err := w.c.PlanApply(w.ctx, control.ApplyRequest{Group: "production", State: state})
	w.must(err)
	if !plan.NoOp {
		t.Errorf("applied again: %+v", plan.Items)
	}
	// What is called is not pruned; empty hooks take them away.
	less := state
	less.APIs = slices.DeleteFunc(slices.Clone(state.APIs), func(a *control.StatedAPI) bool { return a.Name == "Inner" })
	less.FlowHooks = &gatewright.FlowHooks{}
	prune := control.ApplyRequest{Group: "production", State: less, Prune: []control.Scope{{Kind: "flow"}}}
	_, err = w.c.Apply(w.ctx, admin, prune, control.SubmitOptions{})
	if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), "is called in production by shared flow Outer") {
		t.Errorf("pruned what is called: %v", err)
	}
	less.APIs = nil
	prune.State, prune.Prune = less, []control.Scope{{Kind: "flow"}, {Kind: "api"}}
	w.apply(prune)
	if left := w.export("production", false); len(left.APIs) != 0 || left.FlowHooks != nil {
		t.Errorf("left over: %+v", left)
	}
}
