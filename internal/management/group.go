package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// GroupInput names a group in a path.
type GroupInput struct {
	Group string `path:"group" doc:"Name or identifier of the group."`
}

type registriesInput struct {
	GroupInput
	PageInput
}

func (a *API) groupRoutes() {
	op := get("/groups", "listGroups", "groups", "List gateway groups")
	op.description = "By name."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.Group]], error) {
		gs, err := a.control.Groups(ctx)
		if err != nil {
			return nil, err
		}
		return ok(pageOf("groups", gs, *in, func(g *gatewright.Group) string { return g.Name }))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/groups", id: "createGroup", tag: "groups", summary: "Create a gateway group",
		status: http.StatusCreated, body: wire.GroupRequest{},
	}, a.createGroup)

	handle(a, get("/groups/{group}", "getGroup", "groups", "Get a gateway group"),
		func(ctx context.Context, in *GroupInput) (*answer[*gatewright.Group], error) {
			return ok(a.control.Group(ctx, in.Group))
		})

	op = get("/groups/{group}/registries", "listRegistries", "groups", "List the registries of a group")
	op.description = "By name."
	handle(a, op, func(ctx context.Context, in *registriesInput) (*answer[wire.List[*gatewright.Registry]], error) {
		rs, err := a.control.Registries(ctx, in.Group)
		if err != nil {
			return nil, err
		}
		return ok(pageOf("registries", rs, in.PageInput, func(r *gatewright.Registry) string { return r.Name }))
	})
}

func (a *API) createGroup(ctx context.Context, in *jsonBody[wire.GroupRequest]) (*created[*gatewright.Group], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	g, err := a.control.CreateGroup(ctx, requestOf(ctx).actor, gatewright.Group{
		Name: body.Name, Stage: body.Stage, Labels: body.Labels, Hostnames: body.Hostnames,
	})
	if err != nil {
		return nil, err
	}
	return &created[*gatewright.Group]{Location: "/api/v1/groups/" + string(g.ID), Body: g}, nil
}
