package management_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// mounted lists every route: those of the description, which is made from
// what is mounted, and those of the description itself.
func mounted(t *testing.T, w *managementtest.World) []request {
	t.Helper()
	_, body := do(t, w, request{path: "/api/openapi.json"})
	doc := into[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, body)
	routes := []request{{method: http.MethodGet, path: "/api/openapi.json"}, {method: http.MethodGet, path: "/api/openapi.yaml"}}
	for path, item := range doc.Paths {
		for method := range item {
			filled := strings.NewReplacer("{", "", "}", "").Replace(path)
			routes = append(routes, request{method: strings.ToUpper(method), path: filled})
		}
	}
	if len(routes) < 20 {
		t.Fatalf("only %d routes found", len(routes))
	}
	slices.SortFunc(routes, func(a, b request) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return routes
}

// openRoutes are those that ask for no proof, on purpose: they take one.
func openRoutes() []string {
	return []string{"GET /api/v1/login", "POST /api/v1/login", "POST /api/v1/login/code"}
}

// hasty returns a clock by which every look is two hours after the one before.
func hasty() func() time.Time {
	var looks atomic.Int64
	begin := time.Now()
	return func() time.Time { return begin.Add(time.Duration(looks.Add(1)) * 2 * time.Hour) }
}

// TestDenyByDefault tries every route, and what is none, without a right to.
// The answer must not even tell which is which.
func TestDenyByDefault(t *testing.T) {
	w := managementtest.New(t, management.Config{Clock: hasty()}) // else guessing is slowed down
	g := w.Group("test")
	_, instance, err := w.Control.CreateToken(t.Context(), w.Actor, gatewright.TokenInstance, "gw", g.Name)
	if err != nil {
		t.Fatal(err)
	}
	revoked, secret, err := w.Control.CreateToken(t.Context(), w.Actor, gatewright.TokenAdmin, "old", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Control.RevokeToken(t.Context(), w.Actor, revoked.ID); err != nil {
		t.Fatal(err)
	}
	credentials := []struct {
		name   string
		token  string
		header http.Header
	}{
		{"no token", "-", nil},
		{"wrong token", "gwa_wrong", nil},
		{"empty token", "-", http.Header{"Authorization": {"Bearer "}}},
		{"token without scheme", "-", http.Header{"Authorization": {w.Token}}},
		{"another scheme", "-", http.Header{"Authorization": {"Basic " + w.Token}}},
		{"two headers", "-", http.Header{"Authorization": {"Bearer " + w.Token, "Bearer x"}}},
		{"token with an end", w.Token + "x", nil},
		{"token with a space", w.Token + " x", nil},
		{"long token", strings.Repeat("x", 5000), nil},
		{"instance token", instance, nil},
		{"revoked token", secret, nil},
	}
	targets := slices.DeleteFunc(mounted(t, w), func(r request) bool { return slices.Contains(openRoutes(), r.method+" "+r.path) })
	for _, path := range []string{"/", "/api", "/api/v1", "/api/v1/", "/api/v1/groups/", "/api//v1/groups", "/api/v1/../v1/groups", "/api/v1/%67roups", "/healthz/x", "/healthz/../api/v1/groups", "/healthz;x", "/%68ealthz/", "/debug/pprof/", "/favicon.ico", "/API/V1/GROUPS"} {
		targets = append(targets, request{method: http.MethodGet, path: path})
	}
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, "BREW"} {
		targets = append(targets, request{method: method, path: "/api/v1/groups"})
	}
	first := ""
	for _, c := range credentials {
		t.Run(c.name, func(t *testing.T) {
			for _, target := range targets {
				t.Run(target.method+" "+target.path, func(t *testing.T) {
					target.token, target.header = c.token, c.header.Clone()
					resp, body := do(t, w, target)
					p := wantProblem(t, resp, body, http.StatusUnauthorized, gatewright.Unauthenticated)
					if resp.Header.Get("WWW-Authenticate") == "" {
						t.Error("no WWW-Authenticate")
					}
					if target.method == http.MethodHead {
						return
					}
					if first == "" {
						first = p.Detail
					}
					if p.Detail != first {
						t.Errorf("detail %q differs from %q", p.Detail, first)
					}
				})
			}
		})
	}
}

func TestHealthNeedsNoToken(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	for _, path := range []string{"/healthz", "/readyz"} {
		resp, body := do(t, w, request{path: path, token: "-"})
		if resp.StatusCode != http.StatusOK || string(body) != "ok\n" {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
		resp, body = do(t, w, request{path: path, token: "-", method: http.MethodDelete})
		wantProblem(t, resp, body, http.StatusMethodNotAllowed, gatewright.Invalid)
	}
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	resp, body := do(t, w, request{path: "/readyz", token: "-"})
	wantProblem(t, resp, body, http.StatusServiceUnavailable, gatewright.Unavailable)
	if resp, _ := do(t, w, request{path: "/healthz", token: "-"}); resp.StatusCode != http.StatusOK {
		t.Errorf("healthz depends on the store: %d", resp.StatusCode)
	}
}

// TestWrongMethods tries methods no route has on every path.
func TestWrongMethods(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	routes := mounted(t, w)
	for _, route := range routes {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodOptions, http.MethodTrace, "BREW"} {
			another := strings.HasSuffix(route.path, "/revisions/prune") && method == http.MethodPut // of a revision called so
			if another || slices.ContainsFunc(routes, func(r request) bool { return r.path == route.path && r.method == method }) {
				continue
			}
			t.Run(method+" "+route.path, func(t *testing.T) {
				resp, body := do(t, w, request{method: method, path: route.path})
				wantProblem(t, resp, body, http.StatusMethodNotAllowed, gatewright.Invalid)
				if !strings.Contains(resp.Header.Get("Allow"), route.method) {
					t.Errorf("Allow = %q, want %s among them", resp.Header.Get("Allow"), route.method)
				}
			})
		}
	}
}

func TestOddRequests(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("test")
	host := strings.TrimPrefix(w.Server.URL, "http://")
	tests := []struct {
		name   string
		req    request
		status int
		code   gatewright.Code
	}{
		{"no such path", request{path: "/api/v2/groups"}, 404, gatewright.NotFound},
		{"trailing slash", request{path: "/api/v1/groups/"}, 404, gatewright.NotFound},
		{"empty segment", request{path: "/api/v1//groups"}, 404, gatewright.NotFound},
		{"dots", request{path: "/api/v1/x/../groups"}, 404, gatewright.NotFound},
		{"empty name", request{path: "/api/v1/groups//registries"}, 404, gatewright.NotFound},
		{"no such group", request{path: "/api/v1/groups/none"}, 404, gatewright.NotFound},
		{"foreign origin", request{path: "/api/v1/groups", header: http.Header{"Origin": {"http://evil.example"}}}, 403, gatewright.Forbidden},
		{"foreign port", request{path: "/api/v1/groups", header: http.Header{"Origin": {"http://127.0.0.1:1"}}}, 403, gatewright.Forbidden},
		{"no origin told", request{path: "/api/v1/groups", header: http.Header{"Origin": {"null"}}}, 403, gatewright.Forbidden},
		{"empty origin", request{path: "/api/v1/groups", header: http.Header{"Origin": {""}}}, 403, gatewright.Forbidden},
		{"foreign origin without a token", request{path: "/api/v1/groups", token: "-", header: http.Header{"Origin": {"http://evil.example"}}}, 403, gatewright.Forbidden},
		{"bad host", request{path: "/api/v1/groups", host: "a_b..c"}, 400, gatewright.Invalid},
		{"host with a path", request{path: "/healthz", host: "localhost/x"}, 400, gatewright.Invalid},
		{"unknown parameter", request{path: "/api/v1/groups?limits=1"}, 400, gatewright.Invalid},
		{"limit 0", request{path: "/api/v1/groups?limit=0"}, 400, gatewright.Invalid},
		{"limit too great", request{path: "/api/v1/apis?limit=1001"}, 400, gatewright.Invalid},
		{"limit no number", request{path: "/api/v1/apis?limit=ten"}, 400, gatewright.Invalid},
		{"cursor of nothing", request{path: "/api/v1/apis?cursor=xyz"}, 400, gatewright.Invalid},
		{"cursor too long", request{path: "/api/v1/apis?cursor=" + strings.Repeat("a", 5000)}, 400, gatewright.Invalid},
		{"cursor that is no number", request{path: "/api/v1/audit?cursor=YXVkaXQ6eA"}, 400, gatewright.Invalid}, // audit:x
		{"cursor below the first", request{path: "/api/v1/audit?cursor=YXVkaXQ6LTE"}, 400, gatewright.Invalid},  // audit:-1
		{"state that is none", request{path: "/api/v1/changes?state=waiting"}, 400, gatewright.Invalid},
		{"state that is an end", request{path: "/api/v1/changes?state=live"}, 400, gatewright.Invalid},
		{"wait too long", request{path: "/api/v1/changes/x?wait=2m"}, 400, gatewright.Invalid},
		{"wait no duration", request{path: "/api/v1/changes/x?wait=30"}, 400, gatewright.Invalid},
		{"no such change", request{path: "/api/v1/changes/x"}, 404, gatewright.NotFound},
		{"wait for no such change", request{path: "/api/v1/changes/x?wait=1s"}, 404, gatewright.NotFound},
		{"revoke no such token", request{method: http.MethodDelete, path: "/api/v1/tokens/x"}, 404, gatewright.NotFound},
		{"events of no such group", request{path: "/api/v1/events?group=none"}, 404, gatewright.NotFound},
		{"events of no such API", request{path: "/api/v1/events?api=none"}, 404, gatewright.NotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp, body := do(t, w, test.req)
			wantProblem(t, resp, body, test.status, test.code)
		})
	}
	t.Run("own origin", func(t *testing.T) {
		resp, _ := do(t, w, request{path: "/api/v1/groups", header: http.Header{"Origin": {"http://" + host}}})
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status = %d", resp.StatusCode)
		}
	})
	t.Run("head of a stream", func(t *testing.T) {
		resp, _ := do(t, w, request{method: http.MethodHead, path: "/api/v1/events"})
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status = %d", resp.StatusCode)
		}
	})
}

