package gatewright

import "time"

// ChangeKind says what a change is for.
type ChangeKind string

// The kinds of change.
const (
	ChangePublish   ChangeKind = "publish"
	ChangeDeploy    ChangeKind = "deploy"
	ChangeSync      ChangeKind = "sync"
	ChangeRollback  ChangeKind = "rollback"
	ChangeUndeploy  ChangeKind = "undeploy"
	ChangeEnable    ChangeKind = "enable"
	ChangeDisable   ChangeKind = "disable"
	ChangeConfigure ChangeKind = "configure"
)

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
	Reason      string            `json:"reason,omitempty"`
	NoInstance  bool              `json:"noInstance,omitempty"` // may go live before any instance is reachable
	Author      string            `json:"author"`               // who
	Client      string            `json:"client"`               // through what: "cli", "api" …
	CreatedAt   time.Time         `json:"createdAt"`
	PreparedAt  time.Time         `json:"preparedAt,omitzero"`  // when preparing began
	ActivatedAt time.Time         `json:"activatedAt,omitzero"` // when it became what the group wants
	SettledAt   time.Time         `json:"settledAt,omitzero"`
	Generation  int64             `json:"generation,omitempty"` // of the group, once activated
	Error       *Error            `json:"error,omitempty"`      // why it did not go live
	Outcomes    []InstanceOutcome `json:"outcomes,omitempty"`   // what each instance said
}

// ChangeItem is one alteration within a change: of a slot or of a group
// resource.
type ChangeItem struct {
	Slot     *SlotChange     `json:"slot,omitempty"`
	Registry *RegistryChange `json:"registry,omitempty"`
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
	Revision RevisionID    `json:"revision"`
	Number   int           `json:"number"`
	Version  string        `json:"version,omitempty"`
	Hash     Hash          `json:"hash"`
	Runtime  RuntimeConfig `json:"runtime"`
}

// RegistryChange adds, replaces or removes a registry.
type RegistryChange struct {
	Name   string    `json:"name"`
	Before *Registry `json:"before,omitempty"`
	After  *Registry `json:"after,omitempty"`
}

// OutcomeState is what one instance has done with a change.
type OutcomeState string

// The states of an [InstanceOutcome].
const (
	OutcomePending  OutcomeState = "pending"  // nothing heard
	OutcomePrepared OutcomeState = "prepared" // built, not serving
	OutcomeRejected OutcomeState = "rejected" // could not be built
	OutcomeApplied  OutcomeState = "applied"  // serving
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
	for _, item := range c.Items {
		switch {
		case item.Slot != nil && key == APIKey(SlotKey{Group: c.Group, API: item.Slot.API, Track: item.Slot.Track}),
			item.Registry != nil && key == RegistryKey(item.Registry.Name):
			return true
		}
	}
	return false
}
