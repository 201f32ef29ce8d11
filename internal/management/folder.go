package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// FolderInput names a folder in a path.
type FolderInput struct {
	Folder  string `path:"folder" doc:"Identifier or path of the folder; the slashes of a path are written %2F."`
	Project string `query:"project" doc:"Name or identifier of the project of a path; the default one if absent."`
}

type foldersInput struct {
	Project string `query:"project" doc:"Name or identifier of a project; the default one if absent."`
}

type updateFolderInput struct {
	FolderInput
	RevisedInput
	jsonBody[wire.FolderUpdate]
}

type deleteFolderInput struct {
	FolderInput
	RevisedInput
}

func (a *API) folderRoutes() {
	op := get("/folders", "listFolders", "folders", "List all folders of a project")
	op.description = "Each before those in it, siblings by name. A project has at most 2000, so the list is told at once."
	handle(a, op, func(ctx context.Context, in *foldersInput) (*answer[*wire.FolderTree], error) {
		folders, atRoot, err := a.control.Folders(ctx, in.Project)
		if err != nil {
			return nil, err
		}
		tree := &wire.FolderTree{Items: make([]*wire.FolderInfo, len(folders)), APIs: atRoot}
		for i, f := range folders {
			info := wire.FolderInfo(*f)
			tree.Items[i] = &info
		}
		return ok(tree, nil)
	})

	handle(a, operation{
		method: http.MethodPost, path: "/folders", id: "createFolder", tag: "folders", summary: "Create a folder",
		description: "Up to three levels under the root. Siblings have different names.",
		status:      http.StatusCreated, body: wire.FolderRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.FolderRequest]) (*created[*gatewright.Folder], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		s, err := a.control.ProjectScope(ctx, string(body.Project))
		if err != nil {
			return nil, err
		}
		if err := a.permit(ctx, auth.Need{Action: gatewright.ActionFolderCreate, Scope: s}); err != nil {
			return nil, err
		}
		f, err := a.control.CreateFolder(ctx, requestOf(ctx).actor, body.Project, body.Parent, body.Name)
		if err != nil {
			return nil, err
		}
		return &created[*gatewright.Folder]{Location: "/api/v1/folders/" + string(f.ID), Body: f}, nil
	})

	handle(a, get("/folders/{folder}", "getFolder", "folders", "Get a folder"),
		func(ctx context.Context, in *FolderInput) (*tagged[*wire.FolderInfo], error) {
			f, err := a.control.Folder(ctx, in.Project, in.Folder)
			if err != nil {
				return nil, err
			}
			info := wire.FolderInfo(*f)
			return &tagged[*wire.FolderInfo]{tagOfRevised(f.Revised), &info}, nil
		})

	handle(a, operation{
		method: http.MethodPatch, path: "/folders/{folder}", id: "updateFolder", tag: "folders", summary: "Rename or move a folder",
		description: "With all that is in it." + ifMatchText, body: wire.FolderUpdate{},
	}, a.updateFolder)

	handle(a, operation{
		method: http.MethodDelete, path: "/folders/{folder}", id: "deleteFolder", tag: "folders", summary: "Delete a folder",
		description: "Sub-folders and APIs in it move up one level; refused when folders there have the same names." + ifMatchText,
	}, a.deleteFolder)
}

func (a *API) updateFolder(ctx context.Context, in *updateFolderInput) (*tagged[*gatewright.Folder], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	s, err := a.control.FolderScope(ctx, in.Project, in.Folder)
	if err != nil {
		return nil, err
	}
	var needs []auth.Need
	if body.Parent != nil {
		needs = append(needs, auth.Need{Action: gatewright.ActionFolderMove, Scope: s})
	}
	if body.Name != nil || len(needs) == 0 {
		needs = append(needs, auth.Need{Action: gatewright.ActionFolderEdit, Scope: s})
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	id, revised, err := a.folderToAlter(ctx, &in.FolderInput, &in.RevisedInput)
	if err != nil {
		return nil, err
	}
	f, err := a.control.UpdateFolder(ctx, requestOf(ctx).actor, id, revised, control.FolderPatch{Name: body.Name, Parent: body.Parent})
	if err != nil {
		return nil, err
	}
	return &tagged[*gatewright.Folder]{tagOfRevised(f.Revised), f}, nil
}

func (a *API) deleteFolder(ctx context.Context, in *deleteFolderInput) (*answer[*wire.DeletedFolder], error) {
	id, revised, err := a.folderToAlter(ctx, &in.FolderInput, &in.RevisedInput)
	if err != nil {
		return nil, err
	}
	d, err := a.control.DeleteFolder(ctx, requestOf(ctx).actor, id, revised)
	if err != nil {
		return nil, err
	}
	gone := &wire.DeletedFolder{Folders: d.Folders, APIs: d.APIs}
	if gone.Folders == nil {
		gone.Folders = []gatewright.FolderID{}
	}
	return ok(gone, nil)
}

// folderToAlter returns the ID of a folder and what the caller expects its
// number of alterations to be.
func (a *API) folderToAlter(ctx context.Context, folder *FolderInput, in *RevisedInput) (string, int64, error) {
	f, err := a.control.Folder(ctx, folder.Project, folder.Folder)
	if err != nil {
		return "", 0, err
	}
	revised, err := in.revised("folder "+f.Path, f.Revised)
	return string(f.ID), revised, err
}
