package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// rawBackend accepts connections and gives each to f.
func rawBackend(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// readHead reads a request's head of a client that sends no body.
func readHead(c net.Conn) {
	buf := make([]byte, 4096)
	for n := 0; !strings.Contains(string(buf[:n]), "\r\n\r\n"); {
		m, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += m
	}
}

func TestProblems(t *testing.T) {
	fine := marker(t, "fine")
	silent := rawBackend(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	garbage := rawBackend(t, func(c net.Conn) { readHead(c); _, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n\r\n") })
	closing := rawBackend(t, func(c net.Conn) { readHead(c) })
	dead, dead2 := deadAddr(t), deadAddr(t)

	short := gatewright.Duration(30 * time.Millisecond)
	withNodes := func(addrs ...string) gatewright.Upstream {
		u := gatewright.Upstream{Scheme: "http"}
		for _, a := range addrs {
			u.Nodes = append(u.Nodes, node(t, a, 100))
		}
		return u
	}
	tests := []struct {
		name    string
		change  func(*gateway.APISpec)
		method  string
		host    string
		target  string
		status  int
		cause   string
		secrets []string // what the client must not learn
		served  bool     // the answer is that of a revision
	}{
		{name: "no route for the path", target: "/nothing", status: 404, cause: "no-route"},
		{name: "no route for the host", change: func(a *gateway.APISpec) { a.Hosts = []string{"pets.example"} }, host: "cats.example", target: "/pets/x", status: 404, cause: "no-route"},
		{name: "no route for the asterisk", method: "OPTIONS", target: "*", status: 404, cause: "no-route"},
		{name: "method", method: "PUT", target: "/pets/x", status: 405, cause: "method-not-allowed"},
		{name: "disabled", change: func(a *gateway.APISpec) { a.Enabled = false }, target: "/pets/x", status: 404, cause: "api-disabled"},
		{name: "connection refused", change: func(a *gateway.APISpec) { a.Upstream = withNodes(dead) }, target: "/pets/x",
			status: 502, cause: "connect-failed", secrets: []string{dead, "refused"}, served: true},
		{name: "all connections refused", change: func(a *gateway.APISpec) { a.Upstream = withNodes(dead, dead2) }, target: "/pets/x",
			status: 502, cause: "connect-failed", secrets: []string{dead, dead2, "refused"}, served: true},
		{name: "connect timeout", change: func(a *gateway.APISpec) {
			a.Upstream = withNodes("127.0.0.1:1") // see Dial below
			a.Upstream.Timeouts.Connect = short
		}, target: "/pets/x", status: 504, cause: "connect-timeout", secrets: []string{"127.0.0.1"}, served: true},
		{name: "read timeout", change: func(a *gateway.APISpec) {
			a.Upstream = withNodes(silent)
			a.Upstream.Timeouts.Read = short
		}, target: "/pets/x", status: 504, cause: "read-timeout", secrets: []string{silent}, served: true},
		{name: "garbage", change: func(a *gateway.APISpec) { a.Upstream = withNodes(garbage) }, target: "/pets/x",
			status: 502, cause: "bad-response", secrets: []string{garbage, "SSH"}, served: true},
		{name: "closed before the answer", change: func(a *gateway.APISpec) { a.Upstream = withNodes(closing) }, target: "/pets/x",
			status: 502, cause: "upstream-closed", secrets: []string{closing}, served: true},
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "127.0.0.1:1" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logBuffer
			cfg := gateway.Config{AccessLog: &log}
			cfg.Upstream.Dial = dial
			g := newRig(t, cfg)
			a := petAPI("pets", 4, node(t, fine.addr, 100))
			a.Routes = []gatewright.Route{{Name: "get", Methods: []string{"GET"}, Path: "/{id}"}}
			if tt.change != nil {
				tt.change(a)
			}
			g.commit(1, upsert(t, a))
			method := tt.method
			if method == "" {
				method = "GET"
			}
			got := roundTripRaw(t, g.addr, method, tt.target, tt.host)
			p := g.wantProblem(got, tt.status, tt.cause)
			for _, s := range tt.secrets {
				if strings.Contains(got.body, s) {
					t.Errorf("the client learns %q from %v", s, p)
				}
			}
			if field := got.header.Get(gateway.RevisionHeader); (field == "4") != tt.served || !tt.served && field != "" {
				t.Errorf("%s = %q", gateway.RevisionHeader, field)
			}
			if allow := got.header.Get("Allow"); tt.status == 405 && allow != "GET, HEAD" {
				t.Errorf("Allow = %q", allow)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := g.Shutdown(ctx); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), `"cause":"`+tt.cause+`"`) {
				t.Errorf("log %s lacks the cause", log.String())
			}
		})
	}
}

// roundTripRaw sends a request as it is, which http.Client would not for "*".
func roundTripRaw(t *testing.T, addr, method, target, host string) reply {
	t.Helper()
	if host == "" {
		host = "gateway.example"
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, method+" "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(newReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

func TestUnreachableNodesArePassedBy(t *testing.T) {
	fine := marker(t, "fine")
	now := time.Now()
	g := newRig(t, gateway.Config{Clock: func() time.Time { return now }})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, deadAddr(t), 100), node(t, fine.addr, 100), node(t, deadAddr(t), 100))))
	for i := range 50 {
		if got := g.do("POST", "", "/pets/x"); got.status != 200 || got.body != "fine" {
			t.Fatalf("request %d: %d %q", i, got.status, got.body)
		}
	}
	failed := 0
	for _, e := range g.Status().APIs[0].Endpoints {
		if !e.FailedUntil.IsZero() {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d nodes are marked, want 2: %+v", failed, g.Status().APIs[0].Endpoints)
	}
}
