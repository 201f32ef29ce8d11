// Package gateway is the data plane: it serves the APIs it was last given.
//
// A [Gateway] runs a runtime, an immutable snapshot of routes, APIs and
// registries behind one atomic pointer. An [Update] makes another one beside
// it, sharing whatever did not change: balancers with their positions,
// connection pools, look-ups under way and counters. [Gateway.Commit] swaps the
// pointer. A request loads the pointer once and holds on to the API it found
// until its stream has ended, so that each answer is wholly that of one
// revision; what a replaced revision held is let go of when the last of its
// requests has ended.
//
// Every answer of a published API names the revision that gave it in the field
// Gatewright-Revision, a structured field (RFC 9651): the number of the
// revision, and its version as a parameter when it has one, like
//
//	Gatewright-Revision: 3;version="1.0.1"
//
// A version that is not ASCII stands there as a display string (%"…").
//
// Sub-packages do the parts: exchange (what a request looks like to everybody),
// http1 (the transport), match (routes), balance (addresses). This package
// joins them and writes the access log. It never imports the control plane or
// the store, asks nobody what to serve, and keeps nothing on disk.
package gateway
