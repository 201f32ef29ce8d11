package gateway

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// canaried is guarded() with a canary that a header chooses.
func canaried() *APISpec {
	a := guarded(func(s *gatewright.SlotResource) {
		s.Hosts = []string{"pets.example", "*.pets.example"}
		s.PathPrefix = "/eu"
		s.Canary = &gatewright.CanaryResource{
			RevisionRef: gatewright.RevisionRef{Number: 8, Version: "1.1.0"}, Share: 2500, Key: "app",
			Match: []gatewright.CanaryMatch{{Source: "header", Name: "X-Beta", Values: []string{"1"}}},
		}
		s.MaxQPS = 1
	})
	a.Canary = &gatewright.RevisionResource{API: a.ID, Number: 8, BasePath: "/pets", Routes: slices.Clone(a.Routes)}
	return a
}

// TestExplain asks what would become of requests, each more often than any
// limit would allow.
func TestExplain(t *testing.T) {
	g := idle(t, Config{}, canaried())
	addApps(t, g, shop("Shop", "good", "api_1", func(a *gatewright.AppResource) { a.Grants[0].QPS = 1 }), shop("Other", "other", "api_2"))
	key := func(value string) []gatewright.ExplainHeader {
		return []gatewright.ExplainHeader{{Name: "X-API-Key", Value: value}}
	}
	tests := []struct {
		name    string
		q       gatewright.ExplainQuestion
		outcome gatewright.ExplainOutcome
		cause   string
		check   func(*testing.T, *gatewright.Explanation)
	}{
		{name: "served", q: gatewright.ExplainQuestion{Method: "GET", URL: "https://A.pets.example:8443/eu//pets/%31?x=1", Headers: key("good")}, outcome: gatewright.ExplainServed,
			check: func(t *testing.T, e *gatewright.Explanation) {
				if e.Host != "a.pets.example" || e.Path != "/eu/pets/1" || e.Access.App != "Shop" || e.Access.Mode != gatewright.AccessApp {
					t.Errorf("%+v %+v", e, e.Access)
				}
				if e.Slot.Revision != 7 || e.Slot.Version != "1.0.1" || e.Slot.Track != "v2" || e.Slot.API != "api_1" {
					t.Errorf("slot %+v", e.Slot)
				}
				k := e.Slot.Canary
				if k == nil || k.Taken || k.Meets || k.Random || k.Failed != "header X-Beta of 1" || k.Rule != "25 % of the requests with header X-Beta of 1, callers recognised by app" {
					t.Errorf("canary %+v", k)
				}
				if e.Route.Path != "/eu/pets/{id}" || e.Route.Params["id"] != "1" || !slices.Equal(e.Route.Methods, []string{"GET"}) {
					t.Errorf("route %+v", e.Route)
				}
				if u := e.Upstream; u.Path != "/pets/1" || len(u.Endpoints) != 2 || u.Endpoints[0].Address != "192.0.2.1:8080" {
					t.Errorf("upstream %+v", u)
				}
			}},
		{name: "another host", q: gatewright.ExplainQuestion{Method: "GET", URL: "http://cats.example/eu/pets/1"}, outcome: gatewright.ExplainRefused, cause: "no-route",
			check: func(t *testing.T, e *gatewright.Explanation) {
				if e.HostKnown || e.Slot != nil {
					t.Errorf("%+v", e)
				}
			}},
		{name: "the host of a header", q: gatewright.ExplainQuestion{Method: "GET", URL: "http://127.0.0.1:9080/eu/pets/1", Headers: append(key("good"), gatewright.ExplainHeader{Name: "host", Value: "pets.example"})}, outcome: gatewright.ExplainServed},
		{name: "another path", q: gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/pets/1"}, outcome: gatewright.ExplainRefused, cause: "no-route",
			check: func(t *testing.T, e *gatewright.Explanation) {
				if !e.HostKnown {
					t.Error("the host is known")
				}
			}},
		{name: "another method", q: gatewright.ExplainQuestion{Method: "DELETE", URL: "http://pets.example/eu/pets/1"}, outcome: gatewright.ExplainRefused, cause: "method-not-allowed",
			check: func(t *testing.T, e *gatewright.Explanation) {
				if !slices.Equal(e.Problem.Allowed, []string{"GET", "HEAD"}) || e.Problem.Status != 405 {
					t.Errorf("%+v", e.Problem)
				}
			}},
		{name: "no key", q: gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/eu/pets/1"}, outcome: gatewright.ExplainRefused, cause: "unauthenticated",
			check: func(t *testing.T, e *gatewright.Explanation) {
				if e.Problem.Reason != "no key" || e.Route == nil || e.Slot == nil {
					t.Errorf("%+v", e.Problem)
				}
			}},
		{name: "no grant", q: gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/eu/pets/1", Headers: key("other")}, outcome: gatewright.ExplainRefused, cause: "no-grant",
			check: func(t *testing.T, e *gatewright.Explanation) {
				if e.Access.App != "Other" {
					t.Errorf("%+v", e.Access)
				}
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 3 {
				e, err := g.Explain(&tt.q)
				if err != nil {
					t.Fatal(err)
				}
				cause := ""
				if e.Problem != nil {
					cause = e.Problem.Cause
				}
				if e.Outcome != tt.outcome || cause != tt.cause || e.Generation != g.Generation() {
					t.Fatalf("%s, %+v", e.Outcome, e.Problem)
				}
				if tt.check != nil {
					tt.check(t, e)
				}
			}
		})
	}
	s := g.Status()
	if s.Unmatched.Total != 0 || s.APIs[0].Requests.Total != 0 || s.APIs[0].Requests.InFlight != 0 || len(g.TakeUsage(10)) != 0 {
		t.Errorf("something was counted: %+v %+v", s.Unmatched, s.APIs[0].Requests)
	}
}

