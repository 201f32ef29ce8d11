package gateway_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

func TestBeforeTheFirstUpdate(t *testing.T) {
	g := newRig(t, gateway.Config{})
	g.wantProblem(g.get("/pets"), 503, "not-configured")
	g.apply(1, gateway.Update{Full: true})
	g.wantProblem(g.get("/pets"), 404, "no-route")
}

func TestPrepareServesNothing(t *testing.T) {
	b, c := marker(t, "old"), marker(t, "new")
	g := newRig(t, gateway.Config{})
	g.commit(7, upsert(t, petAPI("pets", 1, node(t, b.addr, 100))))
	before := g.Entries()

	u := upsert(t, petAPI("pets", 2, node(t, c.addr, 100)), petAPI("more", 1, node(t, c.addr, 100)))
	candidate, rej := g.Prepare(u)
	if len(rej) > 0 {
		t.Fatal(rej)
	}
	if got := g.get("/pets/x"); got.body != "old" || got.header.Get(gateway.RevisionHeader) != "1" {
		t.Errorf("prepared, not committed: %+v", got)
	}
	g.wantProblem(g.get("/more/x"), 404, "no-route")
	if !maps.Equal(before, g.Entries()) || g.Generation() != 7 {
		t.Errorf("entries or generation changed by Prepare")
	}
	if err := g.Commit(candidate, 8); err != nil {
		t.Fatal(err)
	}
	if got := g.get("/pets/x"); got.body != "new" || g.Generation() != 8 {
		t.Errorf("committed: %+v at %d", got, g.Generation())
	}
	if got := g.get("/more/x"); got.body != "new" {
		t.Errorf("committed: %+v", got)
	}
	if got, want := g.Entries()["slot/pets/v1"], u.Upserts["slot/pets/v1"].Hash; got != want {
		t.Errorf("entry %s, want %s", got, want)
	}
}

func TestStaleCandidates(t *testing.T) {
	b := marker(t, "a")
	n := node(t, b.addr, 100)
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, petAPI("pets", 1, n)))
	first, _ := g.Prepare(upsert(t, petAPI("pets", 2, n)))
	second, _ := g.Prepare(upsert(t, petAPI("other", 1, n)))
	if err := g.Commit(first, 2); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		c    *gateway.Candidate
	}{{"stale base", second}, {"committed before", first}, {"refused before", second}} {
		if err := g.Commit(tt.c, 3); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
			t.Errorf("%s: Commit = %v, want precondition_failed", tt.name, err)
		}
	}
	third, _ := g.Prepare(upsert(t, petAPI("pets", 3, n)))
	third.Discard()
	third.Discard()
	if err := g.Commit(third, 3); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Errorf("discarded: Commit = %v", err)
	}
	if got := g.get("/pets/"); got.header.Get(gateway.RevisionHeader) != "2" || g.Generation() != 2 {
		t.Errorf("serves %+v at %d", got, g.Generation())
	}
}

