package http1

import (
	"context"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// forward sends the request to the target and the response to the client.
func (c *conn) forward() (keep bool) {
	data, r := c.receiveSmall()
	if !r.ok() {
		return c.fail(r.failure, r.detail)
	}
	t := &c.w.ex.Target.Timeouts
	def(&t.Connect, gatewright.DefaultConnectTimeout)
	def(&t.Send, gatewright.DefaultSendTimeout)
	def(&t.Read, gatewright.DefaultReadTimeout)
	streamed := !c.w.body.done()
	if !streamed {
		c.watch.begin(c.now)
	}
	u, n, r := c.send(data, streamed)
	if !r.ok() {
		c.detach()
		return c.fail(r.failure, r.detail)
	}
	return c.relay(u, n)
}

// detach ends everything that works on the exchange beside the connection's
// own goroutine. Afterwards the upstream's connection, if it is still open,
// is the caller's alone.
func (c *conn) detach() {
	c.stopPump()
	c.w.in = append(c.w.in, c.watch.end()...)
	c.cancel.use(nil)
}

// send connects, sends the request (all of it, or the start when it is
// streamed) and waits for the first bytes of the answer, which are then in
// w.up[:n].
//
// A kept connection that dies before the first byte of the answer is no
// verdict on the request; it may have been closed while the request was on
// its way. The request is then sent once more, over a new connection, if
// nothing of it had been written, or if it has a safe method and no body. All
// others may have been acted on.
func (c *conn) send(data []byte, streamed bool) (u *upConn, n int, r refusal) {
	w := c.w
	fresh := false
	for stale := 0; ; {
		if u, r = c.connect(fresh); !r.ok() {
			return nil, 0, r
		}
		w.out = c.appendRequestHead(w.out[:0], u.endpoint, streamed)
		if w.body.kind == bodyChunked {
			w.out = appendChunk(w.out, data)
			if !streamed {
				w.out = append(w.out, lastChunk...)
			}
		} else {
			w.out = append(w.out, data...)
		}
		w.ex.Result.Reused = u.reused
		var err error
		if streamed {
			n, err = c.swapStreamed(u)
		} else {
			n, err = u.swap(w.out, w.up, w.ex.Target.Timeouts.Send, w.ex.Target.Timeouts.Read, c.now)
		}
		if err == nil {
			return u, n, refusal{}
		}
		u.close()
		switch {
		case err == errStale:
			stale++
			fresh = stale >= maxStale
			continue
		case u.reused && !w.ex.Result.Retried && !isTimeout(err) && err != errSendTimeout &&
			(!u.wrote || w.replayable()) && c.cancel.cause() == exchange.None:
			w.ex.Result.Retried = true
			fresh = true
			continue
		}
		return nil, 0, c.blame(err)
	}
}

// replayable reports whether the request may reach the upstream twice.
func (w *work) replayable() bool {
	switch w.ex.Method {
	case "GET", "HEAD", "OPTIONS":
		return w.body.kind == bodyNone && !w.request.wantsUpgrade()
	}
	return false
}

// swapStreamed sends the start of a request, leaves the rest to a pump and
// waits for the first bytes of the answer.
func (c *conn) swapStreamed(u *upConn) (int, error) {
	u.wrote = false
	if u.reused && !u.quiet() {
		return 0, errStale
	}
	if err := u.write(c.w.out, c.w.ex.Target.Timeouts.Send); err != nil {
		return 0, err
	}
	u.rdl.at(time.Time{}) // the wait for the answer begins when all is sent
	c.startPump(u)
	n, err := u.read(c.w.up)
	c.interim.Lock()
	c.interim.answered = true
	c.interim.Unlock()
	return n, err
}

// blame finds out why the upstream's connection failed with err.
func (c *conn) blame(err error) refusal {
	c.stopPump()
	if why := c.cancel.cause(); why != exchange.None {
		return refusal{failure: why}
	}
	if p := c.pump; p != nil && !p.outcome.ok() {
		return p.outcome
	}
	switch {
	case err == errSendTimeout:
		return refusal{exchange.SendTimeout, ""}
	case isTimeout(err):
		return refusal{exchange.ReadTimeout, ""}
	}
	return refusal{exchange.UpstreamClosed, err.Error()}
}

// connect returns a connection to the target, a kept one unless fresh. When
// there is none to be had it lets the handler choose another endpoint.
func (c *conn) connect(fresh bool) (*upConn, refusal) {
	ex := &c.w.ex
	for picks := 1; ; picks++ {
		e, ok := ex.Target.Endpoint.(*Endpoint)
		if !ok {
			return nil, refusal{exchange.ConnectFailed, "the endpoint is not of this transport"}
		}
		ex.Result.Endpoint = ex.Target.Endpoint
		u, r := c.connectTo(e, fresh)
		if r.ok() && !c.cancel.use(u) {
			r = refusal{failure: c.cancel.cause()}
		}
		if r.ok() || !r.failure.OfUpstream() || picks >= maxPicks {
			return u, r
		}
		ex.Result.Failure, ex.Result.Detail = r.failure, r.detail
		if !c.server.handler.Repick(ex) {
			return nil, r
		}
		if ex.Result.Failure, ex.Result.Detail = exchange.None, ""; !c.w.targetIsSound() {
			return nil, refusal{exchange.BadRequest, "the rewritten request target is malformed"}
		}
	}
}

func (c *conn) connectTo(e *Endpoint, fresh bool) (*upConn, refusal) {
	if !fresh {
		if u := e.take(c.now); u != nil {
			return u, refusal{}
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), c.w.ex.Target.Timeouts.Connect)
	defer cancel()
	c.cancel.dialing(cancel)
	u, r := e.dial(ctx)
	c.cancel.dialing(nil)
	c.w.ex.Result.Connect += time.Since(began)
	if why := c.cancel.cause(); why != exchange.None && !r.ok() {
		return nil, refusal{failure: why}
	}
	return u, r
}

// readResponse reads and parses the head of the final response, of which n
// bytes are in w.up. rest is what came behind it.
func (c *conn) readResponse(u *upConn, n, own int) (rest []byte, r refusal) {
	w := c.w
	lim := headLimits{bytes: maxResponseHead, fields: maxResponseFields}
	for start, searched, interim := 0, 0, 0; ; {
		end := headEnd(w.up[start:n], searched)
		if end < 0 {
			if r := checkPartial(w.up[start:n], searched); !r.ok() {
				return nil, refusal{exchange.BadResponse, r.detail}
			}
			if n-start >= lim.bytes {
				return nil, refusal{exchange.BadResponse, "the head has too many bytes"}
			}
			searched = n - start
			if n == len(w.up) {
				w.up = slices.Grow(w.up, n)[:2*n]
			}
			u.rdl.within(time.Now(), w.ex.Target.Timeouts.Read)
			m, err := u.read(w.up[n:])
			if err != nil {
				return nil, c.blame(err)
			}
			n += m
			continue
		}
		if r := w.response.parse(w.up[start:start+end], lim, &w.ex.Response.Header, own); !r.ok() {
			return nil, r
		}
		start += end
		searched = 0
		switch status := w.response.status; {
		case status >= 200 || status == 101 && w.request.wantsUpgrade():
			return w.up[start:n], refusal{}
		case status == 101:
			return nil, refusal{exchange.BadResponse, "the upstream upgrades without being asked"}
		case status == 100:
			c.sendContinue()
		}
		w.ex.Response.Header.Truncate(own)
		if interim++; interim > maxInterim {
			return nil, refusal{exchange.BadResponse, "the upstream sends interim responses without end"}
		}
	}
}
