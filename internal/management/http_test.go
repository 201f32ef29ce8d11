package management_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// request is one raw request. Empty members are the usual ones.
type request struct {
	method string // GET, or POST with a body
	path   string // as it goes over the wire
	body   string
	token  string // "-" sends none
	header http.Header
	host   string
}

// do sends it over loopback and reads the answer to its end.
func do(t testing.TB, w *managementtest.World, r request) (*http.Response, []byte) {
	t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	if r.method == "" {
		r.method = http.MethodGet
		if r.body != "" {
			r.method = http.MethodPost
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, w.Server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Opaque = r.path // byte by byte
	if r.header != nil {
		req.Header = r.header
	}
	switch {
	case r.token == "":
		req.Header.Set("Authorization", "Bearer "+w.Token)
	case r.token != "-":
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	req.Host = r.host
	client := &http.Client{
		Transport:     w.Server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// wantProblem checks that the answer is a problem of that status and code,
// with everything a problem has.
func wantProblem(t testing.TB, resp *http.Response, body []byte, status int, code gatewright.Code) wire.Problem {
	t.Helper()
	var p wire.Problem
	if resp.StatusCode != status {
		t.Errorf("status = %d, want %d; body %.300s", resp.StatusCode, status, body)
	}
	if got := resp.Header.Get("Content-Type"); got != wire.ProblemMediaType {
		t.Errorf("Content-Type = %q", got)
	}
	if resp.Request != nil && resp.Request.Method == http.MethodHead {
		return p
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("not a problem: %v: %.300s", err, body)
	}
	if p.Code != code || p.Status != resp.StatusCode || p.Detail == "" || p.Title == "" || p.Type != "urn:gatewright:error:"+string(code) {
		t.Errorf("problem = %+v, want code %s", p, code)
	}
	if p.RequestID == "" || p.RequestID != resp.Header.Get("X-Request-Id") {
		t.Errorf("request ID %q in the body, %q in the header", p.RequestID, resp.Header.Get("X-Request-Id"))
	}
	return p
}

func into[T any](t testing.TB, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %.300s", err, body)
	}
	return v
}
