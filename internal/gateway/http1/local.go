package http1

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// refuse answers a request that the handler does not get to decide on. The
// connection is closed: where the next request begins is not certain.
func (c *conn) refuse(r refusal) (keep bool) {
	c.w.request.connection.close = true
	return c.fail(r.failure, r.detail)
}

// fail ends an exchange of which nothing was sent yet.
func (c *conn) fail(f exchange.Failure, detail string) (keep bool) {
	ex := &c.w.ex
	ex.Result.Failure, ex.Result.Detail = f, detail
	ex.Response.Local = false
	if !f.OfUpstream() && !f.OfGateway() && f != exchange.NotFound {
		c.w.request.connection.close = true
	}
	if f.OfGateway() {
		detail = "" // what a service says of itself is for the log only
	}
	if f == exchange.ClientGone || f == exchange.WriteFailed || f == exchange.Shutdown {
		ex.Response.Status = f.Status()
		return false
	}
	c.server.handler.Fail(ex, f)
	if !ex.Response.Local {
		ex.RespondProblem(f.Problem(detail))
	}
	return c.respond()
}

// maxInline is the largest local body that is copied behind its head to save
// a write.
const maxInline = 16 << 10

// respond sends the local response.
func (c *conn) respond() (keep bool) {
	w := c.w
	ex := &w.ex
	if _, r := w.takeBuffered(); !r.ok() {
		w.request.connection.close = true
	}
	keep = c.mayKeep() && w.drainable()
	ex.Response.Status = soundStatus(ex.Response.Status)
	body := ex.Response.Body
	code := codeLength
	if bodyless(ex.Response.Status) {
		code = codeNone
	}
	if code == codeNone || ex.Method == "HEAD" {
		body = nil
	}
	out := c.appendOwnHead(w.out[:0], code, int64(len(ex.Response.Body)), keep)
	if len(body) <= maxInline {
		out = append(out, body...)
		body, ex.Result.BytesOut = nil, int64(len(body))
	}
	w.out = out
	f := c.write(out)
	if f == exchange.None && len(body) > 0 {
		if f = c.write(body); f == exchange.None {
			ex.Result.BytesOut = int64(len(body))
		}
	}
	if f != exchange.None {
		if ex.Result.Failure == exchange.None {
			ex.Result.Failure = f
		}
		return false
	}
	ex.Result.Complete = true
	return keep
}

// part is called after the last response. It lingers if bytes of the client
// may be unread.
func (c *conn) part() {
	w := c.w
	if !w.body.done() || len(w.unread()) > 0 || w.ex.Result.Failure != exchange.None || c.server.closing.Load() {
		c.lingerAfter()
	}
}

// lingerAfter lingers where much may still come: after a request.
func (c *conn) lingerAfter() {
	buf := bodyPool.Get().(*[bodyBuffer]byte)
	defer bodyPool.Put(buf)
	c.linger(buf[:])
}

// appendOwnHead appends the head of a response that is not an upstream's.
// length is that of a body coded codeLength.
func (c *conn) appendOwnHead(out []byte, code coding, length int64, keep bool) []byte {
	ex := &c.w.ex
	out = appendStatusLine(out, ex.Response.Status, "")
	out = appendFields(out, &ex.Response.Header)
	if exchange.ValidValue(ex.Response.ContentType) && ex.Response.ContentType != "" && !ex.Response.Header.Has("Content-Type") {
		out = appendField(out, "Content-Type", ex.Response.ContentType)
	}
	switch code {
	case codeLength:
		out = appendIntField(out, "Content-Length", length)
	case codeChunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case codeNone, codeClose: // the status or the connection's end says it
	}
	if !ex.Response.Header.Has("Date") {
		out = appendField(out, "Date", c.server.httpDate(ex.Start))
	}
	return c.appendHeadEnd(out, keep)
}

// bodyless reports whether a response with the status has no body.
func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// soundStatus returns status if it can be a final one, else 500: the handler
// has a defect.
func soundStatus(status int) int {
	if status < 200 || status > 599 {
		return http.StatusInternalServerError
	}
	return status
}

// mayKeep reports whether the connection may stay open after this exchange,
// as far as is known before the response begins.
func (c *conn) mayKeep() bool {
	return c.w.request.keepAlive() && c.requests < c.server.cfg.MaxRequests && !c.server.closing.Load()
}

// appendHeadEnd appends the fields that every response has, and the empty
// line.
func (c *conn) appendHeadEnd(out []byte, keep bool) []byte {
	out = appendField(out, "X-Request-Id", c.w.requestID)
	switch {
	case !keep:
		out = append(out, "Connection: close\r\n"...)
	case c.w.request.http10:
		out = append(out, "Connection: keep-alive\r\n"...)
	}
	return append(out, "\r\n"...)
}

func appendStatusLine(out []byte, status int, reason string) []byte {
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(status), 10)
	out = append(out, ' ')
	if reason == "" {
		reason = http.StatusText(status)
	}
	out = append(out, reason...)
	return append(out, "\r\n"...)
}

func appendField(out []byte, name, value string) []byte {
	out = append(out, name...)
	out = append(out, ": "...)
	out = append(out, value...)
	return append(out, "\r\n"...)
}

func appendIntField(out []byte, name string, n int64) []byte {
	out = append(out, name...)
	out = append(out, ": "...)
	out = strconv.AppendInt(out, n, 10)
	return append(out, "\r\n"...)
}

// appendFields appends the end-to-end fields of h.
func appendFields(out []byte, h *exchange.Header) []byte {
	for i := range h.Len() {
		if f := h.At(i); kindOf(f.Name) == fieldEndToEnd {
			out = appendField(out, f.Name, f.Value)
		}
	}
	return out
}

// date is the Date field of one second.
type date struct {
	second int64
	text   string
}

// httpDate formats t, and the same second only once.
func (s *Server) httpDate(t time.Time) string {
	d := s.date.Load()
	if d == nil || d.second != t.Unix() {
		d = &date{t.Unix(), t.UTC().Format(http.TimeFormat)}
		s.date.Store(d)
	}
	return d.text
}
