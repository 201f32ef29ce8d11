package control

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// Bounds of what is written down of refusals: whoever guesses passwords must
// not fill the disk, nor push out of sight what else happened.
const (
	refusalWindow = time.Minute
	// MaxRefusals bounds the refusals written down within a minute.
	MaxRefusals = 600
	// MaxRefusalsFrom bounds those of one address.
	MaxRefusalsFrom = 30
)

// AuditRefusal writes down that somebody tried what is refused with err: a
// login that failed, a change that was not allowed. Of an address that tries
// too often within a minute, and of all of them together, no more is written
// down than [MaxRefusalsFrom] and [MaxRefusals]; the last one says so.
func (c *Control) AuditRefusal(ctx context.Context, actor gatewright.Actor, action, target string, err error) error {
	refused := gatewright.AsError(err)
	left := 0
	if err := c.store.View(ctx, func(tx Tx) (err error) {
		left, err = refusalsLeft(tx, actor.Address)
		return err
	}); err != nil || left == 0 {
		return err
	}
	return c.store.Update(ctx, func(tx Tx) error {
		left, err := refusalsLeft(tx, actor.Address)
		if err != nil || left == 0 {
			return err
		}
		detail := refused.Message
		if left == 1 {
			detail = "no more is written down for a minute. " + detail
		}
		return appendAudit(tx, &gatewright.AuditEntry{
			Actor: actor, Action: action, Target: target, Outcome: gatewright.AuditOutcome(refused.Code), Detail: detail,
		})
	})
}

// refusalsLeft returns how many refusals of the address may still be written
// down.
func refusalsLeft(tx Tx, address string) (int, error) {
	f := AuditFilter{Outcome: gatewright.AuditRefused, Since: tx.Now().Add(-refusalWindow), Limit: MaxRefusals}
	all, err := tx.CountAudit(f)
	if err != nil {
		return 0, err
	}
	f.Address = address // nobody is without one; "" would count them all
	same, err := tx.CountAudit(f)
	return max(0, min(MaxRefusals-all, MaxRefusalsFrom-same)), err
}
