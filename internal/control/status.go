package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// StatusQuery selects deployments; empty members select all.
type StatusQuery struct {
	Group string             // name or ID
	API   string             // name or ID, "name@track"
	After gatewright.SlotKey // begin after it; the zero key begins with the first
	Limit int                // 0 for all
}

// Status derives, from what the instances reported, what runs where. The
// order is that of slot keys: groups by age, in them APIs by age.
func (c *Control) Status(ctx context.Context, q StatusQuery) ([]*gatewright.Deployment, error) {
	var ds []*gatewright.Deployment
	err := c.store.View(ctx, func(tx Tx) error {
		f := SlotFilter{Deployed: true, After: q.After, Limit: q.Limit}
		if q.Group != "" {
			g, err := findGroup(tx, q.Group)
			if err != nil {
				return err
			}
			f.Group = g.ID
		}
		if q.API != "" {
			a, track, err := findAPI(tx, q.API)
			if err != nil {
				return err
			}
			f.API, f.Track = a.ID, track
		}
		slots, err := tx.Slots(f)
		if err != nil {
			return err
		}
		view := &statusView{c: c, tx: tx, groups: map[gatewright.GroupID]*groupView{}}
		ds = make([]*gatewright.Deployment, len(slots))
		for i, s := range slots {
			if ds[i], err = view.deployment(s); err != nil {
				return err
			}
		}
		return nil
	})
	return ds, err
}

// statusView derives deployments from one snapshot of the store.
type statusView struct {
	c      *Control
	tx     Tx
	groups map[gatewright.GroupID]*groupView
}

type groupView struct {
	group     *gatewright.Group
	manifest  *gatewright.Manifest
	past      *history
	instances []*gatewright.Instance
	pins      pinsIn
}

func (v *statusView) group(id gatewright.GroupID) (*groupView, error) {
	if g := v.groups[id]; g != nil {
		return g, nil
	}
	g := &groupView{}
	var err error
	if g.group, err = v.tx.Group(id); err != nil {
		return nil, err
	}
	if g.manifest, err = v.tx.Manifest(id); err != nil {
		return nil, err
	}
	if g.instances, err = v.tx.Instances(id); err != nil {
		return nil, err
	}
	for _, in := range g.instances {
		v.c.refresh(in)
	}
	if g.pins, err = readPins(v.tx, id, g.instances); err != nil {
		return nil, err
	}
	g.past = newHistory(v.tx, g.group)
	v.groups[id] = g
	return g, nil
}

func (v *statusView) deployment(s *gatewright.Slot) (*gatewright.Deployment, error) {
	g, err := v.group(s.Group)
	if err != nil {
		return nil, err
	}
	api, err := v.tx.API(s.API)
	if err != nil {
		return nil, err
	}
	rev, err := v.tx.RevisionHead(s.Revision)
	if err != nil {
		return nil, err
	}
	rev.Version = s.Version
	d := &gatewright.Deployment{
		API: s.API, APIName: api.Name, Kind: api.Kind, Track: s.Track, BasePath: rev.Definition.BasePath,
		Group: s.Group, GroupName: g.group.Name, Change: s.Change, Since: s.Since,
		Instances: []gatewright.InstanceStatus{},
	}
	content := contentOf(rev, s.Runtime)
	content.Canary, content.Lifecycle, content.ConfigID = s.Canary, s.Lifecycle, s.ConfigID
	d.Content = *content
	for _, in := range g.instances {
		st, err := v.instance(in, g, s, content)
		if err != nil {
			return nil, err
		}
		d.Instances = append(d.Instances, st)
	}
	deriveState(d)
	return d, nil
}

