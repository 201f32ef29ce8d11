package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// Bounds of the pipeline.
const (
	// PrepareTimeout is how long a reachable instance may take to build a
	// change. Past it the change fails: an instance that answers but never
	// finishes must not hold the group for ever.
	PrepareTimeout = 60 * time.Second
	// ActivateTimeout is how long a change waits for reachable instances to
	// take it into service. Past it the change settles, and they show as
	// pending.
	ActivateTimeout = 60 * time.Second
	// pollInterval is how often time alone may move a change on.
	pollInterval = 500 * time.Millisecond
	// keepIdempotency is how long idempotency keys are remembered.
	keepIdempotency = 24 * time.Hour
	// housekeepingInterval is how often leftovers are swept.
	housekeepingInterval = time.Minute
	// sweepBatch bounds the blobs one sweep removes, and so the time it holds
	// the store.
	sweepBatch = 1000
)

// Run moves changes along until ctx ends. Changes that an earlier process
// left under way go on from where the store says they are.
func (c *Control) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	c.mu.Lock()
	c.run = func(id gatewright.GroupID) {
		kick := make(chan struct{}, 1)
		c.kicks[id] = kick
		wg.Go(func() { c.runGroup(ctx, id, kick) })
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.run, c.kicks = nil, map[gatewright.GroupID]chan struct{}{}
		c.mu.Unlock()
	}()

	var groups []*gatewright.Group
	err := c.store.View(ctx, func(tx Tx) (err error) {
		groups, err = tx.Groups()
		return err
	})
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	for _, g := range groups {
		c.kick(g.ID)
	}
	tick := time.NewTicker(housekeepingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
				c.cfg.Log.Error("sweep failed", slog.Any("error", err))
			}
		}
	}
}

// kick wakes the group's pipeline, starting it if need be.
func (c *Control) kick(id gatewright.GroupID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kicks[id] == nil {
		if c.run == nil {
			return
		}
		c.run(id)
	}
	select {
	case c.kicks[id] <- struct{}{}:
	default: // it is about to look anyway
	}
}

func (c *Control) runGroup(ctx context.Context, id gatewright.GroupID, kick <-chan struct{}) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	busy := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-kick:
		case <-poll.C:
			if !busy {
				continue
			}
		}
		var err error
		if busy, err = c.Advance(ctx, id); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("pipeline step failed", slog.String("group", string(id)), slog.Any("error", err))
			busy = true // try again: the store may be back by then
		}
	}
}

// Advance moves the changes of a group as far as they can go now and reports
// whether any is still under way. It is idempotent, and all it knows is in
// the store.
func (c *Control) Advance(ctx context.Context, id gatewright.GroupID) (busy bool, err error) {
	for {
		var moved, head *gatewright.Change
		err := c.store.Update(ctx, func(tx Tx) error {
			moved, head = nil, nil
			unsettled, err := tx.Changes(ChangeFilter{Group: id, Unsettled: true})
			if err != nil {
				return err
			}
			busy = len(unsettled) > 0
			if !busy {
				return nil
			}
			head = unsettled[len(unsettled)-1] // oldest
			for _, ch := range unsettled {
				if ch.State == gatewright.ChangePreparing || ch.State == gatewright.ChangeActivating {
					head = ch
				}
			}
			group, err := tx.Group(id)
			if err != nil {
				return err
			}
			state := head.State
			if err := c.step(tx, head, group); err != nil {
				return err
			}
			if head.State != state {
				moved = head
			}
			return nil
		})
		if refused := (*gatewright.Error)(nil); head != nil && errors.As(err, &refused) &&
			refused.Code != gatewright.Unavailable && refused.Code != gatewright.Internal {
			// A rule that no check foresaw stands against it. Trying again
			// would not help, and the changes behind it must not wait.
			if moved, err = c.giveUp(ctx, head.ID, refused); err != nil {
				return true, err
			}
		}
		if err != nil || moved == nil {
			return busy, err
		}
		c.changed(moved)
	}
}

