package control

import (
	"fmt"
	"slices"
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
	d := &draft{tx: tx, group: group, self: ch.ID, req: &Request{
		Kind: ch.Kind, Override: true, AbortCanary: ch.AbortCanary, AllowNoInstance: ch.NoInstance,
		BreakFreeze: ch.BreakFreeze, Force: ch.Force,
	}}
	for _, a := range ch.Allowances {
		d.req.AllowBreaking = append(d.req.AllowBreaking, Allowance{Rule: a.Rule, Fingerprint: a.Fingerprint})
	}
	for i := range ch.Items {
		item := &ch.Items[i]
		if r := item.Resource; r != nil {
			now, err := tx.GroupResource(group.ID, r.Key)
			if err != nil && !isNotFound(err) {
				return nil, err
			}
			if !sameResource(now, r.Before) {
				return nil, c.settle(tx, ch, gatewright.ChangeSuperseded, gatewright.Errorf(gatewright.Conflict,
					"stale: since it was planned, %s in %s was changed", r.Name, group.Name))
			}
			d.items = append(d.items, draftItem{action: item.Action, resource: r})
			continue
		}
		it, err := d.itemOf(item)
		if err != nil {
			return nil, err
		}
		if !sameContent(it.before, item.Slot.Before) {
			what := "went from " + labelOf(item.Slot.Before) + " to " + labelOf(it.before)
			if labelOf(item.Slot.Before) == labelOf(it.before) {
				what = "was configured otherwise, with " + labelOf(it.before) + " as before"
			}
			why := gatewright.Errorf(gatewright.Conflict, "stale: since it was planned, %s in %s %s", item.Slot.APIName, group.Name, what)
			return nil, c.settle(tx, ch, gatewright.ChangeSuperseded, why)
		}
		d.items = append(d.items, *it)
	}
	return d, nil
}

// itemOf rebuilds a draft item from its record, with what runs now as before.
func (d *draft) itemOf(item *gatewright.ChangeItem) (*draftItem, error) {
	s := item.Slot
	it := &draftItem{action: item.Action, after: s.After, stamp: s.Stamp}
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
		if err := it.findCanary(d.tx); err != nil {
			return nil, err
		}
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
	delta, err := compileChange(tx, ch, group)
	if gatewright.CodeOf(err) == gatewright.LimitExceeded {
		return c.settle(tx, ch, gatewright.ChangeFailed, gatewright.AsError(err))
	}
	if err != nil {
		return err
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
		if !ch.SetOutcome(o) {
			continue
		}
		if err := tx.PutOutcome(ch.ID, o); err != nil {
			return err
		}
	}
	return c.moved(tx, ch)
}

// compileChange returns what the change does to the group's manifest and
// stores the blobs it names.
func compileChange(tx Tx, ch *gatewright.Change, group *gatewright.Group) (gatewright.Delta, error) {
	d := &draft{tx: tx, group: group}
	delta := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
	put := func(key gatewright.Key, res *gatewright.Resource) error {
		body, hash, err := res.Encode()
		if err != nil {
			return err
		}
		delta.Upserts[key] = hash
		return tx.PutBlob(hash, body)
	}
	for i := range ch.Items {
		item := &ch.Items[i]
		if item.Resource != nil {
			if item.Resource.After == nil {
				delta.Deletes = append(delta.Deletes, item.Resource.Key)
			} else if err := put(item.Resource.Key, compileResource(item.Resource.After)); err != nil {
				return delta, err
			}
			continue
		}
		it, err := d.itemOf(item)
		if err != nil {
			return delta, err
		}
		gone := map[int]bool{}
		for _, n := range numbersOf(it.before) {
			gone[n] = true
		}
		key := gatewright.SlotResourceKey(it.slotKey(group.ID))
		if it.after == nil {
			delta.Deletes = append(delta.Deletes, key)
		} else if err := put(key, compile.Slot(it.api, it.track.Name, it.after, group)); err != nil {
			return delta, err
		}
		for _, rev := range []*gatewright.Revision{it.revision, it.canary} {
			if rev == nil {
				continue
			}
			if !gone[rev.Number] { // what ran already is in the manifest
				if err := put(gatewright.RevisionKey(it.api.ID, rev.Number), compile.Revision(it.api.ID, rev)); err != nil {
					return delta, err
				}
			}
			gone[rev.Number] = false
		}
		for n, really := range gone {
			if really {
				delta.Deletes = append(delta.Deletes, gatewright.RevisionKey(it.api.ID, n))
			}
		}
	}
	slices.Sort(delta.Deletes)
	return delta, nil
}

func compileResource(r *gatewright.GroupResource) *gatewright.Resource {
	switch {
	case r.App != nil:
		return compile.App(r.App)
	case r.FlowHooks != nil:
		return compile.FlowHooks(r.FlowHooks)
	case r.Source != nil:
		return compile.Source(r.Source)
	case r.Table != nil:
		return compile.Table(r.Table)
	}
	return compile.Registry(r.Registry)
}

// numbersOf lists the revisions a slot runs.
func numbersOf(c *gatewright.SlotContent) []int {
	switch {
	case c == nil:
		return nil
	case c.Canary != nil:
		return []int{c.Number, c.Canary.Number}
	}
	return []int{c.Number}
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
