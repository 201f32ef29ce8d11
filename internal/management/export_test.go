package management

import "net/http"

// Mount adds a route below the middle, to see what becomes of its defects.
func (a *API) Mount(pattern string, h http.HandlerFunc) { a.mux.HandleFunc(pattern, h) }

// Watch takes a place among the watchers.
func (a *API) Watch() (func(), error) { return a.watch() }
