package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// ActivateTimeout is how long a change waits for reachable instances to take
// it into service. Past it the change settles, and says who did not.
const ActivateTimeout = 60 * time.Second

// activate makes a prepared change what the group wants.
func (c *Control) activate(tx Tx, ch *gatewright.Change) error {
	delta, err := tx.Staged(ch.ID)
	if err != nil {
		return err
	}
	if err := tx.Unstage(ch.ID); err != nil {
		return err
	}
	return c.apply(tx, ch, delta)
}

// overtake makes a change what the group wants at once: there is nothing in it
// that an instance could fail to build.
func (c *Control) overtake(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	delta, err := compileChange(tx, ch, group)
	if err != nil {
		return err
	}
	if err := c.apply(tx, ch, delta); err != nil {
		return err
	}
	return c.yield(tx, ch, group)
}

// yield lets what is being prepared go by what overtook it: a slot is compiled
// again, for it would put the old settings back; a change of the same group
// resource is void.
func (c *Control) yield(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	unsettled, err := tx.Changes(ChangeFilter{Group: ch.Group, Unsettled: true})
	if err != nil {
		return err
	}
	for _, other := range unsettled {
		if other.State != gatewright.ChangePreparing {
			continue
		}
		for i := range ch.Items {
			it := &ch.Items[i]
			if it.Resource != nil && other.Alters(it.Resource.Key) {
				err = c.settle(tx, other, gatewright.ChangeSuperseded, gatewright.Errorf(gatewright.Conflict, "overtaken by %s, which altered %s", ch.ID, it.Resource.Name))
			} else if it.Slot != nil && other.Alters(gatewright.SlotResourceKey(gatewright.SlotKey{Group: ch.Group, API: it.Slot.API, Track: it.Slot.Track})) {
				if err = tx.Unstage(other.ID); err == nil {
					err = c.prepare(tx, other, group)
				}
			} else {
				continue
			}
			if err != nil {
				return err
			}
			break // once is enough, whatever else they have in common
		}
	}
	return nil
}

