package gateway

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// withCanary is pets() with a canary of revision 8, altered by each of change.
func withCanary(share int, change ...func(*gatewright.CanaryResource)) *APISpec {
	a := pets()
	a.Canary = &gatewright.RevisionResource{API: a.ID, Number: 8, BasePath: a.BasePath, Routes: a.Routes}
	a.Slot = func(s *gatewright.SlotResource) {
		s.Canary = &gatewright.CanaryResource{RevisionRef: gatewright.RevisionRef{Number: 8, Version: "2.0.0"}, Share: share}
		for _, c := range change {
			c(s.Canary)
		}
	}
	return a
}

func keyed(key string) func(*gatewright.CanaryResource) {
	return func(c *gatewright.CanaryResource) { c.Key = key }
}

func matching(m ...gatewright.CanaryMatch) func(*gatewright.CanaryResource) {
	return func(c *gatewright.CanaryResource) { c.Match = m }
}

// answer is what a gateway without a transport does with a request.
type answer struct {
	status  int // of a local response, 0 when it would be forwarded
	body    string
	header  map[string]string // first value of each field of the response
	ex      *exchange.Exchange
	forward bool
}

// ask has g decide on a request and ends it.
func ask(g *Gateway, ex *exchange.Exchange) answer {
	h := g.Handler()
	h.Begin(ex)
	a := answer{ex: ex, header: map[string]string{}, forward: !ex.Response.Local}
	if ex.Response.Local {
		a.status, a.body = ex.Response.Status, string(ex.Response.Body)
	} else {
		ex.Response.Status = 200
		h.Response(ex)
	}
	for i := ex.Response.Header.Len() - 1; i >= 0; i-- {
		f := ex.Response.Header.At(i)
		a.header[f.Name] = f.Value
	}
	h.End(ex)
	return a
}

// onCanary reports whether the request took the canary of withCanary.
func (a answer) onCanary() bool { return a.header[RevisionHeader] == `8;version="2.0.0"` }

// population makes requests of n callers, told apart in every way there is.
func population(n int) []func() *exchange.Exchange {
	all := make([]func() *exchange.Exchange, n)
	for i := range all {
		all[i] = func() *exchange.Exchange {
			ex := request("GET", "/pets/1")
			ex.ClientAddr = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
			ex.Header.AddParsed("X-User", fmt.Sprint("user-", i))
			ex.Header.AddParsed("Cookie", fmt.Sprint("a=b; sid=", i, "; c=d"))
			ex.Query, ex.HasQuery = fmt.Sprint("x=1&us%65r=", i), true
			return ex
		}
	}
	return all
}

var canaryKeys = []string{"", "address", "app", "header:x-user", "query:user", "cookie:sid", "header:Missing", "query:missing", "cookie:missing"}

// TestCanarySplit measures the share over 10,000 callers.
func TestCanarySplit(t *testing.T) {
	callers := population(10_000)
	for _, key := range canaryKeys {
		for _, share := range []int{0, 1, 500, 2500, 5000, 9999, 10_000} {
			t.Run(fmt.Sprintf("%q/%d", key, share), func(t *testing.T) {
				g := idle(t, Config{}, withCanary(share, keyed(key)))
				g.random = rand.New(rand.NewPCG(1, 2)).Uint64
				took := 0
				for _, caller := range callers {
					if ask(g, caller()).onCanary() {
						took++
					}
				}
				if off := math.Abs(float64(took - share)); off > 150 || off > 0 && (share == 0 || share == fullShare) {
					t.Errorf("%d of 10,000 requests took the canary; its share is %d", took, share)
				}
			})
		}
	}
}

// TestCanaryKeepsCallers raises the share step by step: who is on the canary
// stays there, on every gateway.
func TestCanaryKeepsCallers(t *testing.T) {
	callers := population(2000)
	for _, key := range canaryKeys[1:] {
		t.Run(key, func(t *testing.T) {
			on := make([]bool, len(callers))
			for _, share := range []int{0, 10, 1000, 3333, 7000, 9990, 10_000} {
				g, other := idle(t, Config{}, withCanary(share, keyed(key))), idle(t, Config{}, withCanary(share, keyed(key)))
				for i, caller := range callers {
					now := ask(g, caller()).onCanary()
					if again := ask(other, caller()).onCanary(); again != now {
						t.Fatalf("at share %d caller %d is on the canary of one gateway, and not of the other", share, i)
					}
					if on[i] && !now {
						t.Fatalf("at share %d caller %d went back to the current revision", share, i)
					}
					on[i] = now
				}
			}
		})
	}
}

