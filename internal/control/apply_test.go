package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// export returns all of a group, page by page.
func (w *world) export(group string, withHashes bool) control.State {
	w.t.Helper()
	var all control.State
	for q := (control.ExportQuery{Group: group, WithHashes: withHashes}); ; {
		e, err := w.c.Export(w.ctx, q)
		w.must(err)
		if q.After == "" {
			all = e.State
		} else {
			all.APIs = append(all.APIs, e.State.APIs...)
		}
		if q.After = e.Next; e.Next == "" {
			return all
		}
	}
}

// portable is what of a state holds in every group: times and identities left
// out.
func portable(s control.State) control.State {
	for _, a := range s.APIs {
		a.Seed, a.Findings = nil, nil
		if a.Canary != nil {
			c := &a.Canary.Canary
			c.Revision, c.Number, c.Hash, c.Since = "", 0, "", time.Time{}
		}
	}
	for _, a := range s.Apps {
		a.App.ID, a.App.CreatedAt = "", time.Time{}
		for i := range a.App.Credentials {
			c := &a.App.Credentials[i]
			c.ID, c.CreatedAt, c.CreatedBy = "", time.Time{}, ""
		}
		for i := range a.Grants {
			g := &a.Grants[i].Grant
			g.API, g.CreatedAt, g.CreatedBy = "", time.Time{}, ""
		}
	}
	return s
}

func (w *world) apply(req control.ApplyRequest) *control.Submission {
	w.t.Helper()
	plan, err := w.c.PlanApply(w.ctx, req)
	w.must(err)
	sub, err := w.c.Apply(w.ctx, admin, req, control.SubmitOptions{PlanHash: plan.Hash, Reason: "test"})
	if err != nil {
		w.t.Fatalf("apply: %v\nplan: %+v", err, plan.Items)
	}
	w.settle()
	if sub.Change != nil {
		ch, err := w.c.Change(w.ctx, sub.Change.ID)
		w.must(err)
		if ch.State != gatewright.ChangeLive {
			w.t.Fatalf("the apply is %s: %v", ch.State, ch.Error)
		}
	}
	return sub
}

// fullState is a state with everything in it.
func fullState(start time.Time) control.State {
	upstream := gatewright.Upstream{Scheme: "http", Discovery: &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "pets:80"}}
	labels := map[string]string{"region": "eu"}
	return control.State{
		Group:      &control.StatedGroup{Labels: &labels, Settings: &gatewright.GroupSettings{Locations: []string{"eu"}}},
		Registries: []*gatewright.Registry{{Name: "dns", Type: gatewright.RegistryDNS, Servers: []string{"127.0.0.1:53"}}},
		APIs: []*control.StatedAPI{
			{
				Name: "Orders", Track: "v1", Kind: gatewright.KindProxy, Owner: "bob", Settings: &gatewright.APISettings{},
				Version: "2.0.0", Definition: definition("Orders", "2.0.0", "/orders", "/a"),
				Runtime: &gatewright.RuntimeConfig{Upstream: upstream}, // switched off
			},
			{
				Name: "宠物", Track: "v1", Kind: gatewright.KindProxy, Owner: "王小明",
				Settings: &gatewright.APISettings{Description: "描述", Security: gatewright.SecurityInternal, MaxQPS: 7},
				Version:  "1.0.0", Definition: definition("宠物", "1.0.0", "/", "/pet/{id}"),
				Runtime: &gatewright.RuntimeConfig{Enabled: true, Hosts: []string{"pets.example.com"}, PathPrefix: "/shop", Upstream: upstream},

				SetLifecycle: true, Lifecycle: &gatewright.Lifecycle{DeprecatedAt: start, SunsetAt: start.Add(time.Hour), Successor: "宠物@v2"},
				SetCanary: true, Canary: &control.StatedCanary{
					Canary: gatewright.Canary{
						Name: "try", Version: "1.1.0", Percent: 10, Enabled: true, Key: "app",
						Steps: []gatewright.CanaryStep{{Percent: 50, Hold: gatewright.Duration(time.Hour)}},
					},
					Definition: definition("宠物", "1.1.0", "/", "/pet/{id}", "/pets"),
				},
			},
			{
				Name: "宠物", Track: "v2", Kind: gatewright.KindProxy, Owner: "王小明",
				Settings: &gatewright.APISettings{Description: "描述", Security: gatewright.SecurityInternal, MaxQPS: 7},
				Version:  "", Definition: definition("宠物", "2.0.0", "/v2", "/pet/{id}"),
				Runtime: &gatewright.RuntimeConfig{Enabled: true, Upstream: upstream, Access: gatewright.Access{Mode: gatewright.AccessApp}},
			},
		},
		Apps: []*control.StatedApp{{
			App: gatewright.App{
				Name: "shop", Description: "d", Owner: "carol",
				Credentials: []gatewright.Credential{{Name: "main", Hint: "gwk_ab", Hash: gatewright.HashBytes([]byte("key"))}},
			},
			SetCredentials: true, SetGrants: true,
			Grants: []control.StatedGrant{{API: "宠物", Grant: gatewright.Grant{QPS: 3, Clearance: gatewright.SecuritySecret}}},
		}},
	}
}

