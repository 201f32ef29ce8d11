package http1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestShutdownLosesNothing shuts servers down under clients that send one
// request after the other and repeat none. Since the grace is long, no client
// may find its connection closed before a response has said so: whatever was
// sent is answered.
func TestShutdownLosesNothing(t *testing.T) {
	const rounds, clients = 150, 12
	up := newUpstream(t, okResponse)
	rng := rand.New(rand.NewPCG(3, 4))
	var sent, lost atomic.Int64
	for round := range rounds {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			g := newGate(t, up.address, options{config: Config{ShutdownGrace: patience}})
			until, answered := rng.Int64N(200)+clients, atomic.Int64{}
			begin := make(chan struct{})
			var once sync.Once
			var wg sync.WaitGroup
			for i := range clients {
				c := g.dial()
				wg.Go(func() {
					defer once.Do(func() { close(begin) }) // should all of them fail
					for n := 0; ; n++ {
						sent.Add(1)
						last, err := ask(c.Conn, c.r, i+n)
						if err != nil {
							lost.Add(1)
							t.Errorf("client %d, request %d: %v", i, n, err)
							return
						}
						if answered.Add(1) >= until {
							once.Do(func() { close(begin) })
						}
						if last {
							return
						}
						// Some send again at once, some let others go first, so
						// that there are idle connections at each moment.
						for range i % 4 * 2 {
							runtime.Gosched()
						}
					}
				})
			}
			<-begin
			if err := g.server.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
			wg.Wait()
		})
	}
	t.Logf("%d requests sent, %d lost", sent.Load(), lost.Load())
}

// ask sends a request, of another shape for each n, and reads its response.
// An error means that the request is lost. Then the client closes the
// connection if it is told to.
func ask(nc net.Conn, r *bufio.Reader, n int) (last bool, err error) {
	pieces := []string{get("")}
	method := "GET"
	switch n % 4 {
	case 1:
		pieces, method = []string{post("Content-Length: 5\r\n", "hello")}, "POST"
	case 2: // in two segments
		pieces = []string{"GET /a HTTP/1.1\r\n", "Host: h\r\n\r\n"}
	case 3:
		pieces, method = []string{post("Transfer-Encoding: chunked\r\n", "5\r\n"), "hello\r\n0\r\n\r\n"}, "POST"
	}
	for _, p := range pieces {
		if _, err := io.WriteString(nc, p); err != nil {
			return false, fmt.Errorf("send: %w", err)
		}
	}
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return false, fmt.Errorf("receive: %w", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || string(body) != "ok" {
		return false, fmt.Errorf("status %d, body %q, %v", res.StatusCode, body, err)
	}
	if res.Close {
		_ = nc.Close()
	}
	return res.Close, nil
}

// sleepy is a listener that accepts nothing until somebody wakes it up to end
// it: until then connections stay in the system's queue.
type sleepy struct {
	*net.TCPListener
	once  sync.Once
	woken chan struct{}
}

func (l *sleepy) Accept() (net.Conn, error) {
	select {
	case <-l.woken:
		return l.TCPListener.Accept()
	default:
		<-l.woken
		return nil, errors.New("woken")
	}
}

func (l *sleepy) SetDeadline(when time.Time) error {
	l.once.Do(func() { close(l.woken) })
	return l.TCPListener.SetDeadline(when)
}

// TestShutdownServesTheQueue has requests lie in connections that were never
// accepted when the shutdown begins.
func TestShutdownServesTheQueue(t *testing.T) {
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{config: Config{ShutdownGrace: patience}})
	l := &sleepy{TCPListener: listen(t).(*net.TCPListener), woken: make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	for g.listeners() < 2 {
		runtime.Gosched()
	}
	var clients []*client
	for range 20 {
		c := dialRaw(t, l.Addr().String())
		c.send(get(""))
		clients = append(clients, c)
	}
	done := make(chan error, 1)
	go func() { done <- g.server.Shutdown(t.Context()) }()
	for i, c := range clients {
		if a := c.read("GET"); a.StatusCode != 200 || !a.Close {
			t.Errorf("client %d: status %d, closing %v", i, a.StatusCode, a.Close)
		}
		c.Close()
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
	if err := <-served; err != ErrServerClosed {
		t.Errorf("Serve returned %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the server still accepts")
	}
}

func (g *gate) listeners() int {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	return len(g.server.listeners)
}
