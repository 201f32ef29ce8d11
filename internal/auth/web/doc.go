// Package web is logging in through a browser: the session's cookie, the proof
// that a request comes from our own page, and OpenID Connect.
//
// It decides nothing about rights and stores nothing: package auth and the
// control plane do.
package web
