package query

import (
	"errors"

	"github.com/gatewright/gatewright"
)

// Kind says why a call gets no statement, where that is no fault of a
// parameter.
type Kind uint8

// The kinds. What is wrong with parameters is a [param.Fault].
const (
	Denied        Kind = iota + 1 // the grant does not allow what was asked for
	Unconstrained                 // a table asks for conditions that were not sent
	Statement                     // the gate refused the statement that the author's script became
	CallerText                    // the gate refused the statement that the caller sent
	Misgranted                    // the grant has a rule that makes no sense for the API's tables
)

// Error is why a call gets no statement. The texts of the kinds [Statement]
// and [Misgranted] are about what the caller may not see.
type Error struct {
	Kind Kind
	Err  error
}

// Error returns the wrapped error's text.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the Error in err's chain, 0 when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

func refuse(kind Kind, format string, args ...any) error {
	return &Error{kind, gatewright.Errorf(gatewright.Forbidden, format, args...)}
}
