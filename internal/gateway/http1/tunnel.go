package http1

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// tunnel passes on the upgrade that the upstream has agreed to, then bytes
// both ways until one side ends. rest came behind the response's head.
func (c *conn) tunnel(u *upConn, rest []byte, own int) (keep bool) {
	w := c.w
	ex := &w.ex
	h := &w.response
	if !h.connection.upgrade || !exchange.EqualName(h.upgrade, "websocket") || h.framing.te || h.framing.length > 0 {
		return c.giveUp(u, own, refusal{exchange.BadResponse, "the upstream upgrades to something else"})
	}
	c.server.handler.Response(ex)
	if ex.Response.Local {
		u.close()
		c.detach()
		return c.respond()
	}
	out := appendStatusLine(w.out[:0], h.status, h.reason)
	out = appendFields(out, &ex.Response.Header)
	out = append(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	out = appendField(out, "X-Request-Id", w.requestID)
	out = append(out, "\r\n"...)
	w.out = append(out, rest...)
	// The watcher must not take bytes out of the stream; the connection to
	// the upstream stays cancellable.
	w.in = append(w.in, c.watch.end()...)
	if f := c.write(w.out); f != exchange.None {
		ex.Result.Failure = f
		u.close()
		c.detach()
		return false
	}
	ex.Result.BytesOut = int64(len(rest))
	c.splice(u)
	u.close()
	c.detach()
	ex.Result.Failure = c.cancel.cause()
	ex.Result.Complete = ex.Result.Failure == exchange.None
	return false
}

// splice moves bytes both ways until both directions have ended. After the
// first has, the other one has LingerTimeout left.
func (c *conn) splice(u *upConn) {
	w := c.w
	t := tunnel{idle: c.server.cfg.TunnelTimeout, linger: c.server.cfg.LingerTimeout}
	t.touch()
	first := w.unread()
	w.r = len(w.in)
	var in, out int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		in = t.copy(u.conn, c.nc, first)
	}()
	out = t.copy(c.nc, u.conn, nil)
	<-done
	w.ex.Result.BytesIn += in
	w.ex.Result.BytesOut += out
}

// tunnel is what the two directions of an upgraded connection share.
type tunnel struct {
	idle, linger time.Duration
	active       atomic.Int64 // when bytes moved last, in either direction
	ended        atomic.Bool  // one direction has ended
}

func (t *tunnel) touch() { t.active.Store(time.Now().UnixNano()) }

// copy moves bytes from src to dst, first before all others, and returns how
// many.
func (t *tunnel) copy(dst, src net.Conn, first []byte) (total int64) {
	defer t.end(dst, src)
	buf := bodyPool.Get().(*[bodyBuffer]byte)
	defer bodyPool.Put(buf)
	for piece := first; ; {
		if len(piece) > 0 {
			t.touch()
			_ = dst.SetWriteDeadline(time.Now().Add(t.idle))
			if _, err := dst.Write(piece); err != nil {
				return total
			}
			total += int64(len(piece))
		}
		wait := t.idle
		_ = src.SetReadDeadline(time.Now().Add(wait))
		if t.ended.Load() {
			_ = src.SetReadDeadline(time.Now().Add(t.linger))
		}
		n, err := src.Read(buf[:])
		piece = buf[:n]
		if err == nil || n > 0 {
			continue
		}
		// The other direction may have been busy.
		if isTimeout(err) && !t.ended.Load() && time.Since(time.Unix(0, t.active.Load())) < t.idle {
			continue
		}
		return total
	}
}

// end passes the end of src on to dst and gives the other direction only so
// much more time.
func (t *tunnel) end(dst, src net.Conn) {
	type closeWriter interface{ CloseWrite() error }
	if cw, ok := dst.(closeWriter); !ok || cw.CloseWrite() != nil {
		_ = dst.Close()
	}
	if t.ended.Swap(true) {
		return
	}
	_ = dst.SetReadDeadline(time.Now().Add(t.linger))
	_ = dst.SetWriteDeadline(time.Now().Add(t.linger))
	_ = src.SetWriteDeadline(time.Now().Add(t.linger))
}
