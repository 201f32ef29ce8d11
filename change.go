package gatewright

import (
	"slices"
	"time"
)

// ChangeKind says what a change is for.
type ChangeKind string

// The kinds of change.
const (
	ChangePublish   ChangeKind = "publish"
	ChangeDeploy    ChangeKind = "deploy"
	ChangeSync      ChangeKind = "sync"
	ChangeRollback  ChangeKind = "rollback"
	ChangeRevert    ChangeKind = "revert" // puts all that a live change altered back
	ChangeUndeploy  ChangeKind = "undeploy"
	ChangeEnable    ChangeKind = "enable"
	ChangeDisable   ChangeKind = "disable"
	ChangeConfigure ChangeKind = "configure" // runtime configuration or a group resource

	ChangeCanaryStart   ChangeKind = "canary-start"
	ChangeCanaryStep    ChangeKind = "canary-step" // another share, or switched on or off
	ChangeCanaryPromote ChangeKind = "canary-promote"
	ChangeCanaryAbort   ChangeKind = "canary-abort"

	ChangeDeprecate ChangeKind = "deprecate" // sets or takes back deprecation and sunset
	ChangeRetire    ChangeKind = "retire"    // answers 410 from now on
	ChangeAccess    ChangeKind = "access"    // apps, their credentials and grants; overtakes all others
	ChangeSettings  ChangeKind = "settings"  // an API's settings as its slots show them; overtakes all others
	ChangeApply     ChangeKind = "apply"     // items of several kinds
)

