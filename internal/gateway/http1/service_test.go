package http1

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// service is a function as a service.
type service func(ex *exchange.Exchange, s exchange.Stream) error

func (f service) Serve(ex *exchange.Exchange, s exchange.Stream) error { return f(ex, s) }

// serving returns a handler whose requests f answers, but for /probe.
func serving(f service) handler { return servingWithin(f, patience) }

func servingWithin(f service, timeout time.Duration) handler {
	return handler{begin: func(ex *exchange.Exchange) {
		if ex.Path == "/probe" {
			ex.Respond(200, "", []byte("probe"))
			return
		}
		ex.Serve(f, timeout)
	}}
}

// write writes n bytes in pieces of a size that fits nothing.
func write(s exchange.Stream, n int) error {
	piece := bytes.Repeat([]byte("x"), 1021)
	for n > 0 {
		m, err := s.Write(piece[:min(n, len(piece))])
		if err != nil {
			return err
		}
		n -= m
	}
	return nil
}

// echo answers with the request's body.
func echo(ex *exchange.Exchange, s exchange.Stream) error {
	_, err := io.Copy(struct{ io.Writer }{s}, s.Body(-1))
	return err
}

// echoWhole is echo that reads before it writes.
func echoWhole(ex *exchange.Exchange, s exchange.Stream) error {
	b, err := s.ReadBody(1 << 20)
	if err == nil {
		_, err = s.Write(b)
	}
	return err
}

// echoLocal gives the body that was read to Respond.
func echoLocal(ex *exchange.Exchange, s exchange.Stream) error {
	b, err := s.ReadBody(1 << 20)
	if err == nil {
		ex.Respond(200, "", b)
	}
	return err
}

const buffered = bodyBuffer - chunkHeadroom - chunkTailroom

func TestServiceAnswers(t *testing.T) {
	for _, x := range []struct {
		name    string
		send    string
		serve   service
		status  int
		length  int // announced; -1 for none
		bytes   int
		chunked bool
		kept    bool
	}{
		{"nothing", get(""), func(*exchange.Exchange, exchange.Stream) error { return nil }, 200, 0, 0, false, true},
		{"small", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 5) }, 200, 5, 5, false, true},
		{"bigger than what is copied", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, maxInline+1) }, 200, maxInline + 1, maxInline + 1, false, true},
		{"the whole buffer", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, buffered) }, 200, buffered, buffered, false, true},
		{"a byte more", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, buffered+1) }, 200, -1, buffered + 1, true, true},
		{"much", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 1<<20) }, 200, -1, 1 << 20, true, true},
		{"in one piece", get(""), func(_ *exchange.Exchange, s exchange.Stream) error {
			_, err := s.Write(make([]byte, 3*buffered))
			return err
		}, 200, -1, 3 * buffered, true, true},
		{"flushed at once", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return s.Flush() }, 200, -1, 0, true, true},
		{"flushed twice", get(""), func(_ *exchange.Exchange, s exchange.Stream) error {
			return errors.Join(write(s, 3), s.Flush(), s.Flush(), write(s, 3))
		}, 200, -1, 6, true, true},
		{"status and fields", get(""), func(ex *exchange.Exchange, s exchange.Stream) error {
			ex.Response.Status, ex.Response.ContentType = 201, "text/csv"
			ex.Response.Header.Set("Content-Length", "99")
			ex.Response.Header.Set("Transfer-Encoding", "gzip")
			return write(s, 3)
		}, 201, 3, 3, false, true},
		{"fields after the head", get(""), func(ex *exchange.Exchange, s exchange.Stream) error {
			err := s.Flush()
			ex.Response.Header.Set("X-Late", "1")
			return err
		}, 200, -1, 0, true, true},
		{"nonsense for a status", get(""), func(ex *exchange.Exchange, s exchange.Stream) error { ex.Response.Status = 101; return write(s, 3) }, 500, 3, 3, false, true},
		{"no content", get(""), func(ex *exchange.Exchange, s exchange.Stream) error { ex.Response.Status = 204; return write(s, 3) }, 204, -1, 0, false, true},
		{"not modified, much", get(""), func(ex *exchange.Exchange, s exchange.Stream) error { ex.Response.Status = 304; return write(s, 1<<20) }, 304, -1, 0, false, true},
		{"HEAD", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 5) }, 200, 5, 0, false, true},
		{"HEAD of much", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 1<<20) }, 200, -1, 0, true, true},
		{"HEAD of a response at hand", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", func(ex *exchange.Exchange, _ exchange.Stream) error { ex.Respond(200, "", []byte("hello")); return nil }, 200, 5, 0, false, true},
		{"a response at hand", get(""), func(ex *exchange.Exchange, s exchange.Stream) error {
			err := write(s, 3) // does not count
			ex.Respond(404, "", []byte("hello"))
			return err
		}, 404, 5, 5, false, true},
		{"1.0", "GET /a HTTP/1.0\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 5) }, 200, 5, 5, false, false},
		{"1.0 that keeps", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 5) }, 200, 5, 5, false, true},
		{"1.0 of much", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 1<<20) }, 200, -1, 1 << 20, false, false},
		{"close", get("Connection: close\r\n"), func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 1<<20) }, 200, -1, 1 << 20, true, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGate(t, "", options{handler: serving(x.serve)})
			c := g.dial()
			c.send(x.send)
			method, _, _ := strings.Cut(x.send, " ")
			a := c.read(method)
			chunked := len(a.TransferEncoding) > 0
			if a.StatusCode != x.status || a.ContentLength != int64(x.length) && a.StatusCode != 204 && a.StatusCode != 304 || len(a.body) != x.bytes || a.err != nil || chunked != x.chunked {
				t.Errorf("status %d, length %d, %d bytes, chunked %v, %v", a.StatusCode, a.ContentLength, len(a.body), chunked, a.err)
			}
			if a.Close == x.kept && a.ProtoMinor == 1 || a.Header.Get("Date") == "" || a.Header.Get("X-Request-Id") == "" || a.Header.Get("X-Late") != "" {
				t.Errorf("closing %v, %v", a.Close, a.Header)
			}
			if e := g.end(); !e.result.Complete || e.result.Failure != exchange.None || e.result.BytesOut != int64(x.bytes) || e.status != x.status {
				t.Errorf("status %d, %+v", e.status, e.result)
			}
			if !x.kept {
				if !c.closed() {
					t.Error("the connection goes on")
				}
				return
			}
			c.send(probe)
			if a := c.read("GET"); a.body != "probe" {
				t.Errorf("next body %q", a.body)
			}
		})
	}
}

