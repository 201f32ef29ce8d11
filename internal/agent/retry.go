package agent

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff returns how long to wait before attempt (0, 1, 2 …): it doubles from
// lowest to highest, and a random half of it keeps gateways apart.
func backoff(attempt int, lowest, highest time.Duration) time.Duration {
	d := lowest
	for range attempt {
		if d *= 2; d >= highest {
			d = highest
			break
		}
	}
	return d/2 + rand.N(d/2+1)
}

// pause waits, and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
