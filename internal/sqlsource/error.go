package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// Reason says why reading from a database failed. It is an error itself, so
// that [errors.Is] finds it in whatever a [Source] returns.
type Reason string

// The reasons of an [Error].
const (
	Busy        Reason = "all connections of the data source are busy"         // the queue is full, or the wait took too long
	Unreachable Reason = "the database cannot be reached"                      // no connection, or not with these credentials
	TimedOut    Reason = "the statement took too long and was ended"           // its time or that of the source was up
	Refused     Reason = "the database refused the statement"                  // its text or an argument
	TooLarge    Reason = "the result is larger than allowed"                   // in bytes
	Broken      Reason = "the connection broke before the result was whole"    // what was read is not all
	Cancelled   Reason = "the caller went away and the statement was ended"    // its context was cancelled
	Closed      Reason = "the data source was removed while it was being used" // closed on this side
)

// Error returns the reason in words.
func (r Reason) Error() string { return string(r) }

// Error is a failure to read from a database. Its text names hosts, tables and
// values: it is for the owners of the data source. Callers of an API see the
// reason only, if that.
type Error struct {
	Reason  Reason
	State   string // the database's own code: SQLSTATE, or a number; "" when there is none
	Message string // what the database or the network said, without credentials
	cause   error
}

// Error returns reason, code and message on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Reason))
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if e.State != "" {
		b.WriteString(" (")
		b.WriteString(e.State)
		b.WriteByte(')')
	}
	return b.String()
}

// Is reports whether target is e's reason.
func (e *Error) Is(target error) bool {
	r, ok := target.(Reason)
	return ok && r == e.Reason
}

// Unwrap returns what a context said, if that is what ended the statement.
// Errors of drivers stay inside: their texts are in Message, cleaned.
func (e *Error) Unwrap() error { return e.cause }

// fail returns an [Error] with the formatted message.
func fail(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// ended returns the [Error] for a context that is done.
func ended(ctx context.Context) *Error {
	cause := context.Cause(ctx)
	var own *Error
	if errors.As(cause, &own) {
		return own
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return &Error{Reason: TimedOut, cause: cause}
	}
	return &Error{Reason: Cancelled, cause: cause}
}

// hide returns text without the secrets of the credentials, however short.
func (c Credentials) hide(text string) string {
	for _, secret := range []string{c.ClientKey, c.Password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, gatewright.Masked)
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
