package sqlstore

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// maxWait bounds how long a transaction waits for its turn. Transactions take
// milliseconds: one that has waited this long stands behind a transaction
// that hangs, most likely the one it was started in.
const maxWait = 30 * time.Second

// gate lets a number of transactions in at a time.
type gate chan struct{}

// enter waits for a place, which the caller gives back with leave.
func (g gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g <- struct{}{}:
		return nil
	default:
	}
	timeout := time.NewTimer(maxWait)
	defer timeout.Stop()
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return gatewright.Errorf(gatewright.Unavailable, "the store was busy with other transactions for %s; a transaction must not be started inside another", maxWait)
	}
}

func (g gate) leave() { <-g }
