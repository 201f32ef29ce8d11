package gateway

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/discover"
)

// Status is what a gateway does at one moment.
type Status struct {
	Configured  bool             `json:"configured"` // false before the first update
	Generation  int64            `json:"generation"`
	Routes      int              `json:"routes"`
	Connections int              `json:"connections"` // of clients, open now
	Refused     int64            `json:"refused"`     // connections closed as they came
	Draining    int              `json:"draining"`    // replaced revisions that still have requests
	LogDropped  uint64           `json:"logDropped"`  // lines of the access log that were lost
	Unmatched   Requests         `json:"unmatched"`   // requests that belonged to no API
	APIs        []APIStatus      `json:"apis"`        // in the order of their keys
	Registries  []RegistryStatus `json:"registries"`  // in the order of their names
}

// APIStatus is what a gateway does with one API.
type APIStatus struct {
	Key       gatewright.Key   `json:"key"`
	Hash      gatewright.Hash  `json:"hash"`
	ID        gatewright.APIID `json:"id"`
	Name      string           `json:"name"`
	Track     string           `json:"track"`
	Revision  int              `json:"revision"`
	Version   string           `json:"version,omitempty"`
	Enabled   bool             `json:"enabled"`
	Routes    int              `json:"routes"`
	Requests  Requests         `json:"requests"` // of this revision
	Endpoints []EndpointStatus `json:"endpoints"`
	Lookups   []LookupStatus   `json:"lookups,omitempty"`
}

// EndpointStatus is one address that an API sends requests to.
type EndpointStatus struct {
	Address     string    `json:"address"`
	Host        string    `json:"host"` // the name it goes by
	Weight      int       `json:"weight"`
	FailedUntil time.Time `json:"failedUntil,omitzero"` // passed by until then, because a connection failed
	Connections int       `json:"connections"`          // open now, idle ones included
	Dials       int64     `json:"dials"`                // connections opened so far
}

// LookupStatus is the state of one look-up of addresses.
type LookupStatus struct {
	Phase     discover.Phase `json:"phase"`
	Since     time.Time      `json:"since,omitzero"`
	Reason    string         `json:"reason,omitempty"`
	Addresses int            `json:"addresses"`
	Dropped   int            `json:"dropped,omitempty"` // addresses too many
}

// RegistryStatus is a registry a gateway uses.
type RegistryStatus struct {
	Name string          `json:"name"`
	Hash gatewright.Hash `json:"hash"`
	APIs int             `json:"apis"` // that look up addresses there
}

// Status returns what the gateway does now. It looks at every API and is meant
// for people and slow scrapes.
func (g *Gateway) Status() Status {
	rt := g.current.Load()
	s := Status{
		Configured:  rt.configured,
		Generation:  rt.generation,
		Routes:      rt.table.Len(),
		Connections: g.server.Conns(),
		Refused:     g.server.Refused(),
		Draining:    g.drains.len(),
		Unmatched:   g.unmatched.sum(),
		APIs:        make([]APIStatus, 0, rt.apis.Len()),
		Registries:  make([]RegistryStatus, 0, rt.registries.Len()),
	}
	if g.log != nil {
		s.LogDropped = g.log.dropped.Load()
	}
	rt.apis.Root().Walk(func(_ []byte, a *liveAPI) bool {
		s.APIs = append(s.APIs, a.status())
		return false
	})
	rt.registries.Root().Walk(func(_ []byte, r *liveRegistry) bool {
		rs := RegistryStatus{Name: r.resource.Name, Hash: r.hash}
		rt.users.Root().WalkPrefix(userKey(rs.Name, ""), func([]byte, *liveAPI) bool {
			rs.APIs++
			return false
		})
		s.Registries = append(s.Registries, rs)
		return false
	})
	return s
}

func (a *liveAPI) status() APIStatus {
	r := a.resource
	s := APIStatus{
		Key: a.key, Hash: a.hash, ID: r.ID, Name: r.Name, Track: r.Track, Revision: r.Revision, Version: r.Version,
		Enabled: r.Enabled, Routes: len(a.entries), Requests: a.counters.sum(), Endpoints: []EndpointStatus{},
	}
	s.Requests.InFlight = a.holds.count()
	if a.upstream == nil {
		return s
	}
	for _, m := range a.upstream.balancer.Members() {
		p := m.Endpoint()
		stats := p.endpoint.Stats()
		s.Endpoints = append(s.Endpoints, EndpointStatus{
			Address: p.endpoint.Address(), Host: p.host, Weight: m.Weight(), FailedUntil: m.MarkedUntil(),
			Connections: stats.Open, Dials: stats.Dials,
		})
	}
	for _, w := range a.upstream.watches {
		l := w.Snapshot()
		s.Lookups = append(s.Lookups, LookupStatus{
			Phase: l.Phase, Since: l.Since, Reason: l.Reason, Addresses: len(l.Addresses), Dropped: l.Dropped,
		})
	}
	return s
}
