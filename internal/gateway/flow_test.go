package gateway_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// flowSpec is a shared flow as tests think of it.
type flowSpec struct {
	name     string
	revision int
	policies []gatewright.Policy
}

func (f flowSpec) key() gatewright.Key {
	return gatewright.SlotResourceKey(gatewright.SlotKey{API: gatewright.APIID("api_" + f.name), Track: "v1"})
}

func (f flowSpec) revisionKey() gatewright.Key {
	return gatewright.RevisionKey(gatewright.APIID("api_"+f.name), f.revision)
}

// with adds flows to an update.
func with(t testing.TB, u gateway.Update, flows ...flowSpec) gateway.Update {
	t.Helper()
	for _, f := range flows {
		id := gatewright.APIID("api_" + f.name)
		u.Upserts[f.key()] = gateway.Load(t, &gatewright.Resource{Slot: &gatewright.SlotResource{
			API: id, Kind: gatewright.KindFlow, Name: f.name, Track: "v1", Current: gatewright.RevisionRef{Number: f.revision}, Enabled: true,
		}})
		u.Upserts[f.revisionKey()] = gateway.Load(t, &gatewright.Resource{Revision: &gatewright.RevisionResource{API: id, Number: f.revision, Policies: f.policies}})
	}
	return u
}

func hooked(t testing.TB, u gateway.Update, before, after []string) gateway.Update {
	t.Helper()
	u.Upserts[gatewright.FlowHooksKey] = gateway.Load(t, &gatewright.Resource{FlowHooks: &gatewright.FlowHooks{Before: before, After: after}})
	return u
}

func without(u gateway.Update, keys ...gatewright.Key) gateway.Update {
	u.Deletes = append(u.Deletes, keys...)
	return u
}

func calling(name string) gatewright.Policy { return policyOf("flow", `{"name":"`+name+`"}`) }

// stepping adds its name to a field of the request and one of the response.
func stepping(name string) gatewright.Policy {
	return policyOf("headers", fmt.Sprintf(`{"request":{"add":{"X-In":%q}},"response":{"add":{"X-Out":%q}}}`, name, name))
}

func stepFlow(name string, revision int, more ...gatewright.Policy) flowSpec {
	return flowSpec{name, revision, append([]gatewright.Policy{stepping(fmt.Sprintf("%s%d", name, revision))}, more...)}
}

// newSteps returns a gateway whose backend answers with the steps that it saw.
func newSteps(t *testing.T) (*rig, func() *gateway.APISpec, func() string) {
	up := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Join(r.Header.Values("X-In"), " "))
	})
	r := newRig(t, gateway.Config{})
	api := func() *gateway.APISpec { return petAPI("api_p", 1, node(t, up.addr, 1)) }
	return r, api, func() string {
		t.Helper()
		got := r.get("/api_p/x")
		out := strings.Join(got.header.Values("X-Out"), " ")
		if got.status == 200 && got.body != out {
			t.Errorf("the request went through %q, the response through %q", got.body, out)
		}
		return fmt.Sprint(got.status, " ", out)
	}
}

func TestFlowsActInOrder(t *testing.T) {
	r, api, ask := newSteps(t)
	a := api()
	a.Policies = []gatewright.Policy{stepping("api"), calling("common")}
	a.Routes[0].Policies = []gatewright.Policy{calling("inner"), stepping("route")}
	u := with(t, upsert(t, a), stepFlow("common", 1, calling("inner")), stepFlow("inner", 1), stepFlow("first", 1), stepFlow("last", 1))
	r.commit(1, hooked(t, u, []string{"first", "inner"}, []string{"last"}))
	if got := ask(); got != "200 first1 inner1 api common1 inner1 inner1 route last1" {
		t.Errorf("got %s", got)
	}
	// One new revision acts wherever it is called, and nothing else is touched.
	r.commit(2, with(t, upsert(t), stepFlow("inner", 2)))
	if got := ask(); got != "200 first1 inner2 api common1 inner2 inner2 route last1" {
		t.Errorf("got %s", got)
	}
	// Hooks go, the calls of the API itself stay.
	r.commit(3, without(upsert(t), gatewright.FlowHooksKey, flowSpec{name: "first"}.key(), flowSpec{name: "last"}.key()))
	if got := ask(); got != "200 api common1 inner2 inner2 route" {
		t.Errorf("got %s", got)
	}
	if flows := r.Status().Flows; len(flows) != 2 || flows[0].Name != "common" || flows[0].APIs != 1 || flows[1].Revision != 2 {
		t.Errorf("status tells %+v", flows)
	}
	// A flow may answer; what is behind it does not see the request.
	r.commit(4, with(t, upsert(t), flowSpec{"inner", 3, []gatewright.Policy{policyOf("respond", `{"status":418}`)}}))
	if got := ask(); !strings.HasPrefix(got, "418 ") {
		t.Errorf("got %s", got)
	}
}