// TestExplainAgrees has a gateway serve what it has explained, for many callers
// of a canary.
func TestExplainAgrees(t *testing.T) {
	a := canaried()
	slot := a.Slot
	a.Slot = func(s *gatewright.SlotResource) {
		slot(s)
		s.Access, s.MaxQPS, s.Canary.Key, s.Canary.Share = gatewright.Access{}, 0, "header:X-Who", 5000
	}
	g := idle(t, Config{}, a)
	sides := map[bool]int{}
	for i := range 100 {
		who := strings.Repeat("x", i)
		e, err := g.Explain(&gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/eu/pets/1", Headers: []gatewright.ExplainHeader{
			{Name: "X-Beta", Value: "1"}, {Name: "X-Who", Value: who},
		}})
		if err != nil {
			t.Fatal(err)
		}
		ex := request("GET", "/eu/pets/1")
		ex.Header.Add("X-Beta", "1")
		ex.Header.Add("X-Who", who)
		g.Handler().Begin(ex)
		served := ex.Response.Header.Get(RevisionHeader)
		g.Handler().End(ex)
		if e.Slot.Canary.Taken != strings.HasPrefix(served, "8") {
			t.Fatalf("caller %d: explained %+v, served %s", i, e.Slot.Canary, served)
		}
		sides[e.Slot.Canary.Taken]++
	}
	if sides[true] == 0 || sides[false] == 0 {
		t.Errorf("sides taken: %v", sides)
	}
}

// TestExplainRefuses refuses what no transport would let through.
func TestExplainRefuses(t *testing.T) {
	g := idle(t, Config{}, pets())
	long := make([]gatewright.ExplainHeader, gatewright.MaxExplainHeaders+1)
	for i := range long {
		long[i].Name = "X"
	}
	tests := []struct {
		name string
		q    gatewright.ExplainQuestion
	}{
		{"no method", gatewright.ExplainQuestion{URL: "http://pets.example/"}},
		{"a method with a space", gatewright.ExplainQuestion{Method: "GE T", URL: "http://pets.example/"}},
		{"no host", gatewright.ExplainQuestion{Method: "GET", URL: "/pets"}},
		{"another scheme", gatewright.ExplainQuestion{Method: "GET", URL: "ftp://pets.example/"}},
		{"a user", gatewright.ExplainQuestion{Method: "GET", URL: "http://me:secret@pets.example/"}},
		{"a bad host", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets_.exa%6dple!/"}},
		{"a path out of the root", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/../x"}},
		{"an encoded slash", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/a%2Fb"}},
		{"a line end", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/", Headers: []gatewright.ExplainHeader{{Name: "X", Value: "a\r\nb"}}}},
		{"a header without a name", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/", Headers: []gatewright.ExplainHeader{{Value: "a"}}}},
		{"too many headers", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/", Headers: long}},
		{"too long a URL", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/" + strings.Repeat("x", gatewright.MaxExplainURL)}},
		{"no address", gatewright.ExplainQuestion{Method: "GET", URL: "http://pets.example/", Client: "here"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e, err := g.Explain(&tt.q); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("%+v, %v", e, err)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells a password: %v", err)
			}
		})
	}
}
