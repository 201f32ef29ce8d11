package http1

import (
	"strings"
	"testing"
)

// exchangeCase is one row of the tables of raw requests: what the client
// sends, and the one meaning it has.
type exchangeCase struct {
	name   string
	send   string
	status int    // of the answer
	seen   string // by the upstream, less the fields that always come; "" for nothing
	closed bool   // the connection is closed afterwards
	detail string // part of the answer's body
	config Config
}

// method is the first word of the request.
func (x *exchangeCase) method() string {
	m, _, _ := strings.Cut(strings.TrimLeft(x.send, "\r\n"), " ")
	return m
}

const probe = "GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n"

// runTable sends each row over a connection of its own. What has an answer
// and a kept connection must leave the connection at the start of the next
// request; what is refused must be closed, and must not have reached the
// upstream.
func runTable(t *testing.T, cases []exchangeCase) {
	t.Helper()
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, okResponse)
			g := newGate(t, up.address, options{config: x.config})
			c := g.dial()
			c.send(x.send)
			a := c.read(x.method())
			if a.StatusCode != x.status {
				t.Fatalf("status %d, want %d; body %s", a.StatusCode, x.status, a.body)
			}
			if !strings.Contains(a.body, x.detail) {
				t.Errorf("body %q lacks %q", a.body, x.detail)
			}
			var want []string
			if x.seen != "" {
				want = append(want, x.seen)
			}
			if x.closed {
				if a.StatusCode >= 400 && !a.Close {
					t.Errorf("the answer does not say that the connection closes")
				}
				if !c.closed() {
					t.Errorf("the connection goes on after the answer")
				}
			} else {
				c.send(probe)
				if a := c.read("GET"); a.StatusCode != 200 {
					t.Errorf("the next request got %d: %s", a.StatusCode, a.body)
				}
				want = append(want, probe)
			}
			if got := up.requests(); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("the upstream saw %q, want %q", got, want)
			}
			e := g.end()
			if e.status != x.status {
				t.Errorf("logged status %d, want %d", e.status, x.status)
			}
			if refused := x.status >= 400; refused != (e.result.Failure != 0) || refused == e.begun {
				t.Errorf("logged failure %q, begun %v", e.result.Failure, e.begun)
			}
			if x.status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("the refusal is not a problem document but %q", a.Header.Get("Content-Type"))
			}
		})
	}
}
