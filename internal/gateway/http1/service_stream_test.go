package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// waiting returns a service that says when it has come to wait, and waits
// until its context ends. first comes before that.
func waiting(first service) (s service, waits chan struct{}, causes chan error) {
	waits, causes = make(chan struct{}, 10), make(chan error, 10)
	return func(ex *exchange.Exchange, s exchange.Stream) error {
		if err := first(ex, s); err != nil {
			return err
		}
		ctx := s.Context()
		waits <- struct{}{}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	}, waits, causes
}

func TestServiceClientGone(t *testing.T) {
	for _, x := range []struct {
		name, send string
		first      service
	}{
		{"no body", get(""), func(*exchange.Exchange, exchange.Stream) error { return nil }},
		{"body read", post("Content-Length: 5\r\n", "hello"), func(_ *exchange.Exchange, s exchange.Stream) error {
			_, err := s.ReadBody(10)
			return err
		}},
		{"body still to come", post("Content-Length: 5\r\n", ""), func(*exchange.Exchange, exchange.Stream) error { return nil }},
		{"in the response", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return errors.Join(write(s, 5), s.Flush()) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			f, waits, causes := waiting(x.first)
			g := newGate(t, "", options{handler: serving(f), config: Config{WatchDelay: time.Millisecond}})
			c := g.dial()
			c.send(x.send)
			<-waits
			c.Close()
			if cause := <-causes; cause != exchange.ClientGone {
				t.Errorf("cause %v", cause)
			}
			if e := g.end(); e.result.Failure != exchange.ClientGone || e.result.Complete {
				t.Errorf("%+v", e.result)
			}
		})
	}
}

// TestServiceWatcherLosesNothing has the watcher read a byte of the body, and
// one of the next request.
func TestServiceWatcherLosesNothing(t *testing.T) {
	proceed := make(chan struct{})
	h := serving(func(_ *exchange.Exchange, s exchange.Stream) error {
		<-proceed
		b, err := s.ReadBody(10)
		_, _ = s.Write(b)
		<-proceed
		return err
	})
	g := newGate(t, "", options{handler: h, config: Config{WatchDelay: time.Millisecond}})
	c := g.dial()
	sc := g.onlyConn()
	reading := func() bool { return sc.watch.state.Load() == watchReading }
	for _, fields := range []string{"Content-Length: 5\r\n", "Expect: 100-continue\r\nContent-Length: 5\r\n"} {
		c.send(post(fields, ""))
		spin(reading)
		c.send("hello")
		proceed <- struct{}{}
		spin(func() bool { return sc.watch.state.Load() != watchReading })
		spin(reading)
		c.send(probe)
		proceed <- struct{}{}
		for _, want := range []string{"hello", "probe"} {
			a := c.read("POST")
			if a.StatusCode == 100 { // the watcher may have found nothing yet
				a = c.read("POST")
			}
			if a.body != want {
				t.Fatalf("body %q, want %q", a.body, want)
			}
		}
	}
}

// TestServiceContext: the context ends with the service, and the deadline is
// the exchange's.
func TestServiceContext(t *testing.T) {
	kept := make(chan context.Context, 1)
	g := newGate(t, "", options{handler: serving(func(ex *exchange.Exchange, s exchange.Stream) error {
		ctx := s.Context()
		if until, ok := ctx.Deadline(); !ok || !until.Equal(ex.Start.Add(patience)) || ctx != s.Context() {
			t.Errorf("deadline %v", until)
		}
		kept <- ctx
		return ctx.Err()
	})})
	c := g.dial()
	c.send(get("") + get(""))
	for range 2 {
		if a := c.read("GET"); a.StatusCode != 200 {
			t.Errorf("status %d", a.StatusCode)
		}
		if ctx := <-kept; !errors.Is(context.Cause(ctx), context.Canceled) {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	}
}

// TestServiceBackPressure has a client that does not read. The service must
// be held up, and not for ever.
func TestServiceBackPressure(t *testing.T) {
	const most = 1 << 30
	var sent atomic.Int64
	endless := func(_ *exchange.Exchange, s exchange.Stream) error {
		for sent.Load() < most {
			if err := write(s, 1<<16); err != nil {
				if !errors.Is(err, exchange.WriteFailed) || !errors.Is(context.Cause(s.Context()), exchange.WriteFailed) {
					t.Errorf("%v, cause %v", err, context.Cause(s.Context()))
				}
				return err
			}
			sent.Add(1 << 16)
		}
		return nil
	}
	g := newGate(t, "", options{handler: serving(endless), config: Config{WriteTimeout: 50 * time.Millisecond}})
	c := g.dial()
	c.send(get(""))
	e := g.end()
	if e.result.Failure != exchange.WriteFailed || e.result.Complete || e.status != 200 || sent.Load() >= most {
		t.Errorf("%d bytes, %+v", sent.Load(), e.result)
	}
	if a := c.read("GET"); a.err == nil {
		t.Error("the broken response looks whole")
	}
}

// TestServiceStreamsMuch bounds the memory that a stream takes, whatever its
// length.
func TestServiceStreamsMuch(t *testing.T) {
	size := 1 << 30
	if testing.Short() {
		size = 1 << 27
	}
	piece := make([]byte, 64<<10)
	g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error {
		for n := 0; n < size; n += len(piece) {
			if _, err := s.Write(piece); err != nil {
				return err
			}
		}
		return nil
	})})
	c := g.dial()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c.send(get("Connection: close\r\n"))
	n, err := io.Copy(struct{ io.Writer }{io.Discard}, c.Conn)
	runtime.ReadMemStats(&after)
	if e := g.end(); e.result.BytesOut != int64(size) || n < int64(size) || err != nil {
		t.Errorf("%d bytes, %v, %+v", n, err, e.result)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

func TestServiceShutdown(t *testing.T) {
	t.Run("graceful", func(t *testing.T) {
		waits, proceed := make(chan struct{}), make(chan struct{})
		g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error {
			waits <- struct{}{}
			<-proceed
			return errors.Join(s.Context().Err(), write(s, 1<<17))
		})})
		c := g.dial()
		c.send(get(""))
		<-waits
		done := make(chan error, 1)
		go func() { done <- g.server.Shutdown(t.Context()) }()
		spin(g.server.closing.Load)
		close(proceed)
		if a := c.read("GET"); len(a.body) != 1<<17 || a.err != nil || !a.Close {
			t.Errorf("%d bytes, %v, closing %v", len(a.body), a.err, a.Close)
		}
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for _, x := range []struct {
		name, send string
		first      service
	}{
		{"killed", get(""), func(*exchange.Exchange, exchange.Stream) error { return nil }},
		{"killed in the response", get(""), func(_ *exchange.Exchange, s exchange.Stream) error { return errors.Join(write(s, 5), s.Flush()) }},
		{"killed in the response to 1.0", "GET /a HTTP/1.0\r\n\r\n", func(_ *exchange.Exchange, s exchange.Stream) error { return errors.Join(write(s, 5), s.Flush()) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			f, waits, causes := waiting(x.first)
			g := newGate(t, "", options{handler: serving(f)})
			c := g.dial()
			c.send(x.send)
			<-waits
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := g.server.Shutdown(ctx); err == nil {
				t.Error("Shutdown did not report the service it cut")
			}
			if cause := <-causes; cause != exchange.Shutdown {
				t.Errorf("cause %v", cause)
			}
			if e := g.end(); e.result.Failure != exchange.Shutdown || e.result.Complete {
				t.Errorf("%+v", e.result)
			}
			if a, err := c.tryRead(); err == nil && a.err == nil {
				t.Error("the broken response looks whole")
			}
		})
	}
	t.Run("killed while it reads the body", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(echoWhole)})
		c := g.dial()
		c.send(post("Content-Length: 50000\r\n", "he"))
		spin(func() bool { return g.active(1) })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = g.server.Shutdown(ctx)
		if e := g.end(); e.result.Failure != exchange.Shutdown && e.result.Failure != exchange.ClientGone || e.result.Complete {
			t.Errorf("%+v", e.result)
		}
	})
}

