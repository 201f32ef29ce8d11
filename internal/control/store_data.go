package control

import "github.com/gatewright/gatewright"

// DataReader is a slot whose current revision or canary reads a data source or
// a table.
type DataReader struct {
	gatewright.SlotKey
	Name     string // of the API
	Revision gatewright.RevisionID
	Number   int
	Canary   bool // it is the canary that reads
}

// SecretRow is one value of a secret of a group resource.
type SecretRow struct {
	ID     gatewright.SecretID
	Group  gatewright.GroupID
	Key    gatewright.Key // of the group resource it belongs to
	Sealed string         // see package secret
}

type dataTx interface {
	// DataReaders lists what reads the source or table with that key in the
	// group, by API and track. It reads no definition.
	DataReaders(group gatewright.GroupID, key gatewright.Key) ([]DataReader, error)

	// CreateSecret stores a value; Conflict when there is one with its ID.
	CreateSecret(s *SecretRow) error
	Secret(id gatewright.SecretID) (*SecretRow, error)
	Secrets() ([]*SecretRow, error) // of all groups, by ID
	DeleteSecret(id gatewright.SecretID) error
	// ResealSecret replaces how a value is sealed, never the value itself.
	ResealSecret(id gatewright.SecretID, sealed string) error
}
