package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// ifMatchText tells of the entity tag of what people edit.
const ifMatchText = " Send its ETag as it was read as If-Match: 428 without it, 412 when it was altered meanwhile."

type updateAPIInput struct {
	APIInput
	RevisedInput
	jsonBody[wire.APIUpdate]
}

type deleteAPIInput struct {
	APIInput
	RevisedInput
}

type tagAPIInput struct {
	APIInput
	jsonBody[wire.TagsRequest]
}

type deleteRevisionInput struct {
	APIInput
	Revision string `path:"revision" doc:"Version or number. A version goes before a number that looks the same."`
}

type pruneInput struct {
	APIInput
	jsonBody[wire.PruneRequest]
}

func (a *API) settingsRoutes() {
	handle(a, operation{
		method: http.MethodPatch, path: "/apis/{api}", id: "updateAPI", tag: "apis", summary: "Alter name, owner and settings of an API",
		description: "They take effect at once, without a publish. Where the API is deployed, gateways are told by a change of kind settings." + ifMatchText,
		body:        wire.APIUpdate{},
	}, a.updateAPI)

	handle(a, operation{
		method: http.MethodDelete, path: "/apis/{api}", id: "deleteAPI", tag: "apis", summary: "Delete an API",
		description: "With its tracks, revisions and version labels; its history stays. Refused while it is deployed anywhere." + ifMatchText,
	}, func(ctx context.Context, in *deleteAPIInput) (*struct{}, error) {
		api, _, err := a.control.API(ctx, in.API)
		if err != nil {
			return nil, err
		}
		revised, err := in.revised("API "+api.Name, api.Revised)
		if err != nil {
			return nil, err
		}
		return nil, a.control.DeleteAPI(ctx, requestOf(ctx).actor, string(api.ID), revised)
	})

	handle(a, operation{
		method: http.MethodPost, path: "/apis/{api}/tags", id: "tagAPI", tag: "apis", summary: "Add and remove tags of an API",
		description: "At once, without a publish. Adding what it has and removing what it has not does nothing.",
		body:        wire.TagsRequest{},
	}, func(ctx context.Context, in *tagAPIInput) (*tagged[*gatewright.API], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		return taggedAPI(a.control.TagAPI(ctx, requestOf(ctx).actor, in.API, body.Add, body.Remove))
	})

	handle(a, operation{
		method: http.MethodDelete, path: "/apis/{api}/revisions/{revision}", id: "deleteRevision", tag: "apis", summary: "Delete a revision",
		description: "Its number and version are not given to other content. Refused while it is deployed anywhere, as a canary too.",
	}, func(ctx context.Context, in *deleteRevisionInput) (*struct{}, error) {
		return nil, a.control.DeleteRevision(ctx, requestOf(ctx).actor, in.API, in.Revision)
	})

	handle(a, operation{
		method: http.MethodPost, path: "/apis/{api}/revisions/prune", id: "pruneRevisions", tag: "apis", summary: "Delete the oldest revisions of an API",
		description: "What is deployed, what a change under way brings, and what is pinned stays and does not count.",
		body:        wire.PruneRequest{},
	}, a.prune)
}

func (a *API) updateAPI(ctx context.Context, in *updateAPIInput) (*tagged[*wire.UpdatedAPI], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	patch := control.APIPatch{
		Name: body.Name, Owner: body.Owner, Description: body.Description, Scheme: body.Scheme, Security: body.Security,
		MaxQPS: body.MaxQPS, MaxRows: body.MaxRows, Project: body.Project, Folder: body.Folder, Tags: body.Tags,
		Collaborators: body.Collaborators, Pin: body.Pin, Unpin: body.Unpin,
	}
	api, _, err := a.control.API(ctx, in.API)
	if err != nil {
		return nil, err
	}
	needs, err := a.control.APINeeds(ctx, requestOf(ctx).principal(), string(api.ID), patch)
	if err != nil {
		return nil, err
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	revised, err := in.revised("API "+api.Name, api.Revised)
	if err != nil {
		return nil, err
	}
	u, err := a.control.UpdateAPI(ctx, requestOf(ctx).actor, string(api.ID), revised, patch)
	if err != nil {
		return nil, err
	}
	if u.Changes == nil {
		u.Changes = []*gatewright.Change{}
	}
	return &tagged[*wire.UpdatedAPI]{tagOfRevised(u.API.Revised), &wire.UpdatedAPI{API: u.API, Changes: u.Changes}}, nil
}

func taggedAPI(api *gatewright.API, err error) (*tagged[*gatewright.API], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[*gatewright.API]{tagOfRevised(api.Revised), api}, nil
}

func (a *API) prune(ctx context.Context, in *pruneInput) (*answer[*wire.PrunedRevisions], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	gone, err := a.control.PruneRevisions(ctx, requestOf(ctx).actor, in.API, control.Retention{Keep: body.Keep, DryRun: body.DryRun})
	if err != nil {
		return nil, err
	}
	pruned := &wire.PrunedRevisions{Deleted: make([]wire.DeletedRevision, len(gone))}
	for i, n := range gone {
		pruned.Deleted[i] = wire.DeletedRevision(n)
	}
	return ok(pruned, nil)
}