func TestSecurityHeaders(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	for _, path := range []string{"/healthz", "/api/v1/groups", "/api/v1/none", "/api/openapi.json"} {
		resp, _ := do(t, w, request{path: path})
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
}

// takingBodies returns the routes that take a body, but for those that alter a
// thing, which there is none of here.
func takingBodies(t *testing.T, w *managementtest.World) map[string]bool {
	t.Helper()
	_, body := do(t, w, request{path: "/api/openapi.json"})
	doc := into[struct {
		Paths map[string]map[string]struct{ RequestBody json.RawMessage }
	}](t, body)
	takes := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			filled := strings.NewReplacer("{", "", "}", "").Replace(path)
			takes[strings.ToUpper(method)+" "+filled] = op.RequestBody != nil && method != "patch"
		}
	}
	return takes
}

// TestBodies sends what is no proper body to every route that takes one.
func TestBodies(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("group")
	deep := strings.Repeat(`{"a":`, management.MaxDepth+1) + "1" + strings.Repeat("}", management.MaxDepth+1)
	tests := []struct {
		name, body string
		status     int
		code       gatewright.Code
		says       string
	}{
		{"none", "", 400, gatewright.Invalid, "body is required"},
		{"not JSON", "kind: publish", 400, gatewright.Invalid, "not JSON"},
		{"cut off", `{"kind":`, 400, gatewright.Invalid, "ends too early"},
		{"trailing", `{}{}`, 400, gatewright.Invalid, "goes on"},
		{"another type", `[]`, 400, gatewright.Invalid, "array"},
		{"unknown member", `{"nmae":"x"}`, 400, gatewright.Invalid, `"nmae"`},
		{"deep", deep, 400, gatewright.Invalid, "deeper than"},
		{"deep lists", strings.Repeat("[", 1<<20), 400, gatewright.Invalid, "deeper than"},
		{"not UTF-8", "{\"name\":\"\xff\"}", 400, gatewright.Invalid, "UTF-8"},
		{"too long", `{"name":"` + strings.Repeat("x", management.MaxBodyBytes) + `"}`, 413, gatewright.LimitExceeded, "longer than"},
	}
	takes := takingBodies(t, w)
	for _, route := range mounted(t, w) {
		if !takes[route.method+" "+route.path] {
			continue
		}
		for _, test := range tests {
			t.Run(route.path+" "+test.name, func(t *testing.T) {
				resp, body := do(t, w, request{method: route.method, path: route.path, body: test.body})
				p := wantProblem(t, resp, body, test.status, test.code)
				if !strings.Contains(p.Detail, test.says) {
					t.Errorf("detail = %q, want %q in it", p.Detail, test.says)
				}
			})
		}
	}
}

