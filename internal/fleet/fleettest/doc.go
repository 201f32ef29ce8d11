// Package fleettest runs a control plane for tests: the real pipeline over a
// real store, its fleet behind a real listener, and a clock that tests move.
// No other package than tests may use it.
package fleettest
