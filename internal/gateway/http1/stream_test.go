package http1

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func TestPipelining(t *testing.T) {
	up := scriptUpstream(t, func(nc net.Conn, n int) bool {
		_, err := fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", n)
		return err == nil
	})
	g := newGate(t, up.address, options{})
	c := g.dial()
	c.send(get("") + post("Content-Length: 3\r\n", "abc") + post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") + get("A: b\r\n"))
	for n := range 4 {
		if a := c.read("GET"); a.body != fmt.Sprint(n) {
			t.Errorf("answer %d is %q", n, a.body)
		}
	}
	if got := up.requests(); len(got) != 4 || got[3] != get("A: b\r\n") {
		t.Errorf("the upstream saw %q", got)
	}
}

// TestBytePerByte sends every byte in a segment of its own.
func TestBytePerByte(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{})
	c := g.dial()
	whole := get("A: b\r\n") + post("Content-Length: 3\r\n", "abc") + post("Transfer-Encoding: chunked\r\n", "3\r\nxyz\r\n0\r\n\r\n") + probe
	for i := range len(whole) {
		c.send(whole[i : i+1])
	}
	for range 4 {
		if a := c.read("GET"); a.StatusCode != 200 || a.body != "ok" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	}
	if got := up.requests(); len(got) != 4 || !strings.HasSuffix(got[1], "\r\n\r\nabc") || got[3] != probe {
		t.Errorf("the upstream saw %q", got)
	}
}

func TestLargeUploads(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 100_000)
	for _, x := range []struct{ name, send string }{
		{"length", post(fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)},
		{"chunked", post("Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body))},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, okResponse)
			g := newGate(t, up.address, options{})
			c := g.dial()
			c.send(x.send + probe)
			for range 2 {
				if a := c.read("POST"); a.StatusCode != 200 {
					t.Fatalf("status %d: %s", a.StatusCode, a.body)
				}
			}
			e := g.end()
			if e.result.BytesIn != int64(len(body)) || !e.result.Complete {
				t.Errorf("%+v", e.result)
			}
			if got := up.requests(); len(got) != 2 || len(got[0]) < len(body) || got[1] != probe {
				t.Errorf("the upstream saw %d requests", len(got))
			}
			if e := g.end(); !e.result.Reused {
				t.Error("the upstream's connection was not used again")
			}
		})
	}
}

func TestBodyLimitWhileStreaming(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{config: Config{MaxBodyBytes: 100_000}})
	c := g.dial()
	c.send(post("Transfer-Encoding: chunked\r\n", "4e200\r\n"+strings.Repeat("x", 0x4e200)))
	if a := c.read("POST"); a.StatusCode != 413 || !c.closed() {
		t.Errorf("status %d", a.StatusCode)
	}
	if e := g.end(); e.result.Failure != exchange.BodyTooLarge {
		t.Errorf("failure %q", e.result.Failure)
	}
	if len(up.raw()) != 0 {
		t.Error("the upstream got a whole request")
	}
}

func TestSlowBody(t *testing.T) {
	for _, x := range []struct{ name, fields, body string }{
		{"small", "Content-Length: 5\r\n", "he"},
		{"streamed", "Content-Length: 500000\r\n", "he"},
		{"chunked", "Transfer-Encoding: chunked\r\n", "5\r\nhe"},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, okResponse)
			g := newGate(t, up.address, options{config: Config{BodyTimeout: 10 * time.Millisecond}})
			c := g.dial()
			c.send(post(x.fields, x.body))
			if a := c.read("POST"); a.StatusCode != 408 || !c.closed() {
				t.Errorf("status %d", a.StatusCode)
			}
			if e := g.end(); e.result.Failure != exchange.RequestTimeout || e.result.Complete != true {
				t.Errorf("%+v", e.result)
			}
		})
	}
}

// TestEarlyResponse has an upstream that answers without reading the body.
// The client must get the answer although it is still sending.
func TestEarlyResponse(t *testing.T) {
	for _, x := range []struct {
		name   string
		answer string
		stay   bool // the upstream keeps its connection open, without reading
	}{
		{"upstream closes", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", false},
		{"upstream stays", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			release := make(chan struct{})
			address := serveRaw(t, func(nc net.Conn) {
				if _, err := bufio.NewReader(nc).ReadString('\n'); err != nil {
					return
				}
				_, _ = io.WriteString(nc, x.answer)
				if x.stay {
					<-release
				}
			})
			defer close(release)
			g := newGate(t, address, options{config: Config{LingerTimeout: patience}})
			c := g.dial()
			sent := make(chan error, 1)
			go func() {
				_, err := io.WriteString(c, post("Content-Length: 50000000\r\n", strings.Repeat("x", 50_000_000)))
				sent <- err
			}()
			a := c.read("POST")
			if a.StatusCode != 403 || a.body != "no" || !a.Close {
				t.Errorf("status %d, body %q, closing %v", a.StatusCode, a.body, a.Close)
			}
			if e := g.end(); !e.result.Complete || e.status != 403 {
				t.Errorf("%+v", e.result)
			}
			c.Close()
			<-sent
			if s := g.endpoint.Stats(); s.Open != 0 {
				t.Errorf("the upstream's connection was kept: %+v", s)
			}
		})
	}
}

