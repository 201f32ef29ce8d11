// Package backends has the services that the examples publish: a pet store
// and a service that tells what it was asked. They keep everything in memory,
// bound everything they read, and stand in for the backends a user would
// bring. "gatewright dev" runs them; they know nothing of Gatewright.
package backends