// TestCanariesPickDifferentCallers: the same callers must not bear all risks.
func TestCanariesPickDifferentCallers(t *testing.T) {
	first, second := withCanary(5000, keyed("address")), withCanary(5000, keyed("address"))
	second.ID, second.BasePath = "api_2", "/other"
	second.Canary = &gatewright.RevisionResource{API: "api_2", Number: 8, BasePath: "/other", Routes: second.Routes}
	g := idle(t, Config{}, first, second)
	both := 0
	for _, caller := range population(4000) {
		ex, other := caller(), caller()
		other.Path = "/other/1"
		if ask(g, ex).onCanary() && ask(g, other).onCanary() {
			both++
		}
	}
	if both < 850 || both > 1150 {
		t.Errorf("%d of 4000 callers are on both canaries; 1000 would be independent", both)
	}
}

func TestCanaryMatch(t *testing.T) {
	beta := gatewright.CanaryMatch{Source: "header", Name: "x-beta", Values: []string{"yes", "1"}}
	user := gatewright.CanaryMatch{Source: "query", Name: "user-name", Values: []string{"ann lee", "50%"}}
	office := gatewright.CanaryMatch{Source: "address", Values: []string{"192.0.2.0/24", "2001:db8::1"}}
	app := gatewright.CanaryMatch{Source: "app", Values: []string{"Shop"}}
	header := func(name, value string) func(*exchange.Exchange) {
		return func(ex *exchange.Exchange) { ex.Header.AddParsed(name, value) }
	}
	query := func(q string) func(*exchange.Exchange) {
		return func(ex *exchange.Exchange) { ex.Query, ex.HasQuery = q, true }
	}
	from := func(a string) func(*exchange.Exchange) {
		return func(ex *exchange.Exchange) { ex.ClientAddr = netip.MustParseAddr(a) }
	}
	type list = []gatewright.CanaryMatch
	type alter = []func(*exchange.Exchange)
	tests := []struct {
		name  string
		match list
		alter alter
		want  bool
	}{
		{"no condition", nil, nil, true},
		{"header", list{beta}, alter{header("X-Beta", "1")}, true},
		{"second line of the header", list{beta}, alter{header("X-BETA", "no"), header("X-Beta", "yes")}, true},
		{"header with another value", list{beta}, alter{header("X-Beta", "YES")}, false},
		{"header missing", list{beta}, nil, false},
		{"query", list{user}, alter{query("a=b&user%2dname=ann%20lee")}, true},
		{"query, encoded otherwise", list{user}, alter{query("%75ser-name=50%25")}, true},
		{"query, broken encoding stands for itself", list{user}, alter{query("user%2dname=50%")}, true},
		{"query with another value", list{user}, alter{query("user%2dname=ann")}, false},
		{"query with more", list{user}, alter{query("user%2dname=ann+lee+")}, false},
		{"query, name is another's beginning", list{user}, alter{query("user-names=ann+lee")}, false},
		{"address in the block", list{office}, alter{from("192.0.2.200")}, true},
		{"address as IPv6", list{office}, alter{from("::ffff:192.0.2.7")}, true},
		{"address by itself", list{office}, alter{from("2001:db8::1")}, true},
		{"address outside", list{office}, alter{from("192.0.3.1")}, false},
		{"all of them", list{beta, office}, alter{header("X-Beta", "1"), from("192.0.2.1")}, true},
		{"one of them", list{beta, office}, alter{header("X-Beta", "1")}, false},
		{"app", list{app}, alter{header("X-API-Key", "shop-key")}, true},
		{"app by a bad key", list{app}, alter{header("X-API-Key", "no-key")}, false},
		{"another app", list{app}, alter{header("X-API-Key", "other-key")}, false},
		{"app by its own word", list{app}, alter{header(AppHeader, "Shop")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := withCanary(fullShare, matching(tt.match...))
			slot := a.Slot
			a.Slot = func(s *gatewright.SlotResource) {
				slot(s)
				s.Access.Mode = gatewright.AccessApp
			}
			g := idle(t, Config{}, a)
			addApps(t, g, shop("Shop", "shop-key", a.ID), shop("Other", "other-key", a.ID))
			ex := request("GET", "/pets/1")
			for _, f := range tt.alter {
				f(ex)
			}
			c := g.newCall(ex)
			c.find()
			if got := c.side == &c.slot.canary.side; got != tt.want {
				t.Errorf("on the canary: %t, want %t", got, tt.want)
			}
			c.slot.holds.release(c.stripe)
		})
	}
}

