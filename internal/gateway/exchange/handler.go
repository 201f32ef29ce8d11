package exchange

// Handler decides what happens to requests. A transport calls it, always from
// the one goroutine that works on the exchange at that moment, in this order:
//
//	Begin (Repick)* (Response | Fail)? End
//
// or, for a request that was refused because of its form or size,
//
//	Fail End
//
// The [Service] that Begin may have named is called after Begin; Response is
// then called from within its Write or Flush, or after it.
//
// Methods must not block for longer than they would let a client wait; while
// they run nothing is read from or written to the connection.
type Handler interface {
	// Begin is called when the head of a request is known. It sets
	// ex.Target.Endpoint, or calls ex.Serve, or calls ex.Respond; the latter
	// wins over the former. If it does none of them, the client gets a 404
	// problem.
	Begin(ex *Exchange)

	// Repick is called when no connection to ex.Target.Endpoint could be had
	// and nothing was sent yet; ex.Result.Failure says why. It sets another
	// endpoint and returns true, or returns false to give up.
	Repick(ex *Exchange) bool

	// Response is called when the response head of the upstream or of the
	// Service is known and nothing of it was sent to the client; not for a
	// response that somebody gave with ex.Respond. It may change
	// ex.Response.Status and ex.Response.Header, or call ex.Respond to send
	// something else.
	Response(ex *Exchange)

	// Fail is called when the request was refused or could not be forwarded
	// or served, and no part of a response was sent. It may call ex.Respond; if
	// it does not, the client gets f's problem. It is not called for
	// [ClientGone], [WriteFailed] and [Shutdown]: nobody would read the answer.
	Fail(ex *Exchange, f Failure)

	// End is called exactly once, when the stream has really ended: after the
	// last byte of the response, or when either side broke off. It is the
	// place to log, count and let go.
	End(ex *Exchange)
}
