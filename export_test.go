package gatewright

// What the external tests need to see of the path rules: the test for the
// fast path, and the slow path behind it.
var (
	IsCanonicalPath   = isCanonicalPath
	CanonicalPathSlow = canonicalPath
)
