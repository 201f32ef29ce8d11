package management

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// problem is an error answer. It is what an operation returns to the
// framework, which asks for status, media type and headers through methods.
type problem struct {
	*wire.Problem
	wait time.Duration // before another attempt; 0 when that makes no difference
}

func (p problem) Error() string             { return p.Detail }
func (p problem) GetStatus() int            { return p.Status }
func (p problem) ContentType(string) string { return wire.ProblemMediaType }

// GetHeaders tells when to try again.
func (p problem) GetHeaders() http.Header {
	if p.wait == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(auth.RetryAfter(p.wait))}}
}

// statusError is an error whose code has another status than usual.
type statusError struct {
	err    *gatewright.Error
	status int
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// problemOf turns err into the answer for the request of ctx. Defects and
// outages are logged in full here, once; the caller learns where to look.
func (a *API) problemOf(ctx context.Context, err error) problem {
	req := requestOf(ctx)
	id, status := req.id, 0
	var own *statusError
	if errors.As(err, &own) {
		status = own.status
	}
	var known *gatewright.Error
	if !errors.As(err, &known) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			known = gatewright.Errorf(gatewright.Unavailable, "the control plane did not get it done within %s; try again", requestTimeout)
		case errors.Is(err, context.Canceled): // nobody reads this
			known = gatewright.Errorf(gatewright.Unavailable, "the request was given up")
		default:
			known = gatewright.AsError(err)
		}
	}
	if known.Code == gatewright.Internal || wire.StatusOf(known.Code) == http.StatusInternalServerError {
		a.cfg.Log.Error("request failed", slog.String("request", id), slog.Any("error", err))
		known = gatewright.Errorf(gatewright.Internal, "internal error; the server's log has the cause under %s", id)
	}
	req.refused = known
	p := problem{Problem: wire.NewProblem(known, status, id)}
	if slow := (*control.TooManyAttempts)(nil); errors.As(err, &slow) {
		p.wait = slow.Wait
	}
	return p
}

// refuse answers with the problem of err outside of an operation.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problemOf(r.Context(), err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", wire.ProblemMediaType)
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p.Problem); err != nil {
		a.cfg.Log.Debug("answer not taken", slog.String("request", requestOf(r.Context()).id), slog.Any("error", err))
	}
}

// The framework refuses parameters and bodies it cannot read by itself. What
// follows makes its refusals look like all others: the transformer replaces
// the body and tells the context which status belongs to it.

// unifiedContext answers with the status of a replaced refusal.
type unifiedContext struct {
	humaContext
	status int // 0 unless a refusal was replaced
}

type humaContext huma.Context // embedded by another name than that of its method Context

func (c *unifiedContext) Unwrap() huma.Context { return c.humaContext }

func (c *unifiedContext) SetStatus(status int) {
	if c.status != 0 {
		status = c.status
	}
	c.humaContext.SetStatus(status)
}

func unifyStatus(ctx huma.Context, next func(huma.Context)) { next(&unifiedContext{humaContext: ctx}) }

// unifyProblem is a huma.Transformer.
func unifyProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	e := &gatewright.Error{Code: gatewright.Invalid, Message: m.Detail}
	status := m.Status
	switch status {
	case http.StatusUnprocessableEntity:
		status = http.StatusBadRequest
	case http.StatusRequestEntityTooLarge:
		e = gatewright.Errorf(gatewright.LimitExceeded, "the request's body is longer than %d bytes", MaxBodyBytes)
	case http.StatusRequestTimeout:
		e.Message = "the request's body did not arrive in time"
	case http.StatusInternalServerError: // the one case: the connection broke while the body was read
		e.Message, m.Errors = "the request's body could not be read", nil
		status = http.StatusBadRequest
	}
	for _, d := range m.Errors {
		if d != nil {
			e.Details = append(e.Details, gatewright.Detail{Subject: d.Location, Message: d.Message})
		}
	}
	if len(e.Details) == 1 {
		e.Field, e.Message, e.Details = e.Details[0].Subject, e.Details[0].Subject+": "+e.Details[0].Message, nil
	}
	if u, ok := ctx.(*unifiedContext); ok {
		u.status = status
	}
	return wire.NewProblem(e, status, requestOf(ctx.Context()).id), nil
}
