package control

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// checkResource refuses slots and apps that name what the group or the
// organisation does not have, and the removal of what is in use. What this
// very change adds, alters or removes counts as it will be.
func (c *Control) checkResource(d *draft) error {
	after := map[gatewright.Key]*gatewright.ResourceChange{}
	for i := range d.items {
		if r := d.items[i].resource; r != nil {
			after[r.Key] = r
		}
	}
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil {
			if err := d.checkGrants(it.resource); err != nil {
				return err
			}
			continue
		}
		for _, name := range registriesOf(it.after) {
			exists, err := d.exists(after, gatewright.RegistryKey(name))
			if err != nil {
				return err
			}
			if !exists {
				d.add(gatewright.Finding{
					Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: it.api.Name,
					Message: fmt.Sprintf("%s has no registry %q", d.group.Name, name),
					Remedy:  fmt.Sprintf("add it: gatewright registry add %q --group %q --type dns", name, d.group.Name),
				})
			}
		}
	}
	return d.checkRemoved(after)
}

// registriesOf lists the registries by which a slot finds its upstreams.
func registriesOf(c *gatewright.SlotContent) []string {
	if c == nil {
		return nil
	}
	var names []string
	if disc := c.Runtime.Upstream.Discovery; disc != nil {
		names = append(names, disc.Registry)
	}
	if c.Canary != nil && c.Canary.Upstream != nil && c.Canary.Upstream.Discovery != nil {
		names = append(names, c.Canary.Upstream.Discovery.Registry)
	}
	return names
}

func (d *draft) exists(after map[gatewright.Key]*gatewright.ResourceChange, key gatewright.Key) (bool, error) {
	if r := after[key]; r != nil {
		return r.After != nil, nil
	}
	_, err := d.tx.GroupResource(d.group.ID, key)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// checkRemoved refuses to remove a registry that a slot, as it will be after
// the change, looks up addresses in.
func (d *draft) checkRemoved(after map[gatewright.Key]*gatewright.ResourceChange) error {
	removed := map[string]bool{}
	for key, r := range after {
		if r.After == nil && key.Kind() == gatewright.KeyRegistry {
			removed[strings.TrimPrefix(string(key), gatewright.KeyRegistry+"/")] = true
		}
	}
	if len(removed) == 0 {
		return nil
	}
	slots, err := d.tx.Slots(SlotFilter{Group: d.group.ID, Deployed: true})
	if err != nil {
		return err
	}
	for _, s := range slots {
		if d.alters(s.SlotKey) {
			continue // what it will use was looked at already
		}
		for _, name := range registriesOf(&gatewright.SlotContent{Runtime: s.Runtime, Canary: s.Canary}) {
			if !removed[name] {
				continue
			}
			api, err := d.tx.API(s.API)
			if err != nil {
				return err
			}
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: "registry " + name,
				Message: fmt.Sprintf("registry %q is used by %s in %s", name, api.Name, d.group.Name),
				Remedy:  fmt.Sprintf("give it another upstream first: gatewright configure %q --group %q --node host:port", api.Name, d.group.Name),
			})
		}
	}
	return nil
}

// alters reports whether an item of the draft is about that slot.
func (d *draft) alters(key gatewright.SlotKey) bool {
	for i := range d.items {
		if it := &d.items[i]; it.resource == nil && it.slotKey(d.group.ID) == key {
			return true
		}
	}
	return false
}

// checkGrants refuses grants of APIs that do not exist, and clearances below
// what an API asks for.
func (d *draft) checkGrants(r *gatewright.ResourceChange) error {
	if r.After == nil || r.After.App == nil {
		return nil
	}
	for _, g := range r.After.App.Grants {
		api, err := d.tx.API(g.API)
		if isNotFound(err) {
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.NotFound, Subject: r.Name,
				Message: fmt.Sprintf("%s is granted the API %s, which does not exist", r.Name, g.API),
			})
			continue
		}
		if err != nil {
			return err
		}
		if !g.Clearance.Covers(api.Settings.Security) {
			d.add(gatewright.Finding{
				Level: gatewright.LevelWarning, Subject: r.Name,
				Message: fmt.Sprintf("%s is cleared for %s, %s is %s: its calls are refused", r.Name, g.Clearance, api.Name, api.Settings.Security),
				Remedy:  "grant it with the clearance the API asks for",
			})
		}
	}
	return nil
}
