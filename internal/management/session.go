package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type sessionsInput struct {
	UserInput
	PageInput
}

type sessionInput struct {
	ID string `path:"id"`
}

func (a *API) sessionRoutes() {
	op := get("/users/{user}/sessions", "listSessions", "people", "List the sessions of a user")
	op.description = "Oldest first, those that are over left out."
	handle(a, op, func(ctx context.Context, in *sessionsInput) (*answer[wire.List[*gatewright.Session]], error) {
		ss, err := a.control.Sessions(ctx, in.User)
		if err != nil {
			return nil, err
		}
		return ok(pageOf("sessions", ss, in.PageInput, func(s *gatewright.Session) string { return string(s.ID) }))
	})
	handle(a, operation{
		method: http.MethodDelete, path: "/users/{user}/sessions", id: "endSessions", tag: "people", summary: "End all sessions of a user",
	}, func(ctx context.Context, in *UserInput) (*answer[wire.EndedSessions], error) {
		n, err := a.control.EndSessions(ctx, requestOf(ctx).actor, in.User)
		return ok(wire.EndedSessions{Ended: n}, err)
	})
	handle(a, operation{
		method: http.MethodDelete, path: "/sessions/{id}", id: "endSession", tag: "people", summary: "End a session",
	}, func(ctx context.Context, in *sessionInput) (*struct{}, error) {
		return nil, a.control.EndSession(ctx, requestOf(ctx).actor, gatewright.SessionID(in.ID))
	})
}
