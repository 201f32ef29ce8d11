package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// recorded is a connection whose client has sent everything beforehand.
type recorded struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (c *recorded) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *recorded) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *recorded) Close() error                     { return nil }
func (c *recorded) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *recorded) SetDeadline(time.Time) error      { return nil }
func (c *recorded) SetReadDeadline(time.Time) error  { return nil }
func (c *recorded) SetWriteDeadline(time.Time) error { return nil }

// bodies is a handler whose services read bodies in one of several ways.
type bodies struct {
	quiet
	how  uint8
	seen []string // the bodies that were read to their end
}

func (b *bodies) Begin(ex *exchange.Exchange) { ex.Serve(b, time.Hour) }

func (b *bodies) Serve(ex *exchange.Exchange, s exchange.Stream) error {
	var body []byte
	var err error
	switch b.how % 4 {
	case 0:
		body, err = s.ReadBody(-1)
	case 1:
		body, err = io.ReadAll(io.MultiReader(s.Body(-1))) // reads as it likes
	case 2:
		body, err = readBy(s.Body(-1), 1)
	case 3:
		// The head is sent when only a part of the body is known.
		if err = s.Flush(); err == nil || errors.Is(err, exchange.ErrUnwanted) {
			body, err = readBy(s.Body(-1), 3)
		}
	}
	if err == nil {
		b.seen = append(b.seen, ex.Method+" "+string(body))
		_, err = s.Write(body)
	}
	return err
}

func readBy(r io.Reader, n int) (out []byte, err error) {
	for buf := make([]byte, n); ; {
		n, err := r.Read(buf)
		out = append(out, buf[:n]...)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

// FuzzServiceBodies: the requests and bodies that services see are those that
// net/http sees in the same bytes, and the answers are as many.
func FuzzServiceBodies(f *testing.F) {
	for _, s := range []string{
		get("") + probe, post("Content-Length: 5\r\n", "hello") + probe, post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n\r\n") + probe,
		post("Transfer-Encoding: chunked\r\n", "2;a=b\r\nhe\r\n003\r\nllo\r\n0\r\n\r\n"), post("Content-Length: 9\r\n", "hello"), post("Transfer-Encoding: chunked\r\n", "hello"),
		post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello") + probe, "POST /a HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi" + probe,
		"HEAD /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi" + probe,
	} {
		for how := range uint8(4) {
			f.Add([]byte(s), how)
		}
	}
	f.Fuzz(func(t *testing.T, sent []byte, how uint8) {
		h := &bodies{how: how}
		nc := &recorded{in: bytes.NewReader(sent)}
		NewServer(h, Config{WatchDelay: time.Hour, Log: slog.New(slog.DiscardHandler)}).ServeConn(nc, nil)
		theirs, answers := bufio.NewReader(bytes.NewReader(sent)), bufio.NewReader(&nc.out)
		for _, seen := range h.seen {
			if b, _ := theirs.Peek(2); string(b) == "\r\n" { // forgiven before a request
				_, _ = theirs.Discard(2)
			}
			req, err := http.ReadRequest(theirs)
			if err != nil {
				return // another reading of the head, which FuzzRequestHead compares
			}
			body, err := io.ReadAll(req.Body)
			if got := req.Method + " " + string(body); got != seen || err != nil {
				t.Fatalf("a service saw %q, net/http %q, %v", seen, got, err)
			}
			for status := 100; status < 200; {
				res, err := http.ReadResponse(answers, req)
				if err != nil {
					t.Fatalf("no answer to %q: %v", seen, err)
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					t.Fatalf("the answer to %q is broken: %v", seen, err)
				}
				status = res.StatusCode
			}
		}
	})
}
