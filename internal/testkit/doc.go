// Package testkit has the tests that look at the project as a whole. It holds
// nothing that other packages import.
package testkit