// TestApplyGivesWhatWasExported: a state applied to an empty group is what is
// exported of it, and what is exported applies to it, and to another group, as
// it is.
func TestApplyGivesWhatWasExported(t *testing.T) {
	w := newWorld(t)
	w.standard()
	state := fullState(w.clock.Now().UTC().Truncate(time.Second))
	w.apply(control.ApplyRequest{Group: "production", State: state})
	got := portable(w.export("production", true))
	if diff := cmp.Diff(portable(state), got); diff != "" {
		t.Fatalf("exported is another thing than applied: %s", diff)
	}
	prune := []control.Scope{{Kind: "api"}, {Kind: "registry"}, {Kind: "app"}}
	again := control.ApplyRequest{Group: "production", State: w.export("production", true), Prune: prune}
	plan, err := w.c.PlanApply(w.ctx, again)
	w.must(err)
	if !plan.NoOp || len(plan.Items) != 6 {
		t.Errorf("applied again it would do something: %+v", plan.Items)
	}
	if sub := w.apply(again); sub.Change != nil {
		t.Errorf("applied again it made change %s", sub.Change.ID)
	}
	w.apply(control.ApplyRequest{Group: "test", State: w.export("production", true), Prune: prune})
	if diff := cmp.Diff(got, portable(w.export("test", true))); diff != "" {
		t.Errorf("the other group has another state: %s", diff)
	}
}

func TestApplyLeavesAloneWhatIsNotStated(t *testing.T) {
	w := newWorld(t)
	_, production := w.standard()
	state := fullState(w.clock.Now().UTC().Truncate(time.Second))
	w.apply(control.ApplyRequest{Group: "production", State: state})
	before := portable(w.export("production", true))

	w.apply(control.ApplyRequest{Group: "production", State: control.State{
		APIs: []*control.StatedAPI{{Name: "宠物", Version: "1.0.0", Definition: state.APIs[1].Definition}},
		Apps: []*control.StatedApp{{App: gatewright.App{Name: "shop", Description: "d"}}},
	}})
	if diff := cmp.Diff(before, portable(w.export("production", true))); diff != "" {
		t.Errorf("something was altered: %s", diff)
	}
	runtime := *state.APIs[1].Runtime
	runtime.Hosts, runtime.Upstream = []string{"other.example.com"}, gatewright.Upstream{}
	w.apply(control.ApplyRequest{Group: "production", State: control.State{
		APIs: []*control.StatedAPI{{Name: "宠物", Version: "1.0.0", Definition: state.APIs[1].Definition, Runtime: &runtime}},
	}})
	slot := w.export("production", false).APIs[1]
	if !slices.Equal(slot.Runtime.Hosts, runtime.Hosts) || slot.Runtime.Upstream.Discovery == nil || slot.Canary == nil || slot.Lifecycle == nil {
		t.Errorf("got %+v", slot.Runtime)
	}
	if s := production.running("宠物"); s == nil || s.MaxQPS != 7 {
		t.Errorf("the gateway does not know the settings: %+v", s)
	}
}

