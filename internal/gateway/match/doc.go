// Package match finds the route that a request belongs to.
//
// A [Table] holds the routes of every slot a gateway runs. It is immutable:
// [Table.With] derives another one that shares all it did not touch, so that
// publishing one API costs the same among ten routes and among a hundred
// thousand, and requests go on reading the old table meanwhile without a lock.
//
// # Which route wins
//
// A route fits a request when one of its hosts, its path and one of its
// methods do. Among those that fit, the rules are applied in this order:
//
//  1. Host: an exact host, then "*." patterns with the longest suffix first,
//     then routes for any host. A host whose routes do not fit the path and
//     the method falls through to the next.
//  2. Priority: the higher one.
//  3. Path, at the first segment in which the templates differ: literal before
//     mixed ("{name}.json") before parameter ("{id}") before "*". Of two mixed
//     segments the one with more literal bytes goes first; if that is equal,
//     the one with more literal bytes before its first parameter, then before
//     its second and so on; then alphabetical order.
//  4. Method: a route that names the method before one for every method.
//
// A route that lacks the request's method takes no part. A route for GET takes
// part in HEAD requests: HEAD goes wherever GET would go, except that among
// routes with the same template and priority one that names HEAD is preferred.
// A route for every method with a less specific template does not come
// between, so that a catch-all never takes the HEAD requests of other APIs.
//
// A route with Preflight takes part in OPTIONS requests in the same way: they
// go where requests with its own methods would go, except that among routes
// with the same template and priority one that names OPTIONS is preferred. When
// there are several of that kind, the owner whose key sorts first has it.
//
// A parameter matches one or more bytes other than "/". Within a mixed segment
// each parameter but the last takes as little as it can. "*" matches the rest
// of the path, be it empty: "/files/*" fits "/files/" but not "/files".
// "/pet" and "/pet/" are different paths.
//
// # Two sides
//
// An owner may have two alternatives, of which each request takes one. What
// both have in common is one entry; an entry of one [Side] takes part only in
// requests that take that side, and all rules above apply among those that
// take part. Whoever looks up says which side it is, when it first matters.
//
// # How long it takes
//
// The table is a tree of segments per host. A template leads to one node, and
// a node is entered at most once in a lookup, because each segment of a
// template takes exactly one segment of the path. Back-tracking can therefore
// never cost more than the sum of the alternatives that exist, and that sum is
// known when routes are added: every node holds the highest number of steps
// that any path can cause below it, and [Table.With] refuses routes that raise
// it above [MaxSteps].
//
// The package knows no transport, no policy and no control plane. It expects
// hosts and paths in canonical form ([gatewright.CanonicalHost],
// [gatewright.CanonicalPath]) and never normalises them itself.
package match
