package gateway

import (
	"testing"

	"github.com/gatewright/gatewright"
)

// APISpec is an API as tests think of it: a slot and its current revision.
type APISpec struct {
	ID             gatewright.APIID
	Name           string
	Track          string
	Revision       int
	Version        string
	Enabled        bool
	Hosts          []string
	PathPrefix     string
	KeepPathPrefix bool
	BasePath       string
	Policies       []gatewright.Policy
	Routes         []gatewright.Route
	AllowCORS      bool
	Upstream       gatewright.Upstream

	Slot   func(*gatewright.SlotResource) // when set, alters the slot
	Canary *gatewright.RevisionResource   // another revision that is to be there
}

// SlotKey returns the key of the slot.
func (a *APISpec) SlotKey() gatewright.Key {
	return gatewright.SlotResourceKey(gatewright.SlotKey{API: a.ID, Track: a.Track})
}

// RevisionKey returns the key of the current revision.
func (a *APISpec) RevisionKey() gatewright.Key {
	return gatewright.RevisionKey(a.ID, a.Revision)
}

// Resources returns the slot and its revisions by key.
func (a *APISpec) Resources() map[gatewright.Key]*gatewright.Resource {
	slot := &gatewright.SlotResource{
		API: a.ID, Name: a.Name, Track: a.Track, Current: gatewright.RevisionRef{Number: a.Revision, Version: a.Version},
		Enabled: a.Enabled, Hosts: a.Hosts, PathPrefix: a.PathPrefix, KeepPathPrefix: a.KeepPathPrefix, Upstream: a.Upstream,
	}
	if a.Slot != nil {
		a.Slot(slot)
	}
	all := map[gatewright.Key]*gatewright.Resource{
		a.SlotKey():     {Format: gatewright.ResourceFormat, Slot: slot},
		a.RevisionKey(): {Format: gatewright.ResourceFormat, Revision: &gatewright.RevisionResource{API: a.ID, Number: a.Revision, BasePath: a.BasePath, Policies: a.Policies, Routes: a.Routes, AllowCORS: a.AllowCORS}},
	}
	if a.Canary != nil {
		all[gatewright.RevisionKey(a.ID, a.Canary.Number)] = &gatewright.Resource{Format: gatewright.ResourceFormat, Revision: a.Canary}
	}
	return all
}

// Load returns what the agent would hand over for r.
func Load(t testing.TB, r *gatewright.Resource) Loaded {
	t.Helper()
	r.Format = gatewright.ResourceFormat
	b, hash, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := gatewright.DecodeResource(b, hash)
	if err != nil {
		t.Fatal(err)
	}
	return Loaded{Hash: hash, Resource: decoded}
}
