package wire

import (
	"github.com/gatewright/gatewright"
)

// PlanRequest asks what a change of one group would do.
type PlanRequest struct {
	Kind  gatewright.ChangeKind `json:"kind" enum:"publish,deploy,sync,rollback,undeploy,enable,disable,configure"`
	Group string                `json:"group" doc:"Name or identifier of the gateway group."`
	Items []Item                `json:"items" maxItems:"1000" doc:"The alterations, all or none of which happen."`

	Override        bool `json:"override,omitempty" doc:"Lets a deploy replace another current revision."`
	AllowNoInstance bool `json:"allowNoInstance,omitempty" doc:"Accepts the change although no instance is reachable: it waits for the first one."`
}

// ChangeRequest asks for a change of one group.
type ChangeRequest struct {
	PlanRequest
	PlanHash gatewright.Hash `json:"planHash,omitempty" doc:"Refuses the change unless its plan still has this hash. Without it, whatever the plan is now is carried out."`
	Reason   string          `json:"reason,omitempty" doc:"Why; kept with the change." maxLength:"2000"`
}

// Item asks for one alteration. Which members count depends on the kind of
// the request.
type Item struct {
	API string `json:"api,omitempty" doc:"Name or identifier of the API, or name@track when it has several tracks. A publish without it takes the document's title."`

	Document  *SourceDocument `json:"document,omitempty" doc:"For publish: the API's description."`
	Version   string          `json:"version,omitempty" doc:"For publish: the version label, unless given the document's own version. For sync: the label for a revision that has none." maxLength:"128"`
	NoVersion bool            `json:"noVersion,omitempty" doc:"For publish: give the revision no version label, whatever the document says."`
	Revision  string          `json:"revision,omitempty" doc:"For deploy and rollback: version or number. A rollback without it returns to the revision that ran before."`
	From      string          `json:"from,omitempty" doc:"For sync: name or identifier of the source group."`

	Runtime        *Runtime             `json:"runtime,omitempty" doc:"For publish, deploy, sync and configure: alterations of the API's runtime configuration in the group. What is absent stays as it is."`
	Registry       *gatewright.Registry `json:"registry,omitempty" doc:"For configure: the registry to add or replace."`
	RemoveRegistry string               `json:"removeRegistry,omitempty" doc:"For configure: name of the registry to remove."`
}

// SourceDocument is an API's description as a file. One of Text and Base64 is set.
type SourceDocument struct {
	Name   string `json:"name,omitempty" doc:"Name of the file; findings tell places in it by that name."`
	Text   string `json:"text,omitempty" doc:"The file's content."`
	Base64 []byte `json:"base64,omitempty" doc:"The file's content, for one that is not UTF-8."`
}

// Submission is what became of a change request.
type Submission struct {
	Plan   *gatewright.Plan   `json:"plan" doc:"What the change does. Null when an idempotency key was repeated."`
	Change *gatewright.Change `json:"change" doc:"The recorded change. Null when nothing would change."`
	NoOp   bool               `json:"noOp" doc:"Nothing would change, so nothing was recorded."`
}
