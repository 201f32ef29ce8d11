package gatewright

import "time"

// Kind says what an API is made of.
type Kind string

// The kinds of API.
const (
	KindProxy Kind = "proxy" // routes to an upstream
)

// API is the thing that is published. Its content is versioned by revisions;
// the fields here are its settings, which take effect at once and are in no
// revision.
type API struct {
	ID           APIID     `json:"id"`
	Name         string    `json:"name"` // unique; see CheckName
	Kind         Kind      `json:"kind"`
	Owner        string    `json:"owner"`        // who created it
	LastRevision int       `json:"lastRevision"` // highest number ever given; numbers are not used again
	CreatedAt    time.Time `json:"createdAt"`
}

// Track holds the revisions of one API that replace each other in place. It
// is identified by its base path: a new major version opens a track of its
// own only when it brings its own base path.
type Track struct {
	API      APIID  `json:"api"`
	Name     string `json:"name"`     // "v1", "v2": the major of the version that opened it
	BasePath string `json:"basePath"` // canonical, "/" for the root
}