func TestApplyPlan(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		alter func(*control.State)
		want  []string // a line each: action, subject, then lines of difference
	}{
		{"nothing", func(*control.State) {}, nil},
		{"settings", func(s *control.State) { s.APIs[0].Owner, s.APIs[0].Settings.MaxQPS = "eve", 5 }, []string{
			`update settings of Orders: + /maxQPS 5; ~ /owner "bob" → "eve"`,
		}},
		{"group", func(s *control.State) { s.Group.Settings = &gatewright.GroupSettings{} }, []string{
			`update settings of the group: - /settings/locations ["eu"]`,
		}},
		{"upstream", func(s *control.State) { s.APIs[0].Runtime.Enabled = true }, []string{"update Orders: ~ enabled false → true"}},
		{"canary ends", func(s *control.State) { s.APIs[1].Canary = nil }, []string{"update 宠物: - canary try: 10 % to 1.1.0, by app, after 1h0m0s 50 %"}},
		{"canary goes on", func(s *control.State) { s.APIs[1].Canary.Canary.Percent = 20 }, []string{"update 宠物: ~ canary try: 10 % to 1.1.0, by app, after 1h0m0s 50 % → try: 20 % to 1.1.0, by app, after 1h0m0s 50 %"}},
		{"new version", func(s *control.State) {
			s.APIs[0].Version, s.APIs[0].Definition = "2.1.0", definition("Orders", "2.1.0", "/orders", "/a", "/b")
		}, []string{"update Orders: ~ 2.0.0 → 2.1.0; + GET /b"}},
		{"app", func(s *control.State) { s.Apps[0].Grants = nil }, []string{"update app shop: ~ 1 credential, 1 grant → 1 credential, 0 grants; - grant of 宠物"}},
		{"registry", func(s *control.State) { s.Registries[0].Servers = nil }, []string{"update registry dns: ~ dns, 127.0.0.1:53, stale 10m0s → dns, the machine's resolvers, stale 10m0s"}},
	}
	w := newWorld(t)
	w.standard()
	w.apply(control.ApplyRequest{Group: "production", State: fullState(start)})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := fullState(start)
			tt.alter(&state)
			plan, err := w.c.PlanApply(w.ctx, control.ApplyRequest{Group: "production", State: state, Prune: []control.Scope{{Kind: "api"}, {Kind: "app"}, {Kind: "registry"}}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, item := range plan.Items {
				if item.Action != "none" {
					got = append(got, item.Action+" "+item.Subject+": "+strings.Join(item.Lines, "; "))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if plan.NoOp != (len(tt.want) == 0) {
				t.Errorf("no-op: %v", plan.NoOp)
			}
		})
	}
}

func TestApplyRefused(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		alter func(*control.ApplyRequest)
		code  gatewright.Code
		words string
	}{
		{"unknown group", func(r *control.ApplyRequest) { r.Group = "nowhere" }, gatewright.NotFound, "nowhere"},
		{"twice", func(r *control.ApplyRequest) { r.State.APIs = append(r.State.APIs, r.State.APIs[0]) }, gatewright.Invalid, "Orders@v1 is stated twice"},
		{"other content of a version", func(r *control.ApplyRequest) {
			r.State.APIs[0].Definition = definition("Orders", "2.0.0", "/orders", "/other")
		}, gatewright.Conflict, "stands for other content"},
		{"other content of a canary's version", func(r *control.ApplyRequest) {
			r.State.APIs[0].SetCanary, r.State.APIs[0].Canary = true, &control.StatedCanary{
				Canary: gatewright.Canary{Version: "2.0.0", Percent: 1}, Definition: definition("Orders", "x", "/orders", "/other"),
			}
		}, gatewright.Conflict, "stands for other content"},
		{"base path of another track", func(r *control.ApplyRequest) { r.State.APIs[2].Track = "v1" }, gatewright.Invalid, "base path /v2 belongs to 宠物@v2"},
		{"other base path", func(r *control.ApplyRequest) {
			r.State.APIs[0].Definition = definition("Orders", "2.0.0", "/elsewhere", "/a")
		}, gatewright.Conflict, "has base path /orders"},
		{"settings at odds", func(r *control.ApplyRequest) { r.State.APIs[2].Owner, r.State.APIs[1].Owner = "x", "y" }, gatewright.Invalid, "these belong to the API as a whole"},
		{"grant of nothing", func(r *control.ApplyRequest) { r.State.Apps[0].Grants[0].API = "Cats" }, gatewright.NotFound, `granted the API "Cats", which does not exist`},
		{"registry in use", func(r *control.ApplyRequest) { r.State.Registries = nil }, gatewright.Conflict, "is used by"},
		{"retired without warning", func(r *control.ApplyRequest) {
			r.State.APIs[0].SetLifecycle, r.State.APIs[0].Lifecycle = true, &gatewright.Lifecycle{DeprecatedAt: start, RetiredAt: start}
		}, gatewright.PreconditionFailed, "is not deprecated"},
		{"canary ended in passing", func(r *control.ApplyRequest) {
			r.State.APIs[1].Version, r.State.APIs[1].Definition = "1.2.0", definition("宠物", "1.2.0", "/", "/pet/{id}")
			r.State.APIs[1].SetCanary = false
		}, gatewright.Conflict, "which this would end"},
		{"other type", func(r *control.ApplyRequest) { r.State.APIs[0].Kind = gatewright.KindFlow }, gatewright.Invalid, "does not change its type"},
		{"too much pruned", func(r *control.ApplyRequest) { r.State, r.PruneLimit = control.State{}, 4 }, gatewright.LimitExceeded, "this would remove 5 things"},
		{"odd limit", func(r *control.ApplyRequest) { r.PruneLimit = -1 }, gatewright.Invalid, "-1 is not between"},
		{"another plan", func(r *control.ApplyRequest) { r.State.APIs[0].Runtime.Enabled = true }, gatewright.PreconditionFailed, "the plan is stale"},
	}
	w := newWorld(t)
	w.standard()
	w.apply(control.ApplyRequest{Group: "production", State: fullState(start)})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := control.ApplyRequest{Group: "production", State: fullState(start), Prune: []control.Scope{{Kind: "api"}, {Kind: "app"}, {Kind: "registry"}}}
			tt.alter(&req)
			opts := control.SubmitOptions{}
			if tt.name == "another plan" {
				opts.PlanHash = gatewright.HashBytes(nil)
			}
			before := w.states()
			_, err := w.c.Apply(w.ctx, admin, req, opts)
			if gatewright.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.words) {
				t.Errorf("got %v, want %s, saying %q", err, tt.code, tt.words)
			}
			if w.states() != before {
				t.Error("it left a change behind")
			}
		})
	}
}

