package control_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// withPolicies is definition with policies of these types on the API, each
// beginning with its place: "/" for a route, else the whole API.
func withPolicies(def *gatewright.Definition, types ...string) *gatewright.Definition {
	for _, name := range types {
		if routed, ok := strings.CutPrefix(name, "/"); ok {
			def.Routes[0].Policies = append(def.Routes[0].Policies, testPolicy(routed))
		} else {
			def.Policies = append(def.Policies, testPolicy(name))
		}
	}
	return def
}

// testPolicy returns a policy of that type that does something harmless.
func testPolicy(policyType string) gatewright.Policy {
	config := map[string]string{
		"headers":        `{"response":{"set":{"X-Policy":"on"}}}`,
		"ip-restriction": `{"deny":["192.0.2.0/24"]}`,
		"respond":        `{"status":503}`,
	}[policyType]
	return gatewright.Policy{Type: policyType, Config: json.RawMessage(config)}
}

// publishing is a request to publish an API with one route and policies.
func publishing(group, api, version string, types ...string) control.Request {
	return control.Request{Kind: gatewright.ChangePublish, Group: group, Items: []control.Item{{
		Definition: withPolicies(definition(api, version, "/"+strings.ToLower(api), "/x"), types...), Version: version, Runtime: nodes("127.0.0.1:7001"),
	}}}
}

// classify sets what makes proxies extensible.
func (w *world) classify(types ...string) {
	w.t.Helper()
	w.organise(func(s *gatewright.OrganisationSettings) {
		s.PolicyTypes = map[string]gatewright.PolicyClass{}
		for _, name := range types {
			s.PolicyTypes[name] = gatewright.PolicyExtensible
		}
	})
}

func (w *world) organise(alter func(*gatewright.OrganisationSettings)) {
	w.t.Helper()
	o, err := w.c.Organisation(w.ctx)
	w.must(err)
	alter(&o.Settings)
	_, err = w.c.UpdateOrganisation(w.ctx, admin, o.Revised, o.Settings)
	w.must(err)
}

func (w *world) setGroup(name string, alter func(*gatewright.GroupSettings)) {
	w.t.Helper()
	g, err := w.c.Group(w.ctx, name)
	w.must(err)
	alter(&g.Settings)
	_, err = w.c.UpdateGroup(w.ctx, admin, name, g.Revised, g.Labels, g.Settings)
	w.must(err)
}

func (w *world) usage() *gatewright.DeploymentUsage {
	w.t.Helper()
	u, err := w.c.DeploymentUsage(w.ctx)
	w.must(err)
	return u
}

func (w *world) planned(req control.Request) *gatewright.Plan {
	w.t.Helper()
	p, err := w.c.Plan(w.ctx, req)
	w.must(err)
	return p
}

func canaryPatch(name string, percent float64) *control.CanaryPatch {
	on := true
	return &control.CanaryPatch{Name: &name, Percent: &percent, Enabled: &on}
}

func TestUsageCounters(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.classify("headers")
	w.setGroup("production", func(s *gatewright.GroupSettings) { s.Locations = []string{"eu", "us", "ap"} })
	w.live(publishing("test", "Pets", "1.0.0"))
	w.live(publishing("test", "Pets", "1.1.0", "/headers"))
	w.live(publishing("test", "Shops", "1.0.0", "ip-restriction"))
	w.live(request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "1.0.0", Runtime: nodes("127.0.0.1:7002")}))
	w.live(request(gatewright.ChangeCanaryStart, "production", control.Item{API: "Pets", Revision: "1.1.0", Canary: canaryPatch("c", 10)}))
	w.live(request(gatewright.ChangeDisable, "test", control.Item{API: "Shops"})) // it is deployed still
	_, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "Drafts", Mode: control.SaveNewAPI, Definition: definition("Drafts", "1.0.0", "/drafts", "/x")})
	w.must(err)

	got := w.usage()
	want := &gatewright.DeploymentUsage{
		Created: gatewright.Created{Proxies: 3},
		Deployed: gatewright.Deployed{
			Proxies: 2, ProxyRevisions: 4, Units: gatewright.Units{Total: 8, Standard: 4, Extensible: 4},
		},
		Groups: []gatewright.GroupUsage{
			{Name: "production", Stage: gatewright.StageProduction, Locations: []string{"eu", "us", "ap"}, Deployed: gatewright.Deployed{
				Proxies: 1, ProxyRevisions: 2, Units: gatewright.Units{Total: 6, Standard: 3, Extensible: 3},
			}},
			{Name: "test", Stage: gatewright.StageTest, Deployed: gatewright.Deployed{
				Proxies: 2, ProxyRevisions: 2, Units: gatewright.Units{Total: 2, Standard: 1, Extensible: 1},
			}},
		},
	}
	for i := range got.Groups {
		one, err := w.c.GroupUsage(w.ctx, got.Groups[i].Name)
		w.must(err)
		if diff := cmp.Diff(got.Groups[i], *one); diff != "" {
			t.Errorf("alone and in the list: %s", diff)
		}
		got.Groups[i].Group = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// The operator's table decides, at once and without a change.
	w.classify("ip-restriction")
	if u := w.usage().Units; u != (gatewright.Units{Total: 8, Standard: 7, Extensible: 1}) {
		t.Errorf("with another table: %+v", u)
	}
}

