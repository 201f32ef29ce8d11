package http1

import (
	"io"
	"net/http"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// coding is how the length of a response's body is told to the client.
type coding uint8

const (
	codeNone    coding = iota // there is no body
	codeLength                // Content-Length
	codeChunked               // chunked
	codeClose                 // the end of the connection, for HTTP/1.0
)

// reply is the response on its way from the upstream to the client.
type reply struct {
	u       *upConn
	body    bodyDecoder
	code    coding
	tainted bool // u must not be used again
}

// relay sends the response, of which n bytes are in w.up, to the client.
func (c *conn) relay(u *upConn, n int) (keep bool) {
	w := c.w
	ex := &w.ex
	own := ex.Response.Header.Len()
	rest, r := c.readResponse(u, n, own)
	if !r.ok() {
		return c.giveUp(u, own, r)
	}
	h := &w.response
	ex.Response.Status, ex.Result.Upstream = h.status, h.status
	ex.Result.FirstByte = time.Since(ex.Start)
	if h.status == http.StatusSwitchingProtocols {
		return c.tunnel(u, rest, own)
	}
	rp := reply{u: u, tainted: h.connection.close || h.http10}
	rp.begin(h, ex.Method)
	data, consumed, err := rp.body.decode(rest)
	if err != nil {
		return c.giveUp(u, own, refusal{exchange.BadResponse, err.Error()})
	}
	rp.tainted = rp.tainted || consumed < len(rest)
	c.server.handler.Response(ex)
	if ex.Response.Local {
		rp.tainted = rp.tainted || !rp.body.done()
		c.letGo(&rp)
		return c.respond()
	}
	keep = c.beginReply(&rp, rest[:data])
	f := c.write(w.out)
	if f == exchange.None {
		ex.Result.BytesOut += int64(data)
		if f = c.relayBody(&rp); f == exchange.None {
			ex.Result.Complete = true
			return c.letGo(&rp) && keep
		}
	}
	c.breakOff(&rp, f)
	return false
}

// giveUp ends an exchange whose response cannot be used.
func (c *conn) giveUp(u *upConn, own int, r refusal) (keep bool) {
	u.close()
	c.detach()
	c.w.ex.Response.Header.Truncate(own)
	return c.fail(r.failure, r.detail)
}

// begin decides how long the body is.
func (rp *reply) begin(h *responseHead, method string) {
	switch {
	case h.bodyless(method):
	case h.framing.chunked:
		rp.body.kind, rp.code = bodyChunked, codeChunked
	case h.framing.length >= 0:
		rp.body.kind, rp.code = bodyLength, codeLength
		rp.body.left = h.framing.length
	default:
		rp.body.kind, rp.code = bodyToEnd, codeChunked
		rp.tainted = true
	}
}

// beginReply puts the head and the first part of the body into w.out.
func (c *conn) beginReply(rp *reply, data []byte) (keep bool) {
	w := c.w
	ex := &w.ex
	h := &w.response
	if rp.code == codeChunked && w.request.http10 {
		rp.code = codeClose
		c.openEnded.Store(true)
	}
	status := soundStatus(ex.Response.Status)
	ex.Response.Status = status
	if rp.code != codeNone && (status == http.StatusNoContent || status == http.StatusNotModified) {
		// The handler has made it a status that has no body.
		rp.tainted = rp.tainted || !rp.body.done()
		rp.body, rp.code, data = bodyDecoder{}, codeNone, nil
		c.openEnded.Store(false)
	}
	keep = c.mayKeep() && rp.code != codeClose && (c.pump == nil || c.pump.received.Load())
	reason := h.reason
	if status != h.status {
		reason = ""
	}
	out := appendStatusLine(w.out[:0], status, reason)
	out = appendFields(out, &ex.Response.Header)
	if !ex.Response.Header.Has("Date") {
		out = appendField(out, "Date", c.server.httpDate(ex.Start))
	}
	switch {
	case rp.code == codeChunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case rp.code == codeLength,
		h.framing.length >= 0 && (ex.Method == "HEAD" && status != http.StatusNoContent || status == http.StatusNotModified && h.status == status):
		out = appendIntField(out, "Content-Length", h.framing.length)
	case rp.code == codeNone && ex.Method != "HEAD" && status != http.StatusNoContent && status != http.StatusNotModified:
		// The handler has made it a status that has a body.
		out = append(out, "Content-Length: 0\r\n"...)
	}
	out = c.appendHeadEnd(out, keep)
	if rp.code == codeChunked {
		out = appendChunk(out, data)
		if rp.body.done() {
			out = append(out, lastChunk...)
		}
	} else {
		out = append(out, data...)
	}
	w.out = out
	c.beginFinal()
	return keep
}

// relayBody sends the rest of the body.
func (c *conn) relayBody(rp *reply) exchange.Failure {
	if rp.body.done() {
		return exchange.None
	}
	buf := bodyPool.Get().(*[bodyBuffer]byte)
	defer bodyPool.Put(buf)
	timeout := c.w.ex.Target.Timeouts.Read
	for !rp.body.done() {
		rp.u.rdl.within(time.Now(), timeout)
		n, err := rp.u.read(buf[chunkHeadroom : bodyBuffer-chunkTailroom])
		if err == io.EOF && rp.body.kind == bodyToEnd {
			if rp.code == codeChunked {
				return c.write([]byte(lastChunk))
			}
			return exchange.None
		}
		if err != nil {
			r := c.blame(err)
			c.w.ex.Result.Detail = r.detail
			return r.failure
		}
		data, consumed, err := rp.body.decode(buf[chunkHeadroom : chunkHeadroom+n])
		if err != nil {
			c.w.ex.Result.Detail = err.Error()
			return exchange.BadResponse
		}
		rp.tainted = rp.tainted || consumed < n
		piece := buf[chunkHeadroom : chunkHeadroom+data]
		if rp.code == codeChunked {
			piece = chunkInPlace(buf[:], chunkHeadroom, chunkHeadroom+data, rp.body.done())
		}
		if len(piece) == 0 {
			continue
		}
		if f := c.write(piece); f != exchange.None {
			return f
		}
		c.w.ex.Result.BytesOut += int64(data)
	}
	return exchange.None
}

// letGo parts from the upstream after a complete response, and keeps its
// connection if it is clean. It reports whether the whole request was
// received from the client.
func (c *conn) letGo(rp *reply) (received bool) {
	received = true
	if p := c.pump; p != nil {
		select {
		case <-p.done:
			rp.tainted = rp.tainted || !p.sent
		default:
			rp.tainted = true
		}
	}
	if rp.tainted {
		rp.u.close()
	}
	c.detach()
	if p := c.pump; p != nil {
		received = p.received.Load()
	}
	if !rp.tainted && !rp.u.closed.Load() {
		rp.u.endpoint.keep(rp.u, time.Now())
	}
	return received && c.cancel.cause() == exchange.None
}

// breakOff ends an exchange whose response could not be sent whole. The
// client must be able to tell.
func (c *conn) breakOff(rp *reply, f exchange.Failure) {
	rp.u.close()
	c.detach()
	c.w.ex.Result.Failure = f
}
