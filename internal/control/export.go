package control

import (
	"cmp"
	"context"
	"slices"

	"github.com/gatewright/gatewright"
)

// State is what a group has, or shall have. It speaks of things by name, so
// that it means the same in another installation.
type State struct {
	Group      *StatedGroup
	Registries []*gatewright.Registry
	Sources    []*StatedSource
	Tables     []*gatewright.Table
	FlowHooks  *gatewright.FlowHooks // nil stays as they are; empty ones take them away
	APIs       []*StatedAPI
	Apps       []*StatedApp
}

// StatedGroup is what a group's operator sets. Members that are nil stay as
// they are.
type StatedGroup struct {
	Labels   *map[string]string
	Settings *gatewright.GroupSettings
}

// StatedAPI is what runs in a slot, and the API's settings.
type StatedAPI struct {
	Name       string
	Track      string          // "" is found by the base path
	Kind       gatewright.Kind // of a new API; "" is proxy
	Owner      string          // "" stays as it is
	Settings   *gatewright.APISettings
	Version    string // label, "" for none
	Definition *gatewright.Definition
	Seed       *gatewright.Upstream // used the first time, when Runtime names no upstream
	Findings   []gatewright.Finding // what the importer has to say

	Runtime      *gatewright.RuntimeConfig // nil stays as it is, and so does an upstream without nodes and discovery
	SetLifecycle bool
	Lifecycle    *gatewright.Lifecycle // nil takes it away
	SetCanary    bool
	Canary       *StatedCanary // nil ends it
}

// StatedCanary is a slot's canary. Which revision it runs is said by the
// definition; without one it is a stored one of that version, or the slot's.
type StatedCanary struct {
	Canary     gatewright.Canary // revision, number, hash and since say nothing
	Definition *gatewright.Definition
}

// StatedApp is a caller.
type StatedApp struct {
	App            gatewright.App // its ID, times and grants say nothing
	SetCredentials bool
	SetGrants      bool
	Grants         []StatedGrant
}

// StatedGrant is a grant of an API by its name.
type StatedGrant struct {
	API   string
	Grant gatewright.Grant
}

// MaxExportBytes bounds the documents of one page of an export. A single API
// with more is a page of its own.
const MaxExportBytes = 16 << 20

// ExportQuery selects what to export of a group.
type ExportQuery struct {
	Group      string // name or ID
	API        string // name or ID, "name@track": that one alone; "" for everything
	WithHashes bool   // the hashes of apps' keys, too
	After      string // "name@track" of the API after which the page begins; "" for the first page, which has all that is no API
}

// Export is a page of what a group has.
type Export struct {
	State      State
	Generation int64  // of the group; pages of one generation belong together
	Next       string // After of the next page, "" on the last one
}

// Export returns what a group has, APIs by name and track.
func (c *Control) Export(ctx context.Context, q ExportQuery) (*Export, error) {
	var e *Export
	err := c.store.View(ctx, func(tx Tx) error {
		e = &Export{}
		g, err := findGroup(tx, q.Group)
		if err != nil {
			return err
		}
		e.Generation = g.Generation
		filter := SlotFilter{Group: g.ID, Deployed: true}
		if q.API != "" {
			api, track, err := findAPI(tx, q.API)
			if err != nil {
				return err
			}
			filter.API, filter.Track = api.ID, track
		}
		slots, err := namedSlots(tx, filter)
		if err != nil {
			return err
		}
		if q.API != "" && len(slots) == 0 {
			return gatewright.Errorf(gatewright.PreconditionFailed, "%s is not deployed in %s; there is nothing to export", q.API, g.Name)
		}
		if q.API == "" && q.After == "" {
			if err := e.resources(tx, g, q.WithHashes); err != nil {
				return err
			}
		}
		return e.slots(tx, slots, q.After)
	})
	return e, err
}

// namedSlot is a slot and its API.
type namedSlot struct {
	api  *gatewright.API
	slot *gatewright.Slot
}

func (n *namedSlot) title() string { return n.api.Name + "@" + n.slot.Track }

