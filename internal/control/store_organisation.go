package control

import "github.com/gatewright/gatewright"

type organisationTx interface {
	// Organisation returns the organisation; as long as nobody has altered it,
	// one without settings.
	Organisation() (*gatewright.Organisation, error)
	// UpdateOrganisation stores the settings and makes Revised one more;
	// Conflict when Revised is not the stored one.
	UpdateOrganisation(o *gatewright.Organisation) error
}

// Running counts slots of a group whose current revisions, or canaries that
// run another revision, are of one kind, have the same policies and call the
// same shared flows.
type Running struct {
	Group    gatewright.GroupID
	Kind     gatewright.Kind
	Policies []string // types, sorted, each once
	Flows    []string // names of the flows it calls, sorted, each once; what they are made of is not counted
	Count    int
}

// KindCount counts APIs of a kind; Group is "" for those of the organisation.
type KindCount struct {
	Group gatewright.GroupID
	Kind  gatewright.Kind
	Count int
}

type runningTx interface {
	// Running counts what runs in the group, in all of them when it is "".
	Running(group gatewright.GroupID) ([]Running, error)
	// DeployedAPIs counts the APIs that are deployed in the group: each once,
	// whatever the number of its tracks. When it is "", those of each group,
	// and those of the organisation, each once again.
	DeployedAPIs(group gatewright.GroupID) ([]KindCount, error)
	// CreatedAPIs counts all APIs.
	CreatedAPIs() ([]KindCount, error)
	// PolicyTypes returns the types of the policies of a stored revision, sorted,
	// each once.
	PolicyTypes(id gatewright.RevisionID) ([]string, error)
}
