package management_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// lockedBuffer is a log that may be read while the server writes it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestProblemRoundTrip(t *testing.T) {
	statuses := map[gatewright.Code]int{
		gatewright.Invalid: 400, gatewright.Unauthenticated: 401, gatewright.Forbidden: 403, gatewright.NotFound: 404, gatewright.Conflict: 409,
		gatewright.PreconditionFailed: 412, gatewright.LimitExceeded: 429, gatewright.Internal: 500, gatewright.Unavailable: 503,
	}
	for code, status := range statuses {
		t.Run(string(code), func(t *testing.T) {
			e := &gatewright.Error{Code: code, Message: "m", Field: "/f", Details: []gatewright.Detail{
				{Location: "a.yaml:1:2", Pointer: "/paths", Message: "x"}, {Subject: "gw-1", Message: "y"},
			}}
			p := wire.NewProblem(e, 0, "req_1")
			if p.Status != status {
				t.Errorf("status = %d, want %d", p.Status, status)
			}
			if diff := cmp.Diff(e, p.Err()); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
	if got := wire.StatusOf("no_such_code"); got != http.StatusInternalServerError {
		t.Errorf("status of an unknown code = %d", got)
	}
}

// TestDefectsStayInside lets the inside fail in every way and looks at what
// gets out.
func TestDefectsStayInside(t *testing.T) {
	const secret = "dsn=postgres://user:hunter2@db"
	tests := []struct {
		name string
		h    http.HandlerFunc
	}{
		{"panic", func(http.ResponseWriter, *http.Request) { panic(secret) }},
		{"panic with an error", func(http.ResponseWriter, *http.Request) { panic(errors.New(secret)) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := &lockedBuffer{}
			w := managementtest.New(t, management.Config{Log: slog.New(slog.NewTextHandler(log, nil))})
			w.API.Mount("GET /api/v1/defect", test.h)
			resp, body := do(t, w, request{path: "/api/v1/defect"})
			p := wantProblem(t, resp, body, http.StatusInternalServerError, gatewright.Internal)
			if strings.Contains(string(body), "hunter2") || strings.Contains(string(body), ".go:") {
				t.Errorf("the answer tells too much: %s", body)
			}
			if !strings.Contains(log.String(), "hunter2") || !strings.Contains(log.String(), p.RequestID) || !strings.Contains(log.String(), "problem_test.go") {
				t.Errorf("the log tells too little: %s", log)
			}
			if !strings.Contains(p.Detail, p.RequestID) {
				t.Errorf("detail = %q, want the request in it", p.Detail)
			}
			if resp, _ := do(t, w, request{path: "/healthz"}); resp.StatusCode != http.StatusOK {
				t.Error("the server is gone")
			}
		})
	}
}

// TestPanicAfterTheHead cannot become a problem any more; the reader must see
// that the answer is not whole.
func TestPanicAfterTheHead(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.API.Mount("GET /api/v1/defect", func(rw http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(rw, "half of an answer")
		if err := http.NewResponseController(rw).Flush(); err != nil {
			t.Error(err)
		}
		panic("x")
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+"/api/v1/defect", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	resp, err := w.Server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("read %q without an error", b)
	}
}

func TestStoreOutage(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	resp, body := do(t, w, request{path: "/api/v1/groups"})
	wantProblem(t, resp, body, http.StatusServiceUnavailable, gatewright.Unavailable)
}

// TestBrokenBody goes away in the middle of a request.
func TestBrokenBody(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	conn, err := net.Dial("tcp", w.Server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/groups HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", w.Token)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
	if p.Detail != "the request's body could not be read" {
		t.Errorf("detail = %q", p.Detail)
	}
}
