package http1

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"
)

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
