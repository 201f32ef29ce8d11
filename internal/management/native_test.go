package management_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// applyBody is an apply of one API whose document stands beside it.
func applyBody(t *testing.T, title, more string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"allowNoInstance": true,
		"files": []map[string]string{
			{"name": "apis/a.yaml", "text": "apiVersion: gatewright.dev/v1\nkind: API\nname: " + title + "\nversion: 1.0.0\ndocument: ./doc.yaml\n" + more},
			{"name": "apis/doc.yaml", "text": string(managementtest.OpenAPI(title, "1.0.0", "/a"))},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestApplyAndExport(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("测试")
	group := "/api/v1/groups/" + percentEncode("测试")

	resp, body := do(t, w, request{path: group + "/apply-plans", body: applyBody(t, "宠物", "owner: 王小明\n")})
	var plan gatewright.Plan
	if err := json.Unmarshal(body, &plan); err != nil || resp.StatusCode != http.StatusOK || plan.NoOp || len(plan.Items) != 1 {
		t.Fatalf("%d %v %s", resp.StatusCode, err, body)
	}
	resp, body = do(t, w, request{path: group + "/applies", body: strings.Replace(applyBody(t, "宠物", "owner: 王小明\n"), "{", `{"planHash":"`+string(plan.Hash)+`",`, 1), header: http.Header{"Idempotency-Key": {"k"}}})
	if resp.StatusCode != http.StatusAccepted || !strings.HasPrefix(resp.Header.Get("Location"), "/api/v1/changes/chg_") {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	do(t, w, request{path: resp.Header.Get("Location") + "?wait=30s"})
	resp, body = do(t, w, request{path: group + "/applies", body: applyBody(t, "宠物", "owner: 王小明\n")})
	var again wire.Submission
	if err := json.Unmarshal(body, &again); err != nil || resp.StatusCode != http.StatusOK || !again.NoOp {
		t.Errorf("the second time: %d %s", resp.StatusCode, body)
	}

	resp, body = do(t, w, request{path: group + "/export?api=" + percentEncode("宠物")})
	var page wire.ExportPage
	if err := json.Unmarshal(body, &page); err != nil || resp.StatusCode != http.StatusOK || len(page.Items) != 1 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	doc := page.Items[0].(map[string]any)
	if doc["kind"] != "API" || doc["name"] != "宠物" || doc["owner"] != "王小明" {
		t.Errorf("%s", body)
	}
}

func TestApplyRefused(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Group("test")
	good := applyBody(t, "Pets", "")
	tests := []struct {
		name, body string
		code       gatewright.Code
		words      string
	}{
		{"no files", `{"files":[]}`, "", ""},
		{"unknown member", `{"file":[]}`, gatewright.Invalid, `unknown member`},
		{"bad file", strings.Replace(good, "kind: API", "kind: Service", 1), gatewright.Invalid, "apis/a.yaml:2:7"},
		{"bad document", strings.Replace(good, "paths:", "pathz:", 1), gatewright.Invalid, "apis/doc.yaml"},
		{"file out of the directory", strings.Replace(good, "apis/a.yaml", "../a.yaml", 1), gatewright.Invalid, "is not a path within the directory"},
		{"bad selection", strings.Replace(good, "{", `{"only":["service"],`, 1), gatewright.Invalid, "the kinds are"},
		{"bad limit", strings.Replace(good, "{", `{"pruneLimit":-2,`, 1), gatewright.Invalid, "-2 is not between"},
		{"document missing", strings.Replace(good, "./doc.yaml", "./cat.yaml", 1), gatewright.Invalid, "is not among the files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: "/api/v1/groups/test/apply-plans", body: tt.body})
			if tt.code == "" {
				if resp.StatusCode != http.StatusOK {
					t.Errorf("%d %s", resp.StatusCode, body)
				}
				return
			}
			if p := wantProblem(t, resp, body, wire.StatusOf(tt.code), tt.code); !strings.Contains(p.Detail+fmt.Sprint(p.Errors, p.Field), tt.words) {
				t.Errorf("%+v does not say %q", p, tt.words)
			}
		})
	}
}

func TestSaveAndCompare(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	save := func(path string) string {
		b, err := json.Marshal(map[string]any{"document": map[string]string{"name": "a.yaml", "text": string(managementtest.OpenAPI("Pets", "1.0.0", path))}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	resp, body := do(t, w, request{path: "/api/v1/apis", body: save("/a")})
	if resp.StatusCode != http.StatusCreated || !strings.HasSuffix(resp.Header.Get("Location"), "/revisions/1") {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: "/api/v1/apis/Pets/revisions", body: save("/b")})
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	revision := "/api/v1/apis/Pets/revisions/2"
	resp, _ = do(t, w, request{path: revision})
	etag := resp.Header.Get("ETag")
	put := func(match, path string) (*http.Response, []byte) {
		h := http.Header{}
		if match != "" {
			h.Set("If-Match", match)
		}
		return do(t, w, request{method: http.MethodPut, path: revision, body: save(path), header: h})
	}
	resp, body = put("", "/c")
	wantProblem(t, resp, body, http.StatusPreconditionRequired, gatewright.Invalid)
	resp, body = put("x", "/c")
	wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
	if resp, body = put(etag, "/c"); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	resp, body = put(etag, "/d") // as it was before
	wantProblem(t, resp, body, http.StatusPreconditionFailed, gatewright.PreconditionFailed)

	resp, body = do(t, w, request{path: "/api/v1/apis/Pets/comparison?from=1&to=2"})
	var c wire.Comparison
	if err := json.Unmarshal(body, &c); err != nil || resp.StatusCode != http.StatusOK || c.Same || len(c.Routes) != 2 || len(c.Document) != 2 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: "/api/v1/apis/Pets/comparison?from=1&to=9"})
	wantProblem(t, resp, body, http.StatusNotFound, gatewright.NotFound)
}
