package gateway

import (
	"maps"
	"slices"
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
	Uncounted   uint64           `json:"uncounted"`   // calls whose route and app are not in the usage, because there were too many
	Unmatched   Requests         `json:"unmatched"`   // requests that belonged to no API
	Apps        int              `json:"apps"`        // callers that are known
	Keys        int              `json:"keys"`        // of theirs
	Canaries    int              `json:"canaries"`    // APIs with one
	APIs        []APIStatus      `json:"apis"`        // in the order of their keys
	Flows       []FlowStatus     `json:"flows"`       // in the order of their names
	Registries  []RegistryStatus `json:"registries"`  // in the order of their names
}

// FlowStatus is a shared flow that a gateway runs.
type FlowStatus struct {
	Key      gatewright.Key  `json:"key"`
	Hash     gatewright.Hash `json:"hash"`
	Name     string          `json:"name"`
	Revision int             `json:"revision"`
	Version  string          `json:"version,omitempty"`
	ConfigID string          `json:"configId,omitempty"`
	Hook     bool            `json:"hook,omitempty"` // attached to all APIs
	APIs     int             `json:"apis"`           // that call it themselves
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
	ConfigID  string           `json:"configId,omitempty"`
	Enabled   bool             `json:"enabled"`
	Access    string           `json:"access,omitempty"` // "" when anybody may call
	Retired   bool             `json:"retired,omitempty"`
	Routes    int              `json:"routes"`
	Requests  Requests         `json:"requests"` // of this revision; those under way are of the canary too
	Endpoints []EndpointStatus `json:"endpoints"`
	Lookups   []LookupStatus   `json:"lookups,omitempty"`
	Canary    *CanaryStatus    `json:"canary,omitempty"`
}

// CanaryStatus is what a gateway does with an API's canary.
type CanaryStatus struct {
	Revision  int              `json:"revision"`
	Version   string           `json:"version,omitempty"`
	Share     int              `json:"share"` // of 10,000 requests that meet the conditions
	Requests  Requests         `json:"requests"`
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
		Uncounted:   g.usage.overflow.Load(),
		Apps:        rt.apps.Len(),
		Keys:        rt.keys.Len(),
		Canaries:    rt.canaries,
		APIs:        make([]APIStatus, 0, rt.slots.Len()),
		Flows:       make([]FlowStatus, 0, len(rt.flows.byName)),
		Registries:  make([]RegistryStatus, 0, rt.registries.Len()),
	}
	if g.log != nil {
		s.LogDropped = g.log.dropped.Load()
	}
	rt.slots.Root().Walk(func(_ []byte, v *liveSlot) bool {
		s.APIs = append(s.APIs, v.status())
		return false
	})
	for _, name := range slices.Sorted(maps.Keys(rt.flows.byName)) {
		s.Flows = append(s.Flows, rt.flowStatus(rt.flows.byName[name]))
	}
	rt.registries.Root().Walk(func(key []byte, r *liveRegistry) bool {
		rs := RegistryStatus{Name: r.resource.Name, Hash: r.hash}
		rt.users.Root().WalkPrefix(userKey(gatewright.Key(key), ""), func([]byte, *liveSlot) bool {
			rs.APIs++
			return false
		})
		s.Registries = append(s.Registries, rs)
		return false
	})
	return s
}

func (rt *runtime) flowStatus(f *liveFlow) FlowStatus {
	r := f.resource
	st := FlowStatus{Key: f.key, Hash: f.hash, Name: r.Name, Revision: r.Current.Number, Version: r.Current.Version, ConfigID: r.ConfigID}
	if h := rt.flows.hooks; h != nil {
		st.Hook = slices.Contains(h.resource.Flows(), r.Name)
	}
	rt.users.Root().WalkPrefix(userKey(flowKey(r.Name), ""), func([]byte, *liveSlot) bool {
		st.APIs++
		return false
	})
	return st
}

func (s *liveSlot) status() APIStatus {
	r := s.resource
	st := APIStatus{
		Key: s.key, Hash: s.hash, ID: r.API, Name: r.Name, Track: r.Track, Revision: r.Current.Number, Version: r.Current.Version,
		ConfigID: r.ConfigID, Enabled: r.Enabled, Access: string(r.Access.Mode), Retired: s.lifecycle.retired != nil,
		Routes: len(s.routes.entries), Requests: s.current.counters.sum(),
	}
	st.Requests.InFlight = s.holds.count()
	st.Endpoints, st.Lookups = s.current.status()
	if k := s.canary; k != nil {
		st.Canary = &CanaryStatus{Revision: k.ref.Number, Version: k.ref.Version, Share: int(k.share), Requests: k.counters.sum()}
		st.Canary.Endpoints, st.Canary.Lookups = k.status()
	}
	return st
}

func (d *side) status() (endpoints []EndpointStatus, lookups []LookupStatus) {
	endpoints = []EndpointStatus{}
	if d.upstream == nil {
		return endpoints, nil
	}
	for _, m := range d.upstream.balancer.Members() {
		p := m.Endpoint()
		stats := p.endpoint.Stats()
		endpoints = append(endpoints, EndpointStatus{
			Address: p.endpoint.Address(), Host: p.host, Weight: m.Weight(), FailedUntil: m.MarkedUntil(),
			Connections: stats.Open, Dials: stats.Dials,
		})
	}
	for _, w := range d.upstream.watches {
		l := w.Snapshot()
		lookups = append(lookups, LookupStatus{
			Phase: l.Phase, Since: l.Since, Reason: l.Reason, Addresses: len(l.Addresses), Dropped: l.Dropped,
		})
	}
	return endpoints, lookups
}
