// Package wire holds the types that travel between the management API and
// its clients as JSON, where the domain's own types do not suffice. Server and
// client share it, so that they cannot disagree.
//
// It must not depend on how either side is built: it imports the domain and
// the standard library only.
package wire
