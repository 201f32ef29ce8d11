package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// ExportPage is a part of what a group has, as native documents.
type ExportPage struct {
	Items      []any  `json:"items" nullable:"false" doc:"Documents with apiVersion and kind, as gatewright apply reads them; API documents stand within."`
	NextCursor string `json:"nextCursor,omitempty" doc:"Send it as cursor to get the next page. Absent on the last one."`
	Generation int64  `json:"generation" doc:"Of the group. Pages with different ones do not belong together: begin again."`
}

// ApplyPlanRequest asks what making a group have what files say would do.
type ApplyPlanRequest struct {
	Files      []SourceDocument `json:"files" maxItems:"20000" doc:"Native documents, and the files they name. Names are paths from the directory they are in, with slashes."`
	Only       []string         `json:"only,omitempty" maxItems:"1000" doc:"Things that are looked at, as api, flow, registry or api/NAME; absent means all."`
	Prune      bool             `json:"prune,omitempty" doc:"Removes what the group has and the files do not, among the kinds that the files, or only, speak of."`
	PruneLimit int              `json:"pruneLimit,omitempty" doc:"Removals beyond that are refused; 0 means 10."`

	AllowNoInstance bool               `json:"allowNoInstance,omitempty" doc:"Accepts the change although no instance is reachable: it waits for the first one."`
	AbortCanary     bool               `json:"abortCanary,omitempty" doc:"Lets the change end a canary of what it alters."`
	BreakFreeze     bool               `json:"breakFreeze,omitempty" doc:"Lets the change pass in a freeze window of the group."`
	Force           bool               `json:"force,omitempty" doc:"Retires what is still called, or before the sunset that callers were told."`
	AllowBreaking   []AllowanceRequest `json:"allowBreaking,omitempty" doc:"Findings of the compatibility gate in spite of which the change may pass."`
	NotBefore       time.Time          `json:"notBefore,omitzero" doc:"When the change may begin; absent means at once."`
	ExpiresAt       time.Time          `json:"expiresAt,omitzero" doc:"A change that has not begun by then never does."`
	Notify          []string           `json:"notify,omitempty" maxItems:"50" doc:"People to tell beside those who are told anyway."`
}

// ApplyRequest asks to make a group have what files say.
type ApplyRequest struct {
	ApplyPlanRequest
	PlanHash gatewright.Hash `json:"planHash,omitempty" doc:"Refuses the change unless its plan still has this hash. Without it, whatever the plan is now is carried out."`
	Reason   string          `json:"reason,omitempty" doc:"Why; kept with the change." maxLength:"2000"`
}

// SaveRequest asks to keep a document without publishing it.
type SaveRequest struct {
	Name     string          `json:"name,omitempty" doc:"For a new API: its name, unless given the document's title."`
	Document *SourceDocument `json:"document" doc:"The API's description."`
	Version  string          `json:"version,omitempty" doc:"Label to reserve for it." maxLength:"128"`
	Comment  string          `json:"comment,omitempty" doc:"Kept in the audit log." maxLength:"2000"`
}

// Saved is what a save made.
type Saved struct {
	API      *gatewright.API      `json:"api"`
	Revision *gatewright.Revision `json:"revision" doc:"Without the text of its document."`
	Changes  []*gatewright.Change `json:"changes" nullable:"false" doc:"That put it in place of what test groups run."`
}

// Comparison says in what two revisions of an API differ.
type Comparison struct {
	API        string         `json:"api"`
	From       ComparisonSide `json:"from"`
	To         ComparisonSide `json:"to"`
	Same       bool           `json:"same"`
	Definition []Difference   `json:"definition" nullable:"false" doc:"Title, description, version and base path."`
	Routes     []string       `json:"routes" nullable:"false" doc:"A line for each route: + came, - went, ~ is another."`
	Document   []Difference   `json:"document" nullable:"false" doc:"Of what the documents say, however it is written."`
	Opaque     string         `json:"opaque,omitempty" doc:"Why the documents were compared as a whole."`
	Runtime    []Difference   `json:"runtime" nullable:"false" doc:"Of the runtime configurations, when both sides are what groups run."`
	More       bool           `json:"more,omitempty" doc:"There are differences that are not told."`
}

// ComparisonSide is one side of a comparison.
type ComparisonSide struct {
	Number  int             `json:"number"`
	Version string          `json:"version,omitempty"`
	Hash    gatewright.Hash `json:"hash"`
	Group   string          `json:"group,omitempty" doc:"When the side is what a group runs."`
	Track   string          `json:"track"`
}

// Difference is one value that is not the same on two sides, as short JSON.
type Difference struct {
	Pointer string `json:"pointer" doc:"JSON pointer; empty for the whole."`
	Old     string `json:"old,omitempty" doc:"Absent when it is not there."`
	New     string `json:"new,omitempty" doc:"Absent when it is not there."`
}
