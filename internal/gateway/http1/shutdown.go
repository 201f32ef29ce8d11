package http1

import (
	"context"
	"net"
	"time"
)

// How connections that the system has accepted, but the server has not, are
// fetched before a listener is closed.
const (
	lastAcceptWait = 5 * time.Millisecond   // without one: there are no more
	maxLastAccept  = 250 * time.Millisecond // in all, however many keep coming
)

// Shutdown ends the server without losing a request that was sent to it.
//
//   - It stops accepting. Connections that wait in the system's queue are
//     served like the others.
//   - The exchanges under way finish. Their responses say Connection: close if
//     their heads were not sent yet.
//   - A connection that waits for a request has Config.ShutdownGrace left to
//     send one, which is answered with Connection: close. If it sends none,
//     the server closes its side, and then waits for Config.LingerTimeout at
//     most for the client to do the same.
//
// When ctx ends first, the rest is cut off, and the cause of ctx's end is
// returned if an exchange was among it. Either way no goroutine of the server
// is left.
//
// Two things cannot be had. A client that sends a request after a whole grace
// of silence, at the very moment at which the server closes its side, gets
// none of it answered: HTTP/1.1 has no message by which a server announces
// the end of an idle connection. Such a client sees the orderly end of the
// connection instead of a response, not a reset, and may send the request
// again (RFC 9112 §9.3.1). And a connection that the system completes between
// the server's last look at its queue and the closing of the listener is
// reset: there is no portable call that stops new connections but keeps those
// in the queue.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing.Swap(true) {
		close(s.closed)
	}
	for l := range s.listeners {
		wake(l)
	}
	s.mu.Unlock()
	s.accepting.Wait() // not long: see acceptLast

	s.mu.Lock()
	for c := range s.conns {
		c.hurry()
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
	cut := false
	s.mu.Lock()
	for c := range s.conns {
		cut = cut || c.state.Load() == connActive
		c.kill()
	}
	s.mu.Unlock()
	<-done
	if !cut {
		return nil
	}
	return context.Cause(ctx)
}

// deadliner is a listener whose waiting can be ended without closing it.
type deadliner interface{ SetDeadline(time.Time) error }

// wake makes Accept return.
func wake(l net.Listener) {
	if d, ok := l.(deadliner); !ok || d.SetDeadline(aLongTimeAgo) != nil {
		_ = l.Close()
	}
}

// acceptLast takes the connections that wait in the system's queue: their
// clients take them for established and may have sent requests. A deadline
// that has passed would keep Accept from looking at the queue at all, hence
// the short wait.
func (s *Server) acceptLast(l net.Listener) {
	d, ok := l.(deadliner)
	if !ok {
		return
	}
	now := time.Now()
	for end := now.Add(maxLastAccept); now.Before(end); now = time.Now() {
		if d.SetDeadline(now.Add(lastAcceptWait)) != nil {
			return
		}
		nc, err := l.Accept()
		if err != nil {
			return
		}
		s.admit(nc)
	}
}

// hurry shortens the wait of a connection for what its client may or may not
// send. The server's lock is held.
//
// Nothing but the state orders this with the connection's own goroutine, which
// pays no lock for it. That one sets its state and its deadline, and only then
// looks whether the server is closing; so the deadline set here, or by
// hurryIfClosing, is the last. Before it goes on to set other deadlines it
// calls unhurry, which waits for this function if that has begun.
func (c *conn) hurry() {
	if c.state.CompareAndSwap(connIdle, connHurried) || c.state.CompareAndSwap(connDraining, connHurried) {
		_ = c.nc.SetReadDeadline(time.Now().Add(c.server.cfg.ShutdownGrace))
	}
}

// hurryIfClosing is hurry for a wait that begins when the server is closing
// already.
func (c *conn) hurryIfClosing() {
	if c.server.closing.Load() {
		c.rdl.at(time.Now().Add(c.server.cfg.ShutdownGrace))
	}
}

// unhurry ends a wait that may have been hurried.
func (c *conn) unhurry() {
	if c.state.CompareAndSwap(connIdle, connActive) || c.state.CompareAndSwap(connDraining, connActive) {
		return
	}
	c.server.mu.Lock()        // until hurry has set its deadline
	c.server.mu.Unlock()      //nolint:staticcheck // nothing to do in between
	c.rdl.until = time.Time{} // not known; it is set anew when it matters
	c.state.Store(connActive)
}
