package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// TestRetry has a kept connection on which the upstream reads the request and
// then closes without an answer, as if its idle time had just run out.
func TestRetry(t *testing.T) {
	for _, x := range []struct {
		name, method, fields, body string
		retried                    bool
	}{
		{"GET", "GET", "", "", true},
		{"HEAD", "HEAD", "", "", true},
		{"OPTIONS", "OPTIONS", "", "", true},
		{"GET with body", "GET", "Content-Length: 2\r\n", "hi", false},
		{"POST", "POST", "Content-Length: 2\r\n", "hi", false},
		{"POST without body", "POST", "", "", false},
		{"PUT", "PUT", "Content-Length: 2\r\n", "hi", false},
		{"DELETE", "DELETE", "", "", false},
		{"upgrade", "GET", "Connection: upgrade\r\nUpgrade: websocket\r\n", "", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := scriptUpstream(t, func(nc net.Conn, n int) bool {
				if n == 1 {
					return false
				}
				response := okResponse
				if n == 0 && x.method == "HEAD" {
					response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
				}
				_, err := io.WriteString(nc, response)
				return err == nil
			})
			g := newGate(t, up.address, options{})
			c := g.dial()
			c.send(x.method + " /1 HTTP/1.1\r\nHost: h\r\n\r\n")
			c.read(x.method)
			g.end()
			c.send(x.method + " /2 HTTP/1.1\r\nHost: h\r\n" + x.fields + "\r\n" + x.body)
			want := 502
			if x.retried {
				want = 200
			}
			if a := c.read(x.method); a.StatusCode != want {
				t.Errorf("status %d, want %d", a.StatusCode, want)
			}
			if e := g.end(); e.result.Retried != x.retried {
				t.Errorf("retried %v", e.result.Retried)
			}
		})
	}
}

// TestRetriedOnce has an upstream that answers only its first request.
func TestRetriedOnce(t *testing.T) {
	var requests atomic.Int32
	up := scriptUpstream(t, func(nc net.Conn, _ int) bool {
		if requests.Add(1) > 1 {
			return false
		}
		_, err := io.WriteString(nc, okResponse)
		return err == nil
	})
	g := newGate(t, up.address, options{})
	c := g.dial()
	for i, want := range []int{200, 502, 502} {
		c.send(get(""))
		if a := c.read("GET"); a.StatusCode != want {
			t.Errorf("status %d, want %d", a.StatusCode, want)
		}
		if e := g.end(); e.result.Retried != (i == 1) {
			t.Errorf("request %d: retried %v", i, e.result.Retried)
		}
	}
	if n := requests.Load(); n != 4 {
		t.Errorf("the upstream saw %d requests", n)
	}
}

