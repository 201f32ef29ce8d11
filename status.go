package gatewright

import "time"

// State is the derived state of a deployment. It is computed from what the
// instances report, never stored.
type State string

// The states of a deployment.
const (
	StateReady       State = "READY"       // every reachable instance runs it, and there is one
	StateProgressing State = "PROGRESSING" // instances are on their way
	StateError       State = "ERROR"       // an instance rejected it, or none is reachable
	StateDisabled    State = "DISABLED"    // switched off in the group; instances run that
)

// Deployment is what a slot runs now and its state over the instances.
type Deployment struct {
	API       APIID            `json:"api"`
	APIName   string           `json:"apiName"`
	Kind      Kind             `json:"kind"`
	Track     string           `json:"track"`
	BasePath  string           `json:"basePath"`
	Group     GroupID          `json:"group"`
	GroupName string           `json:"groupName"`
	Content   SlotContent      `json:"content"`
	Change    ChangeID         `json:"change"` // that put it there
	Since     time.Time        `json:"since"`  // when that change was activated
	State     State            `json:"state"`
	Message   string           `json:"message"` // why it is in that state
	Instances []InstanceStatus `json:"instances"`
}

// InstanceState is what one instance does with one deployment.
type InstanceState string

// The states of an [InstanceStatus].
const (
	InstanceDeployed InstanceState = "deployed"
	InstancePending  InstanceState = "pending"
	InstanceError    InstanceState = "error"
)

// InstanceStatus is one instance's truth about one deployment.
type InstanceStatus struct {
	ID       InstanceID    `json:"id"`
	Name     string        `json:"name"`
	Address  string        `json:"address"`
	Version  string        `json:"version"`
	LastSeen time.Time     `json:"lastSeen"`
	Health   Health        `json:"health"`
	State    InstanceState `json:"state"`
	Message  string        `json:"message,omitempty"` // in the gateway's own words
	Pin      *Pinned       `json:"pin,omitempty"`     // nil when it runs what the group runs here
}

// Pinned tells what an instance runs of an API because of its [Pin].
type Pinned struct {
	ConfigID string `json:"configId"`
	Number   int    `json:"number"`
	Version  string `json:"version,omitempty"`
}
