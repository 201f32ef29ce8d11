package management_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func TestReceivers(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	const url, secret = "https://hooks.example.com/T0KEN", "a secret of enough bytes"
	post := func(path, body string) (*http.Response, []byte) {
		return do(t, w, request{method: http.MethodPost, path: path, body: body})
	}
	hidden := func(body []byte) {
		t.Helper()
		for _, s := range []string{"T0KEN", secret, "receivers/"} {
			if strings.Contains(string(body), s) {
				t.Errorf("the answer tells %q: %s", s, body)
			}
		}
	}
	resp, body := post("/api/v1/receivers", `{"name":"ops","type":"webhook","url":"`+url+`","secret":"`+secret+`"}`)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	hidden(body)
	made := into[wire.NewReceiver](t, body)
	if made.NewSecret != "" || !made.Signed || resp.Header.Get("Location") != "/api/v1/receivers/"+string(made.ID) {
		t.Errorf("made %+v at %s", made, resp.Header.Get("Location"))
	}
	resp, body = do(t, w, request{path: "/api/v1/receivers/ops"})
	hidden(body)
	etag := resp.Header.Get("ETag")
	patch := func(match string) (*http.Response, []byte) {
		h := http.Header{}
		if match != "" {
			h.Set("If-Match", match)
		}
		return do(t, w, request{method: http.MethodPatch, path: "/api/v1/receivers/ops", body: `{"events":["change.live"]}`, header: h})
	}
	for _, tt := range []struct {
		name, match string
		want        int
	}{
		{"without a tag", "", http.StatusPreconditionRequired},
		{"with the tag", etag, http.StatusOK},
		{"with the tag of before", etag, http.StatusPreconditionFailed},
	} {
		if resp, body := patch(tt.match); resp.StatusCode != tt.want {
			t.Errorf("%s: status %d: %s", tt.name, resp.StatusCode, body)
		}
	}
	_, body = do(t, w, request{path: "/api/v1/receivers"})
	hidden(body)

	_, body = post("/api/v1/receivers/ops/test", "")
	hidden(body)
	sent := into[wire.TestedReceiver](t, body)
	if len(sent.Deliveries) != 1 || sent.Deliveries[0].State != gatewright.DeliveryPending {
		t.Fatalf("sent %s", body)
	}
	id := string(sent.Deliveries[0].ID)
	resp, body = post("/api/v1/deliveries/"+id+"/redeliver", "")
	wantProblem(t, resp, body, http.StatusConflict, gatewright.Conflict)
	resp, _ = do(t, w, request{method: http.MethodDelete, path: "/api/v1/receivers/ops", header: http.Header{"If-Match": {"*"}}})
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("delete: status %d", resp.StatusCode)
	}
	for query, want := range map[string]int{"": 1, "?state=failed": 1, "?state=pending": 0, "?event=receiver.test": 1, "?change=chg_none": 0} {
		_, body = do(t, w, request{path: "/api/v1/deliveries" + query})
		hidden(body)
		if got := into[wire.List[json.RawMessage]](t, body); len(got.Items) != want {
			t.Errorf("%q lists %d deliveries, want %d: %s", query, len(got.Items), want, body)
		}
	}
	resp, body = do(t, w, request{path: "/api/v1/deliveries?receiver=ops"})
	wantProblem(t, resp, body, http.StatusNotFound, gatewright.NotFound)
}

func TestTemplateRoutes(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	const path = "/api/v1/templates/change.live/zh"
	resp, body := do(t, w, request{method: http.MethodPut, path: path, body: `{"title":"{{template \"x\"}}","text":"x"}`})
	wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
	resp, body = do(t, w, request{method: http.MethodPut, path: path, body: `{"title":"{{.Subject}} 已上线","text":"x"}`})
	if info := into[wire.TemplateInfo](t, body); resp.StatusCode != http.StatusOK || !info.Own || info.UpdatedBy != "admin" {
		t.Errorf("status %d, %s", resp.StatusCode, body)
	}
	_, body = do(t, w, request{path: "/api/v1/templates?limit=1000"})
	own := 0
	for _, info := range into[wire.List[wire.TemplateInfo]](t, body).Items {
		if info.Own {
			own++
		}
	}
	if own != 1 {
		t.Errorf("%d templates are the organisation's", own)
	}
	if resp, _ = do(t, w, request{method: http.MethodDelete, path: path}); resp.StatusCode != http.StatusNoContent {
		t.Errorf("reset: status %d", resp.StatusCode)
	}
	if _, body = do(t, w, request{path: path}); into[wire.TemplateInfo](t, body).Own {
		t.Errorf("after the reset: %s", body)
	}
}
