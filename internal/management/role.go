package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type bindingsInput struct {
	PageInput
	User    string `query:"user" doc:"Login or identifier of a user."`
	Token   string `query:"token" doc:"Identifier of a service token."`
	Project string `query:"project" doc:"Name or identifier of a project: roles limited to it."`
	Group   string `query:"group" doc:"Name or identifier of a group: roles limited to it."`
}

type bindingInput struct {
	ID string `path:"id"`
}

func (a *API) bindingRoutes() {
	handle(a, get("/roles", "listRoles", "people", "List the roles and what they may do"), func(context.Context, *struct{}) (*answer[wire.List[wire.RoleInfo]], error) {
		return ok(wire.List[wire.RoleInfo]{Items: roleInfos()}, nil)
	})
	op := get("/bindings", "listBindings", "people", "List who has which role")
	op.description = "Oldest first."
	handle(a, op, a.bindings)
	handle(a, operation{
		method: http.MethodPost, path: "/bindings", id: "createBinding", tag: "people", summary: "Give a role",
		description: "Nobody gives what they do not have.", status: http.StatusCreated, body: wire.BindingRequest{},
	}, a.createBinding)
	handle(a, operation{
		method: http.MethodDelete, path: "/bindings/{id}", id: "deleteBinding", tag: "people", summary: "Take a role away",
		description: "At once. That of the last super admin stays.",
	}, func(ctx context.Context, in *bindingInput) (*struct{}, error) {
		req := requestOf(ctx)
		req.decided = true // by the control plane, which knows the binding
		return nil, a.control.DeleteBinding(ctx, req.actor, req.principal(), gatewright.BindingID(in.ID))
	})
}

func (a *API) bindings(ctx context.Context, in *bindingsInput) (*answer[wire.List[*wire.BindingInfo]], error) {
	after, err := in.after("bindings")
	if err != nil {
		return nil, err
	}
	found, err := a.control.Bindings(ctx, control.BindingQuery{
		User: in.User, Token: gatewright.TokenID(in.Token), Project: in.Project, Group: in.Group,
		After: gatewright.BindingID(after), Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	infos := make([]*wire.BindingInfo, len(found))
	for i, b := range found {
		info := wire.BindingInfo(*b)
		infos[i] = &info
	}
	l := page("bindings", infos, in.Limit, func(b *wire.BindingInfo) string { return string(b.ID) })
	l.Items = kept(l.Items, func(b *wire.BindingInfo) bool {
		own := b.Subject.User != "" && b.Subject.User == requestOf(ctx).principal().User
		return own || a.may(ctx, gatewright.ActionBindingRead, auth.Scope{Project: b.Project})
	})
	return ok(l, nil)
}

func (a *API) createBinding(ctx context.Context, in *jsonBody[wire.BindingRequest]) (*created[*gatewright.Binding], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	req.decided = true // by the control plane, which knows all that the role includes
	b, err := a.control.CreateBinding(ctx, req.actor, req.principal(), control.NewBinding(*body))
	if err != nil {
		return nil, err
	}
	return &created[*gatewright.Binding]{Location: "/api/v1/bindings/" + string(b.ID), Body: b}, nil
}
