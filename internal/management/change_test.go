package management_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func publishBody(t testing.TB, group, api, version, path string) string {
	t.Helper()
	b, err := json.Marshal(wire.ChangeRequest{PlanRequest: wire.PlanRequest{
		Kind: gatewright.ChangePublish, Group: group,
		Items: []wire.Item{{API: api, Document: &wire.SourceDocument{Name: "a.yaml", Text: string(managementtest.OpenAPI("t", version, path))}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// submit sends a change that must be accepted.
func submit(t testing.TB, w *managementtest.World, body string) *gatewright.Change {
	t.Helper()
	resp, b := do(t, w, request{path: "/api/v1/changes", body: body})
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d: %s", resp.StatusCode, b)
	}
	sub := into[wire.Submission](t, b)
	if want := "/api/v1/changes/" + string(sub.Change.ID); resp.Header.Get("Location") != want {
		t.Errorf("Location = %q, want %q", resp.Header.Get("Location"), want)
	}
	return sub.Change
}

func TestVersionOfPublish(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	doc := `"document":{"text":` + quote(string(managementtest.OpenAPI("t", "1.0.0", "/a"))) + `}`
	tests := []struct {
		name, item, to string
	}{
		{"the document's own", doc, "1.0.0"},
		{"the item's", doc + `,"version":"2024-01"`, "2024-01"},
		{"none on request", doc + `,"noVersion":true`, "revision 1 (no version)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: "/api/v1/plans", body: `{"kind":"publish","group":"g","items":[{"api":"x",` + test.item + `}]}`})
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			if p := into[gatewright.Plan](t, body); p.Items[0].To != test.to {
				t.Errorf("to = %q, want %q", p.Items[0].To, test.to)
			}
		})
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestPlanRefusals(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	doc := `"document":{"text":` + quote(string(managementtest.OpenAPI("t", "1.0.0", "/a"))) + `}`
	item := func(kind, item string) string { return `{"kind":"` + kind + `","group":"g","items":[{` + item + `}]}` }
	tests := []struct {
		name, body string
		status     int
		code       gatewright.Code
		field      string
	}{
		{"no kind", `{"group":"g","items":[{"api":"x"}]}`, 400, gatewright.Invalid, "kind"},
		{"unknown kind", item("explode", `"api":"x"`), 400, gatewright.Invalid, "kind"},
		{"no group", `{"kind":"enable","items":[{"api":"x"}]}`, 400, gatewright.Invalid, "group"},
		{"no such group", `{"kind":"enable","group":"none","items":[{"api":"x"}]}`, 404, gatewright.NotFound, ""},
		{"no items", `{"kind":"enable","group":"g"}`, 400, gatewright.Invalid, "items"},
		{"too many items", `{"kind":"enable","group":"g","items":[{}` + strings.Repeat(",{}", control.MaxItems) + `]}`, 429, gatewright.LimitExceeded, ""},
		{"publish without a document", item("publish", `"api":"x"`), 400, gatewright.Invalid, "/items/0/document"},
		{"document where none counts", item("rollback", `"api":"x",`+doc), 400, gatewright.Invalid, "/items/0/document"},
		{"version where none counts", item("deploy", `"api":"x","revision":"1","version":"2"`), 400, gatewright.Invalid, "/items/0/version"},
		{"version and none", item("publish", doc+`,"version":"1","noVersion":true`), 400, gatewright.Invalid, "/items/0/noVersion"},
		{"runtime where none counts", item("enable", `"api":"x","runtime":{}`), 400, gatewright.Invalid, "/items/0/runtime"},
		{"registry added and removed", item("configure", `"resource":{"registry":{"name":"a","type":"dns"}},"remove":"registry/b"`), 400, gatewright.Invalid, "/items/0/remove"},
		{"registry and API", item("configure", `"api":"x","remove":"registry/b"`), 400, gatewright.Invalid, "/items/0/api"},
		{"resource that is none", item("configure", `"resource":{}`), 400, gatewright.Invalid, "resource"},
		{"app set by a change", item("configure", `"resource":{"app":{"id":"app_1","name":"a","owner":"x","createdAt":"2026-01-01T00:00:00Z"}}`), 400, gatewright.Invalid, "app"},
		{"app removed by a change", item("configure", `"remove":"app/app_1"`), 400, gatewright.Invalid, "/items/0/remove"},
		{"slot removed by a change", item("configure", `"remove":"slot/api_1/v1"`), 400, gatewright.Invalid, "/items/0/remove"},
		{"access asked for", item("access", `"resource":{"registry":{"name":"a","type":"dns"}}`), 400, gatewright.Invalid, "kind"},
		{"settings asked for", item("settings", `"api":"x"`), 400, gatewright.Invalid, "kind"},
		{"access within apply", item("apply", `"action":"access","remove":"registry/a"`), 400, gatewright.Invalid, "/items/0/action"},
		{"apply within apply", item("apply", `"action":"apply","api":"x"`), 400, gatewright.Invalid, "/items/0/action"},
		{"apply without an action", item("apply", `"api":"x"`), 400, gatewright.Invalid, "/items/0/action"},
		{"action outside of apply", item("enable", `"action":"enable","api":"x"`), 400, gatewright.Invalid, "/items/0/action"},
		{"member of another action", item("apply", `"action":"enable","api":"x","canary":{}`), 400, gatewright.Invalid, "/items/0/canary"},
		{"deprecation that says nothing", item("deprecate", `"api":"x"`), 400, gatewright.Invalid, "/items/0/lifecycle"},
		{"deprecation and undo", item("deprecate", `"api":"x","lifecycle":{},"undo":true`), 400, gatewright.Invalid, "/items/0/lifecycle"},
		{"revert of nothing", item("revert", ``), 400, gatewright.Invalid, "/items/0/change"},
		{"revert of an API", item("revert", `"api":"x","change":"chg_1"`), 400, gatewright.Invalid, "/items/0/change"},
		{"revert of no change", item("revert", `"change":"chg_1"`), 404, gatewright.NotFound, ""},
		{"revert of several", `{"kind":"revert","group":"g","items":[{"change":"chg_1"},{"change":"chg_1"}]}`, 404, gatewright.NotFound, ""},
		{"revert within apply", item("apply", `"action":"revert","change":"chg_1"`), 400, gatewright.Invalid, "/items/0/action"},
		{"change where none counts", item("enable", `"api":"x","change":"chg_1"`), 400, gatewright.Invalid, "/items/0/change"},
		{"allowance of nothing", `{"kind":"enable","group":"g","allowBreaking":[{"rule":""}],"items":[{"api":"x"}]}`, 400, gatewright.Invalid, "/allowBreaking/0/rule"},
		{"nobody to notify", `{"kind":"enable","group":"g","notify":["a",""],"items":[{"api":"x"}]}`, 400, gatewright.Invalid, "/notify/1/name"},
		{"too many to notify", `{"kind":"publish","group":"g","notify":["a"` + strings.Repeat(`,"a"`, control.MaxNotify) + `],"items":[{` + doc + `}]}`, 400, gatewright.Invalid, "notify"},
		{"expires before it begins", `{"kind":"publish","group":"g","notBefore":"2026-01-02T00:00:00Z","expiresAt":"2026-01-01T00:00:00Z","items":[{` + doc + `}]}`, 400, gatewright.Invalid, "expiresAt"},
		{"text and base64", item("publish", `"document":{"text":"x","base64":"eA=="}`), 400, gatewright.Invalid, "/items/0/document"},
		{"document too long", item("publish", `"document":{"text":"`+strings.Repeat("x", gatewright.MaxDocumentBytes+1)+`"}`), 413, gatewright.LimitExceeded, ""},
		{"document that is none", item("publish", `"document":{"text":"hello"}`), 400, gatewright.Invalid, "/items/0/document"},
		{"document in UTF-16", item("publish", `"document":{"base64":"//5vAA=="}`), 400, gatewright.Invalid, "/items/0/document"},
		{"bad node", item("publish", doc+`,"runtime":{"nodes":["host"]}`), 400, gatewright.Invalid, "node"},
		{"node object with an unknown member", item("publish", doc+`,"runtime":{"nodes":[{"host":"a","port":1,"wieght":1}]}`), 400, gatewright.Invalid, "nodes"},
		{"nodes that are no list", item("publish", doc+`,"runtime":{"nodes":"a:1"}`), 400, gatewright.Invalid, "nodes"},
		{"bad discovery", item("publish", doc+`,"runtime":{"discovery":"x"}`), 400, gatewright.Invalid, "discovery"},
		{"bad discovery object", item("publish", doc+`,"runtime":{"discovery":{"name":"x"}}`), 400, gatewright.Invalid, "discovery"},
		{"bad duration", item("publish", doc+`,"runtime":{"timeouts":{"read":"1 hour"}}`), 400, gatewright.Invalid, ""},
		{"number for a text", item("publish", doc+`,"version":1`), 400, gatewright.Invalid, "items.version"},
		{"change's member in a plan", `{"kind":"enable","group":"g","items":[{"api":"x"}],"reason":"r"}`, 400, gatewright.Invalid, "reason"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: "/api/v1/plans", body: test.body})
			if p := wantProblem(t, resp, body, test.status, test.code); p.Field != test.field {
				t.Errorf("field = %q, want %q (%s)", p.Field, test.field, p.Detail)
			}
		})
	}
}

// TestRuntimeForms reads both forms of nodes and discovery.
func TestRuntimeForms(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	resp, body := do(t, w, request{path: "/api/v1/changes", body: `{"kind":"configure","group":"g","items":[{"resource":{"registry":{"name":"dns","type":"dns"}}}]}`})
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	do(t, w, request{path: resp.Header.Get("Location") + "?wait=10s"})
	if _, body = do(t, w, request{path: "/api/v1/groups/g/registries"}); len(into[wire.List[gatewright.Registry]](t, body).Items) != 1 {
		t.Errorf("registries = %s", body)
	}
	doc := quote(string(managementtest.OpenAPI("t", "1.0.0", "/a")))
	tests := []struct{ name, runtime, upstream string }{
		{"nodes", `{"nodes":["a.example:80@5",{"host":"b.example","port":81},{"host":"c.example","port":82,"weight":0}]}`, "http://a.example:80@5,b.example:81,c.example:82@0"},
		{"discovery text", `{"discovery":"dns/default/pets.internal:80"}`, "http://dns/default/pets.internal:80"},
		{"discovery object", `{"discovery":{"registry":"dns","namespace":"default","service":"pets.internal:80"},"scheme":"https"}`, "https://dns/default/pets.internal:80"},
		{"nothing", `{"nodes":null,"discovery":null,"scheme":null}`, "http://127.0.0.1:9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp, body := do(t, w, request{path: "/api/v1/plans", body: `{"kind":"publish","group":"g","items":[{"document":{"text":` + doc + `},"runtime":` + test.runtime + `}]}`})
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			if lines := fmt.Sprint(into[gatewright.Plan](t, body).Items[0].Lines); !strings.Contains(lines, "upstream "+test.upstream) {
				t.Errorf("lines = %s, want %s", lines, test.upstream)
			}
		})
	}
}

func TestDocumentBytesSurvive(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	plain := managementtest.OpenAPI("宠物 <b>&amp;</b>", "1.0.0", "/a")
	for _, test := range []struct {
		name, api string
		content   []byte
	}{
		{"markup and other scripts", "plain", plain},
		{"comments and CRLF", "crlf", bytes.ReplaceAll(append([]byte("# by hand\t\n"), bytes.ReplaceAll(plain, []byte("/a"), []byte("/b"))...), []byte("\n"), []byte("\r\n"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := json.Marshal(wire.ChangeRequest{PlanRequest: wire.PlanRequest{Kind: gatewright.ChangePublish, Group: "g",
				Items: []wire.Item{{API: test.api, Document: wire.NewDocument("x.yaml", test.content)}}}})
			if err != nil {
				t.Fatal(err)
			}
			resp, body := do(t, w, request{path: "/api/v1/changes", body: string(b)})
			if resp.StatusCode != http.StatusAccepted {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			do(t, w, request{path: resp.Header.Get("Location") + "?wait=10s"})
			resp, got := do(t, w, request{path: "/api/v1/apis/" + test.api + "/revisions/1.0.0/document"})
			if !bytes.Equal(got, test.content) {
				t.Errorf("got %q, want %q", got, test.content)
			}
			etag := http.Header{"If-None-Match": {`W/"x", ` + resp.Header.Get("ETag")}}
			if resp, body := do(t, w, request{path: "/api/v1/apis/" + test.api + "/revisions/1.0.0/document", header: etag}); resp.StatusCode != http.StatusNotModified || len(body) > 0 {
				t.Errorf("with its entity tag: %d %q", resp.StatusCode, body)
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	key := http.Header{"Idempotency-Key": {"k"}}
	first := publishBody(t, "g", "a", "1.0.0", "/a")
	resp, body := do(t, w, request{path: "/api/v1/changes", body: first, header: key.Clone()})
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	id := into[wire.Submission](t, body).Change.ID
	resp, body = do(t, w, request{path: "/api/v1/changes", body: first, header: key.Clone()})
	if again := into[wire.Submission](t, body); resp.StatusCode != http.StatusAccepted || again.Change == nil || again.Change.ID != id || again.NoOp {
		t.Errorf("again: %d %s", resp.StatusCode, body)
	}
	resp, body = do(t, w, request{path: "/api/v1/changes", body: publishBody(t, "g", "b", "1.0.0", "/b"), header: key.Clone()})
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
	resp, body = do(t, w, request{path: "/api/v1/changes", body: first, header: http.Header{"Idempotency-Key": {strings.Repeat("k", 256)}}})
	wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
}

// TestRivals lets many callers alter one slot at the same time: one is
// accepted, the others hear of it.
func TestRivals(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g := w.Group("g")
	w.JoinSilently(g, "silent") // it never answers, which keeps the first change under way
	const rivals = 8
	codes := make(chan gatewright.Code, rivals)
	var all sync.WaitGroup
	for i := range rivals {
		body := publishBody(t, "g", "a", fmt.Sprintf("1.%d.0", i), "/a")
		all.Go(func() {
			resp, b := do(t, w, request{path: "/api/v1/changes", body: body})
			switch resp.StatusCode {
			case http.StatusAccepted:
				codes <- ""
			default:
				codes <- wantProblem(t, resp, b, http.StatusConflict, gatewright.Conflict).Code
			}
		})
	}
	all.Wait()
	close(codes)
	accepted := 0
	for code := range codes {
		if code == "" {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d of %d rivals were accepted", accepted, rivals)
	}
}
