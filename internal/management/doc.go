// Package management is the native REST API of the control plane: JSON over
// HTTP under /api/v1, described by an OpenAPI 3.1 document that is generated
// from the types it uses, with RFC 9457 problems for every error.
//
// It translates: requests into those of package control, what that returns
// into JSON, errors into statuses. No rule about APIs, groups or changes lives
// here, and nothing here reaches a store but through package control.
//
// Everything but /healthz and /readyz needs a management token. That is
// decided before a request is routed, so that no route can forget it.
package management
