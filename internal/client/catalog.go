package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels between client and control plane about order among many APIs.
type (
	// APIEntry is an API as a list shows it.
	APIEntry = wire.APIEntry
	// APIUpdate alters an API.
	APIUpdate = wire.APIUpdate
	// UpdatedAPI is an altered API and the changes that tell gateways.
	UpdatedAPI = wire.UpdatedAPI
	// FolderInfo is a folder and what is in it.
	FolderInfo = wire.FolderInfo
	// FolderTree is all folders of a project.
	FolderTree = wire.FolderTree
	// FolderRequest asks for a new folder.
	FolderRequest = wire.FolderRequest
	// FolderUpdate renames or moves a folder.
	FolderUpdate = wire.FolderUpdate
	// DeletedFolder tells what became of what was in a folder.
	DeletedFolder = wire.DeletedFolder
	// TagGroupRequest asks for a new tag group.
	TagGroupRequest = wire.TagGroupRequest
	// TagGroupUpdate alters a tag group.
	TagGroupUpdate = wire.TagGroupUpdate
	// PruneRequest says how many revisions are to be kept.
	PruneRequest = wire.PruneRequest
	// PrunedRevisions tells which revisions were deleted.
	PrunedRevisions = wire.PrunedRevisions
)

// APIFilter selects APIs; empty members select all.
type APIFilter struct {
	Query      string // part of name or description
	Project    string // name or identifier
	Folder     string // identifier or path, sub-folders included; "/" for what is in none
	Tags       []string
	Owner      string
	Security   string
	Kind       string
	DeployedIn string // name or identifier of a group
	Version    string
	State      string
	Sort       string // "name" or "changed"; "" is "name"
}

// SearchAPIs lists the APIs that the filter selects.
func (c *Client) SearchAPIs(ctx context.Context, f APIFilter, page Page) (*List[*APIEntry], error) {
	q := page.query("query", f.Query, "project", f.Project, "folder", f.Folder, "owner", f.Owner, "security", f.Security, "kind", f.Kind,
		"deployedIn", f.DeployedIn, "version", f.Version, "state", f.State, "sort", f.Sort)
	for _, t := range f.Tags {
		q.Add("tag", t)
	}
	return fetch[List[*APIEntry]](ctx, c, get(q, "apis"))
}

// ifRevised lets a call through only while the thing it alters was altered
// that often.
func ifRevised(revised int64) http.Header {
	return http.Header{"If-Match": {`"` + strconv.FormatInt(revised, 10) + `"`}}
}

// UpdateAPI alters name, owner and settings of an API. revised is what its
// Revised was when it was read; the error is [gatewright.PreconditionFailed]
// if it was altered since.
func (c *Client) UpdateAPI(ctx context.Context, api string, revised int64, u APIUpdate) (*UpdatedAPI, error) {
	return fetch[UpdatedAPI](ctx, c, call{method: http.MethodPatch, segments: []string{"apis", api}, body: u, header: ifRevised(revised)})
}

// DeleteAPI deletes an API that is deployed nowhere. revised is as for
// [Client.UpdateAPI].
func (c *Client) DeleteAPI(ctx context.Context, api string, revised int64) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"apis", api}, header: ifRevised(revised)})
	return err
}

// DeleteRevision deletes a revision, by version or number, that is deployed
// nowhere.
func (c *Client) DeleteRevision(ctx context.Context, api, revision string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"apis", api, "revisions", revision}})
	return err
}

// PruneRevisions deletes the oldest revisions of an API beyond those to keep.
func (c *Client) PruneRevisions(ctx context.Context, api string, req PruneRequest) (*PrunedRevisions, error) {
	return fetch[PrunedRevisions](ctx, c, post(req, "apis", api, "revisions", "prune"))
}

// TagAPI adds and removes tags of an API, each as group/tag or an identifier.
func (c *Client) TagAPI(ctx context.Context, api string, add, remove []string) (*gatewright.API, error) {
	return fetch[gatewright.API](ctx, c, post(wire.TagsRequest{Add: add, Remove: remove}, "apis", api, "tags"))
}

// Folders lists all folders of a project, each before those in it. The project
// is named by name or identifier; "" is the default one.
func (c *Client) Folders(ctx context.Context, project string) (*FolderTree, error) {
	return fetch[FolderTree](ctx, c, get(Page{}.query("project", project), "folders"))
}

// Folder returns a folder by identifier, or by its path in the project, which
// is named by name or identifier; "" is the default one.
func (c *Client) Folder(ctx context.Context, project, folder string) (*FolderInfo, error) {
	return fetch[FolderInfo](ctx, c, get(Page{}.query("project", project), "folders", folder))
}

// CreateFolder creates a folder.
func (c *Client) CreateFolder(ctx context.Context, req FolderRequest) (*gatewright.Folder, error) {
	return fetch[gatewright.Folder](ctx, c, post(req, "folders"))
}

// UpdateFolder renames or moves a folder. revised is as for
// [Client.UpdateAPI].
func (c *Client) UpdateFolder(ctx context.Context, folder string, revised int64, u FolderUpdate) (*gatewright.Folder, error) {
	return fetch[gatewright.Folder](ctx, c, call{method: http.MethodPatch, segments: []string{"folders", folder}, body: u, header: ifRevised(revised)})
}

// DeleteFolder deletes a folder; what is in it moves up one level. revised is
// as for [Client.UpdateAPI].
func (c *Client) DeleteFolder(ctx context.Context, folder string, revised int64) (*DeletedFolder, error) {
	return fetch[DeletedFolder](ctx, c, call{method: http.MethodDelete, segments: []string{"folders", folder}, header: ifRevised(revised)})
}

// TagGroups lists the tag groups by name.
func (c *Client) TagGroups(ctx context.Context, page Page) (*List[*gatewright.TagGroup], error) {
	return fetch[List[*gatewright.TagGroup]](ctx, c, get(page.query(), "tag-groups"))
}

// TagGroup returns a tag group by name or identifier.
func (c *Client) TagGroup(ctx context.Context, group string) (*gatewright.TagGroup, error) {
	return fetch[gatewright.TagGroup](ctx, c, get(nil, "tag-groups", group))
}

// CreateTagGroup creates a tag group.
func (c *Client) CreateTagGroup(ctx context.Context, req TagGroupRequest) (*gatewright.TagGroup, error) {
	return fetch[gatewright.TagGroup](ctx, c, post(req, "tag-groups"))
}

// UpdateTagGroup alters a tag group and its tags. revised is as for
// [Client.UpdateAPI].
func (c *Client) UpdateTagGroup(ctx context.Context, group string, revised int64, u TagGroupUpdate) (*gatewright.TagGroup, error) {
	return fetch[gatewright.TagGroup](ctx, c, call{method: http.MethodPatch, segments: []string{"tag-groups", group}, body: u, header: ifRevised(revised)})
}

// DeleteTagGroup deletes a tag group; force takes its tags off APIs. revised
// is as for [Client.UpdateAPI].
func (c *Client) DeleteTagGroup(ctx context.Context, group string, revised int64, force bool) error {
	k := call{method: http.MethodDelete, segments: []string{"tag-groups", group}, header: ifRevised(revised)}
	if force {
		k.query = Page{}.query("force", "true")
	}
	_, err := c.do(ctx, k)
	return err
}
