package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// PlanRequest asks what a change of one group would do.
type PlanRequest struct {
	Kind  gatewright.ChangeKind `json:"kind" enum:"publish,deploy,sync,rollback,revert,undeploy,enable,disable,configure,canary-start,canary-step,canary-promote,canary-abort,deprecate,retire,apply" doc:"Of all items; apply lets each item say its own."`
	Group string                `json:"group" doc:"Name or identifier of the gateway group."`
	Items []Item                `json:"items" maxItems:"20000" doc:"The alterations, all or none of which happen."`

	Override        bool               `json:"override,omitempty" doc:"Lets a deploy replace another current revision."`
	AllowNoInstance bool               `json:"allowNoInstance,omitempty" doc:"Accepts the change although no instance is reachable: it waits for the first one."`
	AbortCanary     bool               `json:"abortCanary,omitempty" doc:"Lets the change end a canary of what it alters."`
	BreakFreeze     bool               `json:"breakFreeze,omitempty" doc:"Lets the change pass in a freeze window of the group."`
	Force           bool               `json:"force,omitempty" doc:"Retires what is still called, or before the sunset that callers were told. For retire and revert."`
	AllowBreaking   []AllowanceRequest `json:"allowBreaking,omitempty" doc:"Findings of the compatibility gate in spite of which the change may pass."`
	NotBefore       time.Time          `json:"notBefore,omitzero" doc:"When the change may begin; absent means at once."`
	ExpiresAt       time.Time          `json:"expiresAt,omitzero" doc:"A change that has not begun by then never does."`
	Notify          []string           `json:"notify,omitempty" maxItems:"50" doc:"People to tell beside those who are told anyway."`
}

// ChangeRequest asks for a change of one group.
type ChangeRequest struct {
	PlanRequest
	PlanHash gatewright.Hash `json:"planHash,omitempty" doc:"Refuses the change unless its plan still has this hash. Without it, whatever the plan is now is carried out."`
	Reason   string          `json:"reason,omitempty" doc:"Why; kept with the change." maxLength:"2000"`
}

// AllowanceRequest asks to pass in spite of findings.
type AllowanceRequest struct {
	Rule        string `json:"rule" doc:"Rule of the finding."`
	Fingerprint string `json:"fingerprint,omitempty" doc:"Of the one finding that is meant; absent stands for all that the plan shows now."`
}

// Item asks for one alteration. Which members count depends on the kind of
// the request, or in one of kind apply on the item's action.
type Item struct {
	Action gatewright.ChangeKind `json:"action,omitempty" enum:"publish,deploy,sync,rollback,undeploy,enable,disable,configure,canary-start,canary-step,canary-promote,canary-abort,deprecate,retire" doc:"For a request of kind apply: the item's own kind."`
	API    string                `json:"api,omitempty" doc:"Name or identifier of the API, or name@track when it has several tracks. A publish without it takes the document's title."`

	Document  *SourceDocument `json:"document,omitempty" doc:"For publish: the API's description."`
	Project   string          `json:"project,omitempty" doc:"For publish of a new API: name or identifier of its project; absent for the default one."`
	Version   string          `json:"version,omitempty" doc:"For publish: the version label, unless given the document's own version. For sync: the label for a revision that has none." maxLength:"128"`
	NoVersion bool            `json:"noVersion,omitempty" doc:"For publish: give the revision no version label, whatever the document says."`
	Revision  string          `json:"revision,omitempty" doc:"For deploy, rollback and canary-start: version or number. A rollback without it returns to the revision that ran before; a canary without it is of the current one, with another upstream."`
	From      string          `json:"from,omitempty" doc:"For sync: name or identifier of the source group."`

	Runtime   *Runtime              `json:"runtime,omitempty" doc:"For publish, deploy, sync and configure: alterations of the API's runtime configuration in the group. What is absent stays as it is."`
	Resource  *Resource             `json:"resource,omitempty" doc:"For configure: the group resource to add or replace."`
	Remove    gatewright.Key        `json:"remove,omitempty" doc:"For configure: key of the group resource to remove, as registry/NAME, source/NAME, table/NAME or flow-hooks."`
	Canary    *CanaryPatch          `json:"canary,omitempty" doc:"For canary-start and canary-step: what the canary is like. A step without it goes to the next share that was planned."`
	Lifecycle *gatewright.Lifecycle `json:"lifecycle,omitempty" doc:"For deprecate: what callers are told. For retire: the successor."`
	Undo      bool                  `json:"undo,omitempty" doc:"For deprecate: take deprecation, sunset and retirement back."`
	Change    gatewright.ChangeID   `json:"change,omitempty" doc:"For revert: identifier of the live change to put back. It is the only item, and the group is the change's."`
}

// Resource is a group resource that people set as a whole: one member is set.
// Apps are not among them, because keys are never sent, only made.
type Resource struct {
	Registry  *gatewright.Registry  `json:"registry,omitempty"`
	FlowHooks *gatewright.FlowHooks `json:"flowHooks,omitempty" doc:"Shared flows that act before and after the policies of all proxies of the group."`
	Source    *SourceRequest        `json:"source,omitempty" doc:"A database that data APIs of the group read."`
	Table     *gatewright.Table     `json:"table,omitempty" doc:"A logical table over one of the group's data sources. Projects are named or identified."`
}

// CanaryPatch alters a canary; absent and null members stay as they are.
type CanaryPatch struct {
	Name        *string                   `json:"name,omitempty"`
	Description *string                   `json:"description,omitempty"`
	Percent     *float64                  `json:"percent,omitempty" minimum:"0" maximum:"100" doc:"Share of the requests that match, with at most two decimals."`
	Enabled     *bool                     `json:"enabled,omitempty" doc:"False sends everything to the current revision."`
	Match       *[]gatewright.CanaryMatch `json:"match,omitempty" doc:"A request takes part when it meets all; none means every request."`
	Key         *string                   `json:"key,omitempty" doc:"What keeps a caller on one side: app, address, header:NAME, query:NAME, cookie:NAME; empty decides each request anew."`
	Steps       *[]gatewright.CanaryStep  `json:"steps,omitempty" doc:"Shares to come; hold says how long the share before is kept."`
	Upstream    *UpstreamPatch            `json:"upstream,omitempty" doc:"A backend of the canary's own."`
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

// DecisionRequest is an approver's word on a change.
type DecisionRequest struct {
	PlanHash gatewright.Hash `json:"planHash" doc:"Of the plan that was looked at; it is the change's."`
	Approve  *bool           `json:"approve" doc:"False rejects the change, which ends it."`
	Comment  string          `json:"comment,omitempty" doc:"A rejection needs one." maxLength:"2000"`
}

// CancelRequest withdraws a change that has not begun.
type CancelRequest struct {
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

// StateUnderway selects the changes that have not ended, in whatever state.
const StateUnderway = "underway"
