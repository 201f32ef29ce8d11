package exchange

// Failure says why an exchange went wrong. When it happened before a part of
// a response was sent, the client is told with the failure's [Problem]; else
// the connection is cut, so that a broken response never looks whole. It is an
// error: what a [Stream] returns.
type Failure uint8

// The failures of an exchange. First those of the request, then those of the
// upstream, those of the gateway itself, and those of the client's connection.
const (
	None Failure = iota

	BadRequest          // its form is wrong or has more than one meaning
	RequestTimeout      // the head or the body came too slowly
	BodyTooLarge        // the body exceeds the limit
	TargetTooLong       // the request target exceeds the limit
	ExpectationFailed   // Expect asks for something other than 100-continue
	HeadTooLarge        // the head has too many bytes or fields
	NotImplemented      // a method or transfer coding that is not supported
	VersionNotSupported // neither HTTP/1.0 nor HTTP/1.1
	NotFound            // the Handler chose neither an endpoint nor a response

	ConnectFailed  // no connection: refused, unreachable, TLS not agreed
	ConnectTimeout // no connection in time
	Overloaded     // the endpoint has as many connections as it may have
	SendTimeout    // the upstream did not take the request in time
	ReadTimeout    // the upstream did not answer, or stopped answering, for too long
	UpstreamClosed // the upstream closed the connection before the end of its response
	BadResponse    // the response's form is wrong or has more than one meaning

	Internal     // a Service gave no whole response, or there is a defect
	ServeTimeout // a Service took too long

	ClientGone  // the client closed its connection first
	WriteFailed // the client did not take the response in time
	Shutdown    // the server's time to finish ran out

	failures // number of failures
)

type failureInfo struct {
	name   string // of the problem's type, in logs and counters
	status int
	title  string
}

// failureTable is indexed by Failure. 499 is what nginx made the field's
// usual number for "client closed request"; it is logged, never sent.
var failureTable = [failures]failureInfo{
	None:                {"", 200, ""},
	BadRequest:          {"bad-request", 400, "The request is malformed or ambiguous"},
	RequestTimeout:      {"request-timeout", 408, "The request was not received in time"},
	BodyTooLarge:        {"body-too-large", 413, "The request body is too large"},
	TargetTooLong:       {"target-too-long", 414, "The request target is too long"},
	ExpectationFailed:   {"expectation-failed", 417, "The expectation is not supported"},
	HeadTooLarge:        {"head-too-large", 431, "The request head is too large"},
	NotImplemented:      {"not-implemented", 501, "The request needs something that is not supported"},
	VersionNotSupported: {"version-not-supported", 505, "The HTTP version is not supported"},
	NotFound:            {"not-found", 404, "Nothing is published here"},
	ConnectFailed:       {"connect-failed", 502, "The upstream could not be connected"},
	ConnectTimeout:      {"connect-timeout", 504, "The upstream could not be connected in time"},
	Overloaded:          {"overloaded", 503, "The upstream has no free connection"},
	SendTimeout:         {"send-timeout", 504, "The upstream did not take the request in time"},
	ReadTimeout:         {"read-timeout", 504, "The upstream did not answer in time"},
	UpstreamClosed:      {"upstream-closed", 502, "The upstream closed the connection"},
	BadResponse:         {"bad-response", 502, "The upstream's response is malformed or ambiguous"},
	Internal:            {"internal", 500, "The request could not be served"},
	ServeTimeout:        {"serve-timeout", 504, "The request was not served in time"},
	ClientGone:          {"client-gone", 499, "The client closed the connection"},
	WriteFailed:         {"write-failed", 499, "The client did not take the response"},
	Shutdown:            {"shutdown", 503, "The gateway is shutting down"},
}

func (f Failure) info() failureInfo {
	if f >= failures {
		f = BadRequest
	}
	return failureTable[f]
}

// String returns the failure's name as it stands in logs and counters, "" for
// None.
func (f Failure) String() string { return f.info().name }

// Error returns the failure's name, as String does.
func (f Failure) Error() string { return f.info().name }

// Status returns the status the client gets, and for the failures of the
// client's own connection 499, which is only ever logged.
func (f Failure) Status() int { return f.info().status }

// OfUpstream reports whether the upstream is to blame.
func (f Failure) OfUpstream() bool { return f >= ConnectFailed && f <= BadResponse }

// OfGateway reports whether the gateway, or what it asked while it served the
// request, is to blame.
func (f Failure) OfGateway() bool { return f == Internal || f == ServeTimeout }

// Problem returns the answer for f with detail, which may be "".
func (f Failure) Problem(detail string) Problem {
	i := f.info()
	return Problem{Cause: i.name, Title: i.title, Status: i.status, Detail: detail}
}
