package http1

import (
	"net/http"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// continueLine asks a client for its body.
var continueLine = []byte("HTTP/1.1 100 Continue\r\n\r\n")

// Write implements [exchange.Stream].
func (s *stream) Write(p []byte) (int, error) {
	if err := s.writable(); err != nil {
		return 0, err
	}
	for written := 0; ; {
		n := copy(s.buf[s.end:bodyBuffer-chunkTailroom], p[written:])
		s.end += n
		written += n
		if written == len(p) {
			return written, nil
		}
		if err := s.flush(); err != nil {
			return written, err
		}
	}
}

// Flush implements [exchange.Stream].
func (s *stream) Flush() error {
	if err := s.writable(); err != nil {
		return err
	}
	return s.flush()
}

func (s *stream) writable() error {
	switch {
	case !s.failed.ok():
		return s.failed.failure
	case s.unwanted:
		return exchange.ErrUnwanted
	}
	s.takeBuffer()
	return nil
}

func (s *stream) takeBuffer() {
	if s.buf == nil {
		s.buf = bodyPool.Get().(*[bodyBuffer]byte)
		s.end = chunkHeadroom
	}
}

// flush sends what waits, while the service goes on.
func (s *stream) flush() error {
	f := s.c.cancel.cause()
	if f == exchange.None && !time.Now().Before(s.deadline) {
		f = exchange.ServeTimeout
	}
	if f == exchange.None {
		f = s.send(false)
	}
	switch {
	case f != exchange.None:
		return s.fail(refusal{failure: f})
	case s.unwanted:
		return exchange.ErrUnwanted
	}
	return nil
}

// finish sends the rest, after the service.
func (s *stream) finish() refusal {
	if s.unwanted {
		return refusal{}
	}
	s.takeBuffer()
	return refusal{failure: s.send(true)}
}

// send sends what waits: the head, if it was not sent, and the body as far as
// it is there, which is all of it if last.
func (s *stream) send(last bool) exchange.Failure {
	if !s.sent {
		return s.begin(last)
	}
	data := s.end - chunkHeadroom
	piece := s.buf[chunkHeadroom:s.end]
	if s.code == codeChunked {
		piece = chunkInPlace(s.buf[:], chunkHeadroom, s.end, last)
	}
	s.end = chunkHeadroom
	if len(piece) == 0 {
		return exchange.None
	}
	f := s.c.write(piece)
	if f == exchange.None {
		s.c.w.ex.Result.BytesOut += int64(data)
	}
	return f
}

// begin sends the head, and with it a body that is small.
func (s *stream) begin(last bool) exchange.Failure {
	c := s.c
	w := c.w
	ex := &w.ex
	def(&ex.Response.Status, http.StatusOK)
	c.server.handler.Response(ex)
	if ex.Response.Local {
		s.unwanted = true
		return exchange.None
	}
	if len(s.pending) == 0 {
		s.takeArrived() // to know whether the connection can be kept
	}
	data := s.buf[chunkHeadroom:s.end]
	ex.Response.Status = soundStatus(ex.Response.Status)
	switch {
	case bodyless(ex.Response.Status):
		s.code = codeNone
	case last:
		s.code = codeLength
	case w.request.http10:
		s.code = codeClose
	default:
		s.code = codeChunked
	}
	s.keep = c.mayKeep() && w.drainable() && s.code != codeClose
	w.out = c.appendOwnHead(w.out[:0], s.code, int64(len(data)), s.keep)
	s.sent = true
	c.openEnded.Store(s.code == codeClose)
	if s.code == codeNone || ex.Method == "HEAD" {
		s.code, s.unwanted = codeNone, true
		return c.write(w.out)
	}
	if len(data) > maxInline {
		if f := c.write(w.out); f != exchange.None {
			return f
		}
		return s.send(last)
	}
	s.end = chunkHeadroom
	if s.code == codeChunked {
		w.out = appendChunk(w.out, data)
	} else {
		w.out = append(w.out, data...)
	}
	f := c.write(w.out)
	if f == exchange.None {
		ex.Result.BytesOut += int64(len(data))
	}
	return f
}
