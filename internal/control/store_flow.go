package control

import "github.com/gatewright/gatewright"

// RunningFlow is a shared flow that runs in a group.
type RunningFlow struct {
	Group    gatewright.GroupID
	API      gatewright.APIID
	Name     string
	Track    string
	Revision gatewright.RevisionID
	Policies []gatewright.Policy
}

// FlowCaller is a slot whose current revision or canary calls a shared flow, or
// what instances of its group that are pinned run there instead.
type FlowCaller struct {
	gatewright.SlotKey
	Name     string          // of the API
	Kind     gatewright.Kind // of the API
	Revision gatewright.RevisionID
	Number   int
	Canary   bool // it is the canary that calls
	Pinned   bool // it is instances pinned to the revision that call, in a slot that runs something
}

type flowTx interface {
	// RunningFlows lists the shared flows that run in the group, in all of them
	// when it is "", by group and name.
	RunningFlows(group gatewright.GroupID) ([]RunningFlow, error)
	// FlowCallers lists what calls the flow of that name in the group, in all of
	// them when it is "", by group, API and track. It reads no definition.
	FlowCallers(group gatewright.GroupID, name string) ([]FlowCaller, error)
	// Flows returns the names of the flows that a stored revision calls, sorted,
	// each once.
	Flows(id gatewright.RevisionID) ([]string, error)
}
