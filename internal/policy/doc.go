// Package policy holds the behaviours that can be configured on an API or a
// route: what each type's configuration may say, and what it does to a call.
//
// A type is an entry of [Types]: a name and a function that turns a
// configuration into a [Built] policy, or says what is wrong with it. The
// control plane builds policies to check them when a change is planned;
// gateways build the same ones, once for each revision, to run them. What is
// built never changes and is shared by all calls.
//
// The package must not know a transport, the control plane or the gateway: it
// acts on a [Call], which the gateway fills. Nothing in it may block, keep a
// part of a call, or be louder than the answer it gives.
package policy
