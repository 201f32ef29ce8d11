package http1

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// responseCase is one row of the table of raw answers of an upstream: what it
// sends, and what the client gets of it.
type responseCase struct {
	name   string
	method string // GET unless given
	answer string
	http10 bool // the client speaks HTTP/1.0
	status int
	body   string
	cut    bool   // the client must notice that the body is not whole
	head   string // part of the head the client gets
	lacks  string // must not be in it
	reused bool   // the upstream's connection is used for the next request
	closed bool   // the client's connection closes
	why    exchange.Failure
}

func TestResponses(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("0123456789abcdef", 20_000) // many buffers
	for _, x := range []responseCase{
		{name: "length", answer: head + "Content-Length: 2\r\n\r\nok", status: 200, body: "ok", head: "Content-Length: 2", reused: true},
		{name: "length zero", answer: head + "Content-Length: 0\r\n\r\n", status: 200, reused: true},
		{name: "long", answer: head + "Content-Length: 320000\r\n\r\n" + long, status: 200, body: long, reused: true},
		{name: "chunked", answer: head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", status: 200, body: "ok", head: "Transfer-Encoding: chunked", reused: true},
		{name: "chunked and empty", answer: head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 200, reused: true},
		{name: "chunked long", answer: head + "Transfer-Encoding: chunked\r\n\r\n4e200\r\n" + long + "\r\n0\r\n\r\n", status: 200, body: long, reused: true},
		{name: "chunked with trailer", answer: head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", status: 200, body: "ok", lacks: "X: y", reused: true},
		{name: "chunked to 1.0", http10: true, answer: head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", status: 200, body: "ok", lacks: "chunked", reused: true, closed: true},
		{name: "until the end", answer: head + "\r\nok", status: 200, body: "ok", head: "Transfer-Encoding: chunked"},
		{name: "until the end to 1.0", http10: true, answer: head + "\r\nok", status: 200, body: "ok", lacks: "chunked", closed: true},
		{name: "from 1.0", answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "closing", answer: head + "Connection: close\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "no reason", answer: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", reused: true},
		{name: "reason of its own", answer: "HTTP/1.1 200 Fine by me\r\nContent-Length: 0\r\n\r\n", status: 200, head: "200 Fine by me", reused: true},
		{name: "HEAD", method: "HEAD", answer: head + "Content-Length: 5\r\n\r\n", status: 200, head: "Content-Length: 5", reused: true},
		{name: "HEAD chunked", method: "HEAD", answer: head + "Transfer-Encoding: chunked\r\n\r\n", status: 200, reused: true},
		{name: "HEAD with body", method: "HEAD", answer: head + "Content-Length: 2\r\n\r\nok", status: 200},
		{name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, lacks: "Content-Length", reused: true},
		{name: "204 with length", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", status: 204, lacks: "Content-Length", reused: true},
		{name: "204 with body", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", status: 204, lacks: "Content-Length"},
		{name: "304", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304, head: "Content-Length: 5", reused: true},
		{name: "hop by hop", answer: head + "Connection: X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: x\r\nTrailer: y\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", lacks: "X-A", reused: true},
		{name: "fields pass", answer: head + "Set-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", head: "Set-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\n", reused: true},
		{name: "date is added", answer: head + "Content-Length: 0\r\n\r\n", status: 200, head: "\r\nDate: ", reused: true},
		{name: "early hints are dropped", answer: "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + head + "Content-Length: 2\r\n\r\nok", status: 200, body: "ok", lacks: "Link", reused: true},
		{name: "unasked 100 is dropped", answer: "HTTP/1.1 100 Continue\r\n\r\n" + head + "Content-Length: 2\r\n\r\nok", status: 200, body: "ok", reused: true},
		{name: "bytes after the response", answer: head + "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", status: 200, body: "ok"},
		{name: "bytes after the last chunk", answer: head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n", status: 200},

		{name: "interim without end", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim+1) + head + "\r\n", status: 502, why: exchange.BadResponse},
		{name: "unasked 101", answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "length and chunked", answer: head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "two lengths", answer: head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", status: 502, why: exchange.BadResponse},
		{name: "two equal lengths", answer: head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", status: 502, why: exchange.BadResponse},
		{name: "length not a number", answer: head + "Content-Length: 2x\r\n\r\nok", status: 502, why: exchange.BadResponse},
		{name: "unknown coding", answer: head + "Transfer-Encoding: gzip\r\n\r\nok", status: 502, why: exchange.BadResponse},
		{name: "coding from 1.0", answer: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "garbage", answer: "SSH-2.0-OpenSSH_9.2\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "version 2", answer: "HTTP/2.0 200 OK\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "status too small", answer: "HTTP/1.1 099 No\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "status too big", answer: "HTTP/1.1 600 No\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "status of four digits", answer: "HTTP/1.1 2000 No\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "bare LF", answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", status: 502, why: exchange.BadResponse},
		{name: "folded", answer: head + "A: b\r\n c\r\nContent-Length: 2\r\n\r\nok", status: 502, why: exchange.BadResponse},
		{name: "blank before colon", answer: head + "Content-Length : 2\r\n\r\nok", status: 502, why: exchange.BadResponse},
		{name: "NUL in value", answer: head + "A: \x00\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "CR in value", answer: head + "A: b\rSet-Cookie: c\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "head too big", answer: head + "A: " + strings.Repeat("b", maxResponseHead) + "\r\n\r\n", status: 502, why: exchange.BadResponse},
		{name: "too many fields", answer: head + strings.Repeat("A: b\r\n", maxResponseFields+1) + "\r\n", status: 502, why: exchange.BadResponse},
		{name: "bad first chunk", answer: head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", status: 502, why: exchange.BadResponse},
		{name: "nothing", answer: "", status: 502, why: exchange.UpstreamClosed},
		{name: "half a head", answer: "HTTP/1.1 200 OK\r\nConte", status: 502, why: exchange.UpstreamClosed},

		{name: "short body", answer: head + "Content-Length: 5\r\n\r\nok", status: 200, cut: true, closed: true, why: exchange.UpstreamClosed},
		{name: "short chunked body", answer: head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", status: 200, cut: true, closed: true, why: exchange.UpstreamClosed},
		{name: "short chunk", answer: head + "Transfer-Encoding: chunked\r\n\r\n5\r\nok", status: 200, cut: true, closed: true, why: exchange.UpstreamClosed},
		{name: "short body to 1.0", http10: true, answer: head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", status: 200, cut: true, closed: true, why: exchange.UpstreamClosed},
	} {
		t.Run(x.name, func(t *testing.T) { x.run(t) })
	}
}

func (x *responseCase) run(t *testing.T) {
	def(&x.method, "GET")
	last := !x.reused // the upstream's script ends with the answer
	up := newUpstreamOnce(t, x.answer, last)
	g := newGate(t, up.address, options{})
	c := g.dial()
	version := "1.1"
	if x.http10 {
		version = "1.0"
	}
	c.send(x.method + " /a HTTP/" + version + "\r\nHost: h\r\n\r\n")
	head, err := c.peekHead()
	if err != nil {
		t.Fatal(err)
	}
	a := c.read(x.method)
	if a.StatusCode != x.status {
		t.Fatalf("status %d, want %d: %s", a.StatusCode, x.status, a.body)
	}
	switch {
	case x.cut && a.err == nil:
		t.Errorf("the client takes the broken body %q for whole", a.body)
	case !x.cut && a.err != nil:
		t.Errorf("reading the body: %v", a.err)
	case x.status == 200 && !x.cut && a.body != x.body:
		t.Errorf("body of %d bytes, want %d", len(a.body), len(x.body))
	}
	if !strings.Contains(head, x.head) || x.lacks != "" && strings.Contains(head, x.lacks) {
		t.Errorf("head %q; want %q in it and not %q", head, x.head, x.lacks)
	}
	e := g.end()
	if e.result.Failure != x.why || e.result.Complete == x.cut {
		t.Errorf("failure %q, complete %v: %s", e.result.Failure, e.result.Complete, e.result.Detail)
	}
	if x.closed {
		if !x.cut && !c.closed() {
			t.Error("the client's connection goes on")
		}
		if x.cut {
			return
		}
		c = g.dial()
	}
	c.send(probe)
	if a := c.read("GET"); x.reused && a.StatusCode != 200 {
		t.Errorf("the next request got %d: %s", a.StatusCode, a.body)
	}
	if e := g.end(); e.result.Reused != x.reused {
		t.Errorf("the upstream's connection was used again: %v, want %v", e.result.Reused, x.reused)
	}
}

// newUpstreamOnce answers the first request of the first connection with
// answer, then closes it if last; everything else gets okResponse.
func newUpstreamOnce(t *testing.T, answer string, last bool) *upstream {
	first := make(chan struct{}, 1)
	first <- struct{}{}
	return scriptUpstream(t, func(nc net.Conn, n int) bool {
		select {
		case <-first:
			_, _ = io.WriteString(nc, answer)
			return !last
		default:
			_, err := io.WriteString(nc, okResponse)
			return err == nil
		}
	})
}

func TestUpstreamSilent(t *testing.T) {
	address := serveRaw(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	short := func(ex *exchange.Exchange) { ex.Target.Timeouts.Read = 20 * time.Millisecond }
	g := newGate(t, address, options{handler: handler{begin: short}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 504 {
		t.Errorf("status %d", a.StatusCode)
	}
	if e := g.end(); e.result.Failure != exchange.ReadTimeout {
		t.Errorf("failure %q", e.result.Failure)
	}
	if s := g.endpoint.Stats(); s.Open != 0 {
		t.Errorf("the silent connection was kept: %+v", s)
	}
}

func TestUpstreamStopsInBody(t *testing.T) {
	address := serveRaw(t, func(nc net.Conn) {
		_, _ = readRequest(bufio.NewReader(nc))
		_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")
		_, _ = io.Copy(io.Discard, nc)
	})
	short := func(ex *exchange.Exchange) { ex.Target.Timeouts.Read = 20 * time.Millisecond }
	g := newGate(t, address, options{handler: handler{begin: short}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 200 || a.err == nil || a.body != "ok" {
		t.Errorf("status %d, body %q, %v", a.StatusCode, a.body, a.err)
	}
	if e := g.end(); e.result.Failure != exchange.ReadTimeout || e.result.BytesOut != 2 || e.result.Complete {
		t.Errorf("%+v", e.result)
	}
}
