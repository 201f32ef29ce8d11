// Package sqltext knows the surface of the SQL dialects: where a string, a
// quoted name or a comment begins and ends, how a name is quoted, how a bound
// value is written.
//
// It does not parse statements and cannot tell whether one is harmless.
package sqltext
