package http1

import (
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
	accepting sync.WaitGroup // one for each listener
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
	s.mu.Lock()
	if s.closing.Load() {
		s.mu.Unlock()
		_ = l.Close()
		return ErrServerClosed
	}
	s.listeners[l] = struct{}{}
	s.accepting.Add(1)
	s.mu.Unlock()
	defer s.accepting.Done() // after l is closed
	defer l.Close()
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
			s.admit(nc)
		case s.closing.Load():
			s.acceptLast(l)
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
	if c := s.track(nc, false); c != nil {
		s.run(c, preread)
	}
}

// admit serves a connection that was accepted.
func (s *Server) admit(nc net.Conn) {
	if c := s.track(nc, true); c != nil {
		go s.run(c, nil)
	}
}

func (s *Server) run(c *conn, preread []byte) {
	defer s.work.Done()
	defer s.untrack(c)
	c.serve(preread)
}

// track registers a connection, or closes it when there are too many or the
// server is closing. One of a listener is taken even then: the server waits
// for its listeners to end, and only after that for its connections.
func (s *Server) track(nc net.Conn, accepted bool) *conn {
	c := newConn(s, nc)
	s.mu.Lock()
	refuse := s.closing.Load() && !accepted || len(s.conns) >= s.cfg.MaxConns
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
