package control

import (
	"time"

	"github.com/gatewright/gatewright"
)

type folderTx interface {
	// CreateFolder stores f; Conflict when its parent has a folder of that name.
	CreateFolder(f *gatewright.Folder) error
	// Folders lists those of a project, in no order.
	Folders(project gatewright.ProjectID) ([]*gatewright.Folder, error)
	Folder(id gatewright.FolderID) (*gatewright.Folder, error)
	// UpdateFolder stores name and parent and makes Revised one more; Conflict
	// when Revised is not the stored one, or the parent has a folder of that
	// name. Every API in or below it is found at its new place.
	UpdateFolder(f *gatewright.Folder) error
	// DeleteFolder removes a folder; Conflict while a folder or API is in it.
	DeleteFolder(id gatewright.FolderID) error
	// FolderCounts returns how many APIs are right in each folder of the
	// project, those of its root under "". Folders without any are left out.
	FolderCounts(project gatewright.ProjectID) (map[gatewright.FolderID]int, error)
}

type tagTx interface {
	CreateTagGroup(g *gatewright.TagGroup) error // Conflict when the name is taken
	TagGroup(id gatewright.TagGroupID) (*gatewright.TagGroup, error)
	TagGroupByName(name string) (*gatewright.TagGroup, error)
	TagGroups() ([]*gatewright.TagGroup, error) // by name
	// UpdateTagGroup stores everything and makes Revised one more; Conflict
	// when Revised is not the stored one, or the name is taken.
	UpdateTagGroup(g *gatewright.TagGroup) error
	DeleteTagGroup(id gatewright.TagGroupID) error
}

// RunState selects APIs by what they do, in the group of the filter or
// anywhere.
type RunState string

// The states of [APIFilter].
const (
	RunDeployed   RunState = "deployed"
	RunUndeployed RunState = "undeployed" // runs nothing there
	RunDisabled   RunState = "disabled"   // deployed and switched off
	RunCanary     RunState = "canary"     // has a canary
	RunDeprecated RunState = "deprecated" // or retired
	RunRetired    RunState = "retired"
)

// RunStates lists the states.
func RunStates() []RunState {
	return []RunState{RunDeployed, RunUndeployed, RunDisabled, RunCanary, RunDeprecated, RunRetired}
}

// APISort is the order of a search.
type APISort string

// The orders.
const (
	SortByName   APISort = "name"
	SortByChange APISort = "changed" // what changed last comes first
)

// APIFilter selects APIs; empty members select all.
type APIFilter struct {
	Text     string // name or description contains it, whatever its case
	Project  gatewright.ProjectID
	Folder   gatewright.FolderID // in it or below
	Direct   bool                // right in Folder, or right in the root when that is ""
	Tags     []gatewright.TagID  // all of them
	Owner    string
	Security gatewright.SecurityLevel
	Kind     gatewright.Kind
	Group    gatewright.GroupID // deployed there, unless State says otherwise
	Version  string             // runs it in Group; without Group, has a revision so labelled
	State    RunState

	Sort  APISort     // "" is SortByName
	After APIPosition // begin after it; the zero position begins with the first
	Limit int         // at most so many
}

// APIPosition is a place in the order of a search.
type APIPosition struct {
	Name      string           // SortByName
	ChangedAt time.Time        // SortByChange, together with
	API       gatewright.APIID // the API
}

// FoundAPI is an API and when it, one of its revisions or what it runs
// somewhere was altered last.
type FoundAPI struct {
	gatewright.API
	ChangedAt time.Time `json:"changedAt"`
}

type catalogTx interface {
	// SearchAPIs lists the APIs the filter selects, in its order.
	SearchAPIs(f APIFilter) ([]*FoundAPI, error)
}