// TestEarlyResponseToPause has a client that pauses in its body, so that the
// pump waits for the client when the answer is through.
func TestEarlyResponseToPause(t *testing.T) {
	address := serveRaw(t, func(nc net.Conn) {
		_, _ = bufio.NewReader(nc).ReadString('\n')
		_, _ = io.WriteString(nc, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
		_, _ = io.Copy(io.Discard, nc)
	})
	g := newGate(t, address, options{config: Config{LingerTimeout: patience}})
	c := g.dial()
	c.send(post("Content-Length: 500000\r\n", "hello"))
	if a := c.read("POST"); a.StatusCode != 403 || !a.Close {
		t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
	}
	if e := g.end(); e.result.BytesIn != 5 || !e.result.Complete {
		t.Errorf("%+v", e.result)
	}
	select {
	case <-g.onlyConn().pump.done:
	default:
		t.Error("the pump outlived the exchange")
	}
	if s := g.endpoint.Stats(); s.Open != 0 {
		t.Errorf("the upstream's connection was kept: %+v", s)
	}
}

func TestUpstreamDoesNotRead(t *testing.T) {
	release := make(chan struct{})
	address := serveRaw(t, func(net.Conn) { <-release })
	defer close(release)
	short := func(ex *exchange.Exchange) { ex.Target.Timeouts.Send = 20 * time.Millisecond }
	g := newGate(t, address, options{handler: handler{begin: short}})
	c := g.dial()
	go func() {
		_, _ = io.WriteString(c, post("Content-Length: 50000000\r\n", strings.Repeat("x", 50_000_000)))
	}()
	if a := c.read("POST"); a.StatusCode != 504 {
		t.Errorf("status %d", a.StatusCode)
	}
	if e := g.end(); e.result.Failure != exchange.SendTimeout {
		t.Errorf("failure %q", e.result.Failure)
	}
}

func TestClientGone(t *testing.T) {
	t.Run("while the upstream thinks", func(t *testing.T) {
		arrived, gone := make(chan struct{}), make(chan struct{})
		address := serveRaw(t, func(nc net.Conn) {
			r := bufio.NewReader(nc)
			_, _ = readRequest(r)
			close(arrived)
			_, _ = io.Copy(io.Discard, r)
			close(gone)
		})
		g := newGate(t, address, options{config: Config{WatchDelay: time.Millisecond}})
		c := g.dial()
		c.send(get(""))
		<-arrived
		c.Close()
		<-gone
		if e := g.end(); e.result.Failure != exchange.ClientGone || e.status != 499 {
			t.Errorf("status %d, failure %q", e.status, e.result.Failure)
		}
	})
	t.Run("while the response streams silently", func(t *testing.T) {
		gone := make(chan struct{})
		address := serveRaw(t, func(nc net.Conn) {
			r := bufio.NewReader(nc)
			_, _ = readRequest(r)
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
			_, _ = io.Copy(io.Discard, r)
			close(gone)
		})
		g := newGate(t, address, options{config: Config{WatchDelay: time.Millisecond}})
		c := g.dial()
		c.send(get(""))
		if _, err := c.peekHead(); err != nil {
			t.Fatal(err)
		}
		c.Close()
		<-gone
		if e := g.end(); e.result.Failure != exchange.ClientGone || e.result.Complete {
			t.Errorf("%+v", e.result)
		}
	})
	t.Run("in the middle of its body", func(t *testing.T) {
		up := newUpstream(t, okResponse)
		g := newGate(t, up.address, options{})
		c := g.dial()
		c.send(post("Content-Length: 500000\r\n", "he"))
		c.Close()
		if e := g.end(); e.result.Failure != exchange.ClientGone {
			t.Errorf("%+v", e.result)
		}
		if len(up.raw()) != 0 {
			t.Error("the upstream takes the broken request for whole")
		}
	})
	t.Run("in the middle of its head", func(t *testing.T) {
		g := newGate(t, "", options{})
		c := g.dial()
		c.send("GET /a HT")
		c.Close()
		if e := g.end(); e.result.Failure != exchange.ClientGone || e.begun {
			t.Errorf("%+v", e)
		}
	})
}

// TestWatcherLosesNothing has the watcher read the start of a request that
// the client pipelined while it waited.
func TestWatcherLosesNothing(t *testing.T) {
	arrived, proceed := make(chan struct{}, 10), make(chan struct{})
	up := scriptUpstream(t, func(nc net.Conn, _ int) bool {
		arrived <- struct{}{}
		<-proceed
		_, err := io.WriteString(nc, okResponse)
		return err == nil
	})
	g := newGate(t, up.address, options{config: Config{WatchDelay: time.Millisecond}})
	c := g.dial()
	sc := g.onlyConn()
	for range 5 {
		c.send(get(""))
		<-arrived
		for sc.watch.state.Load() != watchReading {
			runtime.Gosched() // a state that has no event
		}
		c.send(probe)
		proceed <- struct{}{}
		if a := c.read("GET"); a.StatusCode != 200 {
			t.Fatalf("status %d", a.StatusCode)
		}
		<-arrived
		proceed <- struct{}{}
		if a := c.read("GET"); a.StatusCode != 200 {
			t.Fatalf("status %d of the pipelined request: %s", a.StatusCode, a.body)
		}
	}
	got := up.requests()
	for i := range 5 {
		if got[2*i+1] != probe {
			t.Errorf("the pipelined request arrived as %q", got[2*i+1])
		}
	}
}

// onlyConn waits until the server has exactly one connection and returns it.
func (g *gate) onlyConn() *conn {
	for {
		g.server.mu.Lock()
		for c := range g.server.conns {
			g.server.mu.Unlock()
			return c
		}
		g.server.mu.Unlock()
		runtime.Gosched() // a state that has no event
	}
}