// TestStaleConnection kills the kept connection before the next request, or
// puts bytes on it. Any method may go over a new one.
func TestStaleConnection(t *testing.T) {
	for _, x := range []struct {
		name, unasked string
		stay          bool
		scheme        string
	}{
		{"closed", "", false, "http"},
		{"poisoned", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", true, "http"},
		{"closed with TLS", "", false, "https"},
		{"poisoned with TLS", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", true, "https"},
	} {
		t.Run(x.name, func(t *testing.T) {
			disturb, disturbed := make(chan struct{}, 1), make(chan struct{})
			up := func(nc net.Conn) {
				r := bufio.NewReader(nc)
				for {
					if _, err := readRequest(r); err != nil {
						return
					}
					if _, err := io.WriteString(nc, okResponse); err != nil {
						return
					}
					select {
					case <-disturb:
						_, _ = io.WriteString(nc, x.unasked)
						if !x.stay {
							nc.Close()
						}
						close(disturbed)
						if !x.stay {
							return
						}
					default:
					}
				}
			}
			var roots *x509.CertPool
			if x.scheme == "https" {
				config, pool := testTLS(t)
				roots, up = pool, overTLS(up, config)
			}
			address := serveRaw(t, up)
			ep := EndpointConfig{Scheme: x.scheme}
			if roots != nil {
				ep.TLS, ep.ServerName = &tls.Config{RootCAs: roots}, "example.com"
			}
			g := newGate(t, address, options{endpoint: ep})
			c := g.dial()
			disturb <- struct{}{}
			c.send(get(""))
			if a := c.read("GET"); a.StatusCode != 200 {
				t.Fatalf("status %d: %s", a.StatusCode, a.body)
			}
			<-disturbed
			g.end()
			waitQuietEnds(g)
			c.send(post("Content-Length: 2\r\n", "hi"))
			if a := c.read("POST"); a.StatusCode != 200 || a.body != "ok" {
				t.Errorf("status %d, body %q", a.StatusCode, a.body)
			}
			if e := g.end(); e.result.Reused || e.result.Retried {
				t.Errorf("%+v", e.result)
			}
		})
	}
}

// waitQuietEnds waits until the kept connection can be seen to be disturbed:
// loopback delivers without delay, but not before write returns to the other
// goroutine.
func waitQuietEnds(g *gate) {
	for {
		g.endpoint.mu.Lock()
		if len(g.endpoint.idle) == 0 {
			g.endpoint.mu.Unlock()
			return
		}
		quiet := g.endpoint.idle[0].quiet()
		g.endpoint.mu.Unlock()
		if !quiet {
			return
		}
		runtime.Gosched()
	}
}

func testTLS(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}, s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
}

func overTLS(script func(net.Conn), config *tls.Config) func(net.Conn) {
	return func(nc net.Conn) { script(tls.Server(nc, config)) }
}

func TestUpstreamTLS(t *testing.T) {
	config, roots := testTLS(t)
	answer := func(nc net.Conn) {
		r := bufio.NewReader(nc)
		for {
			if _, err := readRequest(r); err != nil {
				return
			}
			if _, err := io.WriteString(nc, okResponse); err != nil {
				return
			}
		}
	}
	address := serveRaw(t, overTLS(answer, config))
	for _, x := range []struct {
		name   string
		config EndpointConfig
		status int
	}{
		{"trusted", EndpointConfig{Scheme: "https", ServerName: "example.com", TLS: &tls.Config{RootCAs: roots}}, 200},
		{"address in the certificate", EndpointConfig{Scheme: "https", TLS: &tls.Config{RootCAs: roots}}, 200},
		{"unknown issuer", EndpointConfig{Scheme: "https", ServerName: "example.com"}, 502},
		{"other name", EndpointConfig{Scheme: "https", ServerName: "example.org", TLS: &tls.Config{RootCAs: roots}}, 502},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGate(t, address, options{endpoint: x.config})
			c := g.dial()
			for i := range 3 {
				c.send(get(""))
				if a := c.read("GET"); a.StatusCode != x.status {
					t.Fatalf("status %d: %s", a.StatusCode, a.body)
				}
				if e := g.end(); e.result.Reused != (x.status == 200 && i > 0) {
					t.Errorf("reused %v", e.result.Reused)
				}
			}
		})
	}
}

func TestClientTLS(t *testing.T) {
	config, roots := testTLS(t)
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{})
	l := tls.NewListener(listen(t), config)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	nc, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := &client{t, nc, bufio.NewReader(nc)}
	for range 3 {
		c.send(get("") + post("Content-Length: 2\r\n", "hi"))
		for range 2 {
			if a := c.read("GET"); a.StatusCode != 200 {
				t.Errorf("status %d", a.StatusCode)
			}
		}
	}
	if raw := up.raw()[0]; !containsLine(raw, "X-Forwarded-Proto: https") {
		t.Errorf("the upstream saw %q", raw)
	}
	_ = g.server.Shutdown(t.Context())
	<-served
}

func TestHandshakeTimeout(t *testing.T) {
	config, _ := testTLS(t)
	g := newGate(t, "", options{config: Config{HandshakeTimeout: time.Millisecond}})
	l := tls.NewListener(listen(t), config)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	c := dialRaw(t, l.Addr().String())
	c.send("\x16\x03\x01") // and no more
	_, _ = io.ReadAll(c)   // ends when the server gives up
	_ = g.server.Shutdown(t.Context())
	<-served
}

func TestConnectFailures(t *testing.T) {
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	late := func(context.Context, string, string) (net.Conn, error) { return nil, os.ErrDeadlineExceeded }
	for _, x := range []struct {
		name   string
		dial   func(context.Context, string, string) (net.Conn, error)
		status int
		why    exchange.Failure
	}{
		{"refused", refused, 502, exchange.ConnectFailed},
		{"never", never, 504, exchange.ConnectTimeout},
		{"the system gives up", late, 504, exchange.ConnectTimeout},
	} {
		t.Run(x.name, func(t *testing.T) {
			short := func(ex *exchange.Exchange) { ex.Target.Timeouts.Connect = time.Millisecond }
			picks := 0
			repick := func(ex *exchange.Exchange) bool { picks++; return true }
			g := newGate(t, "127.0.0.1:1", options{transport: TransportConfig{Dial: x.dial}, handler: handler{begin: short, repick: repick}})
			c := g.dial()
			c.send(get(""))
			if a := c.read("GET"); a.StatusCode != x.status {
				t.Errorf("status %d", a.StatusCode)
			}
			if e := g.end(); e.result.Failure != x.why || picks != maxPicks-1 {
				t.Errorf("failure %q after %d picks", e.result.Failure, picks)
			}
			c.send(get(""))
			if a := c.read("GET"); a.StatusCode != x.status {
				t.Errorf("the connection was not kept: status %d", a.StatusCode)
			}
		})
	}
}

