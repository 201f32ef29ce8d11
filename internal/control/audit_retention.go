package control

import (
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// auditSlack is how much older than it may become the oldest entry gets
	// before entries are deleted: each deletion is an entry itself.
	auditSlack = 24 * time.Hour
	// pruneBatch bounds the entries that one sweep deletes, and so the time it
	// holds the store.
	pruneBatch = 10_000
)

// retention is who deletes entries because of their age.
var retention = gatewright.Actor{Name: "gatewright", Client: "retention"}

// pruneAudit deletes the oldest entries that are older than keep; 0 keeps all.
// An entry says up to which, so that a chain that begins later can be told
// from one whose beginning was taken away.
func pruneAudit(tx Tx, keep time.Duration) error {
	if keep <= 0 {
		return nil
	}
	anchor, err := tx.AuditAnchor()
	if err != nil {
		return err
	}
	cutoff := tx.Now().Add(-keep)
	oldest, err := tx.Audit(AuditFilter{After: anchor.ID, Oldest: true, Limit: 1})
	if err != nil || len(oldest) == 0 || oldest[0].At.After(cutoff.Add(-auditSlack)) {
		return err
	}
	n, err := tx.DeleteAudit(cutoff, pruneBatch)
	if err != nil || n == 0 {
		return err
	}
	e := &gatewright.AuditEntry{
		Actor: retention, Action: gatewright.AuditPrune,
		Detail: fmt.Sprintf("%d entries from before %s", n, cutoff.UTC().Format(time.RFC3339)),
	}
	if anchor, err = tx.AuditAnchor(); err != nil {
		return err
	}
	if e.After, err = gatewright.MaskState(anchor); err != nil {
		return err
	}
	return appendAudit(tx, e)
}
