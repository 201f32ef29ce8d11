package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// GroupInput names a group in a path.
type GroupInput struct {
	Group string `path:"group" doc:"Name or identifier of the group."`
}

type updateGroupInput struct {
	GroupInput
	RevisedInput
	jsonBody[wire.GroupUpdate]
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
		gs = kept(gs, func(g *gatewright.Group) bool {
			return a.may(ctx, gatewright.ActionGroupRead, auth.Scope{Group: g.ID})
		})
		return ok(pageOf("groups", gs, *in, func(g *gatewright.Group) string { return g.Name }))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/groups", id: "createGroup", tag: "groups", summary: "Create a gateway group",
		status: http.StatusCreated, body: wire.GroupRequest{},
	}, a.createGroup)

	op = get("/groups/{group}", "getGroup", "groups", "Get a gateway group")
	op.description = "Its ETag stands for its labels and settings."
	handle(a, op, func(ctx context.Context, in *GroupInput) (*tagged[*gatewright.Group], error) {
		return taggedGroup(a.control.Group(ctx, in.Group))
	})

	handle(a, operation{
		method: http.MethodPut, path: "/groups/{group}", id: "updateGroup", tag: "groups", summary: "Replace labels and settings of a gateway group",
		description: "They take effect at once. Send the ETag of the group as it was read as If-Match: 428 without it, 412 when the group was altered meanwhile.",
		body:        wire.GroupUpdate{},
	}, a.updateGroup)

	op = get("/groups/{group}/flow-hooks", "getFlowHooks", "groups", "Get the flow hooks of a group")
	op.description = "The shared flows that act on the calls of all its proxies. They are altered by a change of kind configure."
	handle(a, op, func(ctx context.Context, in *GroupInput) (*answer[*gatewright.FlowHooks], error) {
		return ok(a.control.FlowHooks(ctx, in.Group))
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

func (a *API) updateGroup(ctx context.Context, in *updateGroupInput) (*tagged[*gatewright.Group], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	switch {
	case body.Labels == nil:
		return nil, gatewright.FieldErrorf("labels", "labels are missing; send all of them, {} for none")
	case body.Settings == nil:
		return nil, gatewright.FieldErrorf("settings", "settings are missing; send all of them, {} for none")
	}
	g, err := a.control.Group(ctx, in.Group)
	if err != nil {
		return nil, err
	}
	needs, err := a.control.GroupNeeds(ctx, string(g.ID), body.Labels, *body.Settings)
	if err != nil {
		return nil, err
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	revised, err := in.revised("group "+g.Name, g.Revised)
	if err != nil {
		return nil, err
	}
	g, err = a.control.UpdateGroup(ctx, requestOf(ctx).actor, string(g.ID), revised, body.Labels, *body.Settings)
	if gatewright.CodeOf(err) == gatewright.Conflict { // somebody was quicker since it was read above
		err = gatewright.Errorf(gatewright.PreconditionFailed, "group %s was altered meanwhile; read it again", in.Group)
	}
	return taggedGroup(g, err)
}

func taggedGroup(g *gatewright.Group, err error) (*tagged[*gatewright.Group], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[*gatewright.Group]{tagOfRevised(g.Revised), g}, nil
}
