package agent

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// leaveBatches bounds the batches of usage sent while saying goodbye.
const leaveBatches = 20

// usage is what was called and is not yet known to have arrived. Only who
// reports uses it.
type usage struct {
	next  int64            // number of the next batch
	batch *link.UsageBatch // goes with every report until one is accepted; nil when there is none
}

// takeUsage makes a batch of what was called, unless one still waits. It
// reports whether there is one.
func (a *Agent) takeUsage() bool {
	if a.usage.batch != nil {
		return true
	}
	counts := a.runtime.TakeUsage(link.MaxUsage)
	if len(counts) == 0 {
		return false
	}
	a.usage.batch = &link.UsageBatch{Batch: a.usage.next, Counts: counts}
	a.usage.next++
	return true
}

// deliver sends a report. A batch of usage in it is done with when the report
// was accepted. One that the control plane can never take is dropped: nothing
// else may wait for that.
func (a *Agent) deliver(ctx context.Context, c *client, r *link.Report) error {
	r.Usage = a.usage.batch
	err := c.report(ctx, r)
	if code := gatewright.CodeOf(err); r.Usage != nil && (code == gatewright.Invalid || code == gatewright.LimitExceeded) {
		a.log.Warn("usage was refused and is dropped", slog.Int64("batch", r.Usage.Batch), slog.Int("counts", len(r.Usage.Counts)), slog.Any("error", err))
		a.usage.batch, r.Usage = nil, nil
		err = c.report(ctx, r)
	}
	if err == nil {
		a.usage.batch = nil
	}
	return err
}

// Flush reports the calls that ended while the runtime was let finish what it
// had begun, after Run said goodbye. It is for after both have ended, and does
// nothing when no control plane was ever reached.
func (a *Agent) Flush(ctx context.Context) {
	if a.takeUsage() {
		a.leave(ctx)
		a.closeIdle()
	}
}

// closeIdle closes connections to the control plane that are not used.
func (a *Agent) closeIdle() {
	if own, ok := a.cfg.Transport.(*http.Transport); ok {
		own.CloseIdleConnections()
	}
}
