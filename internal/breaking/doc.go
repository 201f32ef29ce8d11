// Package breaking says what a new API document changes for the callers of an
// old one, and how far the version must be raised for it.
//
// Documents are OpenAPI 2.0, 3.0 or 3.1, in any combination. Bytes go in, a
// report comes out: the package opens no file, calls nothing and keeps
// nothing.
//
// A pair of schemas is compared once for each direction in which values
// travel, however many operations reach it, and circles are no matter. What is
// found belongs to the place in the document that causes it; from there the
// walk is followed back to the operations it reaches. So one new value of an
// enum that hundreds of operations share is one finding with hundreds of
// places.
//
// Work is counted while it is done. When time, memory or findings run out, the
// verdict is [Unknown], which nothing may take for compatible.
package breaking