func TestRejections(t *testing.T) {
	b := marker(t, "a")
	n := node(t, b.addr, 100)
	manyRoutes := func(id string, count int) *gateway.APISpec {
		a := petAPI(id, 1, n)
		a.Routes = nil
		for i := range count {
			a.Routes = append(a.Routes, gatewright.Route{Name: fmt.Sprint("r", i), Path: fmt.Sprintf("/r%d", i)})
		}
		return a
	}
	with := func(change func(*gateway.APISpec)) *gateway.APISpec {
		a := petAPI("new", 1, n)
		change(a)
		return a
	}
	one := func(k gatewright.Key, r *gatewright.Resource) gateway.Update {
		return gateway.Update{Upserts: map[gatewright.Key]gateway.Loaded{k: {Hash: "sha256:00", Resource: r}}}
	}
	spec := petAPI("new", 1, n)
	slot := spec.Resources()[spec.SlotKey()].Slot
	tests := []struct {
		name   string
		update gateway.Update
		key    gatewright.Key
		want   string // part of the reason
	}{
		{"too many routes", upsert(t, manyRoutes("big", 32)), "slot/big/v1",
			"this gateway accepts 100 routes (--max-routes); with this change it would have 102"},
		{"same route as another API", upsert(t, with(func(a *gateway.APISpec) { a.BasePath = "/pets" })), "slot/new/v1", "slot/pets/v1"},
		{"registry missing", upsert(t, with(func(a *gateway.APISpec) {
			a.Upstream = gatewright.Upstream{Scheme: "http", Discovery: &gatewright.Discovery{Registry: "dc1", Namespace: "default", Service: "x:80"}}
		})), "slot/new/v1", "registry dc1 is not in this group's configuration"},
		{"bad template", upsert(t, with(func(a *gateway.APISpec) { a.Routes[0].Path = "/{a}{b}" })), "slot/new/v1", "nothing between"},
		{"bad host pattern", upsert(t, with(func(a *gateway.APISpec) { a.Hosts = []string{"*.Example.com"} })), "slot/new/v1", "not canonical"},
		{"bad base path", upsert(t, with(func(a *gateway.APISpec) { a.BasePath = "/a/../b" })), "slot/new/v1", "not canonical"},
		{"bad path prefix", upsert(t, with(func(a *gateway.APISpec) { a.PathPrefix = "/p/" })), "slot/new/v1", "not canonical"},
		{"no upstream", upsert(t, with(func(a *gateway.APISpec) { a.Upstream.Nodes = nil })), "slot/new/v1", "at least one node"},
		{"version that breaks fields", upsert(t, with(func(a *gateway.APISpec) { a.Version = "1\r\nX: y" })), "slot/new/v1", "version"},
		{"format of the future", one("slot/new/v1", &gatewright.Resource{Format: 99, Slot: slot}), "slot/new/v1",
			"resource format 99 is not supported by this gateway, which reads 1 to 1"},
		{"kind of the future", one("cert/x", &gatewright.Resource{Format: 1}), "cert/x", `resources of kind "cert"`},
		{"content missing", one("slot/new/v1", nil), "slot/new/v1", "content of 00 is missing"},
		{"key of another API", one("slot/new/v2", &gatewright.Resource{Format: 1, Slot: slot}), "slot/new/v2", "slot/new/v1"},
		{"registry under a slot's key", one("slot/new/v1", &gatewright.Resource{Format: 1, Registry: &gatewright.Registry{Name: "new"}}), "slot/new/v1", "not a slot"},
		{"slot under a registry's key", one("registry/new", &gatewright.Resource{Format: 1, Slot: slot}), "registry/new", "not a registry"},
		{"slot under a revision's key", one("rev/new/1", &gatewright.Resource{Format: 1, Slot: slot}), "rev/new/1", "not a revision"},
		{"slot under an app's key", one("app/new", &gatewright.Resource{Format: 1, Slot: slot}), "app/new", "not an app"},
		{"revision missing", one("slot/new/v1", &gatewright.Resource{Format: 1, Slot: slot}), "slot/new/v1", "revision 1, which it runs, is not in this group's configuration"},
		{"canary's revision missing", upsert(t, with(func(a *gateway.APISpec) {
			a.Slot = func(s *gatewright.SlotResource) {
				s.Canary = &gatewright.CanaryResource{RevisionRef: gatewright.RevisionRef{Number: 2}}
			}
		})), "slot/new/v1", "revision 2, which it runs, is not in this group's configuration"},
		{"canary's share", upsert(t, with(func(a *gateway.APISpec) {
			a.Slot = func(s *gatewright.SlotResource) {
				s.Canary = &gatewright.CanaryResource{RevisionRef: s.Current, Share: 10_001}
			}
		})), "slot/new/v1", "share 10001 is not between 0 and 10000"},
		{"revision of another number", one("rev/new/1", &gatewright.Resource{Format: 1, Revision: &gatewright.RevisionResource{API: "new", Number: 2, BasePath: "/"}}), "rev/new/1", "rev/new/2"},
		{"revision 0 by itself", one("rev/new/0", &gatewright.Resource{Format: 1, Revision: &gatewright.RevisionResource{API: "new", BasePath: "/"}}), "rev/new/0", "revision 0"},
		{"route without a name", one("rev/new/1", &gatewright.Resource{Format: 1, Revision: &gatewright.RevisionResource{API: "new", Number: 1, BasePath: "/", Routes: []gatewright.Route{{Path: "/"}}}}), "rev/new/1", "route name is empty"},
		{"app of another key", one("app/new", &gatewright.Resource{Format: 1, App: &gatewright.AppResource{ID: "app_1", Name: "x"}}), "app/new", "app/app_1"},
		{"app's hash", one("app/app_1", &gatewright.Resource{Format: 1, App: &gatewright.AppResource{ID: "app_1", Name: "x", Keys: []gatewright.KeyResource{{Hash: "md5:0"}}}}), "app/app_1", "unusable hash"},
		{"app's clearance", one("app/app_1", &gatewright.Resource{Format: 1, App: &gatewright.AppResource{ID: "app_1", Name: "x", Grants: []gatewright.GrantResource{{API: "a", Clearance: "L9"}}}}), "app/app_1", "security level"},
		{"access", upsert(t, with(func(a *gateway.APISpec) { a.Slot = func(s *gatewright.SlotResource) { s.Access.Mode = "magic" } })), "slot/new/v1", "access"},
		{"lifecycle", upsert(t, with(func(a *gateway.APISpec) {
			a.Slot = func(s *gatewright.SlotResource) { s.Lifecycle = &gatewright.Lifecycle{Link: "javascript:x"} }
		})), "slot/new/v1", "link"},
		{"registry of another name", one("registry/new", &gatewright.Resource{Format: 1, Registry: &gatewright.Registry{Name: "old"}}), "registry/new", "registry/old"},
		{"registry of unknown type", upsert(t, &gatewright.Registry{Name: "dc2", Type: "consul"}), "registry/dc2", `"consul" is not known`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, gateway.Config{Limits: gateway.Limits{MaxRoutes: 100}})
			g.commit(1, upsert(t, petAPI("pets", 1, n), manyRoutes("full", 69)))
			before := g.Entries()

			c, rej := g.Prepare(tt.update)
			check := func(rej []gatewright.Rejection) {
				t.Helper()
				if len(rej) != 1 || rej[0].Key != tt.key || rej[0].Hash != tt.update.Upserts[tt.key].Hash {
					t.Fatalf("rejections %+v, want one for %s", rej, tt.key)
				}
				if !strings.Contains(rej[0].Reason, tt.want) {
					t.Errorf("reason %q lacks %q", rej[0].Reason, tt.want)
				}
			}
			if c != nil {
				t.Errorf("Prepare returns a candidate beside a rejection")
			}
			check(rej)

			// Apply takes the rest of the update and says the same.
			u := tt.update
			u.Upserts = maps.Clone(u.Upserts)
			fine := upsert(t, petAPI("fine", 1, n))
			maps.Copy(u.Upserts, fine.Upserts)
			if tt.name != "too many routes" { // they are counted in the order of keys
				check(g.Apply(u, 2))
				for key, l := range u.Upserts {
					if key != tt.key {
						before[key] = l.Hash
					}
				}
			}
			if !maps.Equal(before, g.Entries()) {
				t.Errorf("entries %v, want %v", g.Entries(), before)
			}
		})
	}
}

