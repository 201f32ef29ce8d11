package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// ChangeInput names a change in a path.
type ChangeInput struct {
	ID string `path:"id"`
}

type decideInput struct {
	ChangeInput
	jsonBody[wire.DecisionRequest]
}

type cancelInput struct {
	ChangeInput
	jsonBody[wire.CancelRequest]
}

func (a *API) decisionRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/changes/{id}/decisions", id: "decideChange", tag: "changes", summary: "Approve or reject a change",
		description: "The author cannot, nobody can twice, and whoever decides must have the role the change asks for. With the last approval it needs, the change is planned again: it goes on, or is superseded when what was looked at is no longer what would happen.",
		body:        wire.DecisionRequest{},
	}, a.decide)
	handle(a, operation{
		method: http.MethodPost, path: "/changes/{id}/cancel", id: "cancelChange", tag: "changes", summary: "Withdraw a change that has not begun",
		body: wire.CancelRequest{},
	}, func(ctx context.Context, in *cancelInput) (*answer[*gatewright.Change], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		return ok(a.control.Cancel(ctx, requestOf(ctx).actor, gatewright.ChangeID(in.ID), body.Reason))
	})
}

func (a *API) decide(ctx context.Context, in *decideInput) (*answer[*gatewright.Change], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	switch {
	case body.Approve == nil:
		return nil, gatewright.FieldErrorf("approve", "say with approve whether the change is approved (true) or rejected (false)")
	case !body.PlanHash.Valid():
		return nil, gatewright.FieldErrorf("planHash", "plan hash %q is not a hash; take it from the change as it is", body.PlanHash)
	}
	ch, err := a.control.Change(ctx, gatewright.ChangeID(in.ID))
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	roles, err := a.control.RolesFor(ctx, req.principal(), ch)
	if err != nil {
		return nil, err
	}
	return ok(a.control.Decide(ctx, req.actor, ch.ID, control.Verdict{
		PlanHash: body.PlanHash, Approve: *body.Approve, Comment: body.Comment, Roles: roles,
	}))
}