// giveUp fails a change that cannot be moved on.
func (c *Control) giveUp(ctx context.Context, id gatewright.ChangeID, why *gatewright.Error) (ch *gatewright.Change, err error) {
	err = c.store.Update(ctx, func(tx Tx) error {
		if ch, err = tx.Change(id); err != nil || ch.State.Settled() {
			return err
		}
		state := gatewright.ChangeFailed
		if !ch.ActivatedAt.IsZero() {
			state = gatewright.ChangeLive // what it wanted is in place; only its record lags
		}
		return c.settle(tx, ch, state, why)
	})
	return ch, err
}

// step moves one change on by one state, if it can.
func (c *Control) step(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	switch ch.State {
	case gatewright.ChangeScheduled:
		return c.begin(tx, ch, group)
	case gatewright.ChangePreparing:
		return c.stepPreparing(tx, ch, group)
	case gatewright.ChangeActivating:
		return c.stepActivating(tx, ch)
	}
	return nil
}

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
	if tx.Now().Sub(ch.PreparedAt) >= PrepareTimeout {
		return c.settle(tx, ch, gatewright.ChangeFailed, &gatewright.Error{
			Code:    gatewright.Unavailable,
			Message: fmt.Sprintf("%s did not answer within %s; nothing was changed", instances(len(waiting)), PrepareTimeout),
			Details: waiting,
		})
	}
	return nil
}

// activate makes the change what the group wants, in one transaction: the
// manifest's next generation, slots and registries, sealed revisions and
// bound versions, and the change's record.
func (c *Control) activate(tx Tx, ch *gatewright.Change) error {
	delta, err := tx.Staged(ch.ID)
	if err != nil {
		return err
	}
	if ch.Generation, err = tx.ApplyDelta(ch.Group, delta); err != nil {
		return err
	}
	if err := tx.Unstage(ch.ID); err != nil {
		return err
	}
	ch.State, ch.ActivatedAt = gatewright.ChangeActivating, tx.Now()
	group, err := tx.Group(ch.Group)
	if err != nil {
		return err
	}
	for i := range ch.Items { // first, so that a route can move between slots of one change
		if s := ch.Items[i].Slot; s != nil {
			if err := tx.PutClaims(gatewright.SlotKey{Group: ch.Group, API: s.API, Track: s.Track}, nil); err != nil {
				return err
			}
		}
	}
	for i := range ch.Items {
		if err := c.activateItem(tx, ch, &ch.Items[i], group); err != nil {
			return err
		}
	}
	if err := tx.TrimManifestLog(ch.Group, c.cfg.KeepLog); err != nil {
		return err
	}
	return tx.UpdateChange(ch)
}

func (c *Control) activateItem(tx Tx, ch *gatewright.Change, item *gatewright.ChangeItem, group *gatewright.Group) error {
	if r := item.Registry; r != nil {
		if r.After == nil {
			return tx.DeleteRegistry(ch.Group, r.Name)
		}
		return tx.PutRegistry(ch.Group, r.After)
	}
	s := item.Slot
	d := &draft{tx: tx, group: group}
	it, err := d.itemOf(s)
	if err != nil {
		return err
	}
	slot := &gatewright.Slot{SlotKey: it.slotKey(ch.Group), Change: ch.ID}
	if s.After == nil {
		slot.Runtime = s.Before.Runtime
		return tx.PutSlot(slot)
	}
	slot.Revision, slot.Runtime = s.After.Revision, s.After.Runtime
	if err := c.seal(tx, s, it); err != nil {
		return err
	}
	if err := tx.PutClaims(slot.SlotKey, claimsOf(it, slot.SlotKey, group)); err != nil {
		return err
	}
	if err := tx.PutSlot(slot); err != nil {
		return err
	}
	if s.Relabel != "" {
		return c.relabelSource(tx, ch, s)
	}
	return nil
}

// seal makes the revision immutable and its version a promise.
func (c *Control) seal(tx Tx, s *gatewright.SlotChange, it *draftItem) error {
	if err := tx.SealRevision(s.After.Revision, tx.Now()); err != nil {
		return err
	}
	if s.Stamp == "" {
		return nil
	}
	if err := tx.BindVersion(gatewright.VersionBinding{API: s.API, Label: s.Stamp, Hash: s.After.Hash, BoundAt: tx.Now()}); err != nil {
		return err
	}
	stored, err := tx.Revision(s.After.Revision)
	if err != nil || stored.Version == s.Stamp {
		return err
	}
	return tx.SetRevisionVersion(s.After.Revision, s.Stamp)
}