// namedSlots returns slots by name and track.
func namedSlots(tx Tx, filter SlotFilter) ([]namedSlot, error) {
	slots, err := tx.Slots(filter)
	if err != nil {
		return nil, err
	}
	all := make([]namedSlot, len(slots))
	for i, s := range slots {
		if i > 0 && all[i-1].slot.API == s.API {
			all[i] = namedSlot{all[i-1].api, s}
			continue
		}
		api, err := tx.API(s.API)
		if err != nil {
			return nil, err
		}
		all[i] = namedSlot{api, s}
	}
	slices.SortFunc(all, func(a, b namedSlot) int { return cmp.Compare(a.title(), b.title()) })
	return all, nil
}

// slots adds APIs until the page is full.
func (e *Export) slots(tx Tx, all []namedSlot, after string) error {
	bytes := 0
	for i := range all {
		if after != "" && all[i].title() <= after {
			continue
		}
		if bytes >= MaxExportBytes {
			e.Next = all[i-1].title()
			return nil
		}
		s, size, err := exportSlot(tx, &all[i])
		if err != nil {
			return err
		}
		bytes += size
		e.State.APIs = append(e.State.APIs, s)
	}
	return nil
}

// exportSlot returns a slot's state and the bytes of its documents.
func exportSlot(tx Tx, n *namedSlot) (*StatedAPI, int, error) {
	rev, err := tx.Revision(n.slot.Revision)
	if err != nil {
		return nil, 0, err
	}
	settings := portable(n.api.Settings)
	s := &StatedAPI{
		Name: n.api.Name, Track: n.slot.Track, Kind: n.api.Kind, Owner: n.api.Owner, Settings: &settings,
		Version: n.slot.Version, Definition: &rev.Definition,
		SetLifecycle: n.slot.Lifecycle != nil, Lifecycle: n.slot.Lifecycle,
	}
	if n.api.Kind != gatewright.KindFlow { // which has nothing to configure
		runtime := n.slot.Runtime.Clone()
		s.Runtime = &runtime
	}
	size := len(rev.Definition.Document.Text)
	if n.slot.Canary != nil {
		s.SetCanary = true
		s.Canary = &StatedCanary{Canary: *n.slot.Canary.Clone()}
		if n.slot.Canary.Revision != n.slot.Revision {
			canary, err := tx.Revision(n.slot.Canary.Revision)
			if err != nil {
				return nil, 0, err
			}
			s.Canary.Definition = &canary.Definition
			size += len(canary.Definition.Document.Text)
		}
	}
	return s, size, nil
}

// portable returns settings without what only means something in this
// installation: its place in the catalog.
func portable(s gatewright.APISettings) gatewright.APISettings {
	s = s.Clone()
	s.Project, s.Folder, s.Tags, s.Pinned = "", "", nil, nil
	return s
}

// resources adds what a group has beside APIs.
func (e *Export) resources(tx Tx, g *gatewright.Group, withHashes bool) error {
	labels, settings := g.Labels, g.Settings
	e.State.Group = &StatedGroup{Labels: &labels, Settings: &settings}
	registries, err := tx.GroupResources(g.ID, gatewright.KeyRegistry)
	if err != nil {
		return err
	}
	for _, r := range registries {
		e.State.Registries = append(e.State.Registries, r.Registry)
	}
	if err := e.dataResources(tx, g.ID); err != nil {
		return err
	}
	if e.State.FlowHooks, err = flowHooksOf(tx, g.ID); err != nil {
		return err
	}
	apps, err := appsOf(tx, g)
	if err != nil {
		return err
	}
	for _, app := range apps {
		s := &StatedApp{App: *app, SetCredentials: withHashes, SetGrants: true}
		if !withHashes {
			s.App.Credentials = nil
		}
		for _, grant := range app.Grants {
			api, err := tx.API(grant.API)
			if isNotFound(err) {
				continue // a grant of what is gone gives nothing
			}
			if err != nil {
				return err
			}
			s.Grants = append(s.Grants, StatedGrant{API: api.Name, Grant: grant})
		}
		slices.SortFunc(s.Grants, func(a, b StatedGrant) int { return cmp.Compare(a.API, b.API) })
		s.App.Grants = nil
		e.State.Apps = append(e.State.Apps, s)
	}
	return nil
}
