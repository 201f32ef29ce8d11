package exchange

import (
	"net/netip"
	"time"
)

// Exchange is one request and its response.
//
// It belongs to the transport, which uses it again for the next request: no
// part of it may be kept after [Handler.End] has returned. Strings that came
// from the client or the upstream may alias a connection's buffer, so a copy
// (strings.Clone) is due before one outlives the exchange. An Exchange is used
// by one goroutine at a time.
type Exchange struct {
	Method string
	Scheme string // "http" or "https", of the client's connection
	Proto  string // "HTTP/1.0", "HTTP/1.1" or "HTTP/2"

	RawHost string // as the client sent it, port included; "" only with HTTP/1.0
	Host    string // canonical, see gatewright.CanonicalHost
	RawPath string // as the client sent it; for logs only
	Path    string // canonical, see gatewright.CanonicalPath; "*" for OPTIONS *

	// Query is what follows the "?", as the client sent it. HasQuery tells
	// "/p?" from "/p".
	Query    string
	HasQuery bool

	// Header has the end-to-end fields of the request. What belongs to the
	// connection or to the message's framing (Connection and the fields it
	// lists, Content-Length, Transfer-Encoding, Upgrade, Expect, Host …) and
	// what the transport itself tells the upstream (X-Forwarded-*,
	// X-Request-Id) is not in it; such fields are ignored when set here.
	Header Header

	// ContentLength is the number of bytes of the request's body, 0 for none,
	// and -1 when the client does not say beforehand.
	ContentLength int64

	RemoteAddr netip.AddrPort // the peer of the connection
	LocalAddr  netip.AddrPort // the listener's side of it
	ClientAddr netip.Addr     // who asks: the peer, or whom trusted proxies name

	// RequestID is the client's X-Request-Id if it is 1 to 128 harmless
	// characters, else a new one. It goes to the upstream and to the client.
	// It may be changed in Begin only.
	RequestID string

	Start time.Time // when the request's head was complete

	// Target is where the request goes. The transport presets all of it but
	// Endpoint so that the request would be passed on as it came.
	Target Target

	// Service answers the request in the upstream's place, nil for none; see
	// Serve.
	Service      Service
	ServeTimeout time.Duration // from Start

	// Response is what the client gets.
	Response Response

	// Result is what became of the exchange; the transport keeps it.
	Result Result

	// Data is the Handler's own, set in Begin. It is nil in the calls for a
	// request that was refused before Begin.
	Data any
}

// Endpoint is one address of an upstream together with the connections to it.
// A transport accepts only endpoints it has made.
type Endpoint interface {
	Scheme() string  // "http" or "https"
	Address() string // host:port
}

// Target says where and how a request is forwarded.
type Target struct {
	Endpoint Endpoint // nil means the exchange is answered locally
	Path     string   // canonical
	Query    string   // without "?"
	HasQuery bool
	Host     string // the Host field; "" means the endpoint's address
	Timeouts Timeouts
}

// Timeouts bound the phases of forwarding. Zero means the transport's
// default.
type Timeouts struct {
	Connect time.Duration // to open a connection, TLS included
	Send    time.Duration // between two successful writes of the request
	Read    time.Duration // for the response's head, then between two reads of its body
}

// Response is the response's head and, when it is a local one, its body.
type Response struct {
	Status int

	// Header has the end-to-end fields. Fields set before the upstream
	// answers stay and win over the upstream's of the same name; they go out
	// with a local response and with a Service's as well.
	Header Header

	// Local is true when the response is neither the upstream's nor what a
	// Service writes, but Body.
	Local       bool
	ContentType string // of a local response or a Service's; "" for none
	Body        []byte // of a local response
}

// Respond makes the exchange end with a local response. body must stay
// unchanged until [Handler.End].
func (ex *Exchange) Respond(status int, contentType string, body []byte) {
	ex.Response.Status = status
	ex.Response.Local = true
	ex.Response.ContentType = contentType
	ex.Response.Body = body
}

// Result is what became of an exchange.
type Result struct {
	BytesIn  int64 // bytes of the request's body received from the client, without framing
	BytesOut int64 // bytes of the response's body sent to the client, without framing

	Endpoint  Endpoint      // the one that was used last, nil if none was
	Upstream  int           // the upstream's status before the Handler changed it, 0 if it never answered
	Connect   time.Duration // spent opening a connection, 0 when one was at hand
	FirstByte time.Duration // from Start to the upstream's response head, 0 if it never answered
	Total     time.Duration // from Start to the end of the stream

	Reused  bool // the request went over a connection that had been used before
	Retried bool // it was sent a second time because that connection had died

	Failure  Failure // why it went wrong, None if it did not
	Detail   string  // what exactly, in words; may hold text of the client
	Complete bool    // the client was sent a whole response
}

// Reset makes ex ready for another request. It keeps the memory of its
// headers.
func (ex *Exchange) Reset() {
	request, response := ex.Header, ex.Response.Header
	request.Reset()
	response.Reset()
	*ex = Exchange{Header: request}
	ex.Response.Header = response
}
