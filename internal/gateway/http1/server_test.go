package http1

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func containsLine(raw, line string) bool {
	return strings.Contains(raw, "\r\n"+line+"\r\n")
}

func TestForwardedFields(t *testing.T) {
	trusting := Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}}
	for _, x := range []struct {
		name   string
		config Config
		fields string
		want   []string
		client string
	}{
		{"nobody in front", Config{}, "", []string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: h", "X-Forwarded-Proto: http"}, "127.0.0.1"},
		{"not trusted", Config{}, "X-Forwarded-For: 9.9.9.9\r\nx-forwarded-proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n", []string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: h", "X-Forwarded-Proto: http"}, "127.0.0.1"},
		{"trusted", trusting, "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: pub\r\nX-Forwarded-Port: 443\r\n", []string{"X-Forwarded-For: 9.9.9.9, 127.0.0.1", "X-Forwarded-Host: pub", "X-Forwarded-Proto: https", "X-Forwarded-Port: 443"}, "9.9.9.9"},
		{"trusted chain", trusting, "X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-For: 10.1.1.1\r\n", []string{"X-Forwarded-For: 6.6.6.6, 9.9.9.9, 10.1.1.1, 127.0.0.1"}, "9.9.9.9"},
		{"trusted nonsense", trusting, "X-Forwarded-For: 9.9.9.9, unknown, 10.1.1.1\r\n", nil, "10.1.1.1"},
		{"trusted all the way", trusting, "X-Forwarded-For: 10.2.2.2\r\n", nil, "10.2.2.2"},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, okResponse)
			g := newGate(t, up.address, options{config: x.config})
			c := g.dial()
			c.send(get(x.fields))
			c.read("GET")
			raw := up.raw()[0]
			for _, line := range x.want {
				if !containsLine(raw, line) {
					t.Errorf("no line %q in %q", line, raw)
				}
			}
			if n := strings.Count(strings.ToLower(raw), "x-forwarded-for"); n != 1 {
				t.Errorf("X-Forwarded-For %d times", n)
			}
			if e := g.end(); e.client != x.client {
				t.Errorf("client %s, want %s", e.client, x.client)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	up := newUpstream(t, "HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n")
	g := newGate(t, up.address, options{})
	c := g.dial()
	seen := map[string]bool{}
	for i, x := range []struct {
		id   string
		kept bool
	}{
		{"abc-1.2:3/4", true}, {strings.Repeat("a", maxRequestID), true},
		{"", false}, {strings.Repeat("a", maxRequestID+1), false}, {"a b", false}, {"a\"b", false}, {"a\xffb", false}, {"${jndi:x}", false},
	} {
		c.send(get("X-Request-Id: " + x.id + "\r\n"))
		got := c.read("GET").Header.Values("X-Request-Id")
		if len(got) != 1 || (got[0] == x.id) != x.kept || seen[got[0]] {
			t.Errorf("%q became %q", x.id, got)
		}
		seen[got[0]] = true
		if !containsLine(up.raw()[i], "X-Request-Id: "+got[0]) {
			t.Errorf("the upstream saw %q", up.raw()[i])
		}
	}
}

func TestMaxRequests(t *testing.T) {
	g := newGate(t, "", options{config: Config{MaxRequests: 2}})
	c := g.dial()
	c.send(get(""))
	if a := c.read("GET"); a.Close {
		t.Error("closed too early")
	}
	c.send(get(""))
	if a := c.read("GET"); !a.Close || !c.closed() {
		t.Error("not closed")
	}
}

func TestMaxConns(t *testing.T) {
	g := newGate(t, "", options{config: Config{MaxConns: 1}})
	a := g.dial()
	a.send(get(""))
	a.read("GET")
	b := g.dial()
	if _, err := io.ReadAll(b); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if n := g.server.Refused(); n != 1 {
		t.Errorf("%d refused", n)
	}
	a.send(get(""))
	if x := a.read("GET"); x.StatusCode != 404 {
		t.Errorf("status %d", x.StatusCode)
	}
}

func TestIdleTimeout(t *testing.T) {
	g := newGate(t, "", options{config: Config{IdleTimeout: time.Millisecond}})
	c := g.dial()
	if !c.closed() {
		t.Error("bytes before the end")
	}
	if len(g.handler.ends) != 0 {
		t.Error("an idle connection was logged as an exchange")
	}
}

// TestIdleHoldsNoBuffer looks at what a connection holds when nothing can be
// read of it.
func TestIdleHoldsNoBuffer(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	plain := newConn(NewServer(&handler{}, Config{}), b)
	plain.w = getWork()
	go a.Write([]byte("G"))
	if err := plain.awaitAny(); err != nil || string(plain.w.in) != "G" {
		t.Errorf("%v", err)
	}
	plain.w.release()
	plain.w = nil

	l := listen(t)
	defer l.Close()
	c := dialRaw(t, l.Addr().String())
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	socket := newConn(NewServer(&handler{}, Config{}), nc)
	socket.w = getWork()
	try := socket.ready
	socket.ready = func(fd uintptr) bool {
		done := try(fd)
		if !done {
			if socket.w != nil {
				t.Error("the connection holds on to its buffers while it waits")
			}
			c.send("G") // at last
		}
		return done
	}
	if err := socket.awaitRaw(); err != nil || string(socket.w.in) != "G" {
		t.Errorf("%v", err)
	}
}

// TestServeConn serves a connection that is no socket and of which the first
// bytes were read already.
func TestServeConn(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{})
	for _, preread := range []string{"", "G", get(""), get("") + "GET"} {
		a, b := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			g.server.ServeConn(b, []byte(preread))
		}()
		go func() { _, _ = io.WriteString(a, (get("") + probe)[len(preread):]) }()
		c := &client{t, a, bufio.NewReader(a)}
		for range 2 {
			if x := c.read("GET"); x.StatusCode != 200 {
				t.Errorf("status %d", x.StatusCode)
			}
		}
		a.Close()
		<-done
	}
}

func TestSlowReader(t *testing.T) {
	up := newUpstream(t, "HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n"+strings.Repeat("x", 50_000_000))
	g := newGate(t, up.address, options{config: Config{WriteTimeout: 20 * time.Millisecond}})
	c := g.dial()
	c.send(get(""))
	if e := g.end(); e.result.Failure != exchange.WriteFailed || e.result.Complete {
		t.Errorf("%+v", e.result)
	}
}

// flaky is a listener that fails a few times before it accepts.
type flaky struct {
	net.Listener
	failures int
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.failures--; f.failures >= 0 {
		return nil, syscall.EMFILE
	}
	return f.Listener.Accept()
}

// TestAcceptFails shows that the server outlives a system out of descriptors.
func TestAcceptFails(t *testing.T) {
	var text bytes.Buffer
	s := NewServer(&handler{ends: make(chan ended, 1)}, Config{Log: slog.New(slog.NewTextHandler(&text, nil))})
	l := &flaky{listen(t), 3}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	c := dialRaw(t, l.Addr().String())
	c.send(get(""))
	if a := c.read("GET"); a.StatusCode != 404 {
		t.Errorf("status %d", a.StatusCode)
	}
	_ = s.Shutdown(t.Context())
	if err := <-served; err != ErrServerClosed {
		t.Errorf("Serve returned %v", err)
	}
	if n := strings.Count(text.String(), "accepting connections fails"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}
