// Package exchange holds [Exchange], the one view of a request and its
// response that policies, matching, balancing and logging see, and [Handler],
// what a transport asks of the gateway while it moves the bytes.
//
// A transport (HTTP/1.1, HTTP/2) fills an Exchange, calls a Handler and does
// what the Exchange then says: it sends a response at hand, forwards the
// request to an upstream's endpoint, or lets a [Service] answer, which reads
// the request's body and writes the response through a [Stream]. Nothing here
// reads or writes a connection, and nothing here may ever name a transport's
// type: who works on an Exchange must not be able to tell which one carries
// it.
package exchange