// TestFlowsThatCannotBe tries updates in which something is called that is not
// there, in every place, and too much. Nothing of them serves, nor is lost.
func TestFlowsThatCannotBe(t *testing.T) {
	chain := func(n int) []flowSpec {
		var flows []flowSpec
		for i := 1; i < n; i++ {
			flows = append(flows, stepFlow(fmt.Sprint("f", i), 1, calling(fmt.Sprint("f", i+1))))
		}
		return append(flows, stepFlow(fmt.Sprint("f", n), 1))
	}
	common := stepFlow("common", 1)
	tests := []struct {
		name   string
		update func(t *testing.T, a *gateway.APISpec) gateway.Update
		says   string
	}{
		{"an API calls what is not there", func(t *testing.T, a *gateway.APISpec) gateway.Update {
			a.Revision, a.Policies = 2, []gatewright.Policy{calling("nobody")}
			return upsert(t, a)
		}, `revision 2 calls the shared flow "nobody"`},
		{"a route does", func(t *testing.T, a *gateway.APISpec) gateway.Update {
			a.Revision, a.Routes[0].Policies = 2, []gatewright.Policy{calling("nobody")}
			return upsert(t, a)
		}, `revision 2 calls the shared flow "nobody"`},
		{"a canary does", func(t *testing.T, a *gateway.APISpec) gateway.Update {
			a.Policies = []gatewright.Policy{calling("common")}
			a.Slot = func(s *gatewright.SlotResource) {
				s.Canary = &gatewright.CanaryResource{RevisionRef: gatewright.RevisionRef{Number: 2}, Share: 1}
			}
			a.Canary = &gatewright.RevisionResource{API: a.ID, Number: 2, BasePath: a.BasePath, Routes: a.Routes, Policies: []gatewright.Policy{calling("nobody")}}
			return upsert(t, a)
		}, `revision 2 calls the shared flow "nobody"`},
		{"a flow does", func(t *testing.T, _ *gateway.APISpec) gateway.Update {
			return with(t, upsert(t), stepFlow("common", 2, calling("nobody")))
		}, "common → nobody: the last of them is no shared flow"},
		{"hooks do", func(t *testing.T, _ *gateway.APISpec) gateway.Update {
			return hooked(t, upsert(t), nil, []string{"nobody"})
		}, `the shared flow "nobody", which it names`},
		{"a flow goes that an API calls", func(*testing.T, *gateway.APISpec) gateway.Update {
			return without(gateway.Update{}, common.key(), common.revisionKey())
		}, `the API API api_p goes on calling the shared flow "common"`},
		{"a flow goes that a flow calls", func(*testing.T, *gateway.APISpec) gateway.Update {
			return without(gateway.Update{}, flowSpec{name: "inner"}.key())
		}, "common → inner: the last of them is no shared flow"},
		{"a flow goes that a hook names", func(*testing.T, *gateway.APISpec) gateway.Update {
			return without(gateway.Update{}, flowSpec{name: "hook"}.key())
		}, `the flow hooks name the shared flow "hook"`},
		{"only its revision goes", func(*testing.T, *gateway.APISpec) gateway.Update {
			return without(gateway.Update{}, flowSpec{name: "hook", revision: 1}.revisionKey())
		}, "revision 1, which it runs, is not in this group's configuration"},
		{"a circle", func(t *testing.T, _ *gateway.APISpec) gateway.Update {
			return with(t, upsert(t), stepFlow("inner", 2, calling("common")))
		}, "shared flows call one another in a circle"},
		{"too deep", func(t *testing.T, _ *gateway.APISpec) gateway.Update {
			return with(t, upsert(t), chain(gatewright.MaxFlowDepth+1)...)
		}, "more than 8 deep"},
		{"disabled", func(t *testing.T, _ *gateway.APISpec) gateway.Update {
			u := with(t, upsert(t), stepFlow("hook", 2))
			u.Upserts[flowSpec{name: "hook"}.key()] = gateway.Load(t, &gatewright.Resource{Slot: &gatewright.SlotResource{
				API: "api_hook", Kind: gatewright.KindFlow, Name: "hook", Track: "v1", Current: gatewright.RevisionRef{Number: 2},
			}})
			return u
		}, "a shared flow is always enabled"},
		{"a flow becomes a proxy", func(t *testing.T, a *gateway.APISpec) gateway.Update {
			a.ID = "api_hook"
			u := upsert(t, a)
			delete(u.Upserts, a.RevisionKey())
			return u
		}, "an API does not change its kind"},
		{"a kind from the future", func(t *testing.T, a *gateway.APISpec) gateway.Update {
			a.Slot = func(s *gatewright.SlotResource) { s.Kind = "soap" }
			u := upsert(t, a)
			delete(u.Upserts, a.RevisionKey())
			return u
		}, `this gateway does not know APIs of kind "soap"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, api, ask := newSteps(t)
			a := api()
			a.Policies = []gatewright.Policy{calling("common")}
			u := with(t, upsert(t, a), stepFlow("common", 1, calling("inner")), stepFlow("inner", 1), stepFlow("hook", 1))
			r.commit(1, hooked(t, u, []string{"hook"}, nil))
			const before = "200 hook1 common1 inner1"
			if got := ask(); got != before {
				t.Fatalf("got %s", got)
			}
			entries := r.Entries()
			bad := tt.update(t, api())
			_, rejections := r.Prepare(bad)
			if !slices.ContainsFunc(rejections, func(rej gatewright.Rejection) bool { return strings.Contains(rej.Reason, tt.says) }) {
				t.Errorf("rejections %+v do not say %q", rejections, tt.says)
			}
			// A gateway that has to go along goes on with what it had of that.
			if rejections = r.Apply(bad, 2); len(rejections) == 0 {
				t.Error("applied without a rejection")
			}
			if got := ask(); got != before {
				t.Errorf("got %s", got)
			}
			for key, hash := range entries {
				if got := r.Entries()[key]; got != hash {
					t.Errorf("%s is %s, was %s", key, got.Short(), hash.Short())
				}
			}
		})
	}
}

// TestFlowsStartTogether: what is called and who calls come in one update, in
// whatever order, and a full update takes away what it does not name.
func TestFlowsStartTogether(t *testing.T) {
	r, api, ask := newSteps(t)
	a := api()
	a.Policies = []gatewright.Policy{calling("z")}
	all := with(t, upsert(t, a), stepFlow("z", 1, calling("a")), stepFlow("a", 1))
	all.Full = true
	r.commit(1, all)
	if got := ask(); got != "200 z1 a1" {
		t.Errorf("got %s", got)
	}
	next := upsert(t, api())
	next.Full = true
	r.commit(2, next)
	if got, n := ask(), len(r.Entries()); got != "200 " || n != 2 {
		t.Errorf("got %s with %d entries", got, n)
	}
	// The caller and what it calls go in one moment, too.
	r.commit(3, all)
	r.commit(4, without(gateway.Update{}, slices.Collect(maps.Keys(all.Upserts))...))
	if n := len(r.Entries()); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// TestFlowSwapUnderLoad commits revisions of a flow that is called in several
// places while clients ask. Each call sees one of them, in all places and in
// both phases.
func TestFlowSwapUnderLoad(t *testing.T) {
	const commits, clients = 100, 4
	r, api, _ := newSteps(t)
	a := api()
	a.Policies = []gatewright.Policy{calling("outer")}
	a.Routes[0].Policies = []gatewright.Policy{calling("inner")}
	u := with(t, upsert(t, a), flowSpec{"outer", 1, []gatewright.Policy{calling("inner")}}, stepFlow("inner", 1))
	r.commit(1, hooked(t, u, []string{"inner"}, []string{"outer"}))
	var done atomic.Bool
	var asked atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for !done.Load() {
				got, err := r.try("GET", "", "/api_p/x", nil)
				if err != nil {
					t.Error(err)
					return
				}
				steps := got.header.Values("X-Out")
				if got.status != 200 || got.body != strings.Join(steps, " ") || len(steps) != 4 || len(slices.Compact(slices.Clone(steps))) != 1 {
					t.Errorf("%d: the request went through %q, the response through %q", got.status, got.body, steps)
					return
				}
				asked.Add(1)
			}
		})
	}
	for n := 2; n <= commits; n++ {
		floor := asked.Load()
		r.commit(int64(n), without(with(t, upsert(t), stepFlow("inner", n)), flowSpec{name: "inner", revision: n - 1}.revisionKey()))
		eventually(t, "an answer between two commits", func() bool { return t.Failed() || asked.Load() > floor })
	}
	done.Store(true)
	wg.Wait()
	t.Logf("%d requests over %d commits", asked.Load(), commits)
}

// TestMissingFlowFailsClosed takes the flows from below a gateway, as only a
// defect could.
func TestMissingFlowFailsClosed(t *testing.T) {
	for name, place := range map[string]func(*gateway.APISpec, *gateway.Update){
		"API": func(a *gateway.APISpec, _ *gateway.Update) { a.Policies = []gatewright.Policy{calling("guard")} },
		"route": func(a *gateway.APISpec, _ *gateway.Update) {
			a.Routes[0].Policies = []gatewright.Policy{calling("guard")}
		},
		"hook": func(_ *gateway.APISpec, u *gateway.Update) { *u = hooked(t, *u, nil, []string{"guard"}) },
	} {
		t.Run(name, func(t *testing.T) {
			up := newBackend(t, telling)
			r := newRig(t, gateway.Config{})
			a := petAPI("api_p", 1, node(t, up.addr, 1))
			u := with(t, upsert(t), stepFlow("guard", 1))
			place(a, &u)
			maps.Copy(u.Upserts, upsert(t, a).Upserts)
			r.commit(1, u)
			if got := r.get("/api_p/x"); got.status != 200 {
				t.Fatalf("got %+v", got)
			}
			asked := up.accepted.Load()
			r.ForgetFlows()
			r.wantProblem(r.get("/api_p/x"), 500, "flow-unavailable")
			if up.accepted.Load() != asked {
				t.Error("the upstream was asked")
			}
		})
	}
}
