package management

import "net/http"

// Mount adds a route below the middle, to see what becomes of its defects.
func (a *API) Mount(pattern string, h http.HandlerFunc) { a.mux.HandleFunc(pattern, h) }

// TakeStream and TakeWait take a place among the event streams and the
// requests that wait.
func (a *API) TakeStream() (func(), error) { return take(a.streams, "event streams") }

// TakeWait is TakeStream for requests that wait.
func (a *API) TakeWait() (func(), error) { return take(a.waiting, "requests that wait") }
