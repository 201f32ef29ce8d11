package http1

import (
	"errors"
	"net"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

type bodyKind uint8

const (
	bodyNone bodyKind = iota
	bodyLength
	bodyChunked
	bodyToEnd // until the connection is closed; responses only
)

// bodyDecoder finds the end of a body and takes its coding off.
type bodyDecoder struct {
	kind   bodyKind
	left   int64 // bodyLength: bytes still to come
	chunks chunkDecoder
}

// decode takes the coding off b in place. b[:data] is then body, and
// b[consumed:] what follows the body's end.
func (d *bodyDecoder) decode(b []byte) (data, consumed int, err error) {
	switch d.kind {
	case bodyLength:
		n := int(min(d.left, int64(len(b))))
		d.left -= int64(n)
		return n, n, nil
	case bodyChunked:
		return d.chunks.decode(b)
	case bodyToEnd:
		return len(b), len(b), nil
	}
	return 0, 0, nil
}

// done reports whether the whole body was seen. Of bodyToEnd only the
// connection knows.
func (d *bodyDecoder) done() bool {
	switch d.kind {
	case bodyLength:
		return d.left == 0
	case bodyChunked:
		return d.chunks.done()
	case bodyToEnd:
		return false
	}
	return true
}

// requestBody is the body of the current request, as far as it is received.
type requestBody struct {
	bodyDecoder
	received int64
	limit    int64 // of received; -1 for none
}

// begin prepares for the body that m describes.
func (b *requestBody) begin(m framing, limit int64) refusal {
	*b = requestBody{limit: limit}
	switch {
	case m.chunked:
		b.kind = bodyChunked
	case m.length > 0:
		b.kind = bodyLength
		b.left = m.length
		if limit >= 0 && m.length > limit {
			return refusal{exchange.BodyTooLarge, ""}
		}
	}
	return refusal{}
}

// take is decode with the count and its limit.
func (b *requestBody) take(p []byte) (data, consumed int, r refusal) {
	data, consumed, err := b.decode(p)
	if err != nil {
		return 0, consumed, bad(err.Error())
	}
	b.received += int64(data)
	if b.limit >= 0 && b.received > b.limit {
		return 0, consumed, refusal{exchange.BodyTooLarge, ""}
	}
	return data, consumed, refusal{}
}

// unread returns the bytes that were read of the client and not used.
func (w *work) unread() []byte { return w.in[w.r:] }

// takeBuffered takes the part of the body that arrived together with the
// head. It aliases the buffer.
func (w *work) takeBuffered() ([]byte, refusal) {
	p := w.unread()
	data, consumed, r := w.body.take(p)
	w.r += consumed
	return p[:data], r
}

// readBody reads more of the body into buf and returns how much.
func (c *conn) readBody(buf []byte, timeout time.Duration) (int, refusal) {
	c.rdl.within(time.Now(), timeout)
	if c.stopping.Load() {
		return 0, refusal{failure: exchange.ClientGone}
	}
	n, err := c.nc.Read(buf)
	if n == 0 && err != nil {
		return 0, bodyReadError(err)
	}
	data, consumed, r := c.w.body.take(buf[:n])
	if consumed < n { // the next request came along
		c.w.in = append(c.w.in, buf[consumed:n]...)
	}
	return data, r
}

func bodyReadError(err error) refusal {
	if isTimeout(err) {
		return refusal{exchange.RequestTimeout, "the body was not received in time"}
	}
	return refusal{exchange.ClientGone, ""}
}

// receiveSmall receives the rest of a body that fits into the buffer behind
// the head, so that head and body go to the upstream in one write and a slow
// client does not hold an upstream's connection.
func (c *conn) receiveSmall() ([]byte, refusal) {
	w := c.w
	b := &w.body
	if b.kind == bodyNone {
		return nil, refusal{}
	}
	start := w.r
	data, r := w.takeBuffered()
	if !r.ok() || b.done() || b.kind != bodyLength || w.request.expect && len(data) == 0 ||
		b.left > int64(cap(w.in)-len(w.in)) {
		return data, r
	}
	for !b.done() {
		c.rdl.within(time.Now(), c.server.cfg.BodyTimeout)
		n, err := c.nc.Read(w.in[len(w.in) : len(w.in)+int(b.left)])
		if n == 0 && err != nil {
			return nil, bodyReadError(err)
		}
		w.in = w.in[:len(w.in)+n]
		if _, r := w.takeBuffered(); !r.ok() {
			return nil, r
		}
	}
	return w.in[start:w.r], refusal{}
}

// drain reads what is left of the request body and throws it away. It reports
// whether the connection is at the start of the next request.
func (c *conn) drain() bool {
	w := c.w
	if w.body.done() {
		return true
	}
	if w.request.expect && w.body.received == 0 {
		return false // nobody asked for the body, so it may never come
	}
	buf := bodyPool.Get().(*[bodyBuffer]byte)
	defer bodyPool.Put(buf)
	c.state.Store(connDraining)
	defer c.unhurry()
	c.rdl.at(time.Now().Add(c.server.cfg.BodyTimeout))
	c.hurryIfClosing()
	for total := 0; !w.body.done() && total <= maxDrain; {
		n, err := c.nc.Read(buf[:])
		if n == 0 && err != nil {
			return false
		}
		total += n
		_, consumed, r := w.body.take(buf[:n])
		if !r.ok() {
			return false
		}
		w.in = append(w.in, buf[consumed:n]...)
	}
	return w.body.done()
}

// drainable reports whether drain is worth trying. Chunked bodies whose end
// is not in sight are not: they may go on for ever.
func (w *work) drainable() bool {
	b := &w.body
	return b.done() || b.kind == bodyLength && b.left <= maxDrain && (!w.request.expect || b.received > 0)
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