// TestOddNames carries names in paths, parameters and cursors that mean
// something there.
func TestOddNames(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	names := []string{"a/b", "a//b", "a b", "../x", "宠物商店", "Pets@v2", "100%", "a%2Fb", "a?b#c", "a+b&c=d", `"q"`, "a;b", "x\\y", ":", "{api}", "ünï"}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			doc := string(managementtest.OpenAPI("t", "1.0.0", fmt.Sprintf("/p%d", i)))
			req, err := json.Marshal(wire.ChangeRequest{PlanRequest: wire.PlanRequest{
				Kind: gatewright.ChangePublish, Group: "g", Items: []wire.Item{{API: name, Document: &wire.SourceDocument{Text: doc}}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			resp, body := do(t, w, request{path: "/api/v1/changes", body: string(req)})
			if resp.StatusCode != http.StatusAccepted {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			resp, body = do(t, w, request{path: resp.Header.Get("Location") + "?wait=10s"})
			if ch := into[gatewright.Change](t, body); ch.State != gatewright.ChangeLive {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			esc := percentEncode(name)
			for _, path := range []string{"/api/v1/apis/" + esc, "/api/v1/apis/" + esc + "/revisions/1.0.0", "/api/v1/apis/" + esc + "/revisions/1"} {
				if resp, body := do(t, w, request{path: path}); resp.StatusCode != http.StatusOK {
					t.Errorf("%s: %d %s", path, resp.StatusCode, body)
				}
			}
			_, body = do(t, w, request{path: "/api/v1/apis/" + esc})
			if info := into[wire.APIInfo](t, body); info.Name != name {
				t.Errorf("name = %q, want %q", info.Name, name)
			}
			resp, body = do(t, w, request{path: "/api/v1/deployments?api=" + esc})
			if l := into[wire.List[*gatewright.Deployment]](t, body); resp.StatusCode != http.StatusOK || len(l.Items) != 1 || l.Items[0].APIName != name {
				t.Errorf("deployments: %d %s", resp.StatusCode, body)
			}
			if _, body = do(t, w, request{path: "/api/v1/apis/" + esc + "/revisions/1/document"}); string(body) != doc {
				t.Errorf("document = %q", body)
			}
		})
	}
	t.Run("paged", func(t *testing.T) {
		got := []string{}
		for cursor := ""; ; {
			_, body := do(t, w, request{path: "/api/v1/apis?limit=1" + cursor})
			l := into[wire.List[*gatewright.API]](t, body)
			for _, a := range l.Items {
				got = append(got, a.Name)
			}
			if l.NextCursor == "" {
				break
			}
			cursor = "&cursor=" + l.NextCursor
		}
		want := slices.Sorted(slices.Values(names))
		if !slices.Equal(got, want) {
			t.Errorf("names = %q, want %q", got, want)
		}
	})
}

// percentEncode encodes every byte, the surest way to write a name.
func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}