// instance tells what one instance does with the resources of a slot. It has
// them when it runs a generation no older than the change that put them there,
// of this history of the group, and rejected none.
func (v *statusView) instance(in *gatewright.Instance, g *groupView, s *gatewright.Slot, content *gatewright.SlotContent) (gatewright.InstanceStatus, error) {
	st := gatewright.InstanceStatus{
		ID: in.ID, Name: in.Name, Address: in.Address, Version: in.Version, LastSeen: in.LastSeen,
		Health: in.HealthAt(v.tx.Now(), v.c.cfg.LostAfter, g.group),
	}
	key := gatewright.SlotResourceKey(s.SlotKey)
	wanted := map[gatewright.Key]gatewright.Hash{key: g.manifest.Entries[key]}
	if pin := g.pins.at(in.ID, key); pin != nil {
		st.Pin = &gatewright.Pinned{ConfigID: in.ConfigID, Number: pin.Number, Version: pin.Version}
		wanted[pin.Content()] = pin.Hash
	} else {
		for _, n := range numbersOf(content) {
			k := gatewright.RevisionKey(s.API, n)
			wanted[k] = g.manifest.Entries[k]
		}
	}
	lacks, err := g.past.lacks(in, s.Generation)
	if err != nil {
		return st, err
	}
	rejected := slices.IndexFunc(in.Rejections, func(r gatewright.Rejection) bool {
		hash, of := wanted[r.Key]
		return of && hash == r.Hash
	})
	switch {
	case rejected >= 0:
		st.State, st.Message = gatewright.InstanceError, in.Rejections[rejected].Reason
	case lacks != "":
		st.State, st.Message = gatewright.InstancePending, lacks
	case in.Unlisted > 0:
		st.State, st.Message = gatewright.InstancePending, unlisted(in)
	default:
		st.State = gatewright.InstanceDeployed
		st.Message = pinText(st.Pin)
	}
	if st.Health == gatewright.Lost || st.Health == gatewright.Offline {
		silent := v.tx.Now().Sub(in.LastSeen).Truncate(time.Second)
		st.Message = strings.TrimPrefix(st.Message+"; silent for "+silent.String(), "; ")
		if !in.LeftAt.IsZero() {
			st.Message = "stopped " + silent.String() + " ago"
		}
		if st.State == gatewright.InstanceDeployed {
			st.State = gatewright.InstancePending // silence proves nothing
		}
	} else if len(in.Warnings) > 0 {
		st.Message = strings.TrimPrefix(st.Message+"; "+strings.Join(in.Warnings, "; "), "; ")
	}
	return st, nil
}

// pinText tells what an instance runs in place of what its group does, "" when
// it is not pinned.
func pinText(p *gatewright.Pinned) string {
	if p == nil {
		return ""
	}
	runs := gatewright.SlotContent{Number: p.Number, Version: p.Version}
	return fmt.Sprintf("is pinned to %s and runs %s", p.ConfigID, runs.Label())
}

// deriveState sums the instances up.
func deriveState(d *gatewright.Deployment) {
	heard, deployed := 0, 0
	var failed, pinned []string
	for _, in := range d.Instances {
		if in.State == gatewright.InstanceError {
			failed = append(failed, in.Name+": "+in.Message)
		}
		if in.Health == gatewright.Lost || in.Health == gatewright.Offline {
			continue
		}
		heard++
		if in.State == gatewright.InstanceDeployed {
			deployed++
			if in.Pin != nil && in.Pin.Number != d.Content.Number {
				pinned = append(pinned, in.Name+" "+pinText(in.Pin))
			}
		}
	}
	switch {
	case len(failed) > 0:
		d.State, d.Message = gatewright.StateError, strings.Join(failed, "; ")
	case heard == 0:
		d.State, d.Message = gatewright.StateError, fmt.Sprintf("no instance of %s is reachable; it is pending until one is", d.GroupName)
	case deployed < heard:
		d.State, d.Message = gatewright.StateProgressing, fmt.Sprintf("%d of %d reachable instances run it", deployed, heard)
	case !d.Content.Runtime.Enabled:
		d.State, d.Message = gatewright.StateDisabled, fmt.Sprintf("switched off on %s", instances(deployed))
	default:
		d.State, d.Message = gatewright.StateReady, fmt.Sprintf("runs on %s", instances(deployed))
	}
	if n := len(pinned); n > maxNamed {
		pinned = append(pinned[:maxNamed], fmt.Sprintf("%d more are pinned", n-maxNamed))
	}
	if len(pinned) > 0 && d.State != gatewright.StateError {
		d.Message += "; " + strings.Join(pinned, "; ")
	}
	if silent := len(d.Instances) - heard; silent > 0 && heard > 0 {
		d.Message += fmt.Sprintf("; %d more not reachable", silent)
	}
}
