package http1

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// ErrServerClosed is what [Server.Serve] returns after [Server.Shutdown].
var ErrServerClosed = errors.New("http1: server closed")

// Pauses of the accept loop when the system refuses, as it does when file
// descriptors run out.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// Server serves HTTP/1.1 to clients. Make it with [NewServer].
type Server struct {
	cfg     Config
	handler exchange.Handler

	closing   atomic.Bool
	closed    chan struct{} // closed when closing begins
	refused   atomic.Int64
	date      atomic.Pointer[date]
	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	work      sync.WaitGroup // one for each connection
}

// NewServer returns a server that asks h what to do with requests.
func NewServer(h exchange.Handler, cfg Config) *Server {
	return &Server{
		cfg:       cfg.withDefaults(),
		handler:   h,
		closed:    make(chan struct{}),
		listeners: map[net.Listener]struct{}{},
		conns:     map[*conn]struct{}{},
	}
}

// Serve accepts connections of l until it fails for good or the server is
// shut down, then returns [ErrServerClosed]. It closes l.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	s.mu.Lock()
	if s.closing.Load() {
		s.mu.Unlock()
		return ErrServerClosed
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()

	pause := minAcceptPause
	var logged time.Time
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = minAcceptPause
			if c := s.track(nc); c != nil {
				go s.run(c, nil)
			}
		case s.closing.Load():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			if now := time.Now(); now.Sub(logged) >= time.Second {
				logged = now
				s.cfg.Log.Error("accepting connections fails", "address", l.Addr().String(), "error", err)
			}
			select {
			case <-time.After(pause):
			case <-s.closed:
			}
			pause = min(2*pause, maxAcceptPause)
		}
	}
}

// ServeConn serves one connection of which preread was read already, and
// returns when it is closed. A [*crypto/tls.Conn] may still have to shake
// hands.
func (s *Server) ServeConn(nc net.Conn, preread []byte) {
	if c := s.track(nc); c != nil {
		s.run(c, preread)
	}
}

func (s *Server) run(c *conn, preread []byte) {
	defer s.work.Done()
	defer s.untrack(c)
	c.serve(preread)
}

// track registers a connection, or closes it when there are too many or the
// server is closing.
func (s *Server) track(nc net.Conn) *conn {
	c := newConn(s, nc)
	s.mu.Lock()
	refuse := s.closing.Load() || len(s.conns) >= s.cfg.MaxConns
	if !refuse {
		s.conns[c] = struct{}{}
		s.work.Add(1)
	}
	s.mu.Unlock()
	if refuse {
		s.refused.Add(1)
		_ = nc.Close()
		return nil
	}
	return c
}

func (s *Server) untrack(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// Refused returns how many connections were closed as they came because there
// were too many or the server was closing.
func (s *Server) Refused() int64 { return s.refused.Load() }

// Conns returns how many connections are open.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Shutdown stops accepting, closes the connections that wait for a request
// and lets the exchanges under way finish; their responses close the
// connection. When ctx ends first, the rest is cut off and ctx's error
// returned. Either way no goroutine of the server is left.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing.Swap(true) {
		close(s.closed)
	}
	for l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		c.closeIfIdle()
	}
	s.mu.Unlock()

	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.conns {
		c.kill()
	}
	s.mu.Unlock()
	<-done
	return context.Cause(ctx)
}