// apply puts the delta into force, in one transaction: the manifest's next
// generation, slots and group resources, sealed revisions and bound versions,
// and the change's record.
func (c *Control) apply(tx Tx, ch *gatewright.Change, delta gatewright.Delta) error {
	var err error
	if ch.Generation, err = tx.ApplyDelta(ch.Group, delta); err != nil {
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
	return c.moved(tx, ch)
}

func (c *Control) activateItem(tx Tx, ch *gatewright.Change, item *gatewright.ChangeItem, group *gatewright.Group) error {
	if r := item.Resource; r != nil {
		if r.After == nil {
			return tx.DeleteGroupResource(ch.Group, r.Key)
		}
		return tx.PutGroupResource(ch.Group, r.After)
	}
	s := item.Slot
	d := &draft{tx: tx, group: group}
	it, err := d.itemOf(item)
	if err != nil {
		return err
	}
	slot := &gatewright.Slot{SlotKey: it.slotKey(ch.Group), Change: ch.ID, Generation: ch.Generation, Since: ch.ActivatedAt}
	if s.After == nil {
		slot.Runtime = s.Before.Runtime
		return tx.PutSlot(slot)
	}
	slot.Revision, slot.Version, slot.Runtime = s.After.Revision, s.After.Version, s.After.Runtime
	slot.Lifecycle, slot.ConfigID = s.After.Lifecycle, s.After.ConfigID
	if slot.Canary = s.After.Canary.Clone(); slot.Canary != nil {
		if s.Before == nil || s.Before.Canary == nil || s.Before.Canary.Percent != slot.Canary.Percent || s.Before.Canary.Enabled != slot.Canary.Enabled {
			slot.Canary.Since = ch.ActivatedAt
		}
		if err := tx.SealRevision(slot.Canary.Revision, tx.Now()); err != nil {
			return err
		}
		if err := bind(tx, s.API, slot.Canary.Version, slot.Canary.Hash); err != nil {
			return err
		}
	}
	if err := c.seal(tx, s, it); err != nil {
		return err
	}
	if err := tx.PutClaims(slot.SlotKey, claimsOf(it, slot.SlotKey, group)); err != nil {
		return err
	}
	if err := tx.PutSlot(slot); err != nil {
		return err
	}
	if item.Action == gatewright.ChangeSync {
		return c.relabel(tx, ch, s)
	}
	return nil
}

// seal makes the revision immutable and its version a promise.
func (c *Control) seal(tx Tx, s *gatewright.SlotChange, it *draftItem) error {
	if it.revision.Hash != s.After.Hash {
		return gatewright.Errorf(gatewright.Conflict, "revision %d of %s is no longer what was planned", s.After.Number, s.APIName)
	}
	if err := tx.SealRevision(s.After.Revision, tx.Now()); err != nil {
		return err
	}
	if s.Stamp == "" {
		return nil
	}
	if err := bind(tx, s.API, s.Stamp, s.After.Hash); err != nil {
		return err
	}
	stored, err := tx.Revision(s.After.Revision)
	if err != nil || stored.Version == s.Stamp {
		return err
	}
	return tx.SetRevisionVersion(s.After.Revision, s.Stamp)
}

// bind makes a version a promise; "" is none.
func bind(tx Tx, api gatewright.APIID, version string, hash gatewright.Hash) error {
	if version == "" {
		return nil
	}
	return tx.BindVersion(gatewright.VersionBinding{API: api, Label: version, Hash: hash, BoundAt: tx.Now()})
}

// relabel lets the other groups that run the revision show the version a sync
// carries: the source of a sync that gave it, and any that missed it. For each
// that is a change of its own, like any other.
func (c *Control) relabel(tx Tx, ch *gatewright.Change, s *gatewright.SlotChange) error {
	slots, err := tx.Slots(SlotFilter{API: s.API, Track: s.Track, Deployed: true})
	if err != nil {
		return err
	}
	for _, slot := range slots {
		if slot.Revision != s.After.Revision || slot.Version == s.After.Version || slot.Group == ch.Group {
			continue
		}
		group, err := tx.Group(slot.Group)
		if err != nil {
			return err
		}
		before, err := slotContent(tx, slot)
		if err != nil {
			return err
		}
		after := *before
		after.Version = s.After.Version
		companion := &gatewright.Change{
			ID: gatewright.ChangeID(gatewright.NewID("chg_", tx.Now())), Group: group.ID, GroupName: group.Name,
			Kind: gatewright.ChangeConfigure, State: gatewright.ChangeScheduled,
			Items: []gatewright.ChangeItem{{Action: gatewright.ChangeConfigure, Slot: &gatewright.SlotChange{
				API: s.API, APIName: s.APIName, Track: s.Track, Before: before, After: &after, Stamp: s.Stamp,
			}}},
			PlanHash: ch.PlanHash, Reason: fmt.Sprintf("shows version %s, which %s carried to %s", s.Stamp, ch.ID, ch.GroupName),
			Author: ch.Author, Client: ch.Client, CreatedAt: tx.Now(), NoInstance: true,
		}
		if err := tx.CreateChange(companion); err != nil {
			return err
		}
		actor := gatewright.Actor{Name: ch.Author, Client: ch.Client}
		if err := audit(tx, actor, "change.submit", string(companion.ID), fmt.Sprintf("%s in %s: %s", companion.Kind, group.Name, companion.Reason)); err != nil {
			return err
		}
	}
	return nil
}

// stepActivating settles the change once every reachable instance has taken it
// into service. What one of them rejected now, or did not do in time, is said
// by the change; the group is not put back.
func (c *Control) stepActivating(tx Tx, ch *gatewright.Change) error {
	group, err := tx.Group(ch.Group)
	if err != nil {
		return err
	}
	all, err := tx.Instances(ch.Group)
	if err != nil {
		return err
	}
	manifest := &gatewright.Manifest{} // read only when somebody rejected something: it may be long
	if slices.ContainsFunc(all, func(in *gatewright.Instance) bool { return len(in.Rejections) > 0 }) {
		if manifest, err = tx.Manifest(ch.Group); err != nil {
			return err
		}
	}
	pins, err := readPins(tx, ch.Group, all)
	if err != nil {
		return err
	}
	past := newHistory(tx, group)
	why := &gatewright.Error{Code: gatewright.Unavailable}
	waiting := false
	now := tx.Now()
	for _, in := range all {
		c.refresh(in)
		reachable := c.isReachable(in, now)
		if !reachable && !ch.HasOutcome(in.ID) {
			continue // it had no part in this
		}
		o := gatewright.InstanceOutcome{Instance: in.ID, Name: in.Name, State: gatewright.OutcomePending, At: now}
		lacks, err := past.lacks(in, ch.Generation)
		if err != nil {
			return err
		}
		if lacks == "" {
			o.State, o.Reason = outcomeOf(ch, in, manifest)
		} else if reachable {
			waiting = true
			o.Reason = "has not taken it into service: " + lacks
		}
		if o.State == gatewright.OutcomeApplied && pins.evades(ch, in.ID) {
			o.State = gatewright.OutcomePinned
		}
		if o.Reason != "" {
			why.Details = append(why.Details, gatewright.Detail{Subject: in.Name, Message: o.Reason})
		}
		if !ch.SetOutcome(o) {
			continue
		}
		if err := tx.PutOutcome(ch.ID, o); err != nil {
			return err
		}
	}
	if waiting && c.waited(tx, ch.ActivatedAt) < ActivateTimeout {
		return nil
	}
	if n := len(why.Details); n > 0 {
		why.Message = fmt.Sprintf("it is what %s runs now, but %s does not", group.Name, instances(n))
		return c.settle(tx, ch, gatewright.ChangeLive, why)
	}
	return c.settle(tx, ch, gatewright.ChangeLive, nil)
}

// outcomeOf returns what became of the change on an instance whose manifest has
// it, and why unless it runs all of it.
func outcomeOf(ch *gatewright.Change, in *gatewright.Instance, manifest *gatewright.Manifest) (gatewright.OutcomeState, string) {
	for _, r := range in.Rejections {
		if manifest.Entries[r.Key] == r.Hash && ch.Alters(r.Key) {
			return gatewright.OutcomeRejected, r.Reason
		}
	}
	if in.Unlisted > 0 {
		return gatewright.OutcomePending, unlisted(in)
	}
	return gatewright.OutcomeApplied, ""
}

// settle ends the change.
func (c *Control) settle(tx Tx, ch *gatewright.Change, state gatewright.ChangeState, why *gatewright.Error) error {
	ch.State, ch.SettledAt, ch.Error = state, tx.Now(), why
	if err := tx.Unstage(ch.ID); err != nil {
		return err
	}
	if err := c.moved(tx, ch); err != nil || state != gatewright.ChangeLive || ch.Reverts == "" {
		return err
	}
	return c.markReverted(tx, ch)
}

// markReverted says of the change that by has put back, now that by is live,
// that it was.
func (c *Control) markReverted(tx Tx, by *gatewright.Change) error {
	ch, err := tx.Change(by.Reverts)
	if err != nil {
		return err
	}
	ch.State, ch.RevertedBy = gatewright.ChangeReverted, by.ID
	ch.Error = gatewright.Errorf(gatewright.Conflict, "%s", strings.TrimSuffix(fmt.Sprintf("put back by %s, asked for by %s: %s", by.ID, by.Author, by.Reason), ": "))
	return c.moved(tx, ch)
}

// moved writes down how far the change has come, and lets the other replicas
// of the control plane know.
func (c *Control) moved(tx Tx, ch *gatewright.Change) error {
	if err := tx.UpdateChange(ch); err != nil {
		return err
	}
	if err := c.tell(tx, ch); err != nil {
		return err
	}
	return c.announce(tx, eventChange, string(ch.ID))
}
