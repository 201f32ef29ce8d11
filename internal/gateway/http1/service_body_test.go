package http1

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// TestServiceReads sends requests with a second one right behind, which must
// be found whatever the service does with the first one's body.
func TestServiceReads(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 10_000)
	chunked := func(parts ...string) string {
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(strconv.FormatInt(int64(len(p)), 16) + ";x=y\r\n" + p + "\r\n")
		}
		return post("Transfer-Encoding: chunked\r\n", b.String()+"0\r\nTrailer: dropped\r\n\r\n")
	}
	sized := func(body string) string { return post("Content-Length: "+strconv.Itoa(len(body))+"\r\n", body) }
	ignore := func(_ *exchange.Exchange, s exchange.Stream) error { return nil }
	some := func(_ *exchange.Exchange, s exchange.Stream) error {
		b := make([]byte, 3)
		_, err := io.ReadFull(s.Body(-1), b)
		return errors.Join(err, write(s, 3))
	}
	byByte := func(_ *exchange.Exchange, s exchange.Stream) error {
		var b [1]byte
		for r := s.Body(-1); ; {
			n, err := r.Read(b[:])
			_, _ = s.Write(b[:n])
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	tail := func(_ *exchange.Exchange, s exchange.Stream) error {
		b := make([]byte, 3)
		_, err := io.ReadFull(s.Body(-1), b)
		rest, err2 := s.ReadBody(-1)
		again, err3 := s.ReadBody(-1)
		_, err4 := s.Write(append(append(b, rest...), again...))
		return errors.Join(err, err2, err3, err4)
	}
	for _, x := range []struct {
		name, send string
		serve      service
		body       string
		in         int
	}{
		{"no body", get(""), echo, "", 0},
		{"no body, whole", get(""), echoWhole, "", 0},
		{"empty chunked", chunked(), echoWhole, "", 0},
		{"sized", sized("hello"), echo, "hello", 5},
		{"sized, whole", sized("hello"), echoWhole, "hello", 5},
		{"sized, to Respond", sized("hello"), echoLocal, "hello", 5},
		{"sized, byte by byte", sized("hello"), byByte, "hello", 5},
		{"chunked", chunked("hel", "lo"), echo, "hello", 5},
		{"chunked, whole", chunked("hel", "lo"), echoWhole, "hello", 5},
		{"chunked, byte by byte", chunked("hel", "lo"), byByte, "hello", 5},
		{"big", sized(big), echo, big, len(big)},
		{"big, whole", sized(big), echoWhole, big, len(big)},
		{"big, to Respond", sized(big), echoLocal, big, len(big)},
		{"big chunked", chunked(big, big), echo, big + big, 2 * len(big)},
		{"big chunked, whole", chunked(big, big), echoWhole, big + big, 2 * len(big)},
		{"bigger chunked, byte by byte", chunked(big[:20_000]), byByte, big[:20_000], 20_000},
		{"in two ways", sized(big), tail, big, len(big)},
		{"in two ways, chunked", chunked("hello", big), tail, "hello" + big, len(big) + 5},
		{"nothing of it", sized(smuggled), ignore, "", len(smuggled)},
		{"nothing of much", sized(big), ignore, "", len(big)},
		{"nothing of a chunked one", chunked(smuggled), ignore, "", len(smuggled)},
		{"some of it", sized(smuggled), some, "xxx", len(smuggled)},
		{"some of much", sized(big), some, "xxx", len(big)},
		{"some of a chunked one", chunked(smuggled), some, "xxx", len(smuggled)},
	} {
		for _, apart := range []bool{false, true} {
			name := x.name + map[bool]string{true: ", head apart"}[apart]
			t.Run(name, func(t *testing.T) {
				g := newGate(t, "", options{handler: serving(x.serve)})
				c := g.dial()
				raw := x.send + probe
				n := 0
				if apart {
					n = strings.Index(raw, "\r\n\r\n") + 4
				}
				go func() { // the answer may have to be read meanwhile
					_, _ = io.WriteString(c, raw[:n])
					_, _ = io.WriteString(c, raw[n:])
				}()
				a := c.read("POST")
				if a.StatusCode != 200 || a.err != nil || a.body != x.body {
					t.Errorf("status %d, %d bytes, %v", a.StatusCode, len(a.body), a.err)
				}
				if a.Close { // the end of a chunked body was perhaps not in sight when the head was sent
					if !strings.Contains(x.send, "chunked") || strings.Contains(x.name, "whole") || !c.closed() {
						t.Error("closing")
					}
					return
				}
				if a := c.read("GET"); a.body != "probe" {
					t.Errorf("next body %q", a.body)
				}
				if e := g.end(); e.result.BytesIn > int64(x.in) || x.in == len(x.body) && e.result.BytesIn != int64(x.in) || e.result.BytesOut != int64(len(x.body)) {
					t.Errorf("%+v", e.result)
				}
				if e := g.end(); e.path != "/probe" {
					t.Errorf("a body was taken for the request %s", e.path)
				}
			})
		}
	}
}

// TestServiceBodyRefused has bodies that end the exchange. The connection
// must be closed: what follows is not certain.
func TestServiceBodyRefused(t *testing.T) {
	limited := func(_ *exchange.Exchange, s exchange.Stream) error {
		_, err := s.ReadBody(10)
		return err
	}
	streamed := func(_ *exchange.Exchange, s exchange.Stream) error {
		_, err := io.Copy(io.Discard, s.Body(10))
		return err
	}
	stubborn := func(ex *exchange.Exchange, s exchange.Stream) error {
		_, _ = s.ReadBody(10)
		ex.Respond(200, "", []byte("all is well"))
		return nil
	}
	long := strings.Repeat("x", 200_000)
	for _, x := range []struct {
		name, send string
		serve      service
		status     int
		failure    exchange.Failure
	}{
		{"announced too large", post("Content-Length: 11\r\n", "hello worlds"), limited, 413, exchange.BodyTooLarge},
		{"announced too large, not sent", post("Content-Length: 11\r\n", ""), limited, 413, exchange.BodyTooLarge},
		{"announced too large, to be asked for", post("Expect: 100-continue\r\nContent-Length: 11\r\n", ""), limited, 413, exchange.BodyTooLarge},
		{"announced too large, streamed", post("Content-Length: 200000\r\n", long), streamed, 413, exchange.BodyTooLarge},
		{"chunked too large", post("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n0\r\n\r\n"), limited, 413, exchange.BodyTooLarge},
		{"chunked much too large", post("Transfer-Encoding: chunked\r\n", "30d40\r\n"+long+"\r\n0\r\n\r\n"), limited, 413, exchange.BodyTooLarge},
		{"chunked too large, streamed", post("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n0\r\n\r\n"), streamed, 413, exchange.BodyTooLarge},
		{"too large, not minded", post("Content-Length: 11\r\n", "hello worlds"), stubborn, 413, exchange.BodyTooLarge},
		{"broken", post("Transfer-Encoding: chunked\r\n", "hello\r\n0\r\n\r\n"+smuggled), limited, 400, exchange.BadRequest},
		{"broken, not minded", post("Transfer-Encoding: chunked\r\n", "hello\r\n0\r\n\r\n"+smuggled), stubborn, 400, exchange.BadRequest},
		{"broken later", post("Transfer-Encoding: chunked\r\n", "2\r\nhehello\r\n0\r\n\r\n"+smuggled), streamed, 400, exchange.BadRequest},
		{"too slow", post("Content-Length: 5\r\n", "he"), limited, 408, exchange.RequestTimeout},
		{"too slow, chunked", post("Transfer-Encoding: chunked\r\n", "5\r\nhe"), streamed, 408, exchange.RequestTimeout},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGate(t, "", options{handler: serving(x.serve), config: Config{BodyTimeout: 20 * time.Millisecond}})
			c := g.dial()
			c.send(x.send)
			if a := c.read("POST"); a.StatusCode != x.status || !a.Close || !c.closed() {
				t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
			}
			if e := g.end(); e.result.Failure != x.failure || e.status != x.status {
				t.Errorf("status %d, %+v", e.status, e.result)
			}
		})
	}
	t.Run("by the server's limit", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(echoWhole), config: Config{MaxBodyBytes: 10}})
		c := g.dial()
		c.send(post("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n0\r\n\r\n"))
		if a := c.read("POST"); a.StatusCode != 413 || !c.closed() {
			t.Errorf("status %d", a.StatusCode)
		}
	})
	t.Run("by the exchange's deadline", func(t *testing.T) {
		g := newGate(t, "", options{handler: servingWithin(echoWhole, 20*time.Millisecond)})
		c := g.dial()
		c.send(post("Content-Length: 5\r\n", "he"))
		if a := c.read("POST"); a.StatusCode != 408 || !c.closed() {
			t.Errorf("status %d", a.StatusCode)
		}
	})
	t.Run("not read and broken", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 3) })})
		c := g.dial()
		c.send(post("Transfer-Encoding: chunked\r\n", "hello\r\n0\r\n\r\n"+smuggled))
		if a := c.read("POST"); a.StatusCode != 200 || !a.Close || !c.closed() {
			t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
		}
	})
	t.Run("after the head", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error {
			return errors.Join(write(s, 3), s.Flush(), streamed(nil, s))
		})})
		c := g.dial()
		c.send(post("Content-Length: 11\r\n", "hello world"))
		if a := c.read("POST"); a.err == nil {
			t.Error("the broken response looks whole")
		}
		if e := g.end(); e.result.Failure != exchange.BodyTooLarge || e.result.Complete {
			t.Errorf("%+v", e.result)
		}
	})
}

