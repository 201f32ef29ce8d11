package config

import (
	"cmp"
	"fmt"

	"github.com/gatewright/gatewright"
)

// places tells where settings were written: "server.yaml:3:9" or the name of
// an environment variable.
type places map[string]string

// report gathers mistakes, so that a user sees them all at once.
type report struct{ details []gatewright.Detail }

// add notes a mistake in the setting path.
func (r *report) add(places places, path, message string) {
	r.details = append(r.details, gatewright.Detail{Location: places[path], Subject: path, Message: path + ": " + message})
}

// at notes a mistake at a place of the file.
func (r *report) at(location, message string) {
	r.details = append(r.details, gatewright.Detail{Location: location, Message: message})
}

// err returns what was noted as one error, or nil.
func (r *report) err(what string) error {
	if len(r.details) == 0 {
		return nil
	}
	return &gatewright.Error{Code: gatewright.Invalid, Message: what + " is not valid", Details: r.details}
}

func between[T cmp.Ordered](r *report, places places, path string, v, low, high T) {
	if v < low || v > high {
		r.add(places, path, fmt.Sprintf("%v is not between %v and %v", v, low, high))
	}
}