func TestApplyKeepsWhatItHadForARejectedKey(t *testing.T) {
	old, fresh := marker(t, "old"), marker(t, "new")
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, old.addr, 100)), petAPI("other", 1, node(t, old.addr, 100)), petAPI("gone", 1, node(t, old.addr, 100))))
	kept := g.Entries()["slot/pets/v1"]

	broken := petAPI("pets", 2, node(t, fresh.addr, 100))
	broken.Routes[0].Path = "/{broken"
	u := upsert(t, broken, petAPI("other", 2, node(t, fresh.addr, 100)))
	u.Full = true
	rej := g.Apply(u, 9)
	if len(rej) != 2 || rej[0].Key != "slot/pets/v1" || rej[1].Key != "rev/pets/1" {
		t.Fatalf("rejections %+v", rej)
	}
	if got := g.get("/pets/x"); got.body != "old" || got.header.Get(gateway.RevisionHeader) != "1" {
		t.Errorf("rejected key serves %+v", got)
	}
	if got := g.get("/other/x"); got.body != "new" {
		t.Errorf("accepted key serves %+v", got)
	}
	g.wantProblem(g.get("/gone/x"), 404, "no-route")
	if e := g.Entries(); len(e) != 5 || e["slot/pets/v1"] != kept || e["rev/pets/1"] == "" || g.Generation() != 9 {
		t.Errorf("entries %v at %d", e, g.Generation())
	}
}

