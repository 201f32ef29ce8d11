package control

import (
	"fmt"
	"slices"

	"github.com/gatewright/gatewright"
)

// checkBusy refuses a second change of a slot while one is under way. A
// rollback does not wait: it overtakes.
func (c *Control) checkBusy(d *draft) error {
	if d.req.Kind.Overtakes() {
		return nil
	}
	unsettled, err := d.tx.Changes(ChangeFilter{Group: d.group.ID, Unsettled: true})
	if err != nil {
		return err
	}
	if d.self != "" {
		// A recorded change is only held up by those before it: those after it
		// wait for it. The list is newest first.
		i := slices.IndexFunc(unsettled, func(c *gatewright.Change) bool { return c.ID == d.self })
		unsettled = unsettled[i+1:]
	}
	for _, other := range unsettled {
		if other.Kind.Overtakes() || waits(other, d.tx.Now()) {
			continue // one that waits is planned again when its turn comes, and void if this one got in its way
		}
		for i := range d.items {
			it := &d.items[i]
			if !touches(other, it) {
				continue
			}
			if d.req.Kind == gatewright.ChangeRollback {
				d.add(gatewright.Finding{
					Level: gatewright.LevelInfo, Subject: it.subject(),
					Message: fmt.Sprintf("supersedes %s (%s, %s)", other.ID, other.Kind, other.State),
				})
				continue
			}
			f := gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.subject(),
				Message: fmt.Sprintf("change %s (%s by %s) of %s in %s is under way (%s)", other.ID, other.Kind, other.Author, it.subject(), d.group.Name, other.State),
				Remedy:  "wait for it, or roll back to overtake it",
			}
			turns, err := d.turnsExtensible(other, it)
			if err != nil {
				return err
			}
			if turns {
				f.Message += " and turns it from a standard into an extensible proxy; until then it can be neither deployed, undeployed nor deleted there"
			}
			d.add(f)
		}
	}
	return nil
}

// touches reports whether c alters the thing of it.
func touches(c *gatewright.Change, it *draftItem) bool {
	for _, item := range c.Items {
		switch {
		case item.Resource != nil:
			if it.resource != nil && item.Resource.Key == it.resource.Key {
				return true
			}
		case it.resource == nil:
			// An API that does not exist yet has no ID; its name is what two
			// first publishes have in common.
			if item.Slot.Track == it.track.Name && (item.Slot.API == it.api.ID || item.Slot.APIName == it.api.Name) {
				return true
			}
		}
	}
	return false
}

// rollingChange returns the change of a slot that is under way, or nil.
func rollingChange(tx Tx, key gatewright.SlotKey) (*gatewright.Change, error) {
	changes, err := tx.Changes(ChangeFilter{Group: key.Group, API: key.API, Track: key.Track, Unsettled: true, Limit: 1})
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	return changes[0], nil
}

// supersedes reports whether the draft overtakes a change of the item's slot.
func (d *draft) supersedes(it *draftItem) bool {
	for i := range d.findings {
		if f := &d.findings[i]; f.Check == "busy" && f.Level == gatewright.LevelInfo && f.Subject == it.subject() {
			return true
		}
	}
	return false
}
