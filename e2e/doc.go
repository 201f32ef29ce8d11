// Package e2e tests the real binary: processes that are started, loaded,
// killed and started again. Everything here goes through what users have: the
// command line, the management API and the gateways' ports.
package e2e
