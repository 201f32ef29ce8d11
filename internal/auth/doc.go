// Package auth decides who may do what, and keeps what people prove themselves
// with.
//
// One table has every action and what each role may do of it (table.go);
// [Decide] is the only function that reads it on behalf of a request. Whatever
// the table does not give is denied. Beside it are passwords, secrets of tokens
// and sessions, and the slowing down of guesses.
//
// The package does no input or output, knows no HTTP and stores nothing:
// package control keeps users, bindings, tokens and sessions, and asks here.
// Logging in through a browser, with cookies and OpenID Connect, is in package
// web below it.
package auth
