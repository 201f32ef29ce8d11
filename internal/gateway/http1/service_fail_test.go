package http1

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// TestServiceFails has services without a whole response. Before the head was
// sent the client gets a problem, later it is cut off.
func TestServiceFails(t *testing.T) {
	secret := errors.New("password=secret")
	after := func(n int, then service) service {
		return func(ex *exchange.Exchange, s exchange.Stream) error {
			if err := errors.Join(write(s, n), s.Flush()); err != nil {
				return err
			}
			return then(ex, s)
		}
	}
	fails := func(*exchange.Exchange, exchange.Stream) error { return secret }
	panics := func(*exchange.Exchange, exchange.Stream) error { panic("defect") }
	second := func(ex *exchange.Exchange, _ exchange.Stream) error { ex.Respond(200, "", nil); return nil }
	late := func(ex *exchange.Exchange, s exchange.Stream) error {
		<-s.Context().Done()
		if cause := context.Cause(s.Context()); cause != exchange.ServeTimeout {
			t.Errorf("cause %v", cause)
		}
		return s.Context().Err()
	}
	deaf := func(ex *exchange.Exchange, s exchange.Stream) error {
		for write(s, 1000) == nil { // it says nothing of the error
		}
		return nil
	}
	for _, x := range []struct {
		name    string
		serve   service
		status  int // 0 for none
		failure exchange.Failure
	}{
		{"error", fails, 500, exchange.Internal},
		{"error with fields and bytes", func(ex *exchange.Exchange, s exchange.Stream) error {
			ex.Response.Header.Set("X-Half", "1")
			return errors.Join(write(s, 100), secret)
		}, 500, exchange.Internal},
		{"panic", panics, 0, exchange.Internal},
		{"deadline", late, 504, exchange.ServeTimeout},
		{"error after the head", after(5, fails), 200, exchange.Internal},
		{"error after much", after(100_000, fails), 200, exchange.Internal},
		{"panic after the head", after(5, panics), 200, exchange.Internal},
		{"deadline after the head", after(5, late), 200, exchange.ServeTimeout},
		{"deadline while writing", deaf, 200, exchange.ServeTimeout},
		{"second response", after(5, second), 200, exchange.Internal},
	} {
		for _, proto := range []string{"HTTP/1.1", "HTTP/1.0"} {
			t.Run(x.name+" "+proto, func(t *testing.T) {
				timeout := patience
				if x.failure == exchange.ServeTimeout {
					timeout = 20 * time.Millisecond
				}
				g := newGate(t, "", options{handler: servingWithin(x.serve, timeout)})
				c := g.dial()
				c.send("GET /a " + proto + "\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
				if x.status == 0 {
					if !c.closed() {
						t.Error("there is an answer")
					}
				} else if a, err := c.tryRead(); err == nil { // a reset may overtake the head
					if a.StatusCode != x.status || (a.err == nil) == (x.status == 200) {
						t.Errorf("status %d, %d bytes, %v", a.StatusCode, len(a.body), a.err)
					}
					if strings.Contains(a.body, "secret") || a.Header.Get("X-Half") != "" {
						t.Errorf("%v %s", a.Header, a.body)
					}
				}
				e := g.end()
				if e.result.Failure != x.failure || e.result.Complete != (x.status >= 500) || x.status != 0 && e.status != x.status || x.status == 0 && e.status != 500 {
					t.Errorf("status %d, %+v", e.status, e.result)
				}
				if x.status >= 500 {
					c.send(probe)
					if a := c.read("GET"); a.body != "probe" {
						t.Errorf("next body %q", a.body)
					}
				}
			})
		}
	}
}

// tryRead reads a response to a GET, if there is one.
func (c *client) tryRead() (a answer, err error) {
	if _, err := c.peekHead(); err != nil {
		return a, err
	}
	return c.read("GET"), nil
}

func TestServiceFailHandler(t *testing.T) {
	h := serving(func(*exchange.Exchange, exchange.Stream) error { return io.ErrUnexpectedEOF })
	h.fail = func(ex *exchange.Exchange, f exchange.Failure) {
		ex.Respond(f.Status(), "text/plain", []byte(ex.Result.Detail))
	}
	g := newGate(t, "", options{handler: h})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 500 || a.body != "unexpected EOF" {
		t.Errorf("%d %q", a.StatusCode, a.body)
	}
}
