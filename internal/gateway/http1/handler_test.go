package http1

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func TestLocalResponses(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	for _, x := range []struct {
		name, send string
		status     int
		body       string
		kept       bool
	}{
		{"small", get(""), 200, "hello", true},
		{"big", get(""), 200, big, true},
		{"HEAD", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", 200, "hello", true},
		{"no content", get(""), 204, "", true},
		{"body with the head", post("Content-Length: 5\r\n", "hello"), 200, "hello", true},
		{"chunked body with the head", post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), 200, "hello", true},
		{"body to be drained", post("Content-Length: 100000\r\n", big), 200, "hello", true},
		{"body like a request", post("Content-Length: 36\r\n", smuggled), 200, "hello", true},
		{"body too big to drain", post("Content-Length: 10000000\r\n", smuggled), 200, "hello", false},
		{"chunked body without end", post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), 200, "hello", false},
		{"broken body", post("Transfer-Encoding: chunked\r\n", "hello\r\n"+smuggled), 200, "hello", false},
		{"1.0", "GET /a HTTP/1.0\r\n\r\n", 200, "hello", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			answer := func(ex *exchange.Exchange) {
				if ex.Path == "/probe" {
					ex.Respond(200, "", nil)
					return
				}
				if ex.Path != "/a" {
					t.Errorf("a body was taken for the request %s", ex.Path)
				}
				ex.Response.Header.Set("X-A", "b")
				ex.Response.Header.Set("Content-Length", "99")
				ex.Response.Header.Set("Transfer-Encoding", "chunked")
				ex.Respond(x.status, "text/plain", []byte(x.body))
			}
			g := newGate(t, "", options{handler: handler{begin: answer}})
			c := g.dial()
			c.send(x.send)
			method, _, _ := strings.Cut(x.send, " ")
			a := c.read(method)
			if method != "HEAD" && a.body != x.body || a.StatusCode != x.status || a.Header.Get("X-A") != "b" || a.Header.Get("Date") == "" {
				t.Errorf("%d %d bytes %v", a.StatusCode, len(a.body), a.Header)
			}
			if a.Close == x.kept {
				t.Errorf("closing %v", a.Close)
			}
			if e := g.end(); method != "HEAD" && e.result.BytesOut != int64(len(x.body)) || !e.result.Complete {
				t.Errorf("%+v", e.result)
			}
			if !x.kept {
				if !c.closed() {
					t.Error("the connection goes on")
				}
				return
			}
			c.send(probe)
			if a := c.read("GET"); a.StatusCode != 200 {
				t.Errorf("next status %d", a.StatusCode)
			}
		})
	}
}

func TestProblem(t *testing.T) {
	g := newGate(t, "", options{})
	c := g.dial()
	c.send(get("X-Request-Id: r1\r\n"))
	a := c.read("GET")
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != 404 || doc["type"] != "urn:gatewright:problem:not-found" || doc["status"] != 404.0 || doc["requestId"] != "r1" {
		t.Errorf("%d %v", a.StatusCode, doc)
	}
	if e := g.end(); e.result.Failure != exchange.NotFound {
		t.Errorf("failure %q", e.result.Failure)
	}
}

