package dataapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// Cause says why a call of a data API failed. Those of the families 1, 3 and 4
// are decided in front of this package and are here so that one table has them
// all.
type Cause uint8

// The causes.
const (
	CauseInternal Cause = iota
	CauseNoToken
	CauseTokenExpired
	CauseNotGranted
	CauseDataDenied
	CauseMalformed
	CauseParameterMissing
	CauseParameterType
	CauseConstraint
	CauseStatementRefused
	CauseLimit
	CauseNoAPI
	CauseNotPublished
	CauseBlocked
	CauseAPIRate
	CauseAppRate
	CauseSourceBusy
	CauseUnreachable
	CauseTimeout
	CauseDatabase
	CauseTooLarge
	CauseShape
	CauseCancelled
)

// statusClosed is the status for the log when a caller went away; nobody
// receives it.
const statusClosed = 499

// Meaning is what a cause means to callers.
type Meaning struct {
	Code   int    // ErrorCode of the data service; its thousands are the family
	Status int    // of HTTP
	Name   string // of a problem's type, stable
	Text   string // for callers, where the failure has no better one
}

// Meaning returns the cause's line of the table.
func (c Cause) Meaning() Meaning {
	switch c {
	case CauseNoToken:
		return Meaning{1001, http.StatusUnauthorized, "token-missing", "the call has no token"}
	case CauseTokenExpired:
		return Meaning{1003, http.StatusUnauthorized, "token-expired", "the token has expired"}
	case CauseNotGranted:
		return Meaning{1004, http.StatusForbidden, "not-granted", "the application is not granted this API"}
	case CauseDataDenied:
		return Meaning{1005, http.StatusForbidden, "data-denied", "the grant does not allow what was asked for"}
	case CauseMalformed:
		return Meaning{2000, http.StatusBadRequest, "request-malformed", "the request is malformed"}
	case CauseParameterMissing:
		return Meaning{2001, http.StatusBadRequest, "parameter-missing", "a required parameter is missing"}
	case CauseParameterType:
		return Meaning{2002, http.StatusBadRequest, "parameter-type", "a parameter has the wrong type"}
	case CauseConstraint:
		return Meaning{2003, http.StatusBadRequest, "condition-missing", "conditions that the table asks for are missing"}
	case CauseStatementRefused:
		return Meaning{2004, http.StatusBadRequest, "statement-refused", "the statement is not allowed"}
	case CauseLimit:
		return Meaning{2005, http.StatusBadRequest, "limit-exceeded", "a limit of the request is exceeded"}
	case CauseNoAPI:
		return Meaning{3001, http.StatusNotFound, "no-such-api", "there is no such API"}
	case CauseNotPublished:
		return Meaning{3002, http.StatusNotFound, "not-published", "the API is not published here"}
	case CauseBlocked:
		return Meaning{3003, http.StatusForbidden, "blocked", "the API is blocked at this time"}
	case CauseAPIRate:
		return Meaning{4001, http.StatusTooManyRequests, "api-rate", "the API is called too often"}
	case CauseAppRate:
		return Meaning{4002, http.StatusTooManyRequests, "app-rate", "the application calls too often"}
	case CauseSourceBusy:
		return Meaning{4003, http.StatusServiceUnavailable, "source-busy", "the data source has too many calls at this moment; try again"}
	case CauseUnreachable:
		return Meaning{5001, http.StatusServiceUnavailable, "source-unreachable", "the data source cannot be reached"}
	case CauseTimeout:
		return Meaning{5002, http.StatusGatewayTimeout, "source-timeout", "the data source took too long"}
	case CauseDatabase:
		return Meaning{5003, http.StatusBadGateway, "source-error", "the data source could not answer the query"}
	case CauseTooLarge:
		return Meaning{5004, http.StatusBadGateway, "result-too-large", "the result is too large; ask for fewer rows or columns"}
	case CauseShape:
		return Meaning{5005, http.StatusBadGateway, "result-shape", "the result does not have the columns that the API promises"}
	case CauseCancelled:
		return Meaning{5006, statusClosed, "cancelled", "the caller went away"}
	}
	return Meaning{5000, http.StatusInternalServerError, "internal", "internal error"}
}

// Failure is why a call failed. Its text is for callers and holds nothing of
// databases, hosts and SQL that is not the caller's own; Unwrap returns what
// the log should have.
type Failure struct {
	Cause   Cause
	Message string // for the caller
	Field   string // name of the parameter, "" for none
	Details []gatewright.Detail
	err     error
}

