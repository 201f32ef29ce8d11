package gatewright

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an [Error] is. Codes are part of the
// management API; they are never re-used for another meaning.
type Code string

// The codes of [Error].
const (
	Invalid            Code = "invalid"             // the input is wrong; sending it again will not help
	NotFound           Code = "not_found"           // the named thing does not exist
	Conflict           Code = "conflict"            // it collides with something that exists or is under way
	Unauthenticated    Code = "unauthenticated"     // no or no valid token
	Forbidden          Code = "forbidden"           // a valid token without the right
	PreconditionFailed Code = "precondition_failed" // the state it relies on is not there
	LimitExceeded      Code = "limit_exceeded"      // a named limit was reached
	Unavailable        Code = "unavailable"         // try again later
	Internal           Code = "internal"            // a defect of Gatewright
)

// Error is the one error type that crosses package borders with a meaning.
// The message says what is wrong, where, and what to do about it.
type Error struct {
	Code    Code     `json:"code"`
	Message string   `json:"message"`
	Field   string   `json:"field,omitempty"`   // name or JSON pointer of the offending input
	Details []Detail `json:"details,omitempty"` // every single finding, when there are several
}

// Detail is one finding inside an [Error].
type Detail struct {
	Location string `json:"location,omitempty"` // file:line:column
	Pointer  string `json:"pointer,omitempty"`  // JSON pointer into the document
	Subject  string `json:"subject,omitempty"`  // instance, route or other resource concerned
	Message  string `json:"message"`
}

// Error returns the message followed by each detail on a line of its own.
func (e *Error) Error() string {
	if len(e.Details) == 0 {
		return e.Message
	}
	var b strings.Builder
	b.WriteString(e.Message)
	for _, d := range e.Details {
		b.WriteString("\n  ")
		b.WriteString(d.String())
	}
	return b.String()
}

// String returns the detail on one line, its place first.
func (d Detail) String() string {
	place := d.Location
	if place == "" {
		place = d.Subject
	}
	if place == "" {
		place = d.Pointer
	}
	if place == "" {
		return d.Message
	}
	return place + ": " + d.Message
}

// Errorf returns an [Error] with the formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an [Invalid] error about one field of the input.
func FieldErrorf(field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// AsError returns the [Error] in err's chain. Any other error is a defect or
// an outage and becomes [Internal] with a general message: its text may hold
// what a caller must not see.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e
	}
	return &Error{Code: Internal, Message: "internal error; the server's log has the cause"}
}

// CodeOf returns the code of err: that of the [Error] in its chain, "" for
// nil, and [Internal] for anything else.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}
