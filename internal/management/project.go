package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// ProjectInput names a project in a path.
type ProjectInput struct {
	Project string `path:"project" doc:"Name or identifier of the project."`
}

type updateProjectInput struct {
	ProjectInput
	UnchangedInput
	jsonBody[wire.ProjectUpdate]
}

func (a *API) projectRoutes() {
	op := get("/projects", "listProjects", "people", "List projects")
	op.description = "By name."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.Project]], error) {
		ps, err := a.control.Projects(ctx)
		if err != nil {
			return nil, err
		}
		ps = kept(ps, func(p *gatewright.Project) bool {
			return a.may(ctx, gatewright.ActionProjectRead, auth.Scope{Project: p.ID})
		})
		return ok(pageOf("projects", ps, *in, func(p *gatewright.Project) string { return p.Name }))
	})
	handle(a, operation{
		method: http.MethodPost, path: "/projects", id: "createProject", tag: "people", summary: "Create a project",
		status: http.StatusCreated, body: wire.ProjectRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.ProjectRequest]) (*created[*gatewright.Project], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		p, err := a.control.CreateProject(ctx, requestOf(ctx).actor, body.Name, body.Description)
		if err != nil {
			return nil, err
		}
		return &created[*gatewright.Project]{Location: "/api/v1/projects/" + string(p.ID), Body: p}, nil
	})
	handle(a, get("/projects/{project}", "getProject", "people", "Get a project"), func(ctx context.Context, in *ProjectInput) (*tagged[*gatewright.Project], error) {
		return taggedProject(a.control.Project(ctx, in.Project))
	})
	handle(a, operation{
		method: http.MethodPatch, path: "/projects/{project}", id: "updateProject", tag: "people", summary: "Rename or describe a project",
		description: "What is absent stays as it is. With the project's ETag as If-Match: 412 when it was altered meanwhile.", body: wire.ProjectUpdate{},
	}, a.updateProject)
	handle(a, operation{
		method: http.MethodDelete, path: "/projects/{project}", id: "deleteProject", tag: "people", summary: "Delete an empty project",
		description: "With the roles given in it. Refused while an API, folder or service token is of it; the default project always exists.",
	}, func(ctx context.Context, in *ProjectInput) (*struct{}, error) {
		return nil, a.control.DeleteProject(ctx, requestOf(ctx).actor, in.Project)
	})
}

func (a *API) updateProject(ctx context.Context, in *updateProjectInput) (*tagged[*gatewright.Project], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	return taggedProject(a.control.UpdateProject(ctx, requestOf(ctx).actor, in.Project, func(now *gatewright.Project) error {
		etag, err := etagOf(now)
		if err != nil {
			return err
		}
		return in.unchanged("project "+now.Name, etag)
	}, control.ProjectPatch(*body)))
}

func taggedProject(p *gatewright.Project, err error) (*tagged[*gatewright.Project], error) {
	if err != nil {
		return nil, err
	}
	etag, err := etagOf(p)
	return &tagged[*gatewright.Project]{etag, p}, err
}