func TestPlanTellsUnits(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.classify("headers")
	w.setGroup("test", func(s *gatewright.GroupSettings) { s.Locations = []string{"eu", "us"} })
	units := func(standard, extensible int) gatewright.Units {
		return gatewright.Units{Total: standard + extensible, Standard: standard, Extensible: extensible}
	}
	w.live(publishing("test", "Pets", "1.0.0"))
	w.live(publishing("test", "Shops", "1.0.0", "headers"))
	tests := []struct {
		name    string
		req     control.Request
		after   gatewright.Units
		level   gatewright.Level // of the finding of check transition
		message string
	}{
		{"a new proxy", publishing("test", "New", "1.0.0"), units(4, 2), "", ""},
		{"a new extensible proxy", publishing("test", "New", "1.0.0", "/headers"), units(2, 4), gatewright.LevelInfo, "counts as an extensible proxy in test, because of the policy headers"},
		{"a new version", publishing("test", "Pets", "1.1.0", "respond"), units(2, 2), "", ""},
		{"a proxy turns extensible", publishing("test", "Pets", "1.1.0", "headers", "/headers"), units(0, 4), gatewright.LevelWarning, "turns from a standard into an extensible proxy in test, because of the policy headers: that may cost more"},
		{"a proxy turns standard", publishing("test", "Shops", "1.1.0"), units(4, 0), "", ""},
		{"an extensible one stays so", publishing("test", "Shops", "1.1.0", "headers", "respond"), units(2, 2), "", ""},
		{"undeploy", request(gatewright.ChangeUndeploy, "test", control.Item{API: "Shops"}), units(2, 0), "", ""},
		{"disable", request(gatewright.ChangeDisable, "test", control.Item{API: "Shops"}), units(2, 2), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := w.planned(tt.req)
			if p.Units == nil || p.Units.Before != units(2, 2) || p.Units.After != tt.after {
				t.Errorf("units %+v, want %+v after", p.Units, tt.after)
			}
			i := slices.IndexFunc(p.Findings, func(f gatewright.Finding) bool { return f.Check == "transition" })
			switch {
			case i < 0 && tt.level != "":
				t.Errorf("no finding: %+v", p.Findings)
			case i >= 0 && (p.Findings[i].Level != tt.level || !strings.Contains(p.Findings[i].Message, tt.message)):
				t.Errorf("finding %+v", p.Findings[i])
			}
		})
	}
	if p := w.planned(request(gatewright.ChangeConfigure, "test", control.Item{Resource: &gatewright.GroupResource{Registry: &gatewright.Registry{Name: "r", Type: "dns"}}})); p.Units != nil {
		t.Errorf("a registry has units: %+v", p.Units)
	}
}

