package management

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gatewright/gatewright"
)

// Mount adds a route below the middle, to see what becomes of its defects.
func (a *API) Mount(pattern string, h http.HandlerFunc) { a.mux.HandleFunc(pattern, h) }

// TakeStream and TakeWait take a place among the event streams and the
// requests that wait.
func (a *API) TakeStream() (func(), error) { return take(a.streams, "event streams") }

// TakeWait is TakeStream for requests that wait.
func (a *API) TakeWait() (func(), error) { return take(a.waiting, "requests that wait") }

// Right tells what is written down for an operation: the action, and how it is
// decided on; "" when nothing is.
func Right(op string) (gatewright.Action, string) {
	r := rights()[op]
	return r.action, [...]string{"", "there", "somewhere", "inside", "anybody", "everybody"}[r.access]
}

// Rights lists the operations for which something is written down.
func Rights() []string { return slices.Sorted(maps.Keys(rights())) }
