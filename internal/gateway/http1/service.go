package http1

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// stream is what a service has of the connection. It runs on the connection's
// own goroutine: so it is the client's pace that holds it up, and no other
// goroutine touches the connection but the watcher, which looks whether the
// client is still there while the service neither reads nor writes.
type stream struct {
	c        *conn
	own      int       // fields of the response that the handler has set
	deadline time.Time // of the service
	failed   refusal   // what reading or writing has ended with

	// The request's body.
	limit   int64   // most bytes of it; -1 for no limit but the server's
	pending []byte  // received and not handed out
	whole   *[]byte // memory of ReadBody; nil when it took none
	broken  refusal // what is wrong with the part behind pending

	// The response.
	buf      *[bodyBuffer]byte // what waits to be sent; nil when nothing was written
	end      int               // of that in buf, where it begins at chunkHeadroom
	code     coding            // of the body, once the head is sent
	sent     bool              // the head
	keep     bool              // what the head says of the connection
	unwanted bool              // the client is to get no more of the body

	// The service's context, nil until asked for, and how to end it.
	ctx    context.Context
	cancel context.CancelCauseFunc
	free   context.CancelFunc
}

// runService lets the exchange's service answer.
func (c *conn) runService() (keep bool) {
	ex, s := &c.w.ex, &c.w.stream
	*s = stream{c: c, own: ex.Response.Header.Len(), deadline: ex.Start.Add(ex.ServeTimeout), limit: -1}
	defer s.release()
	c.stopping.Store(false)
	c.watch.begin(c.now)
	err := s.serve()
	switch {
	case s.replaced():
		return c.respond()
	case s.sent && ex.Response.Local:
		err = errTwoAnswers
	}
	r := s.verdict(err)
	if r.ok() && !ex.Response.Local {
		r = s.finish()
	}
	switch {
	case !r.ok():
		return s.giveUp(r)
	case ex.Response.Local:
		return c.respond()
	}
	ex.Result.Complete = true
	return s.keep
}

// errTwoAnswers means that a service called Respond after it had begun to
// send something else.
var errTwoAnswers = errors.New("the service gave a response after the head of another was sent")

// serve calls the service.
func (s *stream) serve() error {
	c, returned := s.c, false
	defer func() {
		c.cancel.serving(nil)
		if s.ctx != nil {
			s.free()
			s.cancel(nil)
		}
		c.w.in = append(c.w.in, c.watch.end()...)
		if !returned && !s.sent { // it panics; conn.recover does the rest
			c.w.ex.Response.Status = http.StatusInternalServerError
		}
	}()
	err := c.w.ex.Service.Serve(&c.w.ex, s)
	returned = true
	return err
}

// replaced reports whether the handler has put another response in the place
// of the service's.
func (s *stream) replaced() bool { return s.unwanted && !s.sent }

// verdict says what comes of a service that returned err.
func (s *stream) verdict(err error) refusal {
	if !s.failed.ok() {
		return s.failed
	}
	if why := s.c.cancel.cause(); why != exchange.None {
		return refusal{failure: why}
	}
	switch {
	case err == nil, s.unwanted && errors.Is(err, exchange.ErrUnwanted):
		return refusal{}
	case !time.Now().Before(s.deadline):
		return refusal{exchange.ServeTimeout, err.Error()}
	}
	return refusal{exchange.Internal, err.Error()}
}

// giveUp ends an exchange that has no whole response of its service.
func (s *stream) giveUp(r refusal) (keep bool) {
	ex := &s.c.w.ex
	if s.sent {
		ex.Result.Failure, ex.Result.Detail = r.failure, r.detail
		return false
	}
	ex.Response.Header.Truncate(min(s.own, ex.Response.Header.Len()))
	return s.c.fail(r.failure, r.detail)
}

// release gives back what the stream has borrowed.
func (s *stream) release() {
	if s.buf != nil {
		bodyPool.Put(s.buf)
	}
	if s.whole != nil && cap(*s.whole) <= maxWholeKept {
		wholePool.Put(s.whole)
	}
	*s = stream{}
}

// Context implements [exchange.Stream].
func (s *stream) Context() context.Context {
	if s.ctx == nil {
		ctx, cancel := context.WithCancelCause(context.Background())
		s.cancel = cancel
		s.ctx, s.free = context.WithDeadlineCause(ctx, s.deadline, exchange.ServeTimeout)
		s.c.cancel.serving(cancel)
	}
	return s.ctx
}

// fail notes what the exchange ends with. A client that is lost ends what the
// service does elsewhere, too.
func (s *stream) fail(r refusal) error {
	if why := s.c.cancel.cause(); why != exchange.None {
		r = refusal{failure: why}
	}
	s.failed = r
	if r.failure == exchange.ClientGone || r.failure == exchange.WriteFailed {
		s.c.cancel.cancel(r.failure)
	}
	return r.failure
}
