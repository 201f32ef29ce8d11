package gatewright

// MaxInstancePins bounds the slots that one configuration ID pins.
const MaxInstancePins = 10_000

// FieldConfigID is the field of the errors that say why an instance cannot be
// pinned to the configuration ID it gives.
const FieldConfigID = "configId"

// Pin is what an instance runs in one slot, as long as its process lives, in
// place of what its group runs there. The instance asks for it by a
// configuration ID: each slot that ran something under that ID is pinned to
// the revision it ran then. Only the content is: where requests go, hosts,
// access and lifecycle are the group's, a canary does not reach the instance,
// and a slot that the group no longer runs it does not run either. (Cloud
// Endpoints: the rollout strategy "fixed".)
type Pin struct {
	API      APIID      `json:"api"`
	Track    string     `json:"track"`
	Revision RevisionID `json:"revision"`
	Number   int        `json:"number"`            // of the revision
	Version  string     `json:"version,omitempty"` // it had under the configuration ID
	Hash     Hash       `json:"hash"`              // of its [RevisionResource]
}

// Slot returns the key of the slot resource that the pin is about.
func (p *Pin) Slot() Key { return SlotResourceKey(SlotKey{API: p.API, Track: p.Track}) }

// Content returns the key of the revision resource that it runs there.
func (p *Pin) Content() Key { return RevisionKey(p.API, p.Number) }

// On returns the slot resource that an instance with the pin runs where its
// group runs s.
func (p *Pin) On(s *SlotResource, configID string) *SlotResource {
	pinned := *s
	pinned.Current = RevisionRef{Number: p.Number, Version: p.Version}
	pinned.Canary, pinned.ConfigID = nil, configID
	return &pinned
}
