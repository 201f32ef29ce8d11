// Package managementtest runs a whole control plane with its management API
// for tests: real store, real pipeline, real HTTP. Only the gateways are
// played, by [Instance].
package managementtest