// TestCanaryRoutes: a route that one side lacks is not there for who takes that
// side, and what another API has for the request is.
func TestCanaryRoutes(t *testing.T) {
	spec := func(share int) *APISpec {
		a := withCanary(share)
		a.Routes = []gatewright.Route{
			{Name: "get", Methods: []string{"GET"}, Path: "/{id}"},
			{Name: "gone", Methods: []string{"GET"}, Path: "/old/{id}"},
			{Name: "list", Methods: []string{"GET"}, Path: "/"},
			{Name: "shared with others", Methods: []string{"GET"}, Path: "/x/a"},
		}
		a.Canary.Routes = []gatewright.Route{
			{Name: "get", Methods: []string{"GET"}, Path: "/{id}"},
			{Name: "new", Methods: []string{"GET"}, Path: "/new/{id}"},
			{Name: "list", Methods: []string{"GET", "POST"}, Path: "/"},
		}
		return a
	}
	catchAll := pets()
	catchAll.ID, catchAll.Revision, catchAll.Version = "api_2", 1, ""
	catchAll.Routes = []gatewright.Route{{Name: "rest", Path: "/x/*"}}
	tests := []struct {
		name           string
		method, path   string
		current, other string // field Gatewright-Revision, or status and it
	}{
		{"on both", "GET", "/pets/1", `7;version="1.0.1"`, `8;version="2.0.0"`},
		{"only current", "GET", "/pets/old/1", `7;version="1.0.1"`, `404 8;version="2.0.0"`},
		{"only canary", "GET", "/pets/new/1", `404 7;version="1.0.1"`, `8;version="2.0.0"`},
		{"method only on the canary", "POST", "/pets/", `405 7;version="1.0.1"`, `8;version="2.0.0"`},
		{"nowhere", "GET", "/nothing", "404 ", "404 "},
		{"another API has it too", "GET", "/pets/x/a", `7;version="1.0.1"`, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for share, want := range map[int]string{0: tt.current, fullShare: tt.other} {
				g := idle(t, Config{}, spec(share), catchAll)
				a := ask(g, request(tt.method, tt.path))
				got := a.header[RevisionHeader]
				if !a.forward {
					got = fmt.Sprint(a.status, " ", got)
				}
				if got != want {
					t.Errorf("at share %d: %q, want %q", share, got, want)
				}
				if a.status == 405 && a.header["Allow"] != "GET, HEAD" {
					t.Errorf("Allow: %q", a.header["Allow"])
				}
			}
		})
	}
}

// TestMissingRouteCountsForItsSide: that a canary lacks an operation must show
// in its counts.
func TestMissingRouteCountsForItsSide(t *testing.T) {
	a := withCanary(fullShare)
	a.Canary.Routes = a.Routes[:1]
	g := idle(t, Config{}, a)
	if got := ask(g, request("POST", "/pets/1/image")); got.status != 404 {
		t.Fatalf("status %d", got.status)
	}
	counts := g.TakeUsage(10)
	if len(counts) != 1 || counts[0].Revision != 8 || counts[0].Route != "" || counts[0].Refused != 1 {
		t.Errorf("usage %+v", counts)
	}
	if s := g.Status(); s.APIs[0].Canary.Requests.ByClass[4] != 1 || s.APIs[0].Requests.Total != 0 || s.Unmatched.Total != 0 {
		t.Errorf("status %+v", s.APIs[0])
	}
}

// TestCanaryUpstream: the canary may be nothing but another upstream.
func TestCanaryUpstream(t *testing.T) {
	other := gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "198.51.100.1", Port: 80, Weight: 1}}}
	for share, want := range map[int]string{0: "192.0.2.", fullShare: "198.51.100.1:80"} {
		a := withCanary(share, func(c *gatewright.CanaryResource) {
			c.RevisionRef, c.Upstream = gatewright.RevisionRef{Number: 7, Version: "1.0.1"}, &other
		})
		g := idle(t, Config{}, a)
		got := ask(g, request("GET", "/pets/1"))
		if addr := got.ex.Target.Endpoint.Address(); len(addr) < len(want) || addr[:len(want)] != want {
			t.Errorf("at share %d it goes to %s", share, addr)
		}
		if n := g.current.Load().table.Len(); n != 2 {
			t.Errorf("the table has %d routes; the sides have the same two", n)
		}
	}
}

