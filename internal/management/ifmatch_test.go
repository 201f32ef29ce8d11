package management_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

// TestRightsBeforeIfMatch: whether a thing was altered is told to nobody who
// may not alter it.
func TestRightsBeforeIfMatch(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a"))
	_, err := w.Control.CreateFolder(t.Context(), w.Actor, "", "", "f")
	if err == nil {
		_, err = w.Control.CreateProject(t.Context(), w.Actor, "p", "")
	}
	if err == nil {
		_, err = w.Control.CreateTagGroup(t.Context(), w.Actor, "tags", "", nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	saving := fmt.Sprintf(`{"document":{"text":%q}}`, managementtest.OpenAPI("a", "1.0.0", "/b"))
	viewer := person(t, w, "eve", gatewright.RoleViewer, "", "")
	for _, test := range []struct{ method, path, body string }{
		{http.MethodPatch, "/apis/a", `{"description":"x"}`},
		{http.MethodPatch, "/apis/a", `{}`},
		{http.MethodDelete, "/apis/a", ""},
		{http.MethodPut, "/apis/a/revisions/1", saving},
		{http.MethodPut, "/groups/g", `{"labels":{"x":"y"},"settings":{}}`},
		{http.MethodPut, "/groups/g", `{"labels":{},"settings":{}}`},
		{http.MethodPut, "/organisation", `{"settings":{}}`},
		{http.MethodPatch, "/folders/f", `{"name":"x"}`},
		{http.MethodDelete, "/folders/f", ""},
		{http.MethodPatch, "/tag-groups/tags", `{"name":"x"}`},
		{http.MethodDelete, "/tag-groups/tags", ""},
		{http.MethodPatch, "/users/admin", `{"disabled":true}`},
		{http.MethodPatch, "/projects/p", `{"name":"x"}`},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			for _, tag := range []string{"", `"77"`} {
				h := http.Header{}
				if tag != "" {
					h.Set("If-Match", tag)
				}
				resp, body := do(t, w, request{method: test.method, path: "/api/v1" + test.path, token: viewer, body: test.body, header: h})
				if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusNotFound {
					t.Errorf("If-Match %q: %d %s", tag, resp.StatusCode, body)
				}
			}
		})
	}
}

// TestIfMatchOfPeople: users and projects have entity tags of what people edit.
func TestIfMatchOfPeople(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	person(t, w, "anna", gatewright.RoleViewer, "", "")
	if _, err := w.Control.CreateProject(t.Context(), w.Actor, "shop", ""); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, first, second string }{
		{"/api/v1/users/anna", `{"displayName":"Anna"}`, `{"displayName":"Anna B"}`},
		{"/api/v1/projects/shop", `{"description":"one"}`, `{"description":"two"}`},
	} {
		t.Run(test.path, func(t *testing.T) {
			alter := func(tag, body string) (*http.Response, []byte) {
				return do(t, w, request{method: http.MethodPatch, path: test.path, body: body, header: http.Header{"If-Match": {tag}}})
			}
			resp, _ := do(t, w, request{path: test.path})
			read := resp.Header.Get("ETag")
			resp, body := alter(read, test.first)
			if resp.StatusCode != http.StatusOK || read == "" || resp.Header.Get("ETag") == read {
				t.Fatalf("%d, %s to %s: %s", resp.StatusCode, read, resp.Header.Get("ETag"), body)
			}
			now := resp.Header.Get("ETag")
			resp, body = alter(read, test.second)
			wantProblem(t, resp, body, http.StatusPreconditionFailed, gatewright.PreconditionFailed)
			resp, _ = do(t, w, request{path: test.path})
			if resp.Header.Get("ETag") != now {
				t.Error("the refused alteration altered it")
			}
			if resp, body = alter("*", test.second); resp.StatusCode != http.StatusOK {
				t.Errorf("whatever it is: %d %s", resp.StatusCode, body)
			}
		})
	}
	// A login alters nothing that people edit.
	before, _ := do(t, w, request{path: "/api/v1/users/anna"})
	if _, _, err := w.Control.LoginToken(t.Context(), gatewright.Actor{}, control.Credentials{Name: "anna", Password: goodPassword}, control.NewToken{Name: "u"}); err != nil {
		t.Fatal(err)
	}
	after, _ := do(t, w, request{path: "/api/v1/users/anna"})
	if before.Header.Get("ETag") != after.Header.Get("ETag") {
		t.Error("a login made another entity tag")
	}
}

func TestIdempotencyKeyTwice(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	body := publishBody(t, "g", "a", "1.0.0", "/a")
	resp, b := do(t, w, request{path: "/api/v1/changes", body: body, header: http.Header{"Idempotency-Key": {"k", "l"}}})
	wantProblem(t, resp, b, http.StatusBadRequest, gatewright.Invalid)
	for range 2 {
		if resp, b = do(t, w, request{path: "/api/v1/changes", body: body, header: http.Header{"Idempotency-Key": {"k", "k"}}}); resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
}
