package wire

import (
	"net/http"
	"strings"

	"github.com/gatewright/gatewright"
)

// ProblemMediaType is the media type of an error answer (RFC 9457).
const ProblemMediaType = "application/problem+json"

// problemType is followed by the code.
const problemType = "urn:gatewright:error:"

// Problem is the body of every error answer.
type Problem struct {
	Type      string              `json:"type" doc:"urn:gatewright:error: followed by the code."`
	Title     string              `json:"title" doc:"The kind of problem in words."`
	Status    int                 `json:"status" doc:"The HTTP status."`
	Detail    string              `json:"detail" doc:"What is wrong, where, and what to do about it."`
	Code      gatewright.Code     `json:"code" enum:"invalid,not_found,conflict,unauthenticated,forbidden,precondition_failed,limit_exceeded,unavailable,internal"`
	Field     string              `json:"field,omitempty" doc:"Name or JSON pointer of the offending input."`
	Errors    []gatewright.Detail `json:"errors,omitempty" doc:"Every single finding, when there are several."`
	RequestID string              `json:"requestId,omitempty" doc:"Finds the request in the server's log."`
}

// StatusOf returns the HTTP status of a code. It is the one place where the
// two meet.
func StatusOf(code gatewright.Code) int {
	switch code {
	case gatewright.Invalid:
		return http.StatusBadRequest
	case gatewright.Unauthenticated:
		return http.StatusUnauthorized
	case gatewright.Forbidden:
		return http.StatusForbidden
	case gatewright.NotFound:
		return http.StatusNotFound
	case gatewright.Conflict:
		return http.StatusConflict
	case gatewright.PreconditionFailed:
		return http.StatusPreconditionFailed
	case gatewright.LimitExceeded:
		return http.StatusTooManyRequests
	case gatewright.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// NewProblem returns the problem that tells e. A status of 0 means that of
// e's code.
func NewProblem(e *gatewright.Error, status int, requestID string) *Problem {
	if status == 0 {
		status = StatusOf(e.Code)
	}
	return &Problem{
		Type: problemType + string(e.Code), Title: strings.ReplaceAll(string(e.Code), "_", " "),
		Status: status, Detail: e.Message, Code: e.Code, Field: e.Field, Errors: e.Details, RequestID: requestID,
	}
}

// Err returns the error the problem tells.
func (p *Problem) Err() *gatewright.Error {
	return &gatewright.Error{Code: p.Code, Message: p.Detail, Field: p.Field, Details: p.Errors}
}
