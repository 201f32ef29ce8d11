package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// request is what is known of a request beside what it asks for.
type request struct {
	id      string
	actor   gatewright.Actor
	who     *control.Authenticated // nil where nobody is asked for a proof
	decided bool                   // whether it may was decided; see accessInside
	refused error                  // what the answer tells, when it is a refusal
	audited bool                   // the refusal is written down already
}

type requestKey struct{}

// requestOf returns the request whose context ctx is, or belongs to.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// recorder remembers what became of a response.
type recorder struct {
	http.ResponseWriter
	status int   // 0 until the header is written
	failed error // the first write that did not get through
}

// WriteHeader implements http.ResponseWriter. The first status counts.
func (r *recorder) WriteHeader(status int) {
	if r.status != 0 {
		return
	}
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	if err != nil && r.failed == nil {
		r.failed = err
	}
	return n, err
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// probe takes a response's status and header and nothing else.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
