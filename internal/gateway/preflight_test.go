package gateway

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// crossing is guarded() for calls from other sites.
func crossing(change ...func(*APISpec)) *APISpec {
	a := guarded()
	a.AllowCORS = true
	for _, c := range change {
		c(a)
	}
	return a
}

func setHeader(name string) gatewright.Policy {
	return gatewright.Policy{Type: "headers", Config: []byte(`{"response":{"set":{"` + name + `":"yes"}}}`)}
}

func TestPreflight(t *testing.T) {
	slot := func(f func(*gatewright.SlotResource)) func(*APISpec) {
		return func(a *APISpec) {
			before := a.Slot
			a.Slot = func(s *gatewright.SlotResource) { before(s); f(s) }
		}
	}
	named := func(a *APISpec) {
		a.Routes = append(a.Routes, gatewright.Route{Name: "own", Methods: []string{"OPTIONS"}, Path: "/{id}"})
	}
	tests := []struct {
		name         string
		spec         *APISpec
		method, path string
		status       int // 0: it passes
		cause        string
	}{
		{name: "path of a route for GET", spec: crossing(), method: "OPTIONS", path: "/pets/1"},
		{name: "path of a route for POST", spec: crossing(), method: "OPTIONS", path: "/pets/1/image"},
		{name: "path of no route", spec: crossing(), method: "OPTIONS", path: "/pets/1/other", status: 404, cause: "no-route"},
		{name: "other methods need a key", spec: crossing(), method: "GET", path: "/pets/1", status: 401, cause: "unauthenticated"},
		{name: "other methods are not let in", spec: crossing(), method: "PUT", path: "/pets/1", status: 405, cause: "method"},
		{name: "method in lower case is another", spec: crossing(), method: "options", path: "/pets/1", status: 405, cause: "method"},
		{name: "without allowCORS", spec: guarded(), method: "OPTIONS", path: "/pets/1", status: 405, cause: "method"},
		{name: "route of its own", spec: crossing(named), method: "OPTIONS", path: "/pets/1", status: 401, cause: "unauthenticated"},
		{name: "route of its own on another path", spec: crossing(named), method: "OPTIONS", path: "/pets/1/image"},
		{name: "route for every method", spec: crossing(func(a *APISpec) { a.Routes = []gatewright.Route{{Name: "all", Path: "/*"}} }), method: "OPTIONS", path: "/pets/1"},
		{name: "route for every method without allowCORS", spec: func() *APISpec {
			a := guarded()
			a.Routes = []gatewright.Route{{Name: "all", Path: "/*"}}
			return a
		}(), method: "OPTIONS", path: "/pets/1", status: 401, cause: "unauthenticated"},
		{name: "disabled", spec: crossing(slot(func(s *gatewright.SlotResource) { s.Enabled = false })), method: "OPTIONS", path: "/pets/1", status: 404, cause: "api-disabled"},
		{name: "retired", spec: crossing(slot(func(s *gatewright.SlotResource) { s.Lifecycle = &gatewright.Lifecycle{RetiredAt: clock()} })), method: "OPTIONS", path: "/pets/1", status: 410, cause: "api-retired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := idle(t, Config{Clock: clock}, tt.spec)
			a := ask(g, request(tt.method, tt.path))
			if a.status != tt.status || !strings.Contains(a.body, tt.cause) {
				t.Fatalf("status %d, %s; want %d, %s", a.status, a.body, tt.status, tt.cause)
			}
			if allow := a.header["Allow"]; tt.status == 405 && strings.Contains(allow, "OPTIONS") != tt.spec.AllowCORS {
				t.Errorf("Allow: %s", allow)
			}
		})
	}
}

