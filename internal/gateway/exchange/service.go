package exchange

import (
	"context"
	"errors"
	"io"
	"time"
)

// DefaultServeTimeout is how long a [Service] has when nothing else was said.
const DefaultServeTimeout = 60 * time.Second

// ErrUnwanted is what a [Stream] returns for more of a response's body than
// the client is to get: the request's method is HEAD, the status is one
// without a body, or [Handler.Response] has put another response in its place.
// It is no failure. A Service that returns because of it has done its work.
var ErrUnwanted = errors.New("exchange: the rest of the body is not wanted")

// Service answers requests inside the gateway, where an upstream would
// otherwise be asked. A [Handler] names it with [Exchange.Serve].
type Service interface {
	// Serve reads as much of the request's body as it wants and gives the
	// response, in one of two ways: it calls [Exchange.Respond] or
	// [Exchange.RespondProblem]; or it sets Response.Status (0 means 200),
	// Response.Header and Response.ContentType, and writes the body to s.
	// What it has written counts for nothing when it calls Respond before the
	// head was sent; to call it later is a failure.
	//
	// Serve may block for as long as it works and must not outlive its
	// context. Neither ex nor s may be used after it has returned.
	//
	// An error means that there is no whole response. If the head was not
	// sent yet, the exchange ends with [ServeTimeout] when its time was over,
	// else with [Internal], and [Handler.Fail] is called; the error's text is
	// for the log only. If the head was sent, the client is cut off so that
	// it can tell. A Failure that s has returned ends the exchange in the
	// same way, whatever Serve returns. A panic ends the client's connection.
	Serve(ex *Exchange, s Stream) error
}

// Stream is what a transport gives to a [Service]: the request's body and the
// way to the client. One goroutine at a time may use it.
//
// The errors of reading and writing are Failures: [BodyTooLarge],
// [RequestTimeout] or [BadRequest] of a body, [ServeTimeout] of a response
// that is written when its time is over, [ClientGone], [WriteFailed] or
// [Shutdown] of the connection. After one of them nothing can be sent any
// more.
type Stream interface {
	// Context ends with Serve, and before that when the client goes away, the
	// exchange's time is over, or the server does not wait any longer. Its
	// cause (context.Cause) is then [ClientGone], [ServeTimeout] or
	// [Shutdown]. A client whose next request, or unread body, lies in the
	// connection is not noticed going away before something is written to
	// it. A Service that needs no context does not ask for it and saves its
	// cost.
	Context() context.Context

	// Body returns the request's body, without framing and trailers. When it
	// has more than limit bytes, announced or not, reading fails with
	// [BodyTooLarge]. The transport's own limit holds as well; a negative
	// limit leaves it at that. A client that waits to be asked for its body
	// is asked by the first read. What is not read the transport throws away,
	// or it closes the connection.
	Body(limit int64) io.Reader

	// ReadBody reads what is left of Body(limit). The bytes are in the
	// transport's memory until Serve returns; what of them is to last longer
	// has to be copied. They may be given to Respond.
	ReadBody(limit int64) ([]byte, error)

	// Write appends p to the response's body. It is buffered. The head is
	// sent when the buffer is full, or by Flush; a response that ends before
	// tells its length, others are sent in pieces. Write blocks while the
	// client does not read, for as long as the transport lets one write last.
	// It returns [ErrUnwanted] for what the client is not to get.
	Write(p []byte) (int, error)

	// Flush sends what is buffered, and the head if it was not sent.
	Flush() error
}

// Serve makes the exchange end with what service answers within timeout,
// counted from ex.Start. 0 means [DefaultServeTimeout]. It is for Begin.
func (ex *Exchange) Serve(service Service, timeout time.Duration) {
	if timeout <= 0 {
		timeout = DefaultServeTimeout
	}
	ex.Service, ex.ServeTimeout = service, timeout
}
