// Package control is the control plane's mind: it plans changes, checks them,
// takes them through the pipeline to the instances of a group, and answers
// what runs where.
//
// Every alteration of what a gateway runs is a change and passes through
// [Control.Submit]; there is no second way. Rules are checks (check_*.go), each
// adding findings to a plan. What a change has come to is always in the store,
// never in memory alone, so that a control plane that is killed at any point
// goes on, or fails the change, when it starts again.
//
// The package owns the [Store] interface and knows no SQL and no HTTP.
package control