// relabelSource lets the source group of a sync show the version its revision
// was just given. That is a change of that group like any other.
func (c *Control) relabelSource(tx Tx, ch *gatewright.Change, s *gatewright.SlotChange) error {
	source, err := tx.Group(s.Relabel)
	if err != nil {
		return err
	}
	slot, err := tx.Slot(gatewright.SlotKey{Group: s.Relabel, API: s.API, Track: s.Track})
	if err != nil {
		return err
	}
	content, err := slotContent(tx, slot)
	if err != nil || content == nil || content.Revision != s.After.Revision {
		return err // it runs something else by now
	}
	return tx.CreateChange(&gatewright.Change{
		ID: gatewright.ChangeID(gatewright.NewID("chg_", tx.Now())), Group: source.ID, GroupName: source.Name,
		Kind: gatewright.ChangeConfigure, State: gatewright.ChangeScheduled,
		Items: []gatewright.ChangeItem{{Slot: &gatewright.SlotChange{
			API: s.API, APIName: s.APIName, Track: s.Track, Before: content, After: content, Stamp: s.Stamp,
		}}},
		PlanHash: ch.PlanHash, Reason: fmt.Sprintf("version %s was given by sync %s to %s", s.Stamp, ch.ID, ch.GroupName),
		Author: ch.Author, Client: ch.Client, CreatedAt: tx.Now(), NoInstance: true,
	})
}

// stepActivating settles the change once every reachable instance runs it.
func (c *Control) stepActivating(tx Tx, ch *gatewright.Change) error {
	all, err := tx.Instances(ch.Group)
	if err != nil {
		return err
	}
	waiting := false
	now := tx.Now()
	for _, in := range all {
		c.refresh(in)
		o := gatewright.InstanceOutcome{Instance: in.ID, Name: in.Name, State: gatewright.OutcomePending, At: now}
		switch {
		case in.Generation >= ch.Generation:
			o.State = gatewright.OutcomeApplied
		case in.Reachable(now, c.listening, c.cfg.LostAfter):
			waiting = true
		}
		if !ch.SetOutcome(o) {
			continue
		}
		if err := tx.PutOutcome(ch.ID, o); err != nil {
			return err
		}
	}
	if waiting && now.Sub(ch.ActivatedAt) < ActivateTimeout {
		return nil
	}
	return c.settle(tx, ch, gatewright.ChangeLive, nil)
}

// settle ends the change.
func (c *Control) settle(tx Tx, ch *gatewright.Change, state gatewright.ChangeState, why *gatewright.Error) error {
	ch.State, ch.SettledAt, ch.Error = state, tx.Now(), why
	if err := tx.Unstage(ch.ID); err != nil {
		return err
	}
	return tx.UpdateChange(ch)
}

// changed tells everybody that a change moved, and the pipelines of all
// groups it may concern.
func (c *Control) changed(ch *gatewright.Change) {
	c.events.publish(Event{Change: ch})
	c.kick(ch.Group)
	for _, item := range ch.Items {
		if item.Slot != nil && item.Slot.Relabel != "" {
			c.kick(item.Slot.Relabel)
		}
	}
	log := c.cfg.Log.With(slog.String("change", string(ch.ID)), slog.String("kind", string(ch.Kind)), slog.String("group", ch.GroupName))
	if ch.Error != nil {
		log.Warn("change moved", slog.String("state", string(ch.State)), slog.String("why", ch.Error.Error()))
		return
	}
	log.Info("change moved", slog.String("state", string(ch.State)), slog.Int64("generation", ch.Generation))
}

// Sweep forgets what nobody needs: instances gone for good, blobs nothing
// names, old idempotency keys.
func (c *Control) Sweep(ctx context.Context) error {
	return c.store.Update(ctx, func(tx Tx) error {
		all, err := tx.Instances("")
		if err != nil {
			return err
		}
		now := tx.Now()
		for _, in := range all {
			c.refresh(in)
			if in.Gone(now) {
				if err := tx.DeleteInstance(in.ID); err != nil {
					return err
				}
			}
		}
		if err := tx.DeleteIdempotencyBefore(now.Add(-keepIdempotency)); err != nil {
			return err
		}
		_, err = tx.DeleteUnreferencedBlobs(sweepBatch)
		return err
	})
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}
