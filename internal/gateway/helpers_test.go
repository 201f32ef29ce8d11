package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
	"github.com/gatewright/gatewright/internal/testkit/ports"
)

// patience bounds every wait of these tests. Reaching it is a failure.
const patience = 20 * time.Second

// rig is a gateway that serves on a loopback port, and a client for it.
type rig struct {
	*gateway.Gateway
	t      *testing.T
	addr   string
	client *http.Client
}

func newRig(t *testing.T, cfg gateway.Config) *rig {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	g := gateway.New(cfg)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &rig{Gateway: g, t: t, addr: l.Addr().String(), client: &http.Client{Transport: transport, CheckRedirect: noRedirect}}
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r *rig) try(method, host, target string, body io.Reader) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.addr+target, body)
	if err != nil {
		return reply{}, err
	}
	if host != "" {
		req.Host = host
	}
	res, err := r.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

func (r *rig) do(method, host, target string) reply {
	r.t.Helper()
	got, err := r.try(method, host, target, nil)
	if err != nil {
		r.t.Fatalf("%s %s%s: %v", method, host, target, err)
	}
	return got
}

func (r *rig) get(target string) reply {
	r.t.Helper()
	return r.do("GET", "", target)
}

// apply applies u and fails the test when anything is rejected.
func (r *rig) apply(generation int64, u gateway.Update) {
	r.t.Helper()
	if rej := r.Apply(u, generation); len(rej) > 0 {
		r.t.Fatalf("Apply rejects %+v", rej)
	}
}

// commit prepares u and commits it.
func (r *rig) commit(generation int64, u gateway.Update) {
	r.t.Helper()
	c, rej := r.Prepare(u)
	if len(rej) > 0 {
		r.t.Fatalf("Prepare rejects %+v", rej)
	}
	if err := r.Commit(c, generation); err != nil {
		r.t.Fatalf("Commit: %v", err)
	}
}

// wantProblem checks that a reply is the problem of that cause.
func (r *rig) wantProblem(got reply, status int, cause string) map[string]any {
	r.t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		r.t.Fatalf("%d %q is no problem: %v", got.status, got.body, err)
	}
	if got.status != status || p["type"] != "urn:gatewright:problem:"+cause || p["status"] != float64(status) {
		r.t.Fatalf("got %d %v, want %d with cause %s", got.status, p, status, cause)
	}
	if ct := got.header.Get("Content-Type"); ct != "application/problem+json" {
		r.t.Errorf("Content-Type = %q", ct)
	}
	if id := got.header.Get("X-Request-Id"); id == "" || p["requestId"] != id {
		r.t.Errorf("request ID %q in the header, %v in the body", id, p["requestId"])
	}
	if p["title"] == "" {
		r.t.Errorf("no title in %v", p)
	}
	return p
}

// node makes a node of a listener's address.
func node(t *testing.T, addr string, weight int) gatewright.Node {
	t.Helper()
	n, err := gatewright.ParseNode(fmt.Sprintf("%s@%d", addr, weight))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// petAPI is an API with one route below /pets for every method.
func petAPI(id string, revision int, nodes ...gatewright.Node) *gateway.APISpec {
	return &gateway.APISpec{
		ID: gatewright.APIID(id), Name: "API " + id, Track: "v1", Revision: revision, Enabled: true,
		BasePath: "/" + id,
		Routes:   []gatewright.Route{{Name: "all", Path: "/*"}},
		Upstream: gatewright.Upstream{Scheme: "http", Nodes: nodes},
	}
}

// upsert is an update that brings resources.
func upsert(t testing.TB, resources ...any) gateway.Update {
	t.Helper()
	u := gateway.Update{Upserts: map[gatewright.Key]gateway.Loaded{}}
	for _, r := range resources {
		switch r := r.(type) {
		case *gateway.APISpec:
			for key, res := range r.Resources() {
				u.Upserts[key] = gateway.Load(t, res)
			}
		case *gatewright.Registry:
			u.Upserts[gatewright.RegistryKey(r.Name)] = gateway.Load(t, &gatewright.Resource{Registry: r})
		case *gatewright.AppResource:
			u.Upserts[gatewright.AppKey(r.ID)] = gateway.Load(t, &gatewright.Resource{App: r})
		default:
			t.Fatalf("%T is no resource", r)
		}
	}
	return u
}

// backend is an upstream that counts the connections it accepts.
type backend struct {
	*httptest.Server
	addr     string
	accepted atomic.Int64
}

func newBackend(t *testing.T, h http.HandlerFunc) *backend {
	t.Helper()
	b := &backend{Server: httptest.NewUnstartedServer(h)}
	b.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			b.accepted.Add(1)
		}
	}
	b.Start()
	t.Cleanup(b.Close)
	b.addr = b.Listener.Addr().String()
	return b
}

// marker answers every request with a fixed text.
func marker(t *testing.T, text string) *backend {
	t.Helper()
	return newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, text)
	})
}

// echo answers with what it saw of the request.
func echo(t *testing.T) *backend {
	t.Helper()
	return newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Host, r.RequestURI)
	})
}

// deadAddr returns an address that refuses connections.
func deadAddr(t *testing.T) string {
	t.Helper()
	return ports.Free(t)
}

// eventually waits until ok returns true. It is for what happens on another
// goroutine without anybody telling the test.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s does not happen", what)
		}
	}
}

// logBuffer collects what is written to it.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serveMarker serves l with a fixed text until the test ends.
func serveMarker(t *testing.T, l net.Listener, text string) {
	t.Helper()
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
}

func logHas(l *logBuffer, part string) bool { return strings.Contains(l.String(), part) }
