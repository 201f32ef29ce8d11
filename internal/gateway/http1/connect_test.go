package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

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

func (foreign) Scheme() string { return "http" }

func (foreign) Address() string { return "h:1" }