// TestApplySettlesConflicts gives a gateway what a control plane would never
// send: APIs that claim each other's routes.
func TestApplySettlesConflicts(t *testing.T) {
	b := marker(t, "a")
	n := node(t, b.addr, 100)
	at := func(id string, revision int, base string) *gateway.APISpec {
		a := petAPI(id, revision, n)
		a.BasePath = base
		return a
	}
	tests := []struct {
		name     string
		before   []any
		update   []any
		full     bool
		rejected []string
		serves   map[string]string // path → revision
	}{
		{"two APIs change places",
			[]any{at("a", 1, "/a"), at("b", 1, "/b")}, []any{at("a", 2, "/b"), at("b", 2, "/a")}, false,
			nil, map[string]string{"/a/": "2", "/b/": "2"}},
		{"one takes the other's place while that stays",
			[]any{at("a", 1, "/a"), at("b", 1, "/b")}, []any{at("a", 2, "/b")}, false,
			[]string{"slot/a/v1"}, map[string]string{"/a/": "1", "/b/": "1"}},
		{"a new one takes the place of a rejected one, whose old routes need it",
			[]any{at("b", 1, "/b"), at("c", 1, "/c")}, []any{at("a", 2, "/b"), at("b", 2, "/c")}, false,
			[]string{"slot/a/v1", "slot/b/v1"}, map[string]string{"/b/": "1", "/c/": "1"}},
		{"two new ones want the same place: the first key gets it",
			nil, []any{at("a", 1, "/x"), at("b", 1, "/x"), at("c", 1, "/c")}, true,
			[]string{"slot/b/v1"}, map[string]string{"/x/": "1", "/c/": "1"}},
		{"a place becomes free by a deletion",
			[]any{at("a", 1, "/a")}, []any{at("b", 2, "/a")}, true,
			nil, map[string]string{"/a/": "2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, gateway.Config{})
			g.apply(1, upsert(t, tt.before...))
			u := upsert(t, tt.update...)
			u.Full = tt.full
			var rejected []string
			for _, r := range g.Apply(u, 2) {
				rejected = append(rejected, string(r.Key))
			}
			if !slices.Equal(rejected, tt.rejected) {
				t.Errorf("rejected %v, want %v", rejected, tt.rejected)
			}
			for path, revision := range tt.serves {
				if got := g.get(path); got.header.Get(gateway.RevisionHeader) != revision {
					t.Errorf("%s: %d by revision %s, want %s", path, got.status, got.header.Get(gateway.RevisionHeader), revision)
				}
			}
		})
	}
}

func TestApplyCountsRoutesInTheOrderOfKeys(t *testing.T) {
	b := marker(t, "a")
	n := node(t, b.addr, 100)
	g := newRig(t, gateway.Config{Limits: gateway.Limits{MaxRoutes: 2}})
	u := upsert(t, petAPI("a", 1, n), petAPI("b", 1, n), petAPI("c", 1, n))
	rej := g.Apply(u, 1)
	if len(rej) != 1 || rej[0].Key != "slot/c/v1" || !strings.Contains(rej[0].Reason, "accepts 2 routes (--max-routes); with this change it would have 3") {
		t.Errorf("rejections %+v", rej)
	}
	// What frees a place can be used in the same update.
	rej = g.Apply(gateway.Update{Upserts: map[gatewright.Key]gateway.Loaded{"slot/c/v1": u.Upserts["slot/c/v1"]}, Deletes: []gatewright.Key{"slot/a/v1"}}, 2)
	if len(rej) != 0 {
		t.Errorf("rejections %+v", rej)
	}
}

func TestFullUpdateNeedsNoContentOfWhatRuns(t *testing.T) {
	b := marker(t, "a")
	g := newRig(t, gateway.Config{})
	u := upsert(t, petAPI("a", 1, node(t, b.addr, 1)), petAPI("b", 1, node(t, b.addr, 1)), &gatewright.Registry{Name: "dc", Type: gatewright.RegistryDNS})
	g.apply(1, u)
	again := gateway.Update{Full: true, Upserts: map[gatewright.Key]gateway.Loaded{}}
	for _, k := range []gatewright.Key{"slot/a/v1", "rev/a/1", "registry/dc"} {
		again.Upserts[k] = gateway.Loaded{Hash: u.Upserts[k].Hash}
	}
	g.commit(2, again)
	if e := g.Entries(); len(e) != 3 || e["slot/a/v1"] == "" || e["rev/a/1"] == "" || e["registry/dc"] == "" {
		t.Errorf("entries %v", e)
	}
	if got := g.get("/a/"); got.body != "a" {
		t.Errorf("got %+v", got)
	}
}

func TestAfterShutdown(t *testing.T) {
	b := marker(t, "a")
	g := newRig(t, gateway.Config{})
	g.commit(3, upsert(t, petAPI("a", 1, node(t, b.addr, 1))))
	c, _ := g.Prepare(upsert(t, petAPI("b", 1, node(t, b.addr, 1))))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := g.Commit(c, 4); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
		t.Errorf("Commit = %v", err)
	}
	if rej := g.Apply(upsert(t, petAPI("b", 1, node(t, b.addr, 1))), 4); len(rej) != 2 {
		t.Errorf("Apply = %v", rej)
	}
	if g.Generation() != 3 || len(g.Entries()) != 0 {
		t.Errorf("generation %d, entries %v", g.Generation(), g.Entries())
	}
}
