package http1

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// errStale means that a kept connection was found dead, or with bytes on it
// that nobody asked for, before anything was sent.
var errStale = errors.New("the kept connection was closed or not clean")

// errSpokeFirst means that a new connection had bytes on it, or was closed,
// before the request.
var errSpokeFirst = errors.New("the upstream spoke or closed before it got the request")

// upConn is a connection to an upstream.
type upConn struct {
	endpoint  *Endpoint
	conn      net.Conn
	raw       syscall.RawConn // nil when conn is not a plain socket
	socket    syscall.RawConn // what conn rests on, for looking only; may be nil
	reused    bool
	idleSince time.Time
	rdl, wdl  deadline
	wrote     bool // bytes of the current request went out
	closed    atomic.Bool

	// The state of swap, between the calls of step.
	step  func(fd uintptr) bool
	phase swapPhase
	req   []byte
	buf   []byte
	n     int
	err   error
}

func newUpConn(e *Endpoint, conn, socket net.Conn) *upConn {
	if socket == nil { // dialing failed
		return nil
	}
	u := &upConn{endpoint: e, conn: conn, raw: rawOf(conn), socket: rawOf(socket)}
	u.rdl.set, u.wdl.set = conn.SetReadDeadline, conn.SetWriteDeadline
	u.step = u.swapStep
	return u
}

// close may be called more than once and by any goroutine.
func (u *upConn) close() {
	if !u.closed.Swap(true) {
		u.endpoint.open.Add(-1)
		_ = u.conn.Close()
	}
}

type swapPhase uint8

const (
	swapCheck swapPhase = iota // is the connection open and clean?
	swapWrite                  // send the request
	swapRead                   // take what comes
	swapPart                   // only a part of the request could be sent at once
)

// swap sends req and waits for the first bytes of the answer, which it puts
// into buf.
//
// On a plain socket all of it happens inside one RawConn.Read, for this
// reason. Go's way to wait is: note that from now on readiness counts, try to
// read, and sleep if there is nothing. After a request has just been written
// that try always comes too early and is a system call for nothing. Done
// before the request is written, the same call finds out whether a kept
// connection was closed or has bytes on it that do not belong to any answer.
// So each reuse is checked, and it costs nothing. (New connections are checked
// as well: what came before the wait began would not wake it.)
func (u *upConn) swap(req, buf []byte, send, read time.Duration, now time.Time) (int, error) {
	u.wrote = false
	u.rdl.within(now, read)
	if u.raw == nil {
		return u.swapPlain(req, buf, send)
	}
	u.req, u.buf, u.n, u.err = req, buf, 0, nil
	u.phase = swapCheck
	err := u.raw.Read(u.step)
	u.req, u.buf = nil, nil
	switch {
	case err != nil:
		return 0, err
	case u.phase == swapPart:
		if err := u.write(req[u.n:], send); err != nil {
			return 0, err
		}
		u.rdl.within(time.Now(), read)
		return u.read(buf)
	case u.n == 0 && u.err == nil:
		return 0, io.EOF
	}
	return u.n, u.err
}

// swapStep is called when the socket may be readable, the first time at once.
// It returns false to wait.
func (u *upConn) swapStep(fd uintptr) bool {
	if u.phase == swapCheck {
		if _, again, _ := readNow(fd, u.buf); !again {
			u.err = errSpokeFirst
			if u.reused {
				u.err = errStale
			}
			return true
		}
		u.phase = swapWrite
	}
	if u.phase == swapWrite {
		n, err := writeNow(fd, u.req)
		u.wrote = n > 0
		switch {
		case err != nil:
			u.err = err
			return true
		case n < len(u.req):
			u.phase, u.n = swapPart, n
			return true
		}
		u.phase = swapRead
		return false
	}
	n, again, err := readNow(fd, u.buf)
	if again {
		return false
	}
	u.n, u.err = n, err
	return true
}

func (u *upConn) swapPlain(req, buf []byte, send time.Duration) (int, error) {
	if u.reused && !u.quiet() {
		return 0, errStale
	}
	if err := u.write(req, send); err != nil {
		return 0, err
	}
	return u.read(buf)
}

// quiet reports whether a kept connection is still open and has no bytes on
// it.
func (u *upConn) quiet() bool {
	if u.socket != nil {
		quiet := false
		err := u.socket.Control(func(fd uintptr) { quiet = peekNow(fd) })
		if err != nil || !quiet {
			return false
		}
	}
	if u.raw != nil {
		return true
	}
	// What TLS has received already is not in the socket any more. A read
	// whose time is up before it begins looks there and no further.
	until := u.rdl.until
	u.rdl.at(aLongTimeAgo)
	var one [1]byte
	n, err := u.conn.Read(one[:])
	u.rdl.at(until)
	return n == 0 && isTimeout(err)
}

// write sends b.
func (u *upConn) write(b []byte, timeout time.Duration) error {
	u.wdl.within(time.Now(), timeout)
	n, err := u.conn.Write(b)
	u.wrote = u.wrote || n > 0
	if err != nil && isTimeout(err) {
		return errSendTimeout
	}
	return err
}

// read reads once. The deadline is the caller's to set.
func (u *upConn) read(b []byte) (int, error) {
	n, err := u.conn.Read(b)
	if n > 0 {
		return n, nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return 0, err
}

// errSendTimeout means that the upstream did not take the request in time.
var errSendTimeout = errors.New("the upstream did not take the request in time")
