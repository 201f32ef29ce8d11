// Package compile turns what people versioned and configured into the
// resources gateways run. It is pure: equal input gives equal bytes, and
// nothing is read, written or looked up.
package compile
