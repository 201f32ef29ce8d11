package gateway

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

// variant makes one of several resources for an API key; some are broken, some
// need the registry, some want the same route as other APIs.
func variant(api, n int) *APISpec {
	a := pets()
	a.ID, a.Revision = gatewright.APIID(fmt.Sprintf("a%d", api)), n+1
	a.BasePath = fmt.Sprintf("/a%d", api)
	switch n % 6 {
	case 1:
		a.Upstream.Nodes[0].Port = 9000 + n
	case 2:
		a.Enabled = false
	case 3:
		a.Upstream.Nodes = nil
		a.Upstream.Discovery = &gatewright.Discovery{Registry: "dc", Namespace: "default", Service: "127.0.0.9:80"}
	case 4:
		a.BasePath = "/shared"
	case 5:
		a.Routes[0].Path = "/{broken"
	}
	return a
}

func drawUpdate(t *rapid.T) Update {
	u := Update{Upserts: map[gatewright.Key]Loaded{}, Full: rapid.IntRange(0, 5).Draw(t, "full") == 0}
	resources := map[gatewright.Key]*gatewright.Resource{}
	for range rapid.IntRange(0, 4).Draw(t, "upserts") {
		api := rapid.IntRange(0, 4).Draw(t, "api")
		a := variant(api, rapid.IntRange(0, 11).Draw(t, "variant"))
		maps.Copy(resources, a.Resources())
	}
	switch rapid.IntRange(0, 3).Draw(t, "registry") {
	case 0:
		stale := gatewright.Duration(rapid.IntRange(0, 2).Draw(t, "stale"))
		resources["registry/dc"] = &gatewright.Resource{Format: 1, Registry: &gatewright.Registry{Name: "dc", Type: gatewright.RegistryDNS, Stale: stale}}
	case 1:
		u.Deletes = append(u.Deletes, "registry/dc")
	}
	for range rapid.IntRange(0, 2).Draw(t, "deletes") {
		u.Deletes = append(u.Deletes, gatewright.Key(fmt.Sprintf("slot/a%d/v2", rapid.IntRange(0, 4).Draw(t, "deleted"))))
	}
	for key, r := range resources {
		_, hash, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		u.Upserts[key] = Loaded{hash, r}
	}
	return u
}

// expect returns what the entries must be after u, given what was rejected.
func expect(before map[gatewright.Key]gatewright.Hash, u Update, rejected []gatewright.Rejection) map[gatewright.Key]gatewright.Hash {
	after := maps.Clone(before)
	if u.Full {
		clear(after)
	}
	for _, k := range u.Deletes {
		delete(after, k)
	}
	for k, l := range u.Upserts {
		after[k] = l.Hash
	}
	for _, r := range rejected {
		delete(after, r.Key)
		if h, ok := before[r.Key]; ok {
			after[r.Key] = h
		}
	}
	return after
}

// TestHistory gives a gateway random updates in random ways and compares its
// entries with a model. In the end, with everything deleted, nothing may be
// held any more.
func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := New(Config{Log: quiet()})
		defer func() { _ = g.Shutdown(t.Context()) }()
		model := map[gatewright.Key]gatewright.Hash{}
		for step := range int64(rapid.IntRange(1, 12).Draw(t, "steps")) {
			u := drawUpdate(t)
			way := rapid.IntRange(0, 2).Draw(t, "way")
			if way == 0 {
				model = expect(model, u, g.Apply(u, step))
			} else if c, rej := g.Prepare(u); (c == nil) != (len(rej) > 0) {
				t.Fatalf("candidate %v beside rejections %v", c, rej)
			} else if c != nil && way == 1 {
				c.Discard()
			} else if c != nil {
				if err := g.Commit(c, step); err != nil {
					t.Fatal(err)
				}
				model = expect(model, u, nil)
			}
			if got := g.Entries(); !maps.Equal(got, model) {
				t.Fatalf("step %d: entries\n%v, want\n%v", step, got, model)
			}
			checkTable(t, g)
		}
		if rej := g.Apply(Update{Full: true}, 99); len(rej) > 0 {
			t.Fatal(rej)
		}
		rt := g.current.Load()
		if n := g.transport.Endpoints(); n != 0 || rt.table.Len() != 0 || rt.users.Len() != 0 || g.drains.len() != 0 {
			t.Fatalf("left over: %d endpoints, %d routes, %d users of registries, %d draining", n, rt.table.Len(), rt.users.Len(), g.drains.len())
		}
	})
}

// checkTable checks that the table has the routes of the APIs that are served,
// and that they are open.
func checkTable(t *rapid.T, g *Gateway) {
	routes := 0
	rt := g.current.Load()
	g.current.Load().slots.Root().Walk(func(_ []byte, s *liveSlot) bool {
		routes += len(s.routes.entries)
		if s.closed.Load() || s.holds.retired.Load() {
			t.Fatalf("%s is served but closed", s.key)
		}
		for _, d := range s.sides() {
			if d.upstream != nil && d.upstream.users.Load() < 1 {
				t.Fatalf("the upstream of %s is closed", s.key)
			}
		}
		for _, e := range s.routes.entries {
			if got := rt.seats.at(e.Value().seat); got != s {
				t.Fatalf("route %s of %s leads to another slot", e, s.key)
			}
		}
		return false
	})
	if n := g.current.Load().table.Len(); n != routes {
		t.Fatalf("%d routes in the table, %d of APIs", n, routes)
	}
}

// TestEverythingAtOnce is for the race detector: requests, updates of all
// kinds and status, all at the same time.
func TestEverythingAtOnce(t *testing.T) {
	g := idle(t, Config{AccessLog: discard{}}, variant(0, 0), variant(1, 0))
	h := g.Handler()
	var over atomic.Bool
	var readers, writers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			for n := 0; !over.Load(); n++ {
				ex := request("GET", fmt.Sprintf("/a%d/1", (n+i)%3))
				h.Begin(ex)
				if ex.Target.Endpoint != nil {
					h.Repick(ex)
					h.Response(ex)
				}
				h.End(ex)
			}
		})
	}
	readers.Go(func() {
		for !over.Load() {
			_ = g.Status()
			_ = g.Entries()
		}
	})
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		writers.Go(func() {
			for n := range int64(150) {
				u := updateOf(t, variant(random.IntN(3), random.IntN(5)))
				if random.IntN(2) == 0 {
					g.Apply(u, n)
				} else if c, _ := g.Prepare(u); c != nil {
					if random.IntN(3) == 0 {
						c.Discard()
					} else {
						_ = g.Commit(c, n) // may be stale
					}
				}
			}
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
	g.Apply(Update{Full: true}, 1)
	if n, d := g.transport.Endpoints(), g.drains.len(); n != 0 || d != 0 {
		t.Errorf("left over: %d endpoints, %d draining", n, d)
	}
}
