package http1

import (
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// maxWholeKept is the largest memory of a request's body that goes back to
// the pool.
const maxWholeKept = 1 << 20

var wholePool = sync.Pool{New: func() any {
	b := make([]byte, 0, bodyBuffer)
	return &b
}}

// errNotAsked means that a client that waits to be asked for its body was
// answered instead. It takes that for a no.
var errNotAsked = errors.New("the body was not asked for before the response began")

// Body implements [exchange.Stream].
func (s *stream) Body(limit int64) io.Reader {
	s.limit = limit
	return s
}

// Read reads of the request's body.
func (s *stream) Read(p []byte) (int, error) {
	for {
		switch {
		case !s.failed.ok():
			return 0, s.failed.failure
		case s.tooLarge():
			return 0, s.fail(refusal{failure: exchange.BodyTooLarge})
		case len(s.pending) > 0:
			n := copy(p, s.pending)
			s.pending = s.pending[n:]
			return n, nil
		case !s.broken.ok():
			return 0, s.fail(s.broken)
		case s.c.w.body.done():
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		if n, err := s.receive(p); n > 0 || err != nil {
			return n, err
		}
	}
}

// tooLarge reports whether the body is known to exceed the service's limit.
func (s *stream) tooLarge() bool {
	b := &s.c.w.body
	return s.limit >= 0 && b.received+b.left > s.limit
}

// receive receives more of the body, into p unless it has arrived already.
func (s *stream) receive(p []byte) (int, error) {
	c := s.c
	w := c.w
	w.in = append(w.in, c.watch.end()...)
	defer func() { c.watch.begin(time.Now()) }()
	if len(w.unread()) > 0 {
		s.takeArrived()
		return 0, nil
	}
	if w.request.expect && w.body.received == 0 {
		if s.sent {
			return 0, errNotAsked
		}
		w.request.expect = false
		if f := c.write(continueLine); f != exchange.None {
			return 0, s.fail(refusal{failure: f})
		}
	}
	timeout := min(c.server.cfg.BodyTimeout, time.Until(s.deadline))
	if timeout <= 0 {
		return 0, s.fail(refusal{exchange.RequestTimeout, "the body was not received in time"})
	}
	p = p[:min(len(p), bodyBuffer)] // what comes behind the body has to be put aside
	if w.body.kind == bodyLength {
		p = p[:min(int64(len(p)), w.body.left)]
	}
	n, r := c.readBody(p, timeout)
	if !r.ok() {
		w.request.connection.close = true
		return 0, s.fail(r)
	}
	if s.tooLarge() {
		return 0, s.fail(refusal{failure: exchange.BodyTooLarge})
	}
	return n, nil
}

// takeArrived takes what lies in the connection's buffer of the body. Nothing
// is pending.
func (s *stream) takeArrived() {
	w := s.c.w
	if w.body.done() || !s.broken.ok() {
		return
	}
	if s.pending, s.broken = w.takeBuffered(); !s.broken.ok() {
		w.request.connection.close = true // where the next request begins is not certain
	}
}

// ReadBody implements [exchange.Stream].
func (s *stream) ReadBody(limit int64) ([]byte, error) {
	s.limit = limit
	if len(s.pending) == 0 && s.failed.ok() {
		s.takeArrived()
	}
	if s.c.w.body.done() && s.failed.ok() && s.broken.ok() && !s.tooLarge() {
		b := s.pending
		s.pending = nil
		return b, nil
	}
	if s.whole == nil {
		s.whole = wholePool.Get().(*[]byte)
	}
	b := (*s.whole)[:0]
	for {
		if len(b) == cap(b) {
			// What the client has announced is no reason to take memory: it
			// grows with what arrives.
			b = slices.Grow(b, cap(b))
		}
		n, err := s.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		*s.whole = b
		switch {
		case err == io.EOF, err == nil && s.c.w.body.done() && len(s.pending) == 0:
			return b, nil
		case err != nil:
			return nil, err
		}
	}
}
