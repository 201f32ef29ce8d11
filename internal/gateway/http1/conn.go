package http1

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// The states of a client's connection.
const (
	connNew      = iota // not served yet, or shaking hands
	connIdle            // waits for a request
	connActive          // an exchange is under way
	connDraining        // the response is sent; the rest of the request is thrown away
	connHurried         // was idle or draining when the server began to close; see shutdown.go
	connLeaving         // will take no further request
)

// conn is a client's connection.
type conn struct {
	server *Server
	nc     net.Conn
	raw    syscall.RawConn // nil if nc is not a plain socket
	state  atomic.Int32
	rdl    deadline
	wdl    deadline

	scheme     string
	remote     netip.AddrPort
	local      netip.AddrPort
	remoteText string // the peer's address
	portText   string // the listener's port
	trusted    bool   // the peer's X-Forwarded-* are believed

	w        *work // nil while idle
	now      time.Time
	requests int
	begun    bool // End is due
	silent   bool // the client sent nothing while it might

	// openEnded is true while a response is under way that lasts until the
	// end of the connection.
	openEnded atomic.Bool

	// Waiting without a buffer; see awaitRaw.
	ready    func(fd uintptr) bool
	readyErr error

	watch  watcher
	cancel canceller

	// While a request body is streamed.
	pump     *pump
	stopping atomic.Bool // the pump must end
	interim  struct {
		sync.Mutex
		sent     bool // 100 was sent to the client
		final    bool // a final response has begun
		answered bool // the first byte of an answer has arrived
	}
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, nc: nc, scheme: "http", raw: rawOf(nc)}
	c.rdl.set, c.wdl.set = nc.SetReadDeadline, nc.SetWriteDeadline
	if _, ok := nc.(*tls.Conn); ok {
		c.scheme = "https"
	}
	c.remote, c.local = addrPort(nc.RemoteAddr()), addrPort(nc.LocalAddr())
	c.remoteText = c.remote.Addr().String()
	c.portText = strconv.Itoa(int(c.local.Port()))
	c.trusted = s.cfg.trusts(c.remote.Addr())
	c.ready = c.tryRead
	c.watch.init(c, s.cfg.WatchDelay)
	return c
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		ap := t.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

// serve is the connection's life.
func (c *conn) serve(preread []byte) {
	defer c.close()
	defer c.recover()
	if t, ok := c.nc.(*tls.Conn); ok {
		ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.HandshakeTimeout)
		err := t.HandshakeContext(ctx)
		cancel()
		if err != nil {
			return
		}
	}
	c.now = time.Now()
	if len(preread) > 0 {
		c.w = getWork()
		c.w.in = append(c.w.in, preread...)
	}
	for c.await() {
		c.requests++
		if !c.exchange() {
			return
		}
	}
	if c.silent {
		c.linger(make([]byte, lingerBuffer))
	}
}

// recover keeps a defect met in one exchange from ending all others.
func (c *conn) recover() {
	v := recover()
	if v == nil {
		return
	}
	c.server.cfg.Log.Error("exchange panicked", "panic", v, "stack", string(debug.Stack()))
	c.cancel.cancel(exchange.ClientGone)
	c.stopPump()
	c.watch.end()
	if c.begun {
		ex := &c.w.ex
		def(&ex.Response.Status, http.StatusInternalServerError)
		def(&ex.Result.Failure, exchange.Internal)
		ex.Result.Complete = false
		c.finish()
	}
	c.w = nil // what it refers to is not known; it does not go back
}

func (c *conn) close() {
	c.state.Store(connLeaving)
	c.cutShort()
	_ = c.nc.Close()
	c.watch.stop()
	if c.w != nil {
		c.w.next()
		c.w.release()
		c.w = nil
	}
}

// kill ends the connection and what goes on over it.
func (c *conn) kill() {
	c.cancel.cancel(exchange.Shutdown)
	c.cutShort()
	_ = c.nc.Close()
}

// cutShort cuts the connection off if a response is under way whose body lasts
// until the end of the connection: an orderly end would look like the body's.
// It may be called by any goroutine.
func (c *conn) cutShort() {
	if !c.openEnded.Load() {
		return
	}
	nc := c.nc
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn() // TLS has an orderly end of its own
	}
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = nc.Close()
}

// await waits until there are bytes of a request, and reports false when the
// connection is to be closed instead: its client has closed it, or was silent
// for too long.
func (c *conn) await() bool {
	if c.w != nil && len(c.w.in) > 0 {
		// Pipelined. While closing, the last response has said so already,
		// unless this is the first request.
		c.state.Store(connActive)
		return true
	}
	c.state.Store(connIdle)
	c.rdl.within(c.now, c.server.cfg.IdleTimeout)
	c.hurryIfClosing()
	var err error
	if c.raw != nil {
		err = c.awaitRaw()
	} else {
		err = c.awaitAny()
	}
	c.unhurry()
	if err != nil && isTimeout(err) {
		c.silent = !c.lastLook()
		return !c.silent
	}
	return err == nil
}

// lastLook reports whether bytes came just when the time for them had run
// out. Only a plain socket can be asked.
func (c *conn) lastLook() (arrived bool) {
	if c.raw == nil {
		return false
	}
	err := c.raw.Control(func(fd uintptr) { arrived = c.tryRead(fd) })
	return err == nil && arrived && c.readyErr == nil
}

// awaitRaw waits for bytes on a plain socket with no buffer attached to it.
func (c *conn) awaitRaw() error {
	if err := c.raw.Read(c.ready); err != nil {
		return err
	}
	return c.readyErr
}

// tryRead takes a buffer only to see whether something can be read.
func (c *conn) tryRead(fd uintptr) bool {
	if c.w == nil {
		c.w = getWork()
	}
	n, again, err := readNow(fd, c.w.in[:cap(c.w.in)])
	if again {
		c.w.release()
		c.w = nil
		return false
	}
	if n == 0 && err == nil {
		err = net.ErrClosed
	}
	c.readyErr = err
	c.w.in = c.w.in[:n]
	return true
}

// awaitAny waits for the first byte on any other connection.
func (c *conn) awaitAny() error {
	if c.w != nil {
		c.w.release()
		c.w = nil
	}
	var first [1]byte
	n, err := c.nc.Read(first[:])
	if n == 0 {
		if err == nil {
			err = net.ErrClosed
		}
		return err
	}
	c.w = getWork()
	c.w.in = append(c.w.in, first[0])
	return nil
}

// linger closes the connection so that the client can still read what was
// sent: closing while bytes of it lie unread would make the system reset the
// connection and throw the response away.
//
// The client's bytes go to buf and are thrown away.
func (c *conn) linger(buf []byte) {
	c.state.Store(connLeaving)
	type closeWriter interface{ CloseWrite() error }
	cw, ok := c.nc.(closeWriter)
	if !ok || cw.CloseWrite() != nil {
		return
	}
	c.rdl.at(time.Now().Add(c.server.cfg.LingerTimeout))
	for total := 0; total <= maxDrain; {
		n, err := c.nc.Read(buf)
		if err != nil {
			return
		}
		total += n
	}
}

// write sends b to the client.
func (c *conn) write(b []byte) exchange.Failure {
	c.wdl.within(time.Now(), c.server.cfg.WriteTimeout)
	_, err := c.nc.Write(b)
	switch {
	case err == nil:
		return exchange.None
	case c.cancel.cause() == exchange.Shutdown:
		return exchange.Shutdown
	case isTimeout(err):
		return exchange.WriteFailed
	}
	return exchange.ClientGone
}
