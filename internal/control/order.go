package control

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// order is what somebody asks of a group, in whatever form: a [Request] names
// the alterations, an [ApplyRequest] the state that shall come of them. All
// forms go one way, so that no rule holds for one of them only.
type order interface {
	// change returns the change it makes, its items left out if only resolving
	// tells them.
	change() *Request
	// knows gives it what can compare passwords with those that are set.
	knows(c *Control)
	// resolve holds it against the present state. No check has run yet.
	resolve(tx Tx) (resolved, error)
}

// resolved is an order held against the state of one transaction.
type resolved interface {
	draft() *draft
	describe(c *Control) (*gatewright.Plan, error)
	// store records what the plan in sub says, sets sub's change, and returns
	// the other changes it made.
	store(c *Control, actor gatewright.Actor, sub *Submission, reason string) ([]*gatewright.Change, error)
}

func (r *Request) change() *Request { return r }

func (r *Request) knows(c *Control) { r.opener = c }

func (r *Request) resolve(tx Tx) (resolved, error) {
	d, err := resolve(tx, r)
	return requested{d}, err
}

// requested is a resolved [Request].
type requested struct{ d *draft }

func (r requested) draft() *draft { return r.d }

func (r requested) describe(c *Control) (*gatewright.Plan, error) { return c.describe(r.d) }

func (r requested) store(c *Control, actor gatewright.Actor, sub *Submission, reason string) (others []*gatewright.Change, err error) {
	sub.Change, err = c.record(r.d, actor, sub.Plan, reason)
	return nil, err
}

// planOf computes what the order would do.
func (c *Control) planOf(ctx context.Context, o order) (*gatewright.Plan, error) {
	o.knows(c)
	if err := c.lookAhead(ctx, o); err != nil {
		return nil, err
	}
	var plan *gatewright.Plan
	err := c.store.View(ctx, func(tx Tx) error {
		r, err := o.resolve(tx)
		if err != nil {
			return err
		}
		r.draft().shown = true
		if err := c.runChecks(r.draft()); err != nil {
			return err
		}
		plan, err = r.describe(c)
		return err
	})
	return plan, err
}

// carryOut is [Control.Submit] of any order.
func (c *Control) carryOut(ctx context.Context, actor gatewright.Actor, o order, opts SubmitOptions) (*Submission, error) {
	if err := checkOptions(o, &opts); err != nil {
		return nil, err
	}
	o.knows(c)
	fingerprint, err := fingerprintOf(o)
	if err != nil {
		return nil, err
	}
	if err := c.lookAhead(ctx, o); err != nil {
		return nil, err
	}
	var sub *Submission
	var others []*gatewright.Change
	err = c.store.Update(ctx, func(tx Tx) error {
		sub, others = &Submission{}, nil
		if opts.IdempotencyKey != "" {
			done, change, err := repeated(tx, actor, opts.IdempotencyKey, fingerprint)
			if err != nil || done {
				sub.Change = change
				return err
			}
		}
		if sub, others, err = c.submit(tx, actor, o, opts); err != nil || opts.IdempotencyKey == "" {
			return err
		}
		var id gatewright.ChangeID
		if sub.Change != nil {
			id = sub.Change.ID
		}
		return tx.PutIdempotency(keyOwner(actor), opts.IdempotencyKey, fingerprint, id)
	})
	if err != nil {
		return nil, err
	}
	if sub.Change != nil {
		others = append(others, sub.Change)
	}
	for _, ch := range others {
		c.changed(ch)
	}
	return sub, nil
}

// checkOptions refuses what is wrong with an order whatever the state is.
func checkOptions(o order, opts *SubmitOptions) error {
	if err := gatewright.CheckReason(opts.Reason); err != nil {
		return err
	}
	if len(o.change().AllowBreaking) > 0 && strings.TrimSpace(opts.Reason) == "" {
		return gatewright.FieldErrorf("reason", "say why callers may be broken: --reason")
	}
	if len(opts.IdempotencyKey) > MaxIdempotencyKey {
		return gatewright.FieldErrorf("Idempotency-Key", "the key has %d bytes; at most %d are allowed", len(opts.IdempotencyKey), MaxIdempotencyKey)
	}
	return nil
}

// submit plans the order and records it within a transaction. It returns the
// changes made beside the submission's own, too.
func (c *Control) submit(tx Tx, actor gatewright.Actor, o order, opts SubmitOptions) (*Submission, []*gatewright.Change, error) {
	r, err := o.resolve(tx)
	if err != nil {
		return nil, nil, err
	}
	if err := c.runChecks(r.draft()); err != nil {
		return nil, nil, err
	}
	sub := &Submission{}
	if sub.Plan, err = r.describe(c); err != nil {
		return nil, nil, err
	}
	if opts.PlanHash != "" && opts.PlanHash != sub.Plan.Hash {
		return nil, nil, r.draft().stale(opts.PlanHash, sub.Plan)
	}
	if err := refusal(r.draft().findings); err != nil {
		return nil, nil, err
	}
	if sub.Plan.NoOp {
		return sub, nil, nil
	}
	others, err := r.store(c, actor, sub, opts.Reason)
	return sub, others, err
}

// fingerprintOf tells one order from another.
func fingerprintOf(o order) (gatewright.Hash, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("fingerprint request: %w", err)
	}
	return gatewright.HashBytes(b), nil
}
