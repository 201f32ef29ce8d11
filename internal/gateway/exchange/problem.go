package exchange

import (
	"encoding/json"
	"net/http"
)

// ProblemContentType is the media type of a [Problem].
const ProblemContentType = "application/problem+json"

const problemTypePrefix = "urn:gatewright:problem:"

// Problem is an error answer in the form of RFC 9457.
type Problem struct {
	Cause  string // last part of the type URN, like "connect-failed"; "" gives "about:blank"
	Title  string // the same for every problem of one cause; "" gives the status's text
	Status int
	Detail string // about this one; "" to say no more
}

// JSON returns the problem as JSON with requestID in the member "requestId",
// unless that is "".
func (p Problem) JSON(requestID string) []byte {
	doc := struct {
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Detail    string `json:"detail,omitempty"`
		RequestID string `json:"requestId,omitempty"`
	}{"about:blank", p.Title, p.Status, p.Detail, requestID}
	if p.Cause != "" {
		doc.Type = problemTypePrefix + p.Cause
	}
	if doc.Title == "" {
		doc.Title = http.StatusText(p.Status)
	}
	b, err := json.Marshal(doc)
	if err != nil { // strings and an int always marshal
		return nil
	}
	return append(b, '\n')
}

// RespondProblem makes the exchange end with p.
func (ex *Exchange) RespondProblem(p Problem) {
	ex.Respond(p.Status, ProblemContentType, p.JSON(ex.RequestID))
}
