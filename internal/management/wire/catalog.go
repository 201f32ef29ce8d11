package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// APIEntry is an API as a list shows it.
type APIEntry struct {
	gatewright.API
	ChangedAt  time.Time `json:"changedAt" doc:"When it, one of its revisions or what it runs somewhere was altered last."`
	FolderPath string    `json:"folderPath,omitempty" doc:"Names of the folders it is in, with slashes between; absent for the root."`
	TagNames   []string  `json:"tagNames,omitempty" doc:"Its tags, each as group/tag."`
}

// APIUpdate alters an API; what is absent stays as it is.
type APIUpdate struct {
	Name          *string                   `json:"name,omitempty"`
	Owner         *string                   `json:"owner,omitempty"`
	Description   *string                   `json:"description,omitempty"`
	Scheme        *gatewright.VersionScheme `json:"scheme,omitempty" doc:"How its versions are written; empty accepts any label."`
	Security      *gatewright.SecurityLevel `json:"security,omitempty" doc:"L1 to L4."`
	MaxQPS        *int                      `json:"maxQPS,omitempty" doc:"Requests per second on one instance; 0 is no limit."`
	MaxRows       *int                      `json:"maxRows,omitempty" doc:"Rows one answer of an API of data has at most; 0 is no limit."`
	Project       *gatewright.ProjectID     `json:"project,omitempty"`
	Folder        *string                   `json:"folder,omitempty" doc:"Identifier or path of a folder; empty for the root."`
	Tags          *[]string                 `json:"tags,omitempty" doc:"All it has from now on, each as group/tag or an identifier."`
	Collaborators *[]string                 `json:"collaborators,omitempty" doc:"All it has from now on."`
	Pin           []string                  `json:"pin,omitempty" doc:"Versions or numbers of revisions that are never pruned."`
	Unpin         []string                  `json:"unpin,omitempty" doc:"Versions or numbers of revisions that may be pruned."`
}

// UpdatedAPI is an altered API.
type UpdatedAPI struct {
	API     *gatewright.API      `json:"api"`
	Changes []*gatewright.Change `json:"changes" nullable:"false" doc:"One for each group whose gateways are told."`
}

// TagsRequest adds and removes tags of an API.
type TagsRequest struct {
	Add    []string `json:"add,omitempty" doc:"Each as group/tag or an identifier."`
	Remove []string `json:"remove,omitempty"`
}

// FolderInfo is a folder and what is in it.
type FolderInfo struct {
	gatewright.Folder
	Path string `json:"path" doc:"Names from level 1 down, with slashes between."`
	APIs int    `json:"apis" doc:"How many APIs are right in it."`
}

// FolderTree is all folders of a project.
type FolderTree struct {
	Items []*FolderInfo `json:"items" nullable:"false" doc:"Each before those in it."`
	APIs  int           `json:"apis" doc:"How many APIs are in no folder."`
}

// FolderRequest asks for a new folder.
type FolderRequest struct {
	Name    string               `json:"name"`
	Parent  string               `json:"parent,omitempty" doc:"Identifier or path of a folder; absent for the root."`
	Project gatewright.ProjectID `json:"project,omitempty"`
}

// FolderUpdate renames or moves a folder; what is absent stays as it is.
type FolderUpdate struct {
	Name   *string `json:"name,omitempty"`
	Parent *string `json:"parent,omitempty" doc:"Identifier or path of a folder; empty for the root."`
}

// DeletedFolder tells what became of what was in a folder.
type DeletedFolder struct {
	Folders []gatewright.FolderID `json:"folders" nullable:"false" doc:"Sub-folders that moved up one level."`
	APIs    int                   `json:"apis" doc:"How many APIs moved up one level."`
}

// TagGroupRequest asks for a new tag group.
type TagGroupRequest struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Tags        []string `json:"tags,omitempty" doc:"Names of its tags."`
}

// TagGroupUpdate alters a tag group; what is absent stays as it is.
type TagGroupUpdate struct {
	Name        *string           `json:"name,omitempty"`
	Description *string           `json:"description,omitempty"`
	Add         []string          `json:"add,omitempty" doc:"Names of new tags."`
	Remove      []string          `json:"remove,omitempty" doc:"Names or identifiers of tags."`
	Rename      map[string]string `json:"rename,omitempty" doc:"Name or identifier of a tag to its new name."`
	Force       bool              `json:"force,omitempty" doc:"Removes tags that APIs have, and takes them off these."`
}

// PruneRequest says how many revisions of an API are to be kept.
type PruneRequest struct {
	Keep   int  `json:"keep" doc:"How many of those that nothing protects stay, the newest."`
	DryRun bool `json:"dryRun,omitempty" doc:"Tells what would be deleted and deletes nothing."`
}

// PrunedRevisions tells which revisions were deleted, the newest first.
type PrunedRevisions struct {
	Deleted []DeletedRevision `json:"deleted" nullable:"false"`
}

// DeletedRevision says of a revision what remains to be said.
type DeletedRevision struct {
	Number  int             `json:"number"`
	Version string          `json:"version,omitempty"`
	Hash    gatewright.Hash `json:"hash"`
}