// ChangeKinds lists the kinds of change.
func ChangeKinds() []string {
	kinds := []ChangeKind{
		ChangePublish, ChangeDeploy, ChangeSync, ChangeRollback, ChangeRevert, ChangeUndeploy, ChangeEnable, ChangeDisable, ChangeConfigure,
		ChangeCanaryStart, ChangeCanaryStep, ChangeCanaryPromote, ChangeCanaryAbort,
		ChangeDeprecate, ChangeRetire, ChangeAccess, ChangeSettings, ChangeApply,
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// Known reports whether k is one of [ChangeKinds].
func (k ChangeKind) Known() bool { return slices.Contains(ChangeKinds(), string(k)) }

// Overtakes reports whether changes of the kind go live at once: they hold
// nothing an instance could fail to build, and taking a right away must not
// wait for anybody.
func (k ChangeKind) Overtakes() bool { return k == ChangeAccess || k == ChangeSettings }

// ChangeState says how far a change has come.
type ChangeState string

// The states of a change, in the order it passes through them, then its ends.
const (
	ChangePendingApproval ChangeState = "pending-approval"
	ChangeScheduled       ChangeState = "scheduled"  // waits for its time, or for changes before it
	ChangePreparing       ChangeState = "preparing"  // instances build it beside what they run
	ChangeActivating      ChangeState = "activating" // instances take it into service
	ChangeLive            ChangeState = "live"       // every reachable instance runs it

	ChangeRejected   ChangeState = "rejected"   // an approver said no
	ChangeCancelled  ChangeState = "cancelled"  // withdrawn before it began
	ChangeExpired    ChangeState = "expired"    // its time passed
	ChangeSuperseded ChangeState = "superseded" // overtaken by another change
	ChangeFailed     ChangeState = "failed"     // nothing of it ever served
	ChangeReverted   ChangeState = "reverted"   // was live and was put back
)

// Settled reports whether the change has ended. A state this build does not
// know counts as under way: nothing is concluded from it.
func (s ChangeState) Settled() bool {
	switch s {
	case ChangeLive, ChangeRejected, ChangeCancelled, ChangeExpired, ChangeSuperseded, ChangeFailed, ChangeReverted:
		return true
	}
	return false
}

// Change is one atomic alteration of one group: one new generation. It is
// recorded when it is submitted and kept for ever.
type Change struct {
	ID          ChangeID          `json:"id"`
	Group       GroupID           `json:"group"`
	GroupName   string            `json:"groupName"`
	Kind        ChangeKind        `json:"kind"`
	State       ChangeState       `json:"state"`
	Items       []ChangeItem      `json:"items"`
	PlanHash    Hash              `json:"planHash"`
	Findings    []Finding         `json:"findings,omitempty"` // what the checks said of the plan
	ConfigID    string            `json:"configId,omitempty"` // of a publish: "2026-11-21r0"
	Reason      string            `json:"reason,omitempty"`
	Approval    *Approval         `json:"approval,omitempty"`    // nil when none is needed
	NotBefore   time.Time         `json:"notBefore,omitzero"`    // waits for that time
	ExpiresAt   time.Time         `json:"expiresAt,omitzero"`    // has begun by then, or never does
	Notify      []string          `json:"notify,omitempty"`      // people to tell beside those who are told anyway
	Allowances  []Allowance       `json:"allowances,omitempty"`  // findings it may go live in spite of
	AbortCanary bool              `json:"abortCanary,omitempty"` // may end a canary of a slot it alters
	BreakFreeze bool              `json:"breakFreeze,omitempty"` // may begin in a freeze window
	Force       bool              `json:"force,omitempty"`       // may retire what is still called
	Reverts     ChangeID          `json:"reverts,omitempty"`     // the change it puts back
	RevertedBy  ChangeID          `json:"revertedBy,omitempty"`  // the change that put it back
	NoInstance  bool              `json:"noInstance,omitempty"`  // may go live before any instance is reachable
	Author      string            `json:"author"`                // who
	Client      string            `json:"client"`                // through what: "cli", "api" …
	CreatedAt   time.Time         `json:"createdAt"`
	PreparedAt  time.Time         `json:"preparedAt,omitzero"`  // when preparing began
	ActivatedAt time.Time         `json:"activatedAt,omitzero"` // when it became what the group wants
	SettledAt   time.Time         `json:"settledAt,omitzero"`
	Generation  int64             `json:"generation,omitempty"` // of the group, once activated
	Error       *Error            `json:"error,omitempty"`      // why it did not go live
	Outcomes    []InstanceOutcome `json:"outcomes,omitempty"`   // what each instance said
}

// Approval is what a change waits for in the state [ChangePendingApproval].
type Approval struct {
	Needed    int        `json:"needed"` // how many have to say yes
	Role      string     `json:"role"`   // that each of them has for the group
	Decisions []Decision `json:"decisions,omitempty"`
}

// Decision is one approver's word.
type Decision struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Approve bool      `json:"approve"`
	Comment string    `json:"comment,omitempty"`
}

// Given counts the approvals.
func (a *Approval) Given() int {
	n := 0
	for _, d := range a.Decisions {
		if d.Approve {
			n++
		}
	}
	return n
}

// Allowance lets a change pass in spite of one finding.
type Allowance struct {
	Rule        string `json:"rule"`        // of the finding
	Fingerprint string `json:"fingerprint"` // of the finding; another one with the same rule is not covered
	Reason      string `json:"reason"`
	By          string `json:"by"`
}

// ChangeItem is one alteration within a change: of a slot or of a group
// resource.
type ChangeItem struct {
	Action   ChangeKind      `json:"action"`
	Slot     *SlotChange     `json:"slot,omitempty"`
	Resource *ResourceChange `json:"resource,omitempty"`
	Lines    []string        `json:"lines,omitempty"` // the difference as its plan told it, at most MaxItemLines
}

// MaxItemLines bounds the lines of difference kept with an item.
const MaxItemLines = 100

// SlotChange alters what a slot runs.
type SlotChange struct {
	API     APIID        `json:"api"`
	APIName string       `json:"apiName"`
	Track   string       `json:"track"`
	Before  *SlotContent `json:"before,omitempty"` // nil when nothing ran
	After   *SlotContent `json:"after,omitempty"`  // nil when nothing runs any more
	Stamp   string       `json:"stamp,omitempty"`  // version to bind to the revision as it goes live
}

// SlotContent is what a slot runs, told in full so that history can be read
// without looking anything up.
type SlotContent struct {
	Revision  RevisionID    `json:"revision"`
	Number    int           `json:"number"`
	Version   string        `json:"version,omitempty"`
	Hash      Hash          `json:"hash"`
	Runtime   RuntimeConfig `json:"runtime"`
	Canary    *Canary       `json:"canary,omitempty"`
	Lifecycle *Lifecycle    `json:"lifecycle,omitempty"`
	ConfigID  string        `json:"configId,omitempty"`
}

// ResourceChange adds, replaces or removes a group resource.
type ResourceChange struct {
	Key    Key            `json:"key"`
	Name   string         `json:"name"` // for people
	Before *GroupResource `json:"before,omitempty"`
	After  *GroupResource `json:"after,omitempty"`
}

// OutcomeState is what one instance has done with a change.
type OutcomeState string

// The states of an [InstanceOutcome].
const (
	OutcomePending  OutcomeState = "pending"  // nothing heard
	OutcomePrepared OutcomeState = "prepared" // built, not serving
	OutcomeRejected OutcomeState = "rejected" // could not be built
	OutcomeApplied  OutcomeState = "applied"  // serving
	OutcomePinned   OutcomeState = "pinned"   // has it, and goes on with what it is pinned to
)

// InstanceOutcome is one instance's part in a change.
type InstanceOutcome struct {
	Instance InstanceID   `json:"instance"`
	Name     string       `json:"name"`
	State    OutcomeState `json:"state"`
	Reason   string       `json:"reason,omitempty"` // of a rejection, in the instance's own words
	Base     int64        `json:"-"`                // generation of the group it was prepared or rejected on
	At       time.Time    `json:"at"`
}

// Label returns what to call the content in text: its version, else its
// revision's number.
func (c *SlotContent) Label() string {
	if c.Version != "" {
		return c.Version
	}
	return "revision " + itoa(c.Number) + " (no version)"
}

// SetOutcome notes what an instance did and reports whether that is news.
func (c *Change) SetOutcome(o InstanceOutcome) bool {
	for i := range c.Outcomes {
		if p := &c.Outcomes[i]; p.Instance == o.Instance {
			if p.State == o.State && p.Reason == o.Reason && p.Base == o.Base {
				return false
			}
			*p = o
			return true
		}
	}
	c.Outcomes = append(c.Outcomes, o)
	return true
}

// HasOutcome reports whether the instance has a part in the change.
func (c *Change) HasOutcome(id InstanceID) bool {
	for i := range c.Outcomes {
		if c.Outcomes[i].Instance == id {
			return true
		}
	}
	return false
}

// Alters reports whether the change alters the resource with that key.
func (c *Change) Alters(key Key) bool {
	for i := range c.Items {
		if c.Items[i].alters(c.Group, key) {
			return true
		}
	}
	return false
}

func (it *ChangeItem) alters(group GroupID, key Key) bool {
	if it.Resource != nil {
		return it.Resource.Key == key
	}
	s := it.Slot
	if key == SlotResourceKey(SlotKey{Group: group, API: s.API, Track: s.Track}) {
		return true
	}
	if s.After == nil {
		return false
	}
	return key == RevisionKey(s.API, s.After.Number) || s.After.Canary != nil && key == RevisionKey(s.API, s.After.Canary.Number)
}
