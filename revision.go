package gatewright

import "time"

// MaxRevisions bounds the stored revisions of one API.
const MaxRevisions = 10_000

// Revision is one numbered definition of an API. Until its first deployment
// it is a draft; that deployment seals it for ever.
type Revision struct {
	ID         RevisionID `json:"id"`
	API        APIID      `json:"api"`
	Number     int        `json:"number"`             // 1, 2, 3 …; never used again
	Version    string     `json:"version,omitempty"`  // the label people gave it, "" for none
	ConfigID   string     `json:"configId,omitempty"` // of the publish that brought it, "2026-11-21r0"
	Track      string     `json:"track"`              // name of its track
	Hash       Hash       `json:"hash"`               // Definition.ContentHash
	Definition Definition `json:"definition"`
	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
	SealedAt   time.Time  `json:"sealedAt,omitzero"` // zero for a draft
}

// Sealed reports whether the revision can no longer change.
func (r *Revision) Sealed() bool { return !r.SealedAt.IsZero() }

// Label returns what to call the revision in text: its version, else its
// number.
func (r *Revision) Label() string {
	if r.Version != "" {
		return r.Version
	}
	return "revision " + itoa(r.Number) + " (no version)"
}

// VersionBinding records for ever what a version label of an API stands for.
// It outlives the revision, so that a label is never given to other content.
type VersionBinding struct {
	API     APIID     `json:"api"`
	Label   string    `json:"label"`
	Hash    Hash      `json:"hash"`
	BoundAt time.Time `json:"boundAt"`
}