// TestServiceTLS has a service over TLS, whose orderly end must not hide that
// a response without framing is broken.
func TestServiceTLS(t *testing.T) {
	config, roots := testTLS(t)
	g := newGate(t, "", options{handler: serving(func(ex *exchange.Exchange, s exchange.Stream) error {
		if _, err := io.Copy(struct{ io.Writer }{s}, s.Body(-1)); err != nil {
			return err
		}
		if ex.Proto == "HTTP/1.0" {
			return errors.Join(s.Flush(), io.ErrUnexpectedEOF)
		}
		return nil
	})})
	l := tls.NewListener(listen(t), config)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	dial := func() *client {
		c := dialRaw(t, l.Addr().String())
		c.Conn = tls.Client(c.Conn, &tls.Config{RootCAs: roots, ServerName: "example.com"})
		c.r.Reset(c.Conn)
		return c
	}
	c := dial()
	big := strings.Repeat("x", 100_000)
	for range 3 {
		c.send(post("Content-Length: 100000\r\n", big))
		if a := c.read("POST"); a.body != big {
			t.Errorf("%d bytes, %v", len(a.body), a.err)
		}
	}
	c = dial()
	c.send("POST /a HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
	if a, err := c.tryRead(); err == nil && a.err == nil {
		t.Error("the broken response looks whole")
	}
	_ = g.server.Shutdown(t.Context())
	<-served
}

// TestServiceKeepsLittle has a body whose memory is too large to be kept.
func TestServiceKeepsLittle(t *testing.T) {
	size := 2 * maxWholeKept
	grown := 0
	g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error {
		b, err := s.ReadBody(int64(size))
		grown = cap(*s.(*stream).whole)
		if len(b) != size || err != nil || grown <= maxWholeKept {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		return nil
	})})
	c := g.dial()
	for _, body := range []string{
		post(fmt.Sprintf("Content-Length: %d\r\n", size), strings.Repeat("x", size)),
		post("Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size))),
	} {
		c.send(body)
		if a := c.read("POST"); a.StatusCode != 200 {
			t.Errorf("status %d", a.StatusCode)
		}
		g.end()
		if kept := wholePool.Get().(*[]byte); cap(*kept) > maxWholeKept {
			t.Errorf("%d bytes were kept", cap(*kept))
		}
	}
}

// TestServiceLetsGo: after an exchange nothing of it is held.
func TestServiceLetsGo(t *testing.T) {
	var used *stream
	g := newGate(t, "", options{handler: serving(func(ex *exchange.Exchange, s exchange.Stream) error {
		used = s.(*stream)
		_ = s.Context()
		return echoWhole(ex, s)
	})})
	c := g.dial()
	sc := g.onlyConn()
	for range 3 {
		c.send(post("Content-Length: 20000\r\n", strings.Repeat("x", 20_000)))
		if a := c.read("POST"); len(a.body) != 20_000 {
			t.Errorf("%d bytes", len(a.body))
		}
		g.end()
		if used.buf != nil || used.whole != nil || used.ctx != nil || used.pending != nil || used.c != nil {
			t.Errorf("%+v", used)
		}
		sc.cancel.mu.Lock()
		if sc.cancel.service != nil {
			t.Error("the canceller still knows the service")
		}
		sc.cancel.mu.Unlock()
	}
}
