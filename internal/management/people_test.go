package management_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

const goodPassword = "a long walk on the beach"

// person makes a user with a personal token and, unless role is "", a role.
func person(t *testing.T, w *managementtest.World, name string, role gatewright.Role, project, group string) (token string) {
	t.Helper()
	if _, err := w.Control.CreateUser(t.Context(), w.Actor, control.NewUser{Name: name, Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	give(t, w, name, role, project, group)
	_, secret, err := w.Control.LoginToken(t.Context(), gatewright.Actor{}, control.Credentials{Name: name, Password: goodPassword}, control.NewToken{Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func give(t *testing.T, w *managementtest.World, name string, role gatewright.Role, project, group string) *gatewright.Binding {
	t.Helper()
	if role == "" {
		return nil
	}
	b, err := w.Control.CreateBinding(t.Context(), w.Actor, auth.Administrator("root", "tok_root"), control.NewBinding{User: name, Role: role, Project: project, Group: group})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// publish is the body of a change that publishes an API of one route.
func publish(t *testing.T, api, group, project string) string {
	t.Helper()
	b, err := json.Marshal(wire.ChangeRequest{PlanRequest: wire.PlanRequest{
		Kind: gatewright.ChangePublish, Group: group, AllowNoInstance: true,
		Items: []wire.Item{{API: api, Project: project, Document: &wire.SourceDocument{Text: string(managementtest.OpenAPI(api, "1.0.0", "/"+api))}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func status(t *testing.T, w *managementtest.World, want int, r request) []byte {
	t.Helper()
	resp, body := do(t, w, r)
	if resp.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d: %s", r.method, r.path, resp.StatusCode, want, body)
	}
	return body
}

func TestSession(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	person(t, w, "anna", gatewright.RoleViewer, "", "")
	login := func(name, password string) (*http.Response, []byte) {
		return do(t, w, request{path: "/api/v1/login", token: "-", body: fmt.Sprintf(`{"name":%q,"password":%q}`, name, password)})
	}
	for _, wrong := range [][2]string{{"anna", "wrong password here"}, {"nobody", goodPassword}, {"", ""}} {
		resp, body := login(wrong[0], wrong[1])
		if p := wantProblem(t, resp, body, http.StatusUnauthorized, gatewright.Unauthenticated); p.Detail != "login or password is wrong" {
			t.Errorf("%q: %s", wrong, p.Detail)
		}
	}
	resp, body := login("ANNA", goodPassword) // case makes no difference
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("login: %d %s", resp.StatusCode, body)
	}
	l := into[wire.Login](t, body)
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || strings.Contains(string(body), cookie.Value) || l.User.Name != "anna" {
		t.Errorf("cookie %+v, body %s", cookie, body)
	}
	with := func(extra ...string) http.Header {
		h := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
		for i := 0; i < len(extra); i += 2 {
			h.Set(extra[i], extra[i+1])
		}
		return h
	}
	me := into[wire.Me](t, status(t, w, 200, request{path: "/api/v1/me", token: "-", header: with()}))
	if me.Name != "anna" || me.CSRF != l.CSRF || len(me.Bindings) != 1 {
		t.Errorf("me = %+v", me)
	}
	put := request{method: http.MethodPatch, path: "/api/v1/users/anna", token: "-", body: `{"displayName":"Anna"}`}
	put.header = with()
	status(t, w, 403, put) // another site's page can make the browser send this
	put.header = with(web.CSRFHeader, "x")
	status(t, w, 403, put)
	put.header = with(web.CSRFHeader, l.CSRF)
	status(t, w, 200, put)
	put.header = with("Sec-Fetch-Site", "same-origin")
	status(t, w, 200, put)

	status(t, w, 204, request{method: http.MethodPost, path: "/api/v1/logout", token: "-", header: with(web.CSRFHeader, l.CSRF)})
	status(t, w, 401, request{path: "/api/v1/me", token: "-", header: with()})
}

// TestGuessing tries passwords until it has to wait, and that waiting ends.
func TestGuessing(t *testing.T) {
	var now atomic.Int64
	clock := func() time.Time { return time.Unix(1_800_000_000+now.Load(), 0) }
	w := managementtest.New(t, management.Config{Clock: clock})
	person(t, w, "anna", "", "", "")
	try := func(password string) *http.Response {
		resp, _ := do(t, w, request{path: "/api/v1/login", token: "-", body: fmt.Sprintf(`{"name":"anna","password":%q}`, password)})
		return resp
	}
	// anna has logged in from here before, so that attempts from here count on their own.
	for range auth.FreeAccountFailures {
		if resp := try("not the password"); resp.StatusCode != http.StatusUnauthorized {
			t.Fatalf("status %d", resp.StatusCode)
		}
	}
	resp := try(goodPassword) // even the right one has to wait
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
		t.Fatalf("status %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	now.Add(2)
	if resp := try(goodPassword); resp.StatusCode != http.StatusOK {
		t.Fatalf("after waiting: %d", resp.StatusCode)
	}
	entries, err := w.Control.Audit(t.Context(), control.AuditQuery{Outcome: gatewright.AuditRefused, Action: "session.begin"}, 0, 100)
	if err != nil || len(entries) != auth.FreeAccountFailures+1 || !strings.HasPrefix(entries[0].Target, "usr_") {
		t.Errorf("audit: %d entries, %v", len(entries), err)
	}

	// Tokens that do not exist.
	last := 0
	for range auth.FreeAddressFailures + 1 {
		secret, _, err := auth.NewSecret(auth.SecretPersonal)
		if err != nil {
			t.Fatal(err)
		}
		resp, _ := do(t, w, request{path: "/api/v1/me", token: secret})
		last = resp.StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("status of one guess too many: %d", last)
	}
	status(t, w, 200, request{path: "/api/v1/me"}) // who has a token does not wait
}

func TestTokenScopeAndEnd(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	test, production := w.Group("test"), w.Group("production")
	anna := person(t, w, "anna", gatewright.RoleAPIProvider, "", "")
	make := func(token, body string, want int) string {
		t.Helper()
		return into[wire.NewToken](t, status(t, w, want, request{path: "/api/v1/tokens", token: token, body: body})).Secret
	}
	narrow := make(anna, fmt.Sprintf(`{"name":"n","scope":{"actions":["api.*","token.create","change.read"],"groups":[%q]}}`, test.ID), 201)
	for _, g := range []*gatewright.Group{test, production} {
		status(t, w, 202, request{path: "/api/v1/changes", token: anna, body: publish(t, "pets", g.Name, "")})
	}
	plan := func(group string) request {
		return request{path: "/api/v1/plans", token: narrow, body: fmt.Sprintf(`{"kind":"disable","group":%q,"items":[{"api":"pets"}]}`, group)}
	}
	status(t, w, 200, plan("test"))
	body := status(t, w, 403, plan("production"))
	if !strings.Contains(string(body), "scope does not reach") {
		t.Errorf("%s", body)
	}
	status(t, w, 403, request{path: "/api/v1/groups/test/apps", token: narrow})
	// It makes none that is worth more than itself.
	status(t, w, 403, request{path: "/api/v1/tokens", token: narrow, body: `{"name":"wider"}`})

	// An end in the past is refused, revoking works at once, and for oneself.
	status(t, w, 400, request{path: "/api/v1/tokens", token: anna, body: `{"name":"x","expiresAt":"2020-01-01T00:00:00Z"}`})
	me := into[wire.Me](t, status(t, w, 200, request{path: "/api/v1/me", token: narrow}))
	status(t, w, 204, request{method: http.MethodDelete, path: "/api/v1/tokens/" + string(me.Token.ID), token: anna})
	status(t, w, 401, request{path: "/api/v1/me", token: narrow})

	// Somebody else's is not to be seen, nor revoked.
	bob := person(t, w, "bob", gatewright.RoleAPIProvider, "", "")
	status(t, w, 403, request{method: http.MethodDelete, path: "/api/v1/tokens/" + string(me.Token.ID), token: bob})
	for _, k := range into[wire.List[*gatewright.Token]](t, status(t, w, 200, request{path: "/api/v1/tokens", token: bob})).Items {
		if k.Owner == me.User.ID || k.Kind == gatewright.TokenAdmin {
			t.Errorf("bob sees %+v", k)
		}
	}

	// Disabled: token and session are dead, and live again.
	status(t, w, 200, request{method: http.MethodPatch, path: "/api/v1/users/anna", body: `{"disabled":true}`})
	status(t, w, 401, request{path: "/api/v1/me", token: anna})
	status(t, w, 401, request{path: "/api/v1/login", token: "-", body: fmt.Sprintf(`{"name":"anna","password":%q}`, goodPassword)})
	status(t, w, 200, request{method: http.MethodPatch, path: "/api/v1/users/anna", body: `{"disabled":false}`})
	status(t, w, 200, request{path: "/api/v1/me", token: anna})
}

// TestListsShowWhatMayBeRead looks at two projects and groups with the eyes of
// people limited to one.
func TestListsShowWhatMayBeRead(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	for _, name := range []string{"g1", "g2"} {
		w.Group(name)
		if _, err := w.Control.CreateProject(t.Context(), w.Actor, "p"+name, ""); err != nil {
			t.Fatal(err)
		}
		status(t, w, 202, request{path: "/api/v1/changes", body: publish(t, "api-"+name, name, "p"+name)})
	}
	byProject := person(t, w, "project", gatewright.RoleViewer, "pg1", "")
	byGroup := person(t, w, "group", gatewright.RoleViewer, "", "g1")
	nobody := person(t, w, "nobody", "", "", "")
	tests := []struct {
		name, path                 string
		all, project, group, empty int // how many items are seen; -1 for forbidden
	}{
		{"APIs", "/api/v1/apis", 2, 1, 2, -1},
		{"groups", "/api/v1/groups", 2, 2, 1, -1},
		{"changes", "/api/v1/changes", 2, 1, 1, -1},
		{"deployments", "/api/v1/deployments", 2, 1, 1, -1},
		{"projects", "/api/v1/projects", 3, 1, 3, -1},
		{"audit", "/api/v1/audit?action=change.submit", 2, -1, -1, -1},
		{"tokens", "/api/v1/tokens", 4, 1, 1, 1},
	}
	for _, tt := range tests {
		for _, who := range []struct {
			name, token string
			want        int
		}{{"all", "", tt.all}, {"project", byProject, tt.project}, {"group", byGroup, tt.group}, {"nobody", nobody, tt.empty}} {
			t.Run(tt.name+" by "+who.name, func(t *testing.T) {
				if who.want < 0 {
					status(t, w, 403, request{path: tt.path, token: who.token})
					return
				}
				l := into[wire.List[json.RawMessage]](t, status(t, w, 200, request{path: tt.path, token: who.token}))
				if len(l.Items) != who.want {
					t.Errorf("%d items, want %d", len(l.Items), who.want)
				}
			})
		}
	}
	status(t, w, 403, request{path: "/api/v1/apis/api-g2", token: byProject})
	status(t, w, 403, request{path: "/api/v1/groups/g2", token: byGroup})
}

func TestApprovalNeedsAnother(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g, err := w.Control.CreateGroup(t.Context(), w.Actor, gatewright.Group{
		Name: "production", Stage: gatewright.StageProduction, Settings: gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	anna := person(t, w, "anna", gatewright.RoleAPIProvider, "", g.Name)
	give(t, w, "anna", gatewright.RoleApprover, "", g.Name)
	bob := person(t, w, "bob", gatewright.RoleApprover, "", g.Name)
	eve := person(t, w, "eve", gatewright.RoleApprover, "", w.Group("test").Name)
	give(t, w, "anna", gatewright.RoleAPIProvider, "default", "")
	sub := into[wire.Submission](t, status(t, w, 202, request{path: "/api/v1/changes", token: anna, body: publish(t, "pets", "production", "")}))
	if sub.Change.State != gatewright.ChangePendingApproval || sub.Change.Author != "anna" {
		t.Fatalf("change = %+v", sub.Change)
	}
	path := "/api/v1/changes/" + string(sub.Change.ID)
	word := fmt.Sprintf(`{"planHash":%q,"approve":true}`, sub.Change.PlanHash)
	status(t, w, 403, request{path: path + "/decisions", token: anna, body: word}) // her own
	status(t, w, 403, request{path: path + "/decisions", token: eve, body: word})  // an approver elsewhere
	status(t, w, 200, request{path: path + "/decisions", token: bob, body: word})
}

func TestTheLastSuperAdminStays(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	root := person(t, w, "root", gatewright.RoleSuperAdmin, "", "")
	me := into[wire.Me](t, status(t, w, 200, request{path: "/api/v1/me", token: root}))
	binding := "/api/v1/bindings/" + string(me.Bindings[0].ID)
	refused := []request{
		{method: http.MethodPatch, path: "/api/v1/users/root", body: `{"disabled":true}`},
		{method: http.MethodDelete, path: "/api/v1/users/root"},
		{method: http.MethodDelete, path: binding},
	}
	for _, r := range refused {
		resp, body := do(t, w, r)
		wantProblem(t, resp, body, http.StatusPreconditionFailed, gatewright.PreconditionFailed)
	}
	person(t, w, "second", gatewright.RoleSuperAdmin, "", "")
	status(t, w, 204, request{method: http.MethodDelete, path: binding})
	status(t, w, 403, request{method: http.MethodPost, path: "/api/v1/users", token: root, body: `{"name":"x"}`})
	status(t, w, 204, request{method: http.MethodDelete, path: "/api/v1/users/root"})
	status(t, w, 401, request{path: "/api/v1/me", token: root})
	resp, body := do(t, w, request{path: "/api/v1/users", body: `{"name":"Root"}`}) // who had it owned things
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
}

func TestPassword(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	anna := person(t, w, "anna", gatewright.RoleViewer, "", "")
	bob := person(t, w, "bob", gatewright.RoleViewer, "", "")
	n, err := w.Control.Login(t.Context(), w.Actor, control.Credentials{Name: "anna", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	put := func(token, body string) request {
		return request{method: http.MethodPut, path: "/api/v1/users/anna/password", token: token, body: body}
	}
	next := "another long walk home"
	status(t, w, 403, put(bob, fmt.Sprintf(`{"password":%q}`, next)))
	status(t, w, 403, put(anna, fmt.Sprintf(`{"password":%q}`, next)))
	status(t, w, 400, put(anna, fmt.Sprintf(`{"old":%q,"password":"short"}`, goodPassword)))
	status(t, w, 204, put(anna, fmt.Sprintf(`{"old":%q,"password":%q}`, goodPassword, next)))
	if _, err := w.Control.Session(t.Context(), n.Session.ID); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("the session goes on: %v", err)
	}
	status(t, w, 200, request{path: "/api/v1/login", token: "-", body: fmt.Sprintf(`{"name":"anna","password":%q}`, next)})
	status(t, w, 204, put("", fmt.Sprintf(`{"password":%q}`, goodPassword))) // an admin needs no old one
}

// TestEventsEndWithTheRight: whoever loses the right to listen is cut off.
func TestEventsEndWithTheRight(t *testing.T) {
	w := managementtest.New(t, management.Config{Heartbeat: time.Millisecond, Clock: hasty()})
	token := person(t, w, "anna", gatewright.RoleViewer, "", "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.Server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := w.Control.UpdateUser(t.Context(), w.Actor, "anna", nil, control.UserPatch{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	buf := make([]byte, 1024)
	for {
		n, err := resp.Body.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if !strings.Contains(all.String(), `{"reason":"rights"}`) {
		t.Errorf("the stream ends with %q", all.String()[max(0, all.Len()-200):])
	}
}
