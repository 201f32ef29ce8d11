package control

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// keepIdempotency is how long idempotency keys are remembered.
	keepIdempotency = 24 * time.Hour
	// keepUsage is how long counts of calls are kept.
	keepUsage = 400 * 24 * time.Hour
	// keepQuestions is how long questions that ended are kept: others hear of
	// their end by them.
	keepQuestions = time.Minute
	// sweepInterval is how often leftovers are swept.
	sweepInterval = time.Minute
	// sweepBatch bounds the blobs one sweep removes, and so the time it holds
	// the store.
	sweepBatch = 1000
)

// Sweep forgets what nobody needs: instances gone for good, blobs nothing
// names, old idempotency keys, sessions and questions that are over.
func (c *Control) Sweep(ctx context.Context) error {
	return c.store.Update(ctx, func(tx Tx) error {
		all, err := tx.Instances("")
		if err != nil {
			return err
		}
		now := tx.Now()
		for _, in := range all {
			c.refresh(in)
			if in.Gone(now) && now.Sub(c.listeningSince()) > c.cfg.LostAfter { // it had time to be heard again
				if err := tx.DeleteInstance(in.ID); err != nil {
					return err
				}
			}
		}
		if err := tx.DeleteIdempotencyBefore(now.Add(-keepIdempotency)); err != nil {
			return err
		}
		if err := tx.DeleteSessionsBefore(now, now.Add(-gatewright.SessionIdle)); err != nil {
			return err
		}
		if err := tx.DeleteQuestionsBefore(now.Add(-keepQuestions)); err != nil {
			return err
		}
		if err := tx.DeleteEvents(keepEvents); err != nil {
			return err
		}
		if err := tx.DeleteUsageBefore(now.Add(-keepUsage)); err != nil {
			return err
		}
		if err := pruneAudit(tx, c.cfg.KeepAudit); err != nil {
			return err
		}
		if err := pruneDeliveries(tx); err != nil {
			return err
		}
		_, err = tx.DeleteUnreferencedBlobs(sweepBatch)
		return err
	})
}
