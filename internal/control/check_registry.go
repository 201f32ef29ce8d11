package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkRegistry refuses discovery through a registry the group does not have,
// and the removal of one that is in use.
func (c *Control) checkRegistry(d *draft) error {
	after := map[string]bool{} // registries this very change adds or removes
	for i := range d.items {
		if r := d.items[i].registry; r != nil {
			after[r.Name] = r.After != nil
		}
	}
	for i := range d.items {
		it := &d.items[i]
		if it.after == nil || it.after.Runtime.Upstream.Discovery == nil {
			continue
		}
		name := it.after.Runtime.Upstream.Discovery.Registry
		exists, decided := after[name]
		if !decided {
			_, err := d.tx.Registry(d.group.ID, name)
			if err != nil && !isNotFound(err) {
				return err
			}
			exists = err == nil
		}
		if !exists {
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: it.api.Name,
				Message: fmt.Sprintf("%s has no registry %q", d.group.Name, name),
				Remedy:  fmt.Sprintf("add it: gatewright registry add %q --group %q --type dns", name, d.group.Name),
			})
		}
	}
	return d.checkRegistryUse(after)
}

func (d *draft) checkRegistryUse(after map[string]bool) error {
	removed := map[string]bool{}
	for name, stays := range after {
		if !stays {
			removed[name] = true
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
		disc := s.Runtime.Upstream.Discovery
		if disc == nil || !removed[disc.Registry] {
			continue
		}
		api, err := d.tx.API(s.API)
		if err != nil {
			return err
		}
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: "registry " + disc.Registry,
			Message: fmt.Sprintf("registry %q is used by %s in %s", disc.Registry, api.Name, d.group.Name),
			Remedy:  fmt.Sprintf("give it another upstream first: gatewright configure %q --group %q --node host:port", api.Name, d.group.Name),
		})
	}
	return nil
}