// TestPreflightIsNobody: whoever asks is not told to the upstream, nor is a key
// that came along; what counts requests counts these.
func TestPreflightIsNobody(t *testing.T) {
	spec := crossing(func(a *APISpec) {
		before := a.Slot
		a.Slot = func(s *gatewright.SlotResource) {
			before(s)
			s.MaxQPS = 1
			s.Access.Query = "key"
			s.Lifecycle = &gatewright.Lifecycle{DeprecatedAt: clock()}
		}
		a.Policies = []gatewright.Policy{setHeader("X-All")}
		a.Routes[0].Policies = []gatewright.Policy{setHeader("X-Route")}
	})
	g := idle(t, Config{Clock: clock}, spec)
	addApps(t, g, shop("Shop", "secret", spec.ID))
	ex := request("OPTIONS", "/pets/1")
	ex.Header.AddParsed("X-API-Key", "secret")
	ex.Header.AddParsed(AppHeader, "Admin")
	ex.Header.AddParsed("Origin", "https://shop.example.com")
	ex.Query, ex.HasQuery = "key=secret&a=1", true
	ex.Target.Query, ex.Target.HasQuery = "key=secret&a=1", true
	handler{g}.Begin(ex)
	c := ex.Data.(*call)
	if c.member == nil || c.app != nil || c.route != nil || c.policed.places[2] != nil {
		t.Fatalf("app %v, route %v", c.app, c.route)
	}
	if _, sent := ex.Header.Lookup("X-API-Key"); sent || ex.Target.Query != "a=1" || ex.Header.Len() != 1 {
		t.Errorf("the upstream gets %v and the query %q", ex.Header, ex.Target.Query)
	}
	handler{g}.Response(ex)
	for name, want := range map[string]bool{RevisionHeader: true, "Deprecation": true, "X-All": true, "X-Route": false} {
		if _, got := ex.Response.Header.Lookup(name); got != want {
			t.Errorf("the answer has %s: %t", name, got)
		}
	}
	handler{g}.End(ex)
	if a := ask(g, request("OPTIONS", "/pets/1")); a.status != 429 {
		t.Errorf("beyond the limit the status is %d", a.status)
	}
}

// TestPreflightOfSeveralAPIs: the path decides, and whoever names OPTIONS has it.
func TestPreflightOfSeveralAPIs(t *testing.T) {
	api := func(id gatewright.APIID, cors bool, routes ...gatewright.Route) *APISpec {
		a := pets()
		a.ID, a.Name, a.BasePath, a.AllowCORS, a.Routes = id, string(id), "/", cors, routes
		return a
	}
	get := gatewright.Route{Name: "get", Methods: []string{"GET"}, Path: "/pets/{id}"}
	post := gatewright.Route{Name: "post", Methods: []string{"POST"}, Path: "/pets/{id}"}
	own := gatewright.Route{Name: "own", Methods: []string{"OPTIONS"}, Path: "/pets/{id}"}
	all := gatewright.Route{Name: "all", Path: "/*"}
	literal := gatewright.Route{Name: "literal", Methods: []string{"GET"}, Path: "/pets/1"}
	for _, tt := range []struct {
		name string
		apis []*APISpec
		want gatewright.APIID
	}{
		{"a catch-all does not come between", []*APISpec{api("api_a", false, all), api("api_b", true, get)}, "api_b"},
		{"the more specific path", []*APISpec{api("api_a", true, get), api("api_b", true, literal)}, "api_b"},
		{"the more specific path that lets them pass", []*APISpec{api("api_a", true, get), api("api_b", false, literal)}, "api_a"},
		{"who names the method", []*APISpec{api("api_a", true, get), api("api_b", false, own)}, "api_b"},
		{"the first of equals", []*APISpec{api("api_a", true, get), api("api_b", true, post)}, "api_a"},
		{"the first of equals, in another order", []*APISpec{api("api_b", true, get), api("api_a", true, post)}, "api_a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := idle(t, Config{Clock: clock}, tt.apis...)
			ex := request("OPTIONS", "/pets/1")
			handler{g}.Begin(ex)
			c := ex.Data.(*call)
			if c.slot == nil || c.slot.resource.API != tt.want || c.member == nil {
				t.Fatalf("it went to %+v", c.slot)
			}
			handler{g}.End(ex)
		})
	}
}

// TestPreflightOfACanary: each side decides for itself.
func TestPreflightOfACanary(t *testing.T) {
	spec := pets()
	spec.Canary = &gatewright.RevisionResource{API: spec.ID, Number: 8, BasePath: spec.BasePath, Routes: spec.Routes, AllowCORS: true}
	spec.Slot = func(s *gatewright.SlotResource) {
		s.Canary = &gatewright.CanaryResource{
			RevisionRef: gatewright.RevisionRef{Number: 8}, Share: fullShare,
			Match: []gatewright.CanaryMatch{{Source: "header", Name: "X-Try", Values: []string{"1"}}},
		}
	}
	g := idle(t, Config{Clock: clock}, spec)
	ex := request("OPTIONS", "/pets/1")
	if a := ask(g, ex); a.status != 405 {
		t.Errorf("the current side answers %d", a.status)
	}
	ex = request("OPTIONS", "/pets/1")
	ex.Header.AddParsed("X-Try", "1")
	if a := ask(g, ex); a.status != 0 {
		t.Errorf("the canary answers %d", a.status)
	}
}