// TestHandlerChanges has the handler rewrite both sides, also with values
// that would break out of a head.
func TestHandlerChanges(t *testing.T) {
	up := newUpstream(t, "HTTP/1.1 200 OK\r\nServer: s\r\nX-Own: theirs\r\nConnection: X-Own\r\nContent-Length: 2\r\n\r\nok")
	g := newGate(t, up.address, options{handler: handler{
		begin: func(ex *exchange.Exchange) {
			ex.Target.Path, ex.Target.Query, ex.Target.HasQuery, ex.Target.Host = "/new", "q=1", true, "up.example"
			ex.Header.Del("Cookie")
			ex.Header.Set("X-User", "me")
			if ex.Header.Set("X-Bad", "a\r\nX-Injected: b") || ex.Header.Add("X Bad", "a") {
				t.Error("a field that breaks the head was accepted")
			}
			ex.Header.Set("Connection", "X-User")
			ex.Response.Header.Set("X-Own", "mine")
		},
		response: func(ex *exchange.Exchange) {
			ex.Response.Header.Del("Server")
			ex.Response.Status = 201
		},
	}})
	c := g.dial()
	c.send(get("Cookie: c\r\nX-User: root\r\nConnection: X-User\r\n"))
	a := c.read("GET")
	if a.StatusCode != 201 || a.Status != "201 Created" || a.Header.Get("Server") != "" || strings.Join(a.Header.Values("X-Own"), ",") != "mine" {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	if got := up.requests()[0]; got != "GET /new?q=1 HTTP/1.1\r\nHost: up.example\r\nX-User: me\r\n\r\n" {
		t.Errorf("the upstream saw %q", got)
	}
	for _, set := range []func(*exchange.Exchange){
		func(ex *exchange.Exchange) { ex.Target.Path = "/a b" },
		func(ex *exchange.Exchange) { ex.Target.Path = "a" },
		func(ex *exchange.Exchange) { ex.Target.Path = "" },
		func(ex *exchange.Exchange) { ex.Target.Query = "a\r\nb" },
		func(ex *exchange.Exchange) { ex.Target.Host = "a\r\nb: c" },
		func(ex *exchange.Exchange) { ex.Method = "GET /x" },
	} {
		g.handler.begin = set
		c := g.dial()
		c.send(get(""))
		if a := c.read("GET"); a.StatusCode != 400 {
			t.Errorf("status %d", a.StatusCode)
		}
	}
	if n := len(up.raw()); n != 1 {
		t.Errorf("the upstream saw %d requests", n)
	}
	g.handler.begin = func(ex *exchange.Exchange) {
		ex.RequestID = "a\r\nb: c"
		ex.Respond(200, "a\r\nb: c", nil)
	}
	c = g.dial()
	c.send(get(""))
	if a := c.read("GET"); len(a.Header.Get("X-Request-Id")) != 32 || a.Header.Get("B") != "" {
		t.Errorf("%v", a.Header)
	}
}

func TestHandlerReplacesResponse(t *testing.T) {
	for _, x := range []struct {
		name, answer string
		reused       bool
	}{
		{"whole body at hand", okResponse, true},
		{"body to come", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, x.answer)
			replace := func(ex *exchange.Exchange) { ex.Respond(418, "text/plain", []byte("tea")) }
			g := newGate(t, up.address, options{handler: handler{response: replace}})
			c := g.dial()
			for i := range 2 {
				c.send(get(""))
				if a := c.read("GET"); a.StatusCode != 418 || a.body != "tea" {
					t.Errorf("%d %q", a.StatusCode, a.body)
				}
				if e := g.end(); e.result.Upstream != 200 || e.result.Reused != (x.reused && i == 1) {
					t.Errorf("%+v", e.result)
				}
			}
		})
	}
}

// TestHandlerChangesStatus has the handler choose statuses with and without a
// body for responses without and with one. The client must always know where
// the response ends.
func TestHandlerChangesStatus(t *testing.T) {
	for _, x := range []struct {
		name, answer string
		to, want     int
	}{
		{"body to none", okResponse, 204, 204},
		{"chunked body to none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 304, 304},
		{"none to body", "HTTP/1.1 204 No Content\r\n\r\n", 200, 200},
		{"not modified to body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 200, 200},
		{"interim", okResponse, 101, 500},
		{"nonsense", okResponse, 7, 500},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, x.answer)
			g := newGate(t, up.address, options{handler: handler{response: func(ex *exchange.Exchange) { ex.Response.Status = x.to }}})
			c := g.dial()
			c.send(get("") + probe)
			for range 2 {
				if a := c.read("GET"); a.StatusCode != x.want || a.StatusCode == 204 && a.Header.Get("Content-Length") != "" {
					t.Errorf("%d %v", a.StatusCode, a.Header)
				}
			}
		})
	}
}

func TestFailHandler(t *testing.T) {
	fail := func(ex *exchange.Exchange, f exchange.Failure) {
		ex.Respond(f.Status(), "text/plain", []byte("custom "+f.String()))
	}
	g := newGate(t, "127.0.0.1:1", options{handler: handler{fail: fail}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 502 || a.body != "custom connect-failed" {
		t.Errorf("%d %q", a.StatusCode, a.body)
	}
	c.send("nonsense\r\n\r\n")
	if a := c.read("GET"); a.StatusCode != 400 || a.body != "custom bad-request" {
		t.Errorf("%d %q", a.StatusCode, a.body)
	}
}

func TestHandlerPanics(t *testing.T) {
	g := newGate(t, "", options{handler: handler{begin: func(*exchange.Exchange) { panic("defect") }}})
	c := g.dial()
	c.send(get(""))
	if !c.closed() {
		t.Error("the connection goes on")
	}
	g.end()
	g.handler.begin = nil
	c = g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 404 {
		t.Errorf("status %d", a.StatusCode)
	}
}