// TestServiceResponseHandler has the handler change what the service gives.
func TestServiceResponseHandler(t *testing.T) {
	for _, x := range []struct {
		name     string
		bytes    int
		response func(ex *exchange.Exchange)
		status   int
		body     string
	}{
		{"fields and status", 2, func(ex *exchange.Exchange) { ex.Response.Header.Set("X-A", "b"); ex.Response.Status = 201 }, 201, "xx"},
		{"replaced", 2, func(ex *exchange.Exchange) { ex.Response.Header.Set("X-A", "b"); ex.Respond(418, "", []byte("tea")) }, 418, "tea"},
		{"replaced early", 1 << 20, func(ex *exchange.Exchange) { ex.Response.Header.Set("X-A", "b"); ex.Respond(418, "", []byte("tea")) }, 418, "tea"},
		{"no body", 1 << 20, func(ex *exchange.Exchange) { ex.Response.Header.Set("X-A", "b"); ex.Response.Status = 204 }, 204, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := serving(func(ex *exchange.Exchange, s exchange.Stream) error {
				err := write(s, x.bytes)
				if x.bytes > bodyBuffer && !errors.Is(err, exchange.ErrUnwanted) {
					t.Errorf("%v", err)
				}
				return err
			})
			calls := 0
			h.response = func(ex *exchange.Exchange) { calls++; x.response(ex) }
			g := newGate(t, "", options{handler: h})
			c := g.dial()
			c.send(get("") + probe)
			if a := c.read("GET"); a.StatusCode != x.status || a.body != x.body || a.Header.Get("X-A") != "b" {
				t.Errorf("%d %q %v", a.StatusCode, a.body, a.Header)
			}
			if a := c.read("GET"); a.body != "probe" {
				t.Errorf("next body %q", a.body)
			}
			if e := g.end(); e.result.Failure != exchange.None || !e.result.Complete || calls != 1 {
				t.Errorf("%d calls, %+v", calls, e.result)
			}
		})
	}
}

// TestServicePriority has a handler that says two things at once.
func TestServicePriority(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{handler: handler{begin: func(ex *exchange.Exchange) {
		ex.Serve(service(echo), 0)
		if ex.ServeTimeout != exchange.DefaultServeTimeout {
			t.Errorf("timeout %v", ex.ServeTimeout)
		}
		if ex.Path == "/probe" {
			ex.Respond(200, "", []byte("local"))
		}
	}}})
	c := g.dial()
	c.send(post("Content-Length: 2\r\n", "hi") + probe)
	for _, want := range []string{"hi", "local"} {
		if a := c.read("POST"); a.body != want {
			t.Errorf("body %q, want %q", a.body, want)
		}
	}
	if len(up.raw()) != 0 {
		t.Error("the upstream was asked")
	}
}

// spin waits for a state that has no event.
func spin(reached func() bool) {
	for !reached() {
		runtime.Gosched()
	}
}
