package http1

import (
	"slices"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// exchange serves the request that begins in the buffer. It reports whether
// the connection can be used for another one; the buffer then holds what came
// after this one.
func (c *conn) exchange() (keep bool) {
	w := c.w
	head, r := c.readHead()
	c.now = time.Now()
	ex := &w.ex
	ex.Start = c.now
	ex.Scheme, ex.Proto = c.scheme, "HTTP/1.1"
	ex.RemoteAddr, ex.LocalAddr, ex.ClientAddr = c.remote, c.local, c.remote.Addr()
	c.begun = true
	c.pump = nil
	w.body = requestBody{}
	h := &w.request
	if r.ok() {
		r = h.parse(head, c.server.cfg.headLimits(), c.trusted, &ex.Header)
	} else {
		h.reset()
	}
	if h.http10 {
		ex.Proto = "HTTP/1.0"
		h.expect = false // it means nothing there
	}
	c.identify()
	if r.ok() {
		r = h.resolve(ex)
	}
	if r.ok() {
		r = w.body.begin(h.framing, c.server.cfg.MaxBodyBytes)
	}
	if r.ok() {
		keep = c.decide()
	} else {
		keep = c.refuse(r)
	}
	c.finish()
	if !keep {
		if ex.Result.Complete {
			c.part()
		}
		return false
	}
	if !c.drain() {
		c.lingerAfter()
		return false
	}
	w.next()
	return true
}

// decide asks the handler and does what it says.
func (c *conn) decide() (keep bool) {
	w := c.w
	ex := &w.ex
	ex.ContentLength = max(0, w.request.framing.length)
	if w.request.framing.chunked {
		ex.ContentLength = -1
	}
	ex.Target.Path = ex.Path
	ex.Target.Query, ex.Target.HasQuery = ex.Query, ex.HasQuery
	ex.Target.Host = ex.RawHost
	c.server.handler.Begin(ex)
	if ex.RequestID != w.requestID && (ex.RequestID == "" || !exchange.ValidValue(ex.RequestID)) {
		ex.RequestID = w.requestID
	}
	w.requestID = ex.RequestID
	switch {
	case ex.Response.Local:
		return c.respond()
	case ex.Service != nil:
		return c.runService()
	case ex.Target.Endpoint == nil:
		return c.fail(exchange.NotFound, "")
	case !w.targetIsSound():
		return c.fail(exchange.BadRequest, "the rewritten request target is malformed")
	}
	return c.forward()
}

// targetIsSound reports whether what the handler put in place of the client's
// own words can stand in a request's head.
func (w *work) targetIsSound() bool {
	ex := &w.ex
	t := &ex.Target
	if t.Path != ex.Path && (t.Path == "" || t.Path[0] != '/' || !allTarget(t.Path)) {
		return false
	}
	return (t.Query == ex.Query || allTarget(t.Query)) &&
		(t.Host == ex.RawHost || exchange.ValidValue(t.Host)) &&
		(ex.Method == w.request.method || exchange.ValidName(ex.Method))
}

func allTarget(s string) bool {
	for i := range len(s) {
		if byteClass[s[i]]&classTarget == 0 {
			return false
		}
	}
	return true
}

// finish ends the exchange.
func (c *conn) finish() {
	ex := &c.w.ex
	ex.Result.BytesIn += c.w.body.received
	ex.Result.Total = time.Since(ex.Start)
	c.now = ex.Start.Add(ex.Result.Total)
	c.begun = false
	if ex.Result.Complete {
		c.openEnded.Store(false)
	}
	c.server.handler.End(ex)
}

// readHead reads until the head is complete. Its result aliases the buffer.
func (c *conn) readHead() ([]byte, refusal) {
	w := c.w
	cfg := &c.server.cfg
	searched, skipped := 0, false
	var until time.Time
	for {
		// RFC 9112 §2.2: one empty line before a request is forgiven.
		if !skipped && len(w.in) >= 2 && w.in[0] == '\r' && w.in[1] == '\n' {
			w.r, searched, skipped = 2, 2, true
		}
		if n := headEnd(w.in[w.r:], searched-w.r); n >= 0 {
			if n > cfg.MaxHeadBytes {
				return nil, headTooLong(w.in[w.r:], cfg.MaxTargetBytes)
			}
			head := w.in[w.r : w.r+n]
			w.r += n
			return head, refusal{}
		}
		if r := checkPartial(w.in, searched); !r.ok() {
			return nil, r
		}
		searched = len(w.in)
		if len(w.in)-w.r >= cfg.MaxHeadBytes {
			return nil, headTooLong(w.in[w.r:], cfg.MaxTargetBytes)
		}
		if until.IsZero() {
			until = time.Now().Add(cfg.HeadTimeout)
			c.rdl.at(until)
		}
		if len(w.in) == cap(w.in) {
			w.in = slices.Grow(w.in, cap(w.in))
		}
		n, err := c.nc.Read(w.in[len(w.in):cap(w.in)])
		w.in = w.in[:len(w.in)+n]
		switch {
		case n > 0:
		case isTimeout(err):
			return nil, refusal{exchange.RequestTimeout, "the head was not received in time"}
		default:
			return nil, refusal{exchange.ClientGone, "the head was not finished"}
		}
	}
}

// headTooLong tells a request line that is too long from a head that is.
func headTooLong(b []byte, maxTarget int) refusal {
	for i := 0; i < len(b) && b[i] != '\r'; i++ {
		if i > maxTarget+64 {
			return refusal{exchange.TargetTooLong, ""}
		}
	}
	return refusal{exchange.HeadTooLarge, "the head has too many bytes"}
}
