package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// TagGroupInput names a tag group in a path.
type TagGroupInput struct {
	Group string `path:"group" doc:"Name or identifier of the tag group."`
}

type updateTagGroupInput struct {
	TagGroupInput
	RevisedInput
	jsonBody[wire.TagGroupUpdate]
}

type deleteTagGroupInput struct {
	TagGroupInput
	RevisedInput
	Force bool `query:"force" doc:"Deletes it although APIs have tags of it, and takes them off these."`
}

func (a *API) tagRoutes() {
	op := get("/tag-groups", "listTagGroups", "tags", "List the tag groups with their tags")
	op.description = "By name."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.TagGroup]], error) {
		gs, err := a.control.TagGroups(ctx)
		if err != nil {
			return nil, err
		}
		return ok(pageOf("tag groups", gs, *in, func(g *gatewright.TagGroup) string { return g.Name }))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/tag-groups", id: "createTagGroup", tag: "tags", summary: "Create a tag group",
		status: http.StatusCreated, body: wire.TagGroupRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.TagGroupRequest]) (*created[*gatewright.TagGroup], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		g, err := a.control.CreateTagGroup(ctx, requestOf(ctx).actor, body.Name, body.Description, body.Tags)
		if err != nil {
			return nil, err
		}
		return &created[*gatewright.TagGroup]{Location: "/api/v1/tag-groups/" + string(g.ID), Body: g}, nil
	})

	handle(a, get("/tag-groups/{group}", "getTagGroup", "tags", "Get a tag group"),
		func(ctx context.Context, in *TagGroupInput) (*tagged[*gatewright.TagGroup], error) {
			return taggedTagGroup(a.control.TagGroup(ctx, in.Group))
		})

	handle(a, operation{
		method: http.MethodPatch, path: "/tag-groups/{group}", id: "updateTagGroup", tag: "tags", summary: "Alter a tag group and its tags",
		description: "Tags that are renamed stay on their APIs." + ifMatchText, body: wire.TagGroupUpdate{},
	}, a.updateTagGroup)

	handle(a, operation{
		method: http.MethodDelete, path: "/tag-groups/{group}", id: "deleteTagGroup", tag: "tags", summary: "Delete a tag group and its tags",
		description: "Refused while one of its tags is on an API, unless force is set." + ifMatchText,
	}, func(ctx context.Context, in *deleteTagGroupInput) (*struct{}, error) {
		id, revised, err := a.tagGroupToAlter(ctx, in.Group, &in.RevisedInput)
		if err != nil {
			return nil, err
		}
		return nil, a.control.DeleteTagGroup(ctx, requestOf(ctx).actor, id, revised, in.Force)
	})
}

func (a *API) updateTagGroup(ctx context.Context, in *updateTagGroupInput) (*tagged[*gatewright.TagGroup], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	id, revised, err := a.tagGroupToAlter(ctx, in.Group, &in.RevisedInput)
	if err != nil {
		return nil, err
	}
	return taggedTagGroup(a.control.UpdateTagGroup(ctx, requestOf(ctx).actor, id, revised, control.TagGroupPatch{
		Name: body.Name, Description: body.Description, Add: body.Add, Remove: body.Remove, Rename: body.Rename, Force: body.Force,
	}))
}

// tagGroupToAlter returns the ID of a tag group and what the caller expects
// its number of alterations to be.
func (a *API) tagGroupToAlter(ctx context.Context, group string, in *RevisedInput) (string, int64, error) {
	g, err := a.control.TagGroup(ctx, group)
	if err != nil {
		return "", 0, err
	}
	revised, err := in.revised("tag group "+g.Name, g.Revised)
	return string(g.ID), revised, err
}

func taggedTagGroup(g *gatewright.TagGroup, err error) (*tagged[*gatewright.TagGroup], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[*gatewright.TagGroup]{tagOfRevised(g.Revised), g}, nil
}
