package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
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