func TestClientGoneWhileConnecting(t *testing.T) {
	dialing := make(chan struct{})
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		close(dialing)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	long := func(ex *exchange.Exchange) { ex.Target.Timeouts.Connect = time.Hour }
	g := newGate(t, "127.0.0.1:1", options{config: Config{WatchDelay: time.Millisecond}, transport: TransportConfig{Dial: never}, handler: handler{begin: long}})
	c := g.dial()
	c.send(get(""))
	<-dialing
	c.Close()
	if e := g.end(); e.result.Failure != exchange.ClientGone {
		t.Errorf("failure %q", e.result.Failure)
	}
}

func TestRepick(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, "127.0.0.1:1", options{})
	good, err := g.transport.Acquire(EndpointConfig{Scheme: "http", Address: up.address})
	if err != nil {
		t.Fatal(err)
	}
	g.handler.repick = func(ex *exchange.Exchange) bool {
		if ex.Result.Failure != exchange.ConnectFailed {
			t.Errorf("failure %q", ex.Result.Failure)
		}
		ex.Target.Endpoint, ex.Target.Host = good, "other"
		return true
	}
	c := g.dial()
	c.send(post("Content-Length: 2\r\n", "hi"))
	if a := c.read("POST"); a.StatusCode != 200 {
		t.Errorf("status %d", a.StatusCode)
	}
	if e := g.end(); e.result.Failure != exchange.None || e.result.Endpoint != exchange.Endpoint(good) {
		t.Errorf("%+v", e.result)
	}
	if got := up.requests(); got[0] != "POST /a HTTP/1.1\r\nHost: other\r\nContent-Length: 2\r\n\r\nhi" {
		t.Errorf("the upstream saw %q", got)
	}
}

func TestOverloaded(t *testing.T) {
	proceed, arrived := make(chan struct{}), make(chan struct{})
	up := scriptUpstream(t, func(nc net.Conn, _ int) bool {
		close(arrived)
		<-proceed
		_, _ = io.WriteString(nc, okResponse)
		return true
	})
	g := newGate(t, up.address, options{endpoint: EndpointConfig{MaxConns: 1}})
	a, b := g.dial(), g.dial()
	a.send(get(""))
	<-arrived
	b.send(get(""))
	if x := b.read("GET"); x.StatusCode != 503 {
		t.Errorf("status %d", x.StatusCode)
	}
	close(proceed)
	if x := a.read("GET"); x.StatusCode != 200 {
		t.Errorf("status %d", x.StatusCode)
	}
}