func TestLimits(t *testing.T) {
	limits := map[string]gatewright.Limits{
		"units": {Units: 2}, "proxies": {Proxies: 1}, "together": {Deployed: 1},
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		for _, mode := range []gatewright.LimitMode{"", gatewright.LimitReject, gatewright.LimitWarn} {
			for _, organisation := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/organisation=%t", name, mode, organisation), func(t *testing.T) {
					w := newWorld(t)
					w.standard()
					w.setGroup("test", func(s *gatewright.GroupSettings) { s.Locations = []string{"eu", "us"} })
					l := limits[name]
					l.Mode = mode
					whose := "test"
					if organisation {
						whose = "the organisation"
						w.organise(func(s *gatewright.OrganisationSettings) { s.Limits = l })
					} else {
						w.setGroup("test", func(s *gatewright.GroupSettings) { s.Limits = l })
					}
					w.live(publishing("test", "Pets", "1.0.0")) // up to the limit
					w.live(publishing("test", "Pets", "1.1.0")) // nothing grows
					over := publishing("test", "Shops", "1.0.0")
					if mode != gatewright.LimitWarn {
						w.refused(over, gatewright.LimitExceeded, whose+" would have", "its limit is")
						w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}))
						w.live(over) // there is room again
						return
					}
					p := w.planned(over)
					if !slices.ContainsFunc(p.Findings, func(f gatewright.Finding) bool {
						return f.Check == "units" && f.Level == gatewright.LevelWarning && strings.Contains(f.Message, "its limit is")
					}) {
						t.Errorf("nobody warns: %+v", p.Findings)
					}
					w.live(over)
					// What is beyond the limit already may be altered and shrink.
					w.organise(func(s *gatewright.OrganisationSettings) { s.Limits.Mode = gatewright.LimitReject })
					w.setGroup("test", func(s *gatewright.GroupSettings) { s.Limits.Mode = gatewright.LimitReject })
					w.live(publishing("test", "Shops", "1.1.0"))
					w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Shops"}))
				})
			}
		}
	}
}

// TestLimitOfTheOrganisation counts an API in several groups, and tracks, once.
func TestLimitOfTheOrganisation(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.organise(func(s *gatewright.OrganisationSettings) { s.Limits = gatewright.Limits{Proxies: 1, Units: 3} })
	w.live(publishing("test", "Pets", "1.0.0"))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}))
	second := publishing("test", "Pets", "2.0.0")
	second.Items[0].API, second.Items[0].Definition.BasePath = "Pets", "/pets/v2"
	w.live(second)
	w.refused(publishing("production", "Shops", "1.0.0"), gatewright.LimitExceeded, "4 deployment units", "2 deployed proxies")
}

func TestExtensibleTransition(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	w.classify("headers")
	w.live(publishing("test", "Pets", "1.0.0"))
	first := w.deployment("Pets", "test").Content.Revision
	test.deaf = true // it rolls for as long as this
	sub, err := w.c.Submit(w.ctx, admin, publishing("test", "Pets", "1.1.0", "headers"), control.SubmitOptions{})
	w.must(err)
	w.settle()

	locked := func(state gatewright.ChangeState) {
		t.Helper()
		ch, err := w.c.Change(w.ctx, sub.Change.ID)
		w.must(err)
		if ch.State != state {
			t.Fatalf("the change is %s, want %s: %v", ch.State, state, ch.Error)
		}
		says := "turns it from a standard into an extensible proxy; until then it can be neither deployed, undeployed nor deleted"
		w.refused(publishing("test", "Pets", "1.2.0"), gatewright.Conflict, "under way", says)
		w.refused(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}), gatewright.Conflict, says)
		deploy := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1"})
		deploy.Override = true
		w.refused(deploy, gatewright.Conflict, says)
		for _, revision := range []string{"1", "2"} {
			if err := w.c.DeleteRevision(w.ctx, admin, "Pets", revision); gatewright.CodeOf(err) != gatewright.Conflict {
				t.Errorf("revision %s was deleted: %v", revision, err)
			}
		}
		a, _, err := w.c.API(w.ctx, "Pets")
		w.must(err)
		if err := w.c.DeleteAPI(w.ctx, admin, "Pets", a.Revised); gatewright.CodeOf(err) != gatewright.Conflict {
			t.Errorf("the API was deleted: %v", err)
		}
		// Editing and saving go on, and so do other groups and other APIs.
		_, err = w.c.Save(w.ctx, admin, control.SaveRequest{API: "Pets", Mode: control.SaveNewVersion, Definition: definition("Pets", "draft", "/pets", "/"+string(state))})
		w.must(err)
	}
	locked(gatewright.ChangePreparing)
	test.deaf = false
	test.step() // prepared
	test.deaf = true
	_, err = w.c.Advance(w.ctx, test.group.ID)
	w.must(err)
	locked(gatewright.ChangeActivating)
	if w.deployment("Pets", "test").Content.Revision == first {
		t.Error("it was not activated; the old revision is guarded by what runs")
	}
	test.deaf = false
	w.settle()
	w.live(publishing("test", "Pets", "1.3.0"))
	w.must(w.c.DeleteRevision(w.ctx, admin, "Pets", "1"))
}