func TestServiceContinue(t *testing.T) {
	t.Run("asked for", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(echoWhole)})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 100 {
			t.Fatalf("status %d", a.StatusCode)
		}
		c.send("hello" + probe)
		if a := c.read("POST"); a.StatusCode != 200 || a.body != "hello" || a.Close {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
		if a := c.read("GET"); a.body != "probe" {
			t.Errorf("next body %q", a.body)
		}
	})
	t.Run("asked for once", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(echo)})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 100 {
			t.Fatalf("status %d", a.StatusCode)
		}
		for _, b := range "hello" {
			c.send(string(b))
		}
		if a := c.read("POST"); a.StatusCode != 200 || a.body != "hello" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	})
	t.Run("sent unasked", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(echoWhole)})
		c := g.dial()
		c.send(post(expecting, "hello"))
		if a := c.read("POST"); a.StatusCode != 200 || a.body != "hello" {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	})
	t.Run("not asked for", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, 5) })})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 200 || !a.Close || !c.closed() {
			t.Errorf("status %d, closing %v", a.StatusCode, a.Close)
		}
	})
	t.Run("read after the head", func(t *testing.T) {
		g := newGate(t, "", options{handler: serving(func(_ *exchange.Exchange, s exchange.Stream) error {
			if err := s.Flush(); err != nil {
				return err
			}
			if _, err := s.ReadBody(10); !errors.Is(err, errNotAsked) {
				t.Errorf("%v", err)
			}
			return write(s, 5)
		})})
		c := g.dial()
		c.send(post(expecting, ""))
		if a := c.read("POST"); a.StatusCode != 200 || a.body != "xxxxx" || a.err != nil || !c.closed() {
			t.Errorf("status %d, body %q", a.StatusCode, a.body)
		}
	})
}
