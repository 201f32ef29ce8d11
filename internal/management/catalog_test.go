package management_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// newAPI stores an API that runs nowhere.
func newAPI(t *testing.T, w *managementtest.World, name string) *gatewright.API {
	t.Helper()
	a := &gatewright.API{Name: name, Kind: gatewright.KindProxy, Owner: "ann"}
	err := w.Store.Update(t.Context(), func(tx control.Tx) error {
		a.ID, a.CreatedAt = gatewright.APIID(gatewright.NewID("api_", tx.Now())), tx.Now()
		return tx.CreateAPI(a)
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestIfMatch: what people edit is altered by who has read it as it is.
func TestIfMatch(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	newAPI(t, w, "Pets")
	if _, err := w.Control.CreateFolder(t.Context(), w.Actor, "", "", "A"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Control.CreateFolder(t.Context(), w.Actor, "", "A", "B"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Control.CreateTagGroup(t.Context(), w.Actor, "region", "", []string{"eu"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, body, what string }{
		{"API", "/api/v1/apis/Pets", `{"description":"%d"}`, "API Pets"},
		{"folder", "/api/v1/folders/" + url.PathEscape("A/B"), `{"name":"B"}`, "folder A/B"},
		{"tag group", "/api/v1/tag-groups/region", `{"description":"%d"}`, "tag group region"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, _ := do(t, w, request{path: tt.path})
			etag := resp.Header.Get("ETag")
			if etag != `"0"` {
				t.Fatalf("ETag %q", etag)
			}
			for _, method := range []string{http.MethodPatch, http.MethodDelete} {
				for match, want := range map[string]struct {
					status  int
					message string
				}{
					"":        {http.StatusPreconditionRequired, "read " + tt.what + " first, and send its ETag as If-Match: somebody else may alter it meanwhile"},
					`"7"`:     {http.StatusPreconditionFailed, tt.what + ` was altered meanwhile: If-Match says "7", it is "0"; read it again`},
					`W/"0"`:   {http.StatusPreconditionFailed, tt.what + ` was altered meanwhile: If-Match says W/"0", it is "0"; read it again`},
					`"0","1"`: {http.StatusPreconditionFailed, tt.what + ` was altered meanwhile: If-Match says "0","1", it is "0"; read it again`},
				} {
					r := request{method: method, path: tt.path, header: http.Header{}}
					if method == http.MethodPatch {
						r.body = `{}`
					}
					if match != "" {
						r.header.Set("If-Match", match)
					}
					resp, body := do(t, w, r)
					if p := into[wire.Problem](t, body); resp.StatusCode != want.status || p.Detail != want.message {
						t.Errorf("%s with %s: %d %s", method, match, resp.StatusCode, body)
					}
				}
			}
			body := tt.body
			if strings.Contains(body, "%d") {
				body = fmt.Sprintf(body, 1)
			}
			resp, answer := do(t, w, request{method: http.MethodPatch, path: tt.path, body: body, header: http.Header{"If-Match": {etag}}})
			if resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") != `"1"` {
				t.Fatalf("%d, ETag %s: %s", resp.StatusCode, resp.Header.Get("ETag"), answer)
			}
			resp, _ = do(t, w, request{method: http.MethodPatch, path: tt.path, body: body, header: http.Header{"If-Match": {etag}}})
			if resp.StatusCode != http.StatusPreconditionFailed {
				t.Errorf("the second editor gets %d", resp.StatusCode)
			}
			resp, answer = do(t, w, request{method: http.MethodDelete, path: tt.path, header: http.Header{"If-Match": {"*"}}})
			if resp.StatusCode/100 != 2 {
				t.Errorf("deleting gives %d: %s", resp.StatusCode, answer)
			}
			if resp, _ := do(t, w, request{path: tt.path}); resp.StatusCode != http.StatusNotFound {
				t.Errorf("afterwards it answers %d", resp.StatusCode)
			}
		})
	}
}

// TestSearchPages goes through a list page by page, in both orders, while APIs
// come and go.
func TestSearchPages(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	const many = 25
	for i := range many {
		newAPI(t, w, fmt.Sprintf("api %02d", i))
	}
	for _, sort := range []string{"name", "changed"} {
		seen := map[string]bool{}
		cursor := ""
		for pages := 0; ; pages++ {
			resp, body := do(t, w, request{path: "/api/v1/apis?limit=7&query=API&sort=" + sort + "&cursor=" + cursor})
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%d: %s", resp.StatusCode, body)
			}
			l := into[wire.List[*wire.APIEntry]](t, body)
			for _, e := range l.Items {
				if seen[e.Name] {
					t.Errorf("%s is told twice by %s", e.Name, sort)
				}
				seen[e.Name] = true
			}
			if cursor = l.NextCursor; cursor == "" {
				break
			}
			if pages > many {
				t.Fatal("the list does not end")
			}
			other := "changed"
			if sort == other {
				other = "name"
			}
			if resp, _ := do(t, w, request{path: "/api/v1/apis?sort=" + other + "&cursor=" + cursor}); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("a cursor of order %s is taken in order %s", sort, other)
			}
		}
		if len(seen) != many {
			t.Errorf("%d of %d are told by %s", len(seen), many, sort)
		}
	}
	for _, query := range []string{"state=asleep", "security=L9", "sort=age", "limit=0", "folder=x", "tag=x", "deployedIn=x", "query=" + strings.Repeat("x", 300)} {
		if resp, body := do(t, w, request{path: "/api/v1/apis?" + query}); resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", query, resp.StatusCode, body)
		}
	}
}

func TestUpdateAPIBody(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	newAPI(t, w, "Pets")
	for body, message := range map[string]string{
		`{"maxQPS":1.5}`:           `the request's body has a JSON number 1.5 at maxQPS, where it does not belong (byte 13)`,
		`{"MaxQps":1}`:             ``,
		`{"tags":["x"]}`:           `tag "x" does not exist; write it as group/tag, see: gatewright tag list`,
		`{"maxRows":-1}`:           `maxRows is -1; it is a positive number of rows, at most 1000000, or 0 for no limit`,
		`{"project":"other"}`:      `project "other" does not exist; see: gatewright project list`,
		"{\"name\":\"a\\u202eb\"}": `API name "a\u202eb" contains the unprintable character U+202E`,
	} {
		resp, answer := do(t, w, request{method: http.MethodPatch, path: "/api/v1/apis/Pets", body: body, header: http.Header{"If-Match": {"*"}}})
		if p := into[wire.Problem](t, answer); resp.StatusCode/100 != 4 || message != "" && p.Detail != message {
			t.Errorf("%s: %d %s", body, resp.StatusCode, answer)
		}
	}
	resp, answer := do(t, w, request{method: http.MethodPatch, path: "/api/v1/apis/Pets", body: `{"maxQPS":5,"description":"","collaborators":[]}`, header: http.Header{"If-Match": {`"0"`}}})
	if u := into[wire.UpdatedAPI](t, answer); resp.StatusCode != http.StatusOK || u.API.Settings.MaxQPS != 5 || u.Changes == nil {
		t.Errorf("%d %s", resp.StatusCode, answer)
	}
}
