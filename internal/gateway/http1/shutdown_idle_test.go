package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// waitFor waits until all connections, n of them, are in the state.
func (g *gate) waitFor(n int, state int32) {
	g.t.Helper()
	for until := time.Now().Add(patience); ; runtime.Gosched() {
		in := 0
		g.server.mu.Lock()
		for c := range g.server.conns {
			if c.state.Load() == state {
				in++
			}
		}
		g.server.mu.Unlock()
		if in == n {
			return
		}
		if time.Now().After(until) {
			g.t.Fatalf("%d connections are in state %d, want %d", in, state, n)
		}
	}
}

// TestShutdownGrace has an idle connection send its next request only when
// the server has begun to close.
func TestShutdownGrace(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{config: Config{ShutdownGrace: patience}})
	used, fresh := g.dial(), g.dial()
	used.send(get(""))
	if a := used.read("GET"); a.Close {
		t.Fatal("the connection is not kept")
	}
	g.waitFor(2, connIdle)
	done := make(chan error, 1)
	go func() { done <- g.server.Shutdown(t.Context()) }()
	g.waitFor(2, connHurried)
	for _, c := range []*client{used, fresh} {
		// In two pieces: the grace is for the first byte, not for the head.
		c.send("GET /a HTTP/1.1\r\n")
		c.send("Host: h\r\n\r\n" + get(""))
		if a := c.read("GET"); a.StatusCode != 200 || !a.Close {
			t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
		}
		if !c.closed() {
			t.Error("something was sent after the last response")
		}
		c.Close()
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	if n := len(up.raw()); n != 3 {
		t.Errorf("the upstream saw %d requests", n)
	}
}

// TestShutdownSilence has a client send nothing for the whole grace and then
// cross the end of the connection with a request. It must not be reset.
func TestShutdownSilence(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{config: Config{ShutdownGrace: time.Millisecond, LingerTimeout: patience}})
	c := g.dial()
	g.waitFor(1, connIdle)
	done := make(chan error, 1)
	go func() { done <- g.server.Shutdown(t.Context()) }()
	if b, err := io.ReadAll(c); len(b) > 0 || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	for range 3 {
		c.send(get("")) // a reset would make a later one fail
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read: %v", err)
		}
	}
	c.Close()
	if err := <-done; err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	if n := len(up.raw()); n != 0 {
		t.Errorf("the upstream saw %d requests", n)
	}
}

// TestShutdownDeadlineWithoutExchange has the time run out when nothing but
// silent connections is left: nothing was cut off.
func TestShutdownDeadlineWithoutExchange(t *testing.T) {
	g := newGate(t, "", options{config: Config{ShutdownGrace: patience}})
	c := g.dial()
	g.waitFor(1, connIdle)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	if !c.closed() {
		t.Error("the connection got bytes")
	}
}

// TestLastLook has the time to wait be over while bytes have arrived.
func TestLastLook(t *testing.T) {
	s := NewServer(&handler{}, Config{IdleTimeout: -time.Hour})
	l := listen(t)
	defer l.Close()
	client := dialRaw(t, l.Addr().String())
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, nc)
	defer c.close()
	if c.raw == nil {
		t.Skip("this system has no way to look at a socket without reading from it")
	}
	c.now = time.Now()
	if c.await() || !c.silent {
		t.Error("a silent connection is taken for one with a request")
	}
	_ = nc.SetReadDeadline(time.Time{})
	client.send("GET")
	if err := c.raw.Read(func(fd uintptr) bool { return !peekNow(fd) }); err != nil {
		t.Fatal(err)
	}
	c.rdl.until = time.Time{}
	if !c.await() || c.silent || string(c.w.in) != "GET" {
		t.Error("bytes that had arrived were overlooked")
	}
}

// TestShutdownUnfinishedBody has clients owe the rest of a body whose request
// is answered. They must not hold the server, neither if they are answered
// before it closes nor after.
func TestShutdownUnfinishedBody(t *testing.T) {
	for _, x := range []struct {
		name, request string
		local         bool // answered by the gateway, else by the upstream
		drained       bool // the server expects the rest, to keep the connection
	}{
		{"answered here", post("Content-Length: 1000\r\n", "hi"), true, true},
		{"answered here, too large to drain", post("Content-Length: 1000000\r\n", "hi"), true, false},
		{"answered here, chunked", post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n"), true, false},
		{"answered by the upstream", post("Content-Length: 1000000\r\n", "hi"), false, false},
	} {
		for _, early := range []bool{true, false} {
			when := map[bool]string{true: ", then closing", false: ", while closing"}[early]
			t.Run(x.name+when, func(t *testing.T) {
				arrived, proceed := make(chan struct{}, 1), make(chan struct{})
				hold := func() { arrived <- struct{}{}; <-proceed }
				address := serveRaw(t, func(nc net.Conn) {
					hold()
					_, _ = io.WriteString(nc, okResponse)
					_, _ = io.Copy(io.Discard, nc)
				})
				begin := func(ex *exchange.Exchange) {
					if x.local {
						hold()
						ex.Respond(200, "text/plain", []byte("ok"))
					}
				}
				g := newGate(t, address, options{
					config:  Config{ShutdownGrace: time.Millisecond, BodyTimeout: time.Hour},
					handler: handler{begin: begin},
				})
				c := g.dial()
				c.send(x.request)
				<-arrived
				done := make(chan error, 1)
				shutdown := func() { done <- g.server.Shutdown(t.Context()) }
				if early {
					close(proceed)
				} else {
					go shutdown()
					<-g.server.closed
					close(proceed)
				}
				if a := c.read("POST"); a.body != "ok" || a.Close != (!early || !x.drained) {
					t.Errorf("body %q, closing %v", a.body, a.Close)
				}
				if early {
					if x.drained {
						g.waitFor(1, connDraining)
					}
					go shutdown()
				}
				select {
				case err := <-done: // the client has not closed anything
					if err != nil {
						t.Errorf("Shutdown returned %v", err)
					}
				case <-time.After(patience):
					t.Fatal("the client holds the server")
				}
				if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("read: %v", err)
				}
			})
		}
	}
}
