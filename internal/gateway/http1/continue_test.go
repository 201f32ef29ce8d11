package http1

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

const expecting = "Expect: 100-Continue\r\nContent-Length: 5\r\n"

func TestContinue(t *testing.T) {
	t.Run("the upstream asks for the body", func(t *testing.T) {
		address := serveRaw(t, func(nc net.Conn) {
			r := bufio.NewReader(nc)
			for expect := false; ; {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				expect = expect || line == "Expect: 100-continue\r\n"
				if line == "\r\n" {
					if !expect {
						t.Error("the expectation was not passed on")
					}
					break
				}
			}
			// Twice: the client must see it once.
			_, _ = io.WriteString(nc, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
			body := make([]byte, 5)
			_, _ = io.ReadFull(r, body)
			_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n%s", body)
		})
		g := newGate(t, address, options{config: Config{ContinueTimeout: patience}})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 100 {
			t.Fatalf("status %d", a.StatusCode)
		}
		c.send("hello")
		if a := c.read("POST"); a.StatusCode != 200 || a.body != "hello" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	})
	t.Run("the upstream refuses the body", func(t *testing.T) {
		address := serveRaw(t, func(nc net.Conn) {
			_, _ = bufio.NewReader(nc).ReadString('\n')
			_, _ = io.WriteString(nc, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, nc)
		})
		g := newGate(t, address, options{config: Config{ContinueTimeout: patience}})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 401 || !a.Close || !c.closed() {
			t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
		}
	})
	t.Run("the upstream knows nothing of it", func(t *testing.T) {
		up := newUpstream(t, okResponse)
		g := newGate(t, up.address, options{config: Config{ContinueTimeout: time.Millisecond}})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 100 {
			t.Fatalf("status %d", a.StatusCode)
		}
		c.send("hello")
		if a := c.read("POST"); a.StatusCode != 200 {
			t.Errorf("status %d", a.StatusCode)
		}
		c.send(probe)
		if a := c.read("GET"); a.StatusCode != 200 {
			t.Errorf("next status %d", a.StatusCode)
		}
	})
}

func TestContinueNotNeeded(t *testing.T) {
	t.Run("the handler refuses", func(t *testing.T) {
		deny := func(ex *exchange.Exchange) { ex.RespondProblem(exchange.Problem{Status: 401}) }
		g := newGate(t, "", options{handler: handler{begin: deny}})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 401 || !a.Close || !c.closed() {
			t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
		}
	})
	t.Run("the client does not wait", func(t *testing.T) {
		up := newUpstream(t, okResponse)
		g := newGate(t, up.address, options{config: Config{ContinueTimeout: patience}})
		c := g.dial()
		c.send(post(expecting, "hel"))
		c.send("lo")
		if a := c.read("POST"); a.StatusCode != 200 {
			t.Errorf("status %d", a.StatusCode)
		}
	})
}
