// Package cache keeps encoded answers for a while, in bounded memory, and has
// identical calls that come at the same time answered once.
//
// An answer is made by the first who asks, in a goroutine that is the cache's:
// when that caller goes away the others still get it, and when all are gone the
// making ends. Errors are told to all who waited and are never kept. An answer
// that turns out too large to be kept goes to one of the callers as it is made,
// and the others make their own.
//
// The package knows nothing of databases, formats and grants: whatever an
// answer depends on must be in its key.
package cache
