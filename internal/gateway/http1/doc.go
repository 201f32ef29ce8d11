// Package http1 is Gatewright's HTTP/1.1 proxy engine: a strict server side
// ([Server]), pools of connections to upstreams ([Transport], [Endpoint]) and
// what moves messages between the two.
//
// One goroutine serves a client's connection. It reads a request's head into
// a pooled buffer, parses it once, asks the [exchange.Handler] what to do and
// streams bodies both ways. There is a second goroutine only while a request
// body is still being received for an upstream, while a connection is tunnelled
// after an upgrade, and while an upstream or a service has kept a client waiting
// long enough that it is worth noticing should the client go away. A connection
// that waits for a request holds no buffer.
//
// An [exchange.Service] runs on the connection's goroutine: writing to a client
// that does not read holds it up and nothing else, and its end is the
// exchange's. Its output is buffered once, and tells its length if it fits.
//
// What has more than one meaning is refused, never repaired: every server
// behind the gateway must understand a request as the gateway did. So framing
// and the fields about the connection are never copied from one side to the
// other but written anew for each.
//
// The package must not know routes, policies or configuration, and nothing
// that works on an exchange may need to know this package.
package http1
