package agent

import (
	"time"

	"github.com/gatewright/gatewright"
)

// public is what reports and status are made from. Agent.mu guards it.
type public struct {
	configured  bool
	generation  int64
	digest      gatewright.Digest
	configID    string
	sequence    int64 // of the last report
	resources   int
	rejections  []gatewright.Rejection
	warnings    map[topic]string
	instance    gatewright.InstanceID
	group       string
	connected   bool
	since       time.Time
	lastError   string
	lastErrorAt time.Time
	savedAt     time.Time
}

// Status is how a gateway stands, for its local status page.
type Status struct {
	Instance       gatewright.InstanceID  `json:"instance,omitempty"` // "" before it joined
	Name           string                 `json:"name"`
	Group          string                 `json:"group,omitempty"`
	ConfigID       string                 `json:"configId,omitempty"` // that what it serves is pinned to; "" for none
	Configured     bool                   `json:"configured"`         // false: it has nothing to serve yet, not even an empty configuration
	Generation     int64                  `json:"generation"`
	Resources      int                    `json:"resources"` // in the generation's manifest
	Rejections     []gatewright.Rejection `json:"rejections,omitempty"`
	Connected      bool                   `json:"connected"`
	ConnectedSince time.Time              `json:"connectedSince,omitzero"`
	LastError      string                 `json:"lastError,omitempty"` // why it was not connected last
	LastErrorAt    time.Time              `json:"lastErrorAt,omitzero"`
	SavedAt        time.Time              `json:"savedAt,omitzero"` // when what is on disk was saved
	SnapshotAge    gatewright.Duration    `json:"snapshotAge,omitempty"`
	Warnings       []string               `json:"warnings,omitempty"`
}

// Status returns how the gateway stands.
func (a *Agent) Status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := &a.public
	s := Status{
		Instance: p.instance, Name: a.cfg.Name, Group: p.group, ConfigID: p.configID, Configured: p.configured, Generation: p.generation,
		Resources: p.resources, Rejections: p.rejections, Connected: p.connected,
		LastError: p.lastError, LastErrorAt: p.lastErrorAt, SavedAt: p.savedAt, Warnings: p.texts(),
	}
	if p.connected {
		s.ConnectedSince = p.since
	}
	if !p.savedAt.IsZero() {
		s.SnapshotAge = gatewright.Duration(a.cfg.Clock().Sub(p.savedAt).Round(time.Second))
	}
	return s
}

func (a *Agent) setConnected(connected bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.public.connected, a.public.since = connected, a.cfg.Clock()
}
