package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxIdempotencyKey bounds an idempotency key, in bytes.
const MaxIdempotencyKey = 255

// SubmitOptions accompany a request.
type SubmitOptions struct {
	PlanHash       gatewright.Hash // refuse unless the plan still has this hash; "" accepts whatever it is now
	Reason         string
	IdempotencyKey string // the same key and request return the same change
}

// Submission is what became of a request.
type Submission struct {
	Plan   *gatewright.Plan
	Change *gatewright.Change // nil when the plan is a no-op
}

// Submit plans the request again and, if its checks allow it, records it as a
// change, which then goes its way to the instances. It does not wait for them.
//
// Errors: [gatewright.Conflict] when a change of the same slot is under way,
// [gatewright.PreconditionFailed] when the plan differs from the one whose
// hash was given, and what the checks refuse with.
func (c *Control) Submit(ctx context.Context, actor gatewright.Actor, req Request, opts SubmitOptions) (*Submission, error) {
	return c.carryOut(ctx, actor, &req, opts)
}

// repeated reports whether the key was used for the same request before, and
// returns the change it made then; nil if that was a no-op.
func repeated(tx Tx, actor gatewright.Actor, key string, fingerprint gatewright.Hash) (bool, *gatewright.Change, error) {
	first, id, err := tx.Idempotency(keyOwner(actor), key)
	if isNotFound(err) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	if first != fingerprint {
		return false, nil, gatewright.Errorf(gatewright.Conflict, "idempotency key %q was used for another request", key)
	}
	if id == "" {
		return true, nil, nil
	}
	ch, err := tx.Change(id)
	return true, ch, err
}

// keyOwner tells whose idempotency keys are whose: tokens may share a name.
func keyOwner(actor gatewright.Actor) string {
	if actor.Token != "" {
		return string(actor.Token)
	}
	return actor.Name
}

// stale says that the plan is no longer the one that was looked at, and why.
func (d *draft) stale(seen gatewright.Hash, now *gatewright.Plan) error {
	e := gatewright.Errorf(gatewright.PreconditionFailed,
		"the plan is stale: it was %s and is now %s; look at the new plan and submit that", seen.Short(), now.Hash.Short())
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil || it.api.ID == "" {
			continue
		}
		last, err := d.tx.Changes(ChangeFilter{Group: d.group.ID, API: it.api.ID, Track: it.track.Name, Limit: 1})
		if err != nil {
			return err
		}
		for _, c := range last {
			e.Details = append(e.Details, gatewright.Detail{
				Subject: it.subject(),
				Message: fmt.Sprintf("last changed by %s (%s by %s at %s, %s)", c.ID, c.Kind, c.Author, c.CreatedAt.UTC().Format("2006-01-02 15:04:05"), c.State),
			})
		}
	}
	for _, item := range now.Items {
		for _, line := range item.Lines {
			e.Details = append(e.Details, gatewright.Detail{Subject: item.Subject, Message: "now: " + line})
		}
	}
	for _, f := range now.Findings {
		e.Details = append(e.Details, gatewright.Detail{Subject: f.Subject, Message: "now: " + string(f.Level) + ": " + f.Message})
	}
	return e
}