// TestUsageAgainstModel does many random changes and counts naively what is
// there after each of them.
func TestUsageAgainstModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.classify("headers")
			random := rand.New(rand.NewPCG(seed, 1))
			groups := []string{"test", "production"}
			w.setGroup("production", func(s *gatewright.GroupSettings) { s.Locations = []string{"a", "b"} })
			for step := range 25 {
				group, api := groups[random.IntN(2)], fmt.Sprintf("Api%d", random.IntN(4))
				var types []string
				for _, name := range []string{"headers", "/headers", "respond", "ip-restriction"} {
					if random.IntN(3) == 0 {
						types = append(types, name)
					}
				}
				req := publishing(group, api, fmt.Sprintf("1.%d.0", step), types...)
				switch random.IntN(6) {
				case 0:
					req = request(gatewright.ChangeUndeploy, group, control.Item{API: api})
				case 1:
					req = request(gatewright.ChangeCanaryStart, group, control.Item{API: api, Revision: "1", Canary: canaryPatch("c", 10)})
				}
				req.AbortCanary = true
				plan, err := w.c.Plan(w.ctx, req)
				if err != nil || plan.Blocked() || plan.NoOp {
					continue
				}
				before, _ := w.c.GroupUsage(w.ctx, group)
				w.live(req)
				after, err := w.c.GroupUsage(w.ctx, group)
				w.must(err)
				if plan.Units.Before != before.Units || plan.Units.After != after.Units {
					t.Errorf("step %d, %s: planned %+v, was %+v, is %+v", step, req.Kind, plan.Units, before.Units, after.Units)
				}
				if diff := cmp.Diff(w.countedByHand(), w.usage().Deployed); diff != "" {
					t.Fatalf("step %d, %s: %s", step, req.Kind, diff)
				}
			}
		})
	}
}

// countedByHand counts by looking at every slot.
func (w *world) countedByHand() gatewright.Deployed {
	w.t.Helper()
	var d gatewright.Deployed
	apis := map[gatewright.APIID]bool{}
	w.must(w.store.View(w.ctx, func(tx control.Tx) error {
		slots, err := tx.Slots(control.SlotFilter{Deployed: true})
		w.must(err)
		for _, s := range slots {
			apis[s.API] = true
			g, err := tx.Group(s.Group)
			w.must(err)
			running := map[gatewright.RevisionID]bool{s.Revision: true}
			if s.Canary != nil {
				running[s.Canary.Revision] = true
			}
			for id := range running {
				rev, err := tx.Revision(id)
				w.must(err)
				n := max(1, len(g.Settings.Locations))
				d.ProxyRevisions++
				d.Units.Total += n
				if strings.Contains(fmt.Sprint(rev.Definition.Policies, rev.Definition.Routes[0].Policies), "{ headers") {
					d.Units.Extensible += n
				} else {
					d.Units.Standard += n
				}
			}
		}
		return nil
	}))
	d.Proxies = len(apis)
	if u := d.Units; u.Total != u.Standard+u.Extensible+u.SharedFlow {
		w.t.Errorf("the total is not the sum of its parts: %+v", u)
	}
	return d
}

func TestOrganisationIsRevised(t *testing.T) {
	w := newWorld(t)
	settings := gatewright.OrganisationSettings{Limits: gatewright.Limits{Units: 5}, PolicyTypes: map[string]gatewright.PolicyClass{"cors": gatewright.PolicyExtensible}}
	o, err := w.c.UpdateOrganisation(w.ctx, admin, 0, settings)
	w.must(err)
	if o.Revised != 1 {
		t.Errorf("revised %d", o.Revised)
	}
	if _, err := w.c.UpdateOrganisation(w.ctx, admin, 0, gatewright.OrganisationSettings{}); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Errorf("a late writer: %v", err)
	}
	if o, err = w.c.UpdateOrganisation(w.ctx, admin, 1, settings); err != nil || o.Revised != 1 {
		t.Errorf("no difference: %+v, %v", o, err)
	}
	settings.Limits.Mode = "beg"
	if _, err := w.c.UpdateOrganisation(w.ctx, admin, 1, settings); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("a wrong mode: %v", err)
	}
	entries := 0
	w.must(w.store.View(w.ctx, func(tx control.Tx) error {
		all, err := tx.Audit(control.AuditFilter{Action: "organisation.update", Limit: 10})
		for _, e := range all {
			entries++
			if !strings.Contains(string(e.After), `"units":5`) || strings.Contains(string(e.Before), `"units":5`) {
				t.Errorf("audited %s → %s", e.Before, e.After)
			}
		}
		return err
	}))
	if entries != 1 {
		t.Errorf("%d audit entries, want 1", entries)
	}
}
