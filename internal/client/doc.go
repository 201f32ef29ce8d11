// Package client speaks the management API of a control plane.
//
// Every method takes a context and has a deadline of its own besides. Errors
// that the control plane answers with are [gatewright.Error]s, the same as if
// the rule had been broken in this process; a control plane that cannot be
// reached is a [gatewright.Unavailable] error that says what to do.
//
// The package decides nothing: rules live on the other side. It must not
// import the server.
package client