// record stores the change and what it needs, and begins it if nothing of the
// group is under way.
func (c *Control) record(d *draft, actor gatewright.Actor, plan *gatewright.Plan, reason string) (*gatewright.Change, error) {
	tx, now := d.tx, d.tx.Now()
	ch := &gatewright.Change{
		ID: gatewright.ChangeID(gatewright.NewID("chg_", now)), Group: d.group.ID, GroupName: d.group.Name,
		Kind: d.req.Kind, State: gatewright.ChangeScheduled, PlanHash: plan.Hash, Reason: reason, Findings: plan.Findings,
		Author: actor.Name, Client: actor.Client, CreatedAt: now,
		NotBefore: d.req.NotBefore, ExpiresAt: d.req.ExpiresAt, Notify: d.req.Notify, Approval: plan.Approval,
		Reverts: d.reverts, NoInstance: d.req.AllowNoInstance, AbortCanary: d.req.AbortCanary, BreakFreeze: d.req.BreakFreeze, Force: d.req.Force,
	}
	for _, a := range d.allowed {
		ch.Allowances = append(ch.Allowances, gatewright.Allowance{Rule: a.Rule, Fingerprint: a.Fingerprint, Reason: reason, By: actor.Name})
	}
	if err := d.giveConfigID(ch); err != nil {
		return nil, err
	}
	if err := c.sealPasswords(d); err != nil {
		return nil, err
	}
	for i := range d.items {
		it := &d.items[i]
		item := gatewright.ChangeItem{Action: it.action, Resource: it.resource, Lines: bounded(plan.Items[i].Lines)}
		if it.resource == nil {
			if err := d.store(it, actor, ch.ConfigID); err != nil {
				return nil, err
			}
			item.Slot = &gatewright.SlotChange{
				API: it.api.ID, APIName: it.api.Name, Track: it.track.Name, Before: it.before, After: it.after, Stamp: it.stamp,
			}
		}
		ch.Items = append(ch.Items, item)
	}
	if err := c.supersede(d, ch.ID); err != nil {
		return nil, err
	}
	if ch.Approval != nil {
		ch.State = gatewright.ChangePendingApproval
	}
	if err := tx.CreateChange(ch); err != nil {
		return nil, err
	}
	if err := c.tell(tx, ch); err != nil {
		return nil, err
	}
	if err := c.announce(tx, eventChange, string(ch.ID)); err != nil {
		return nil, err
	}
	if err := audit(tx, actor, "change.submit", string(ch.ID), strings.TrimSuffix(fmt.Sprintf("%s in %s: %s", ch.Kind, ch.GroupName, reason), ": ")); err != nil {
		return nil, err
	}
	if ch.Kind.Overtakes() {
		return ch, c.overtake(tx, ch, d.group)
	}
	turn, err := theirTurn(tx, d.group.ID)
	if err != nil {
		return nil, err
	}
	if len(turn) == 1 && turn[0].ID == ch.ID {
		return ch, c.prepare(tx, ch, d.group)
	}
	return ch, nil
}

// bounded returns as many lines as are kept with a change.
func bounded(lines []string) []string {
	more := len(lines) - gatewright.MaxItemLines + 1
	if more <= 1 {
		return lines
	}
	return append(lines[:gatewright.MaxItemLines-1:gatewright.MaxItemLines-1], fmt.Sprintf("… and %d more", more))
}

// giveConfigID numbers a change that publishes. What it publishes carries the
// number, in every group it is carried to.
func (d *draft) giveConfigID(ch *gatewright.Change) (err error) {
	published := func(it draftItem) bool { return it.action == gatewright.ChangePublish }
	if !slices.ContainsFunc(d.items, published) {
		return nil
	}
	if ch.ConfigID, err = d.tx.NextConfigID(d.tx.Now().UTC()); err != nil {
		return err
	}
	for i := range d.items {
		if published(d.items[i]) {
			d.items[i].after.ConfigID = ch.ConfigID
		}
	}
	return nil
}

// store stores the API, track and revision of an item that are new.
func (d *draft) store(it *draftItem, actor gatewright.Actor, configID string) error {
	tx, now := d.tx, d.tx.Now()
	if it.api.ID == "" {
		it.api.ID = gatewright.APIID(gatewright.NewID("api_", now))
		it.api.Owner, it.api.CreatedAt = actor.Name, now
		if err := tx.CreateAPI(it.api); err != nil {
			return err
		}
	}
	if it.newTrack {
		it.track.API = it.api.ID
		if err := tx.CreateTrack(it.track); err != nil {
			return err
		}
	}
	if it.revision != nil && it.revision.ID == "" {
		it.revision.ID = gatewright.RevisionID(gatewright.NewID("rev_", now))
		it.revision.API, it.revision.CreatedAt, it.revision.CreatedBy = it.api.ID, now, actor.Name
		it.revision.ConfigID = configID
		if err := tx.CreateRevision(it.revision); err != nil {
			return err
		}
		it.after.Revision, it.after.Number = it.revision.ID, it.revision.Number
	}
	return nil
}

// supersede ends the changes a rollback overtakes.
func (c *Control) supersede(d *draft, by gatewright.ChangeID) error {
	if d.req.Kind != gatewright.ChangeRollback {
		return nil
	}
	unsettled, err := d.tx.Changes(ChangeFilter{Group: d.group.ID, Unsettled: true})
	if err != nil {
		return err
	}
	for _, other := range unsettled {
		if other.Kind.Overtakes() || waits(other, d.tx.Now()) {
			continue
		}
		if !slices.ContainsFunc(d.items, func(it draftItem) bool { return touches(other, &it) }) {
			continue
		}
		if err := c.settle(d.tx, other, gatewright.ChangeSuperseded, gatewright.Errorf(gatewright.Conflict, "overtaken by rollback %s", by)); err != nil {
			return err
		}
	}
	return nil
}