// TestSmallChangesLeaveTheTable: what is no route does not touch the table, and
// upstreams that stay keep their state.
func TestSmallChangesLeaveTheTable(t *testing.T) {
	base := withCanary(1000)
	tests := []struct {
		name     string
		change   func(*gatewright.SlotResource)
		upstream bool // the current side's stays
	}{
		{"share", func(s *gatewright.SlotResource) { s.Canary.Share = 5000 }, true},
		{"conditions", func(s *gatewright.SlotResource) {
			s.Canary.Match = []gatewright.CanaryMatch{{Source: "header", Name: "X", Values: []string{"1"}}}
		}, true},
		{"lifecycle", func(s *gatewright.SlotResource) { s.Lifecycle = &gatewright.Lifecycle{DeprecatedAt: clock()} }, true},
		{"access", func(s *gatewright.SlotResource) { s.Access.Mode = gatewright.AccessApp }, true},
		{"limit", func(s *gatewright.SlotResource) { s.MaxQPS = 5 }, true},
		{"timeouts", func(s *gatewright.SlotResource) { s.Upstream.Timeouts.Read = 5 }, true},
		{"version", func(s *gatewright.SlotResource) { s.Current.Version = "1.0.2" }, true},
		{"upstream", func(s *gatewright.SlotResource) { s.Upstream.Nodes[0].Port = 1 }, false},
		{"canary begins", func(s *gatewright.SlotResource) { s.Canary = nil }, true},
		{"canary is promoted", func(s *gatewright.SlotResource) { s.Current, s.Canary = s.Canary.RevisionRef, nil }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			altered := *base
			altered.Upstream = altered.Upstream.Clone()
			altered.Slot = func(s *gatewright.SlotResource) { base.Slot(s); tt.change(s) }
			from, to := base, &altered
			if tt.name == "canary begins" {
				from, to = to, from
			}
			g := idle(t, Config{}, from)
			before := g.current.Load()
			old := before.seats.at(0)
			if rej := g.Apply(updateOf(t, to), 2); len(rej) > 0 {
				t.Fatal(rej)
			}
			after := g.current.Load()
			if after.table != before.table {
				t.Error("the table is another one")
			}
			now := after.seats.at(0)
			if now == old {
				t.Fatal("the slot was not replaced")
			}
			if same := now.current.upstream == old.current.upstream; same != tt.upstream {
				t.Errorf("the same upstream: %t, want %t", same, tt.upstream)
			}
			if tt.name == "canary is promoted" && now.current.counters != old.canary.counters {
				t.Error("the canary's counts are lost")
			}
		})
	}
}

// TestPublishTouchesItsOwnRoutes: of a new revision only what differs is put
// into the table, and a revision that several slots run is there once.
func TestPublishTouchesItsOwnRoutes(t *testing.T) {
	a := pets()
	g := idle(t, Config{}, a)
	before := g.current.Load().seats.at(0).routes
	b := *a
	b.Revision = 8
	b.Routes = append([]gatewright.Route{{Name: "list", Methods: []string{"GET"}, Path: "/"}}, a.Routes...)
	if rej := g.Apply(updateOf(t, &b), 2); len(rej) > 0 {
		t.Fatal(rej)
	}
	after := g.current.Load().seats.at(0).routes
	if added, gone := after.without(before), before.without(after); len(added) != 1 || len(gone) != 0 {
		t.Errorf("added %v, removed %v", added, gone)
	}

	second := b
	second.Track, second.PathPrefix = "v3", "/three"
	if rej := g.Apply(updateOf(t, &second), 3); len(rej) > 0 {
		t.Fatal(rej)
	}
	rt := g.current.Load()
	if rt.seats.at(0).current.revision != rt.seats.at(1).current.revision || rt.revisions.Len() != 2 {
		t.Errorf("revision 8 is there more than once, or one of %d is missing", rt.revisions.Len())
	}
}

// TestRequestsAllocateNothing, whatever is decided about them.
func TestRequestsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates; run without -race")
	}
	guarded := withCanary(5000, keyed("app"), matching(
		gatewright.CanaryMatch{Source: "app", Values: []string{"Shop"}}, gatewright.CanaryMatch{Source: "address", Values: []string{"203.0.113.0/24"}}))
	canary := guarded.Slot
	guarded.Slot = func(s *gatewright.SlotResource) {
		canary(s)
		s.Access.Mode, s.Security, s.MaxQPS = gatewright.AccessApp, gatewright.SecuritySecret, gatewright.MaxQPS
		s.Lifecycle = &gatewright.Lifecycle{DeprecatedAt: clock(), SunsetAt: clock(), Link: "https://x.example/", Successor: "https://y.example/"}
	}
	tests := []struct {
		name string
		spec *APISpec
	}{
		{"open", pets()},
		{"canary by chance", withCanary(5000)},
		{"canary by address", withCanary(5000, keyed("address"))},
		{"canary by a header that is missing", withCanary(5000, keyed("header:X-User"))},
		{"app", guarded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := idle(t, Config{AccessLog: discard{}}, tt.spec)
			addApps(t, g, shop("Shop", "shop-key", tt.spec.ID))
			h := g.Handler()
			ex := request("GET", "/pets/1")
			once := func() {
				ex.Header.Reset()
				ex.Header.AddParsed("X-API-Key", "shop-key")
				serve(h, ex)
			}
			once()
			if ex.Result.Endpoint == nil {
				t.Fatal("not forwarded")
			}
			if n := testing.AllocsPerRun(500, once); n != 0 {
				t.Errorf("%v allocations per request", n)
			}
		})
	}
}
