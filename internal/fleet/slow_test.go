package fleet_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
)

// counter counts what a fleet reads, and can make it fail.
type counter struct {
	fleet.Control
	wanted, manifests, deltas atomic.Int64
	fail                      atomic.Bool

	mu  sync.Mutex
	sub chan control.Event
}

func (c *counter) around(inner fleet.Control) fleet.Control {
	c.Control = inner
	return c
}

func (c *counter) Wanted(ctx context.Context, g gatewright.GroupID) (*control.Wanted, error) {
	c.wanted.Add(1)
	return c.Control.Wanted(ctx, g)
}

func (c *counter) Manifest(ctx context.Context, g gatewright.GroupID) (*gatewright.Manifest, error) {
	c.manifests.Add(1)
	if c.fail.Load() {
		return nil, errors.New("the disk is on fire")
	}
	return c.Control.Manifest(ctx, g)
}

func (c *counter) DeltaSince(ctx context.Context, g gatewright.GroupID, generation int64) (gatewright.Delta, int64, bool, error) {
	c.deltas.Add(1)
	return c.Control.DeltaSince(ctx, g, generation)
}

// Subscribe hands out a subscription on which tests say what happened.
func (c *counter) Subscribe() *control.Subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	sub := c.Control.Subscribe()
	c.sub = make(chan control.Event, 1)
	sub.C = c.sub
	return sub
}

func (c *counter) wake(g *gatewright.Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sub <- control.Event{Group: g}
}

// pipes is a listener whose connections have no buffer: what one side does not
// read the other cannot write.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// lenient is a connection on which no write comes too late until the test says
// so: what it wants to read has to arrive, however busy the machine is.
type lenient struct {
	net.Conn
	mu       sync.Mutex
	strict   bool
	deadline time.Time // of writes, as last asked for
}

func (l *lenient) SetWriteDeadline(at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = at
	if !l.strict {
		return nil
	}
	return l.Conn.SetWriteDeadline(at)
}

func (l *lenient) beStrict() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strict = true
	return l.Conn.SetWriteDeadline(l.deadline)
}

// openUnread opens a stream over a connection without buffer and reads its
// head only.
func openUnread(t *testing.T, p *fleettest.Plane, c *caller) (net.Conn, *bufio.Reader) {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: p.Fleet.Handler(), ReadHeaderTimeout: fleettest.Patience}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	}()
	near, end := net.Pipe()
	far := &lenient{Conn: end}
	t.Cleanup(func() {
		_ = near.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	l.conns <- far
	if err := near.SetDeadline(time.Now().Add(fleettest.Patience)); err != nil {
		t.Fatal(err)
	}
	_, err := fmt.Fprintf(near, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s: 1\r\n%s: %s\r\n\r\n",
		c.query("0"), c.secret, link.HeaderProtocol, link.HeaderSession, c.joined.SessionKey)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReaderSize(near, 16)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "\r\n" {
			if err := far.beStrict(); err != nil {
				t.Fatal(err)
			}
			return near, r
		}
	}
}

// A gateway that does not read is cut off; what it would have been told waits
// in the store, not in memory.
func TestUnreadStreamIsCut(t *testing.T) {
	ended := make(chan string, 1)
	p, g := newPlane(t, quiet, func(p *fleettest.Plane) {
		p.Config.WriteTimeout = 10 * time.Millisecond
		p.Config.Log = slog.New(&ends{c: ended})
	})
	p.Seed(g.ID, 2)
	c := newCaller(t, p).join("n")
	openUnread(t, p, c)
	select {
	case why := <-ended:
		if !strings.Contains(why, "i/o timeout") {
			t.Errorf("the stream ended: %s", why)
		}
	case <-time.After(fleettest.Patience):
		t.Fatal("the stream is still open")
	}
}

// ends tells why streams end.
type ends struct {
	slog.Handler
	c chan string
}

func (e *ends) Enabled(context.Context, slog.Level) bool { return true }
func (e *ends) WithAttrs([]slog.Attr) slog.Handler       { return e }

func (e *ends) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "stream ended" {
		r.Attrs(func(a slog.Attr) bool {
			select {
			case e.c <- a.Value.String():
			default:
			}
			return true
		})
	}
	return nil
}

// What happens while a gateway is slow comes as one step, not as many.
func TestSlowStreamIsCoalesced(t *testing.T) {
	counting := &counter{}
	p, g := newPlane(t, quiet, func(p *fleettest.Plane) { p.Around = counting.around })
	alter := p.Seed(g.ID, 1)
	c := newCaller(t, p).join("n")
	_, r := openUnread(t, p, c)
	const generations = 50
	for i := range generations {
		alter(0, fmt.Sprint("v", i))
		counting.wake(g)
	}
	s := &stream{t: t, r: bufio.NewReader(newChunked(r))}
	messages := 0
	for m := s.next(); ; m = s.next() {
		if m == nil {
			t.Fatal("the stream ended")
		}
		messages++
		if m.Type == link.MessageDelta && m.Generation == generations+1 {
			break
		}
	}
	if messages > generations/2 {
		t.Errorf("%d messages for %d generations", messages, generations)
	}
}

// newChunked reads the chunks of an answer.
func newChunked(r *bufio.Reader) io.Reader {
	resp, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), r)), nil)
	if err != nil {
		return strings.NewReader("")
	}
	return resp.Body
}