func TestApplyPrune(t *testing.T) {
	w := newWorld(t)
	w.standard()
	state := fullState(w.clock.Now().UTC().Truncate(time.Second))
	w.apply(control.ApplyRequest{Group: "test", State: state})
	w.apply(control.ApplyRequest{Group: "test", Prune: []control.Scope{{Kind: "api", Name: "宠物@v2"}}})
	if n := len(w.export("test", false).APIs); n != 2 {
		t.Errorf("%d APIs are left", n)
	}
	w.apply(control.ApplyRequest{Group: "test", AbortCanary: true, Prune: []control.Scope{{Kind: "api", Name: "宠物"}, {Kind: "app", Name: "other"}}})
	if left := w.export("test", false); len(left.APIs) != 1 || len(left.Apps) != 1 {
		t.Errorf("%d APIs and %d apps are left", len(left.APIs), len(left.Apps))
	}
	w.apply(control.ApplyRequest{Group: "test", Prune: []control.Scope{{Kind: "api"}, {Kind: "app"}, {Kind: "registry"}}})
	if left := w.export("test", false); len(left.APIs)+len(left.Apps)+len(left.Registries) != 0 {
		t.Errorf("something is left: %+v", left)
	}
}

// TestApplyLeavesAStepAlone: a canary that went on by its steps is not put
// back by the file that started it.
func TestApplyLeavesAStepAlone(t *testing.T) {
	w := newWorld(t)
	w.standard()
	state := fullState(w.clock.Now().UTC().Truncate(time.Second))
	w.apply(control.ApplyRequest{Group: "production", State: state})
	w.live(request(gatewright.ChangeCanaryStep, "production", control.Item{API: "宠物@v1"}))
	plan, err := w.c.PlanApply(w.ctx, control.ApplyRequest{Group: "production", State: state})
	w.must(err)
	if !plan.NoOp {
		t.Errorf("it would be put back: %+v", plan.Items)
	}
}

func TestApplyIdempotency(t *testing.T) {
	w := newWorld(t)
	w.standard()
	req := control.ApplyRequest{Group: "test", State: fullState(w.clock.Now().UTC().Truncate(time.Second))}
	opts := control.SubmitOptions{IdempotencyKey: "k"}
	first, err := w.c.Apply(w.ctx, admin, req, opts)
	w.must(err)
	second, err := w.c.Apply(w.ctx, admin, req, opts)
	w.must(err)
	if first.Change.ID != second.Change.ID {
		t.Error("two changes")
	}
	req.PruneLimit = 3
	if _, err := w.c.Apply(w.ctx, admin, req, opts); gatewright.CodeOf(err) != gatewright.Conflict {
		t.Error(err)
	}
}

func TestExportPages(t *testing.T) {
	w := newWorld(t)
	w.standard()
	var state control.State
	text := []byte(strings.Repeat("x", control.MaxExportBytes/2))
	for i := range 5 {
		def := definition(fmt.Sprint("A", i), "1", fmt.Sprint("/a", i), "/x")
		def.Document.Text = text
		state.APIs = append(state.APIs, &control.StatedAPI{
			Name: def.Title, Version: "1", Definition: def, Seed: &gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "localhost", Port: 1, Weight: 1}}},
		})
	}
	w.apply(control.ApplyRequest{Group: "test", State: state})
	first, err := w.c.Export(w.ctx, control.ExportQuery{Group: "test"})
	w.must(err)
	if len(first.State.APIs) != 2 || first.Next != "A1@v1" {
		t.Errorf("the first page has %d APIs, next %q", len(first.State.APIs), first.Next)
	}
	if all := w.export("test", false); len(all.APIs) != 5 {
		t.Errorf("%d APIs", len(all.APIs))
	}
	one, err := w.c.Export(w.ctx, control.ExportQuery{Group: "test", API: "A3"})
	w.must(err)
	if len(one.State.APIs) != 1 || one.State.Group != nil {
		t.Errorf("%+v", one.State)
	}
	if _, err := w.c.Export(w.ctx, control.ExportQuery{Group: "production", API: "A3"}); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Error(err)
	}
}
