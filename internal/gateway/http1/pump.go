package http1

import (
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// pump moves the rest of a request's body to the upstream, while the
// connection's own goroutine waits for the answer, which may come before the
// body is through. Until it is done it alone reads from the client.
type pump struct {
	received atomic.Bool   // the whole body came in
	done     chan struct{} // closed at the end
	outcome  refusal       // why it ended early through the client's fault or the upstream's slowness
	sent     bool          // the whole body went out
}

func (c *conn) startPump(u *upConn) {
	c.interim.sent, c.interim.final, c.interim.answered = false, false, false
	c.stopping.Store(false)
	c.pump = &pump{done: make(chan struct{})}
	go c.runPump(c.pump, u)
}

// stopPump makes the pump end, if it has not, and waits for it. A pump that
// had to be stopped leaves both connections unusable.
func (c *conn) stopPump() {
	p := c.pump
	if p == nil {
		return
	}
	select {
	case <-p.done:
		return
	default:
	}
	c.stopping.Store(true)
	_ = c.nc.SetReadDeadline(aLongTimeAgo)
	c.cancel.interrupt()
	<-p.done
	c.rdl.until = aLongTimeAgo
}

func (c *conn) runPump(p *pump, u *upConn) {
	defer close(p.done)
	w := c.w
	buf := bodyPool.Get().(*[bodyBuffer]byte)
	defer bodyPool.Put(buf)
	// An upstream that knows nothing of 100 never sends it, and some clients
	// would wait for ever.
	awaited := w.request.expect && w.body.received == 0
	timeout := c.server.cfg.BodyTimeout
	if awaited {
		timeout = c.server.cfg.ContinueTimeout
	}
	for !w.body.done() {
		n, r := c.readBody(buf[chunkHeadroom:bodyBuffer-chunkTailroom], timeout)
		timeout = c.server.cfg.BodyTimeout
		if awaited && r.failure == exchange.RequestTimeout && !c.stopping.Load() {
			awaited = false
			c.sendContinue()
			continue
		}
		awaited = false
		if !r.ok() {
			p.outcome = r
			c.cancel.interrupt() // wakes the connection's goroutine
			return
		}
		last := w.body.done()
		p.received.Store(last)
		piece := buf[chunkHeadroom : chunkHeadroom+n]
		if w.body.kind == bodyChunked {
			piece = chunkInPlace(buf[:], chunkHeadroom, chunkHeadroom+n, last)
		}
		if len(piece) == 0 {
			continue
		}
		switch err := u.write(piece, w.ex.Target.Timeouts.Send); err {
		case nil:
		case errSendTimeout:
			p.outcome = refusal{exchange.SendTimeout, ""}
			c.cancel.interrupt()
			return
		default:
			return // the upstream may have answered before it closed
		}
	}
	p.sent = true
	c.interim.Lock()
	if !c.interim.answered {
		u.rdl.at(time.Now().Add(w.ex.Target.Timeouts.Read))
	}
	c.interim.Unlock()
	c.watch.begin(time.Now())
}

// sendContinue sends 100 to a client that waits for it, once, and not after
// the final response has begun.
func (c *conn) sendContinue() {
	if c.pump == nil || !c.w.request.expect {
		return
	}
	c.interim.Lock()
	defer c.interim.Unlock()
	if c.interim.sent || c.interim.final {
		return
	}
	c.interim.sent = true
	// A failure shows when the body does not come, or in the final response.
	_ = c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
}

// beginFinal marks that from now on no interim response may be sent.
func (c *conn) beginFinal() {
	if c.pump == nil {
		return
	}
	c.interim.Lock()
	c.interim.final = true
	c.interim.Unlock()
}
