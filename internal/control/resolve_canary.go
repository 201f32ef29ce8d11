package control

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// canaryStart sends a share of a slot's requests to another revision, to
// another upstream, or both.
func (d *draft) canaryStart(item *Item) error {
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return err
	}
	if err := proxyOnly(it.api, "given a canary", "publish it under another name and give an API that calls that one the canary"); err != nil {
		return err
	}
	if c := it.before.Canary; c != nil {
		return gatewright.Errorf(gatewright.Conflict, "%s in %s has the canary %s (%s) already; promote or abort it first", it.api.Name, d.group.Name, c.Name, c.Label())
	}
	rev, err := d.canaryRevision(it, item)
	if err != nil {
		return err
	}
	if rev, err = d.trial(rev); err != nil {
		return err
	}
	c := &gatewright.Canary{
		Name: "canary of " + rev.Label(), Enabled: true,
		Revision: rev.ID, Number: rev.Number, Version: rev.Version, Hash: rev.Hash,
	}
	item.Canary.apply(c, &slot.Runtime)
	if err := noCanaryUpstream(it.api, c); err != nil {
		return err
	}
	if rev.ID == slot.Revision && c.Upstream == nil {
		return gatewright.FieldErrorf("revision", "%s is what %s runs in %s; a canary is another revision, or has a backend of its own (--node)", rev.Label(), it.api.Name, d.group.Name)
	}
	return d.placeCanary(it, slot, c)
}

// canaryRevision finds the revision of a canary that starts: the named one,
// else the current one.
func (d *draft) canaryRevision(it *draftItem, item *Item) (*gatewright.Revision, error) {
	if item.Revision == "" {
		return d.tx.Revision(it.before.Revision)
	}
	rev, err := findRevision(d.tx, it.api, item.Revision)
	if err != nil {
		return nil, err
	}
	if rev.Track != it.track.Name {
		return nil, gatewright.FieldErrorf("revision", "%s belongs to %s@%s; a canary is of the slot's own track %s", rev.Label(), it.api.Name, rev.Track, it.track.Name)
	}
	return rev, nil
}

// running is deployed for kinds that need a canary there.
func (d *draft) running(item *Item) (*draftItem, *gatewright.Slot, *gatewright.Canary, error) {
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return nil, nil, nil, err
	}
	if slot.Canary == nil {
		return nil, nil, nil, gatewright.Errorf(gatewright.PreconditionFailed, "%s in %s has no canary", it.api.Name, d.group.Name)
	}
	return it, slot, slot.Canary.Clone(), nil
}

// canaryStep alters the canary's share or its other settings. A share that is
// set by hand passes over the steps below it.
func (d *draft) canaryStep(item *Item) error {
	it, slot, c, err := d.running(item)
	if err != nil {
		return err
	}
	if item.Canary == nil { // the next step
		if len(c.Steps) == 0 {
			return gatewright.Errorf(gatewright.PreconditionFailed, "the canary of %s in %s has no further step; promote or abort it", it.api.Name, d.group.Name)
		}
		c.Percent, c.Steps = c.Steps[0].Percent, c.Steps[1:]
	} else {
		item.Canary.apply(c, &slot.Runtime)
		if err := noCanaryUpstream(it.api, c); err != nil {
			return err
		}
		if item.Canary.Steps == nil {
			c.Steps = slices.DeleteFunc(c.Steps, func(s gatewright.CanaryStep) bool { return s.Percent <= c.Percent })
		}
	}
	return d.placeCanary(it, slot, c)
}

// canaryPromote makes the canary what the slot runs.
func (d *draft) canaryPromote(item *Item) error {
	it, slot, c, err := d.running(item)
	if err != nil {
		return err
	}
	rev, err := d.tx.Revision(c.Revision)
	if err != nil {
		return err
	}
	runtime := slot.Runtime.Clone()
	if c.Upstream != nil {
		runtime.Upstream = c.Upstream.Clone()
	}
	if err := d.place(it, rev, runtime); err != nil {
		return err
	}
	d.items[len(d.items)-1].after.Canary = nil
	return nil
}

// canaryAbort sends all requests to the current revision again.
func (d *draft) canaryAbort(item *Item) error {
	it, slot, _, err := d.running(item)
	if err != nil {
		return err
	}
	return d.placeCanary(it, slot, nil)
}

// placeCanary completes the item: the slot runs what it runs, with c beside it.
func (d *draft) placeCanary(it *draftItem, slot *gatewright.Slot, c *gatewright.Canary) error {
	if c != nil {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	rev, err := d.tx.Revision(slot.Revision)
	if err != nil {
		return err
	}
	if err := d.place(it, rev, slot.Runtime); err != nil {
		return err
	}
	placed := &d.items[len(d.items)-1]
	placed.after.Canary = c
	return placed.findCanary(d.tx)
}

// findCanary completes the item with the revision of its canary.
func (it *draftItem) findCanary(tx Tx) error {
	if it.after == nil || it.after.Canary == nil {
		it.canary = nil
		return nil
	}
	rev, err := tx.Revision(it.after.Canary.Revision)
	it.canary = rev
	return err
}
