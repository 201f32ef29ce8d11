// Package cli is the command line of Gatewright: one file per command. A
// command that asks or changes something is a client of the management API
// and decides nothing itself; server, gateway and dev assemble the parts of
// the system (package role) and run them.
//
// What a command was asked for goes to standard output, everything said on
// the way to standard error. The exit codes are a promise: 0 done, 1 failed,
// 2 wrong use, 3 waiting for approval.
package cli
