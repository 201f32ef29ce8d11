package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

func policyOf(policyType, config string) gatewright.Policy {
	return gatewright.Policy{Type: policyType, Config: json.RawMessage(config)}
}

// telling answers with what it was sent.
func telling(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Upstream", "yes")
	w.Header().Set("X-Order", "upstream")
	w.Header().Set("X-Saw", r.Header.Get("X-In"))
	w.Header().Set("X-Cookie", r.Header.Get("Cookie"))
	_, _ = w.Write([]byte("upstream"))
}

func TestPolicies(t *testing.T) {
	up := newBackend(t, telling)
	r := newRig(t, gateway.Config{})
	api := petAPI("api_p", 1, node(t, up.addr, 1))
	api.Version = "1.2.0"
	api.Policies = []gatewright.Policy{
		policyOf("headers", `{"request":{"set":{"X-In":"${api.name} ${api.version}"},"remove":["Cookie"]},"response":{"set":{"X-Order":"api"},"remove":["X-Upstream"]}}`),
	}
	api.Routes = []gatewright.Route{
		{Name: "plain", Path: "/plain"},
		{Name: "mock", Path: "/mock", Policies: []gatewright.Policy{policyOf("respond", `{"status":201,"body":"mocked","headers":{"X-Mock":"${client.address}"}}`)}},
		{Name: "closed", Path: "/closed", Policies: []gatewright.Policy{policyOf("ip-restriction", `{"deny":["127.0.0.0/8"]}`)}},
		{Name: "ordered", Path: "/ordered", Policies: []gatewright.Policy{policyOf("headers", `{"response":{"set":{"X-Order":"route"}}}`)}},
	}
	r.apply(1, upsert(t, api))

	t.Run("on request and response", func(t *testing.T) {
		got := r.get("/api_p/plain")
		if got.body != "upstream" || got.header.Get("X-Saw") != "API api_p 1.2.0" || got.header.Get("X-Cookie") != "" || got.header.Get("X-Upstream") != "" {
			t.Errorf("got %+v", got)
		}
		if order := got.header.Values("X-Order"); len(order) != 1 || order[0] != "api" {
			t.Errorf("X-Order %q", order)
		}
	})
	t.Run("those of the route come after those of the API", func(t *testing.T) {
		if order := r.get("/api_p/ordered").header.Values("X-Order"); len(order) != 1 || order[0] != "route" {
			t.Errorf("X-Order %q", order)
		}
	})
	t.Run("answered without the upstream", func(t *testing.T) {
		before := up.accepted.Load()
		got := r.get("/api_p/mock")
		if got.status != 201 || got.body != "mocked" || got.header.Get("X-Mock") != "127.0.0.1" || got.header.Get("X-Order") != "api" {
			t.Errorf("got %+v", got)
		}
		if up.accepted.Load() != before {
			t.Error("the upstream was asked")
		}
	})
	t.Run("refused", func(t *testing.T) {
		got := r.get("/api_p/closed")
		r.wantProblem(got, 403, "address")
		if got.header.Get("X-Order") != "api" {
			t.Errorf("the API's headers are not on a refusal: %v", got.header)
		}
	})
	t.Run("not where no route is", func(t *testing.T) {
		got := r.get("/api_p/none")
		r.wantProblem(got, 404, "no-route")
		if got.header.Get("X-Order") != "" {
			t.Errorf("policies acted on %v", got.header)
		}
	})
	t.Run("when the upstream is gone", func(t *testing.T) {
		api := petAPI("api_q", 1, node(t, "127.0.0.1:1", 1))
		api.Policies = []gatewright.Policy{policyOf("headers", `{"response":{"set":{"X-Order":"api"}}}`)}
		r.apply(2, upsert(t, api))
		if got := r.get("/api_q/x"); got.status != 502 || got.header.Get("X-Order") != "api" {
			t.Errorf("got %+v", got)
		}
	})
}

// TestPoliciesGoWithTheRevision publishes other policies over the same routes,
// and goes back.
func TestPoliciesGoWithTheRevision(t *testing.T) {
	up := newBackend(t, telling)
	r := newRig(t, gateway.Config{})
	with := func(revision int, policies ...gatewright.Policy) *gateway.APISpec {
		api := petAPI("api_p", revision, node(t, up.addr, 1))
		api.Routes[0].Policies = policies
		return api
	}
	r.commit(1, upsert(t, with(1)))
	if got := r.get("/api_p/x"); got.body != "upstream" {
		t.Fatalf("got %+v", got)
	}
	r.commit(2, upsert(t, with(2, policyOf("respond", `{"status":503,"body":"maintenance"}`))))
	if got := r.get("/api_p/x"); got.status != 503 || got.body != "maintenance" {
		t.Errorf("the new revision's policy does not act: %+v", got)
	}
	r.commit(3, upsert(t, with(1)))
	if got := r.get("/api_p/x"); got.body != "upstream" {
		t.Errorf("the old revision has the new one's policy: %+v", got)
	}
}

// TestUnknownPolicyIsRejected: leaving one out could open what it guards.
func TestUnknownPolicyIsRejected(t *testing.T) {
	up := newBackend(t, telling)
	for name, alter := range map[string]func(*gateway.APISpec, []gatewright.Policy){
		"of the API": func(a *gateway.APISpec, p []gatewright.Policy) { a.Policies = p },
		"of a route": func(a *gateway.APISpec, p []gatewright.Policy) { a.Routes[0].Policies = p },
	} {
		for reason, policies := range map[string][]gatewright.Policy{
			`policies of type "from-the-future" are not known`: {policyOf("from-the-future", `{}`)},
			"status 7 is not between":                          {policyOf("respond", `{"status":7}`)},
			"at most 64":                                       make([]gatewright.Policy, gatewright.MaxPolicies+1),
		} {
			t.Run(name+"/"+reason, func(t *testing.T) {
				r := newRig(t, gateway.Config{})
				r.apply(1, upsert(t, petAPI("api_p", 1, node(t, up.addr, 1))))
				api := petAPI("api_p", 2, node(t, up.addr, 1))
				alter(api, policies)
				_, rejections := r.Prepare(upsert(t, api))
				told := false
				for _, rej := range rejections {
					told = told || strings.Contains(rej.Reason, reason)
				}
				if !told {
					t.Errorf("rejections %+v do not say %q", rejections, reason)
				}
				if got := r.get("/api_p/x"); got.body != "upstream" {
					t.Errorf("what ran before does not serve: %+v", got)
				}
			})
		}
	}
}
