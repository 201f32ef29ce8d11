package control

import (
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// PrepareTimeout is how long a reachable instance may take to build a change.
// Past it the change fails: an instance that answers but never finishes must
// not hold the group for ever.
const PrepareTimeout = 60 * time.Second

// begin plans a waiting change again: what was looked at when it was
// submitted is what happens, or nothing does.
func (c *Control) begin(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	d, err := c.again(tx, ch, group)
	if err != nil {
		return err
	}
	if d == nil {
		return nil // settled: stale
	}
	if err := c.runChecks(d); err != nil {
		return err
	}
	if err := refusal(d.findings); err != nil {
		return c.settle(tx, ch, gatewright.ChangeFailed, gatewright.AsError(err))
	}
	return c.prepare(tx, ch, group)
}

// again rebuilds the draft of a recorded change from the present state. It
// settles the change and returns nil when what it would alter is no longer
// what was planned with.
func (c *Control) again(tx Tx, ch *gatewright.Change, group *gatewright.Group) (*draft, error) {
	d := &draft{tx: tx, group: group, req: &Request{Kind: ch.Kind, AllowNoInstance: ch.NoInstance, Override: true}, self: ch.ID}
	for _, item := range ch.Items {
		if r := item.Registry; r != nil {
			d.items = append(d.items, draftItem{registry: r})
			continue
		}
		it, err := d.itemOf(item.Slot)
		if err != nil {
			return nil, err
		}
		if !sameContent(it.before, item.Slot.Before) {
			why := gatewright.Errorf(gatewright.Conflict, "stale: since it was planned, %s in %s went from %s to %s",
				item.Slot.APIName, group.Name, labelOf(item.Slot.Before), labelOf(it.before))
			return nil, c.settle(tx, ch, gatewright.ChangeSuperseded, why)
		}
		d.items = append(d.items, *it)
	}
	return d, nil
}

// itemOf rebuilds a draft item from its record, with what runs now as before.
func (d *draft) itemOf(s *gatewright.SlotChange) (*draftItem, error) {
	it := &draftItem{after: s.After, stamp: s.Stamp}
	var err error
	if it.api, err = d.tx.API(s.API); err != nil {
		return nil, err
	}
	if it.track, err = d.tx.Track(s.API, s.Track); err != nil {
		return nil, err
	}
	if s.After != nil {
		if it.revision, err = d.tx.Revision(s.After.Revision); err != nil {
			return nil, err
		}
		labelled := *it.revision
		labelled.Version = s.After.Version
		it.revision = &labelled
	}
	slot, err := d.tx.Slot(it.slotKey(d.group.ID))
	if isNotFound(err) {
		return it, nil
	}
	if err != nil {
		return nil, err
	}
	it.before, err = slotContent(d.tx, slot)
	return it, err
}

// prepare compiles the change, stages it and asks the reachable instances to
// build it.
func (c *Control) prepare(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	d := &draft{tx: tx, group: group}
	delta := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
	for _, item := range ch.Items {
		key, res, err := d.resourceOf(&item)
		if err != nil {
			return err
		}
		if res == nil {
			delta.Deletes = append(delta.Deletes, key)
			continue
		}
		body, hash, err := res.Encode()
		if gatewright.CodeOf(err) == gatewright.LimitExceeded {
			return c.settle(tx, ch, gatewright.ChangeFailed, gatewright.AsError(err))
		}
		if err != nil {
			return err
		}
		if err := tx.PutBlob(hash, body); err != nil {
			return err
		}
		delta.Upserts[key] = hash
	}
	if err := tx.Stage(ch.ID, ch.Group, delta); err != nil {
		return err
	}
	ch.State, ch.PreparedAt = gatewright.ChangePreparing, tx.Now()
	reachable, err := c.reachable(tx, ch.Group)
	if err != nil {
		return err
	}
	for _, in := range reachable {
		o := gatewright.InstanceOutcome{Instance: in.ID, Name: in.Name, State: gatewright.OutcomePending, At: tx.Now()}
		ch.Outcomes = append(ch.Outcomes, o)
		if err := tx.PutOutcome(ch.ID, o); err != nil {
			return err
		}
	}
	return tx.UpdateChange(ch)
}

// resourceOf compiles one item; the resource is nil when it is removed.
func (d *draft) resourceOf(item *gatewright.ChangeItem) (gatewright.Key, *gatewright.Resource, error) {
	if r := item.Registry; r != nil {
		if r.After == nil {
			return gatewright.RegistryKey(r.Name), nil, nil
		}
		return gatewright.RegistryKey(r.Name), compile.Registry(r.After), nil
	}
	it, err := d.itemOf(item.Slot)
	if err != nil {
		return "", nil, err
	}
	key := gatewright.APIKey(it.slotKey(d.group.ID))
	if it.after == nil {
		return key, nil, nil
	}
	return key, compile.API(it.api, it.revision, it.after.Runtime, d.group), nil
}

// stepPreparing activates the change once every reachable instance has built
// it, and fails it as soon as one could not.
func (c *Control) stepPreparing(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	prepared := map[gatewright.InstanceID]bool{}
	rejected := &gatewright.Error{Code: gatewright.PreconditionFailed}
	for _, o := range ch.Outcomes {
		if o.Base != group.Generation {
			continue // it says nothing about what would be activated; the instance is asked again
		}
		switch o.State {
		case gatewright.OutcomePrepared:
			prepared[o.Instance] = true
		case gatewright.OutcomeRejected:
			rejected.Details = append(rejected.Details, gatewright.Detail{Subject: o.Name, Message: o.Reason})
		}
	}
	if n := len(rejected.Details); n > 0 {
		rejected.Message = fmt.Sprintf("rejected by %s; nothing of it served, what ran before still does", instances(n))
		return c.settle(tx, ch, gatewright.ChangeFailed, rejected)
	}
	reachable, err := c.reachable(tx, ch.Group)
	if err != nil {
		return err
	}
	if len(reachable) == 0 && !ch.NoInstance {
		return c.settle(tx, ch, gatewright.ChangeFailed, gatewright.Errorf(gatewright.Unavailable,
			"no instance of %s is reachable any more; nothing was changed", group.Name))
	}
	var waiting []gatewright.Detail
	for _, in := range reachable {
		if !prepared[in.ID] {
			waiting = append(waiting, gatewright.Detail{Subject: in.Name, Message: "has not said that it can run the change"})
		}
	}
	if len(waiting) == 0 {
		return c.activate(tx, ch)
	}
	if c.waited(tx, ch.PreparedAt) >= PrepareTimeout {
		return c.settle(tx, ch, gatewright.ChangeFailed, &gatewright.Error{
			Code:    gatewright.Unavailable,
			Message: fmt.Sprintf("%s did not answer within %s; nothing was changed", instances(len(waiting)), PrepareTimeout),
			Details: waiting,
		})
	}
	return nil
}

// waited is how long instances have been waited for, not counting the time in
// which nobody listened to them.
func (c *Control) waited(tx Tx, since time.Time) time.Duration {
	if l := c.listeningSince(); l.After(since) {
		since = l
	}
	return tx.Now().Sub(since)
}
