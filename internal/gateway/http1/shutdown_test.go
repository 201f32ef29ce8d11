package http1

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func TestShutdown(t *testing.T) {
	half, proceed := make(chan struct{}, 2), make(chan struct{})
	up := scriptUpstream(t, func(nc net.Conn, _ int) bool {
		_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
		half <- struct{}{}
		<-proceed
		_, err := io.WriteString(nc, "lf")
		return err == nil
	})
	g := newGate(t, up.address, options{})
	idle, busy, waiting := g.dial(), g.dial(), g.dial()
	busy.send(get(""))
	<-half
	waiting.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-") // a head under way counts as busy
	done := make(chan error, 1)
	for g.server.Conns() < 3 || !g.active(2) {
		runtime.Gosched()
	}
	go func() { done <- g.server.Shutdown(t.Context()) }()
	if !idle.closed() {
		t.Error("the idle connection got bytes")
	}
	if _, err := net.Dial("tcp", g.address); err == nil {
		t.Error("the server still accepts")
	}
	waiting.send("Length: 0\r\nX: y\r\n\r\n")
	select {
	case err := <-done:
		t.Fatalf("ended with a response under way: %v", err)
	default:
	}
	close(proceed)
	if a := busy.read("GET"); a.body != "half" || a.err != nil {
		t.Errorf("body %q, %v", a.body, a.err)
	}
	if a := waiting.read("POST"); !a.Close {
		t.Error("the last response does not say that the connection closes")
	}
	busy.Close()
	waiting.Close()
	if err := <-done; err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	if n := g.server.Conns(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// active reports whether n connections are busy.
func (g *gate) active(n int) bool {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	for c := range g.server.conns {
		if c.state.Load() == connActive {
			n--
		}
	}
	return n == 0
}

func TestShutdownDeadline(t *testing.T) {
	for _, x := range []struct{ name, request string }{
		{"waiting for the upstream", get("")},
		{"receiving a body", post("Content-Length: 500000\r\n", "hi")},
		{"receiving a small body", post("Content-Length: 5\r\n", "hi")},
		{"receiving a head", "GET /a"},
	} {
		t.Run(x.name, func(t *testing.T) {
			address := serveRaw(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
			g := newGate(t, address, options{})
			c := g.dial()
			c.send(x.request)
			for !g.active(1) {
				runtime.Gosched()
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(fmt.Errorf("no time"))
			if err := g.server.Shutdown(ctx); err == nil || err.Error() != "no time" {
				t.Errorf("Shutdown returned %v", err)
			}
			if e := g.end(); e.result.Failure != exchange.Shutdown && e.result.Failure != exchange.ClientGone {
				t.Errorf("failure %q", e.result.Failure)
			}
			if _, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestShutdownTunnel(t *testing.T) {
	g := newGate(t, echoUpgrade(t), options{})
	c := g.dial()
	c.send(upgradeRequest)
	if _, err := c.peekHead(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.server.Shutdown(ctx); err == nil {
		t.Error("Shutdown did not report the tunnel it cut")
	}
	if e := g.end(); e.result.Failure != exchange.Shutdown {
		t.Errorf("failure %q", e.result.Failure)
	}
}

func TestServeAfterShutdown(t *testing.T) {
	g := newGate(t, "", options{})
	_ = g.server.Shutdown(t.Context())
	if err := g.server.Serve(listen(t)); err != ErrServerClosed {
		t.Errorf("Serve returned %v", err)
	}
	a, b := net.Pipe()
	defer a.Close()
	g.server.ServeConn(b, nil)
	if _, err := a.Write([]byte("x")); err == nil {
		t.Error("a connection was taken after Shutdown")
	}
}
