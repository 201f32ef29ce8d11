package param

import (
	"errors"

	"github.com/gatewright/gatewright"
)

// Reason says why a call's parameters were refused, in the terms in which
// callers of a data API are told.
type Reason uint8

// The reasons.
const (
	Malformed Reason = iota + 1 // the request is not what it should be: no JSON, an unknown name
	Missing                     // a parameter that must be sent was not
	WrongType                   // a value is not of its parameter's type
	Refused                     // the value is not allowed where it would stand in the SQL
	TooLarge                    // a named limit was reached
)

// Fault is an error that the caller of a data API can put right. It wraps the
// [gatewright.Error] that says how.
type Fault struct {
	Reason Reason
	Err    *gatewright.Error
}

// Error returns the wrapped error's text.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap returns the wrapped error.
func (f *Fault) Unwrap() error { return f.Err }

// ReasonOf returns the reason of the [Fault] in err's chain, 0 when there is
// none.
func ReasonOf(err error) Reason {
	var f *Fault
	if errors.As(err, &f) {
		return f.Reason
	}
	return 0
}

// Faultf returns a [Fault] about one parameter; name may be empty.
func Faultf(reason Reason, name, format string, args ...any) *Fault {
	code := gatewright.Invalid
	if reason == TooLarge {
		code = gatewright.LimitExceeded
	}
	e := gatewright.Errorf(code, format, args...)
	e.Field = name
	return &Fault{Reason: reason, Err: e}
}

// join makes one fault of several: it has the first one's reason and tells all.
func join(faults []*Fault) error {
	switch len(faults) {
	case 0:
		return nil
	case 1:
		return faults[0]
	}
	e := &gatewright.Error{Code: faults[0].Err.Code, Field: faults[0].Err.Field, Message: "the parameters are not valid"}
	for _, f := range faults {
		e.Details = append(e.Details, gatewright.Detail{Subject: f.Err.Field, Message: f.Err.Message})
	}
	return &Fault{Reason: faults[0].Reason, Err: e}
}