func TestEndpointCounting(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{})
	again, err := g.transport.Acquire(EndpointConfig{Scheme: "http", Address: up.address})
	if err != nil || again != g.endpoint {
		t.Fatalf("another endpoint for the same configuration; %v", err)
	}
	other, err := g.transport.Acquire(EndpointConfig{Scheme: "http", Address: up.address, MaxConns: 5})
	if err != nil || other == g.endpoint || g.transport.Endpoints() != 2 {
		t.Fatalf("the same endpoint for another configuration; %v", err)
	}
	other.Release()
	c := g.dial()
	c.send(get(""))
	c.read("GET")
	g.end()
	again.Release()
	if s := g.endpoint.Stats(); s.Idle != 1 || g.transport.Endpoints() != 1 {
		t.Errorf("the connection was closed with a user left: %+v", s)
	}
	g.endpoint.Release()
	if s := g.endpoint.Stats(); s.Idle != 0 || s.Open != 0 || g.transport.Endpoints() != 0 {
		t.Errorf("a connection was kept without a user: %+v", s)
	}
	// An exchange may still hold a released endpoint; nothing is kept then.
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 200 {
		t.Errorf("status %d", a.StatusCode)
	}
	g.end()
	if s := g.endpoint.Stats(); s.Open != 0 {
		t.Errorf("a connection was kept without a user: %+v", s)
	}
	fresh, err := g.transport.Acquire(EndpointConfig{Scheme: "http", Address: up.address})
	if err != nil || fresh == g.endpoint {
		t.Errorf("a released endpoint came back; %v", err)
	}
	for _, bad := range []EndpointConfig{{Scheme: "ftp", Address: "h:1"}, {Scheme: "http", Address: "h"}} {
		if _, err := g.transport.Acquire(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestIdleLimits(t *testing.T) {
	now := time.Now()
	tr := NewTransport(TransportConfig{MaxIdle: 2, IdleTimeout: time.Minute})
	defer tr.Close()
	e, err := tr.Acquire(EndpointConfig{Scheme: "http", Address: "h:1"})
	if err != nil {
		t.Fatal(err)
	}
	conns := make([]*upConn, 4)
	for i := range conns {
		a, b := net.Pipe()
		defer b.Close()
		conns[i] = newUpConn(e, a, a)
		e.open.Add(1)
	}
	e.keep(conns[0], now)
	e.keep(conns[1], now.Add(30*time.Second))
	e.keep(conns[2], now.Add(40*time.Second))
	if !conns[2].closed.Load() || e.Stats().Idle != 2 {
		t.Errorf("more than MaxIdle are kept")
	}
	e.closeOlder(now.Add(10 * time.Second))
	if !conns[0].closed.Load() || conns[1].closed.Load() {
		t.Errorf("the wrong one was closed")
	}
	e.keep(conns[3], now.Add(50*time.Second))
	if u := e.take(now.Add(60 * time.Second)); u != conns[3] {
		t.Errorf("not the one used last")
	}
	if u := e.take(now.Add(91 * time.Second)); u != nil || !conns[1].closed.Load() {
		t.Errorf("one that was idle for too long was handed out")
	}
	conns[3].close()
	if s := e.Stats(); s.Open != 0 {
		t.Errorf("%+v", s)
	}
	tr.Close()
	if _, err := tr.Acquire(EndpointConfig{Scheme: "http", Address: "h:1"}); err == nil {
		t.Error("acquired of a closed transport")
	}
}

// TestSweep closes idle connections although nobody asks for one.
func TestSweep(t *testing.T) {
	closed := make(chan struct{})
	address := serveRaw(t, func(nc net.Conn) {
		r := bufio.NewReader(nc)
		_, _ = readRequest(r)
		_, _ = io.WriteString(nc, okResponse)
		_, _ = io.Copy(io.Discard, r)
		close(closed)
	})
	g := newGate(t, address, options{transport: TransportConfig{IdleTimeout: time.Millisecond}})
	c := g.dial()
	c.send(get(""))
	c.read("GET")
	<-closed
	g.end()
}

// TestUpstreamSpeaksFirst has an upstream that answers before it is asked, and
// then says no more.
func TestUpstreamSpeaksFirst(t *testing.T) {
	dialed := func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		quiet := true
		for raw := rawOf(nc); quiet; runtime.Gosched() {
			_ = raw.Control(func(fd uintptr) { quiet = peekNow(fd) })
		}
		return nc, nil
	}
	address := serveRaw(t, func(nc net.Conn) {
		_, _ = io.WriteString(nc, okResponse)
		_, _ = io.Copy(io.Discard, nc)
	})
	g := newGate(t, address, options{transport: TransportConfig{Dial: dialed}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 502 {
		t.Errorf("status %d", a.StatusCode)
	}
	if s := g.endpoint.Stats(); s.Open != 0 {
		t.Errorf("the connection was kept: %+v", s)
	}
}

// TestSwapInParts sends more than the socket takes at once.
func TestSwapInParts(t *testing.T) {
	const size = 20 << 20
	address := serveRaw(t, func(nc net.Conn) {
		n, _ := io.CopyN(io.Discard, nc, size)
		_, _ = fmt.Fprint(nc, n)
	})
	tr := NewTransport(TransportConfig{})
	defer tr.Close()
	e, err := tr.Acquire(EndpointConfig{Scheme: "http", Address: address})
	if err != nil {
		t.Fatal(err)
	}
	u, r := e.dial(t.Context())
	if !r.ok() {
		t.Fatal(r.detail)
	}
	defer u.close()
	buf := make([]byte, 100)
	n, err := u.swap(make([]byte, size), buf, patience, patience, time.Now())
	if err != nil || string(buf[:n]) != fmt.Sprint(size) {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if u.phase != swapPart {
		t.Error("the socket took everything at once; the test shows nothing")
	}
}

// TestForeignEndpoint has a handler name an endpoint of another transport.
func TestForeignEndpoint(t *testing.T) {
	g := newGate(t, "", options{handler: handler{endpoint: foreign{}}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 502 {
		t.Errorf("status %d", a.StatusCode)
	}
}

type foreign struct{}

func (foreign) Scheme() string  { return "http" }
func (foreign) Address() string { return "h:1" }
