package gatewright

import "time"

// Kind says what an API is made of.
type Kind string

// The kinds of API.
const (
	KindProxy Kind = "proxy" // routes to an upstream
	KindFlow  Kind = "flow"  // policies that other APIs call
	KindData  Kind = "data"  // a query of a database
)

// API is the thing that is published. Its content is versioned by revisions;
// the fields here are its settings, which take effect at once and are in no
// revision.
type API struct {
	ID           APIID       `json:"id"`
	Name         string      `json:"name"` // unique; see CheckName
	Kind         Kind        `json:"kind"`
	Owner        string      `json:"owner"` // at first, who created it
	Settings     APISettings `json:"settings,omitzero"`
	Revised      int64       `json:"revised"`      // how often name, owner or settings were altered
	LastRevision int         `json:"lastRevision"` // highest number ever given; numbers are not used again
	CreatedAt    time.Time   `json:"createdAt"`
}

// APISettings are an API's unversioned settings.
type APISettings struct {
	Description string        `json:"description,omitempty"`
	Scheme      VersionScheme `json:"scheme,omitempty"`   // how its versions are written; "" accepts any label
	Security    SecurityLevel `json:"security,omitempty"` // "" is SecurityPublic
	MaxQPS      int           `json:"maxQPS,omitempty"`   // requests per second on one instance; 0 is no limit
	MaxRows     int           `json:"maxRows,omitempty"`  // rows one answer of a data API has at most; 0 is no limit

	Project       ProjectID `json:"project,omitempty"`       // "" is DefaultProject
	Folder        FolderID  `json:"folder,omitempty"`        // of the project; "" is its root
	Tags          []TagID   `json:"tags,omitempty"`          // of any groups
	Collaborators []string  `json:"collaborators,omitempty"` // names of people who work on it beside its owner
	Pinned        []int     `json:"pinned,omitempty"`        // numbers of revisions that are never pruned
}

// Track holds the revisions of one API that replace each other in place. It
// is identified by its base path: a new major version opens a track of its
// own only when it brings its own base path.
type Track struct {
	API      APIID  `json:"api"`
	Name     string `json:"name"`     // "v1", "v2": the major of the version that opened it
	BasePath string `json:"basePath"` // canonical, "/" for the root
}