// Error returns the text for the caller.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the whole truth, for owners and logs.
func (f *Failure) Unwrap() error { return f.err }

// NewFailure returns a failure of the cause with its text; err is for the log
// and may be nil.
func NewFailure(cause Cause, err error) *Failure {
	return &Failure{Cause: cause, Message: cause.Meaning().Text, err: err}
}

// tell returns a failure that shows the caller what err says.
func tell(cause Cause, err error) *Failure {
	f := NewFailure(cause, err)
	if e := gatewright.AsError(err); e.Code != gatewright.Internal {
		f.Message, f.Field, f.Details = e.Message, e.Field, e.Details
	}
	return f
}

// FailureOf returns the failure that err is. Any other error becomes one whose
// text says nothing but the cause.
func FailureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	switch query.KindOf(err) {
	case query.Denied:
		return tell(CauseDataDenied, err)
	case query.Unconstrained:
		return tell(CauseConstraint, err)
	case query.CallerText:
		return tell(CauseStatementRefused, err)
	case query.Statement:
		return NewFailure(CauseStatementRefused, err)
	case query.Misgranted:
		return NewFailure(CauseDataDenied, err)
	}
	switch param.ReasonOf(err) {
	case param.Malformed:
		return tell(CauseMalformed, err)
	case param.Missing:
		return tell(CauseParameterMissing, err)
	case param.WrongType:
		return tell(CauseParameterType, err)
	case param.Refused:
		return tell(CauseStatementRefused, err)
	case param.TooLarge:
		return tell(CauseLimit, err)
	}
	return NewFailure(sourceCause(err), err)
}

// sourceCause returns the cause of what a source said.
func sourceCause(err error) Cause {
	if outOfRange(err) {
		return CauseParameterType
	}
	for _, c := range []struct {
		reason error
		cause  Cause
	}{
		{sqlsource.Busy, CauseSourceBusy}, {sqlsource.Unreachable, CauseUnreachable}, {sqlsource.TimedOut, CauseTimeout},
		{sqlsource.Refused, CauseDatabase}, {sqlsource.TooLarge, CauseTooLarge}, {sqlsource.Broken, CauseUnreachable},
		{sqlsource.Cancelled, CauseCancelled}, {sqlsource.Closed, CauseUnreachable},
		{context.DeadlineExceeded, CauseTimeout}, {context.Canceled, CauseCancelled},
	} {
		if errors.Is(err, c.reason) {
			return c.cause
		}
	}
	return CauseInternal
}

// outOfRange reports whether a database says, by its SQLSTATE, that a value is
// none of the type that it is compared with: PostgreSQL reads a bound number as
// the type of the field, which may be narrower than what a parameter can hold.
func outOfRange(err error) bool {
	var e *sqlsource.Error
	if !errors.As(err, &e) || e.Reason != sqlsource.Refused {
		return false
	}
	switch e.State {
	case "22003", "22007", "22008", "22P02":
		return true
	}
	return false
}

// AppendEnvelope appends the failure as the data service answers it. millis is
// how long the call took.
func (f *Failure) AppendEnvelope(dst []byte, requestID string, millis int64) []byte {
	return format.AppendEnvelope(dst, &format.Summary{
		Total: -1, Millis: millis, RequestID: requestID, Code: f.Cause.Meaning().Code, Message: f.Text(),
	})
}

// Text returns the message with the details, each on a line of its own.
func (f *Failure) Text() string {
	return (&gatewright.Error{Message: f.Message, Details: f.Details}).Error()
}

// AppendProblem appends the failure as a problem of RFC 9457.
func (f *Failure) AppendProblem(dst []byte, requestID string) []byte {
	m := f.Cause.Meaning()
	dst = append(dst, `{"type":"about:blank","title":`...)
	dst = format.AppendText(dst, m.Text)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(m.Status), 10)
	dst = append(dst, `,"detail":`...)
	dst = format.AppendText(dst, f.Text())
	dst = append(dst, `,"code":`...)
	dst = strconv.AppendInt(dst, int64(m.Code), 10)
	dst = append(dst, `,"cause":`...)
	dst = format.AppendText(dst, m.Name)
	if f.Field != "" {
		dst = append(dst, `,"field":`...)
		dst = format.AppendText(dst, f.Field)
	}
	dst = append(dst, `,"requestId":`...)
	dst = format.AppendText(dst, requestID)
	return append(dst, '}', '\n')
}
