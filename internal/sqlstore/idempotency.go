package sqlstore

import (
	"time"

	"github.com/gatewright/gatewright"
)

// PutIdempotency implements [control.Tx]. Repeating it is fine; Conflict when
// the actor's key stands for something else.
func (t *tx) PutIdempotency(actor, key string, request gatewright.Hash, change gatewright.ChangeID) error {
	n, err := t.exec("INSERT INTO idempotency (actor, key, request, change_id, stored_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		actor, key, request, change, timeArg(t.Now()))
	if err != nil || n > 0 {
		return err
	}
	hasRequest, hasChange, err := t.Idempotency(actor, key)
	if err != nil {
		return err
	}
	if hasRequest != request || hasChange != change {
		return conflict("the idempotency key %q of %q belongs to change %q already", key, actor, hasChange)
	}
	return nil
}

// Idempotency implements [control.Tx].
func (t *tx) Idempotency(actor, key string) (request gatewright.Hash, change gatewright.ChangeID, err error) {
	found, err := t.scanRow([]any{&request, &change}, "SELECT request, change_id FROM idempotency WHERE actor = ? AND key = ?", actor, key)
	if err == nil && !found {
		err = notFound("the idempotency key %q of %q was not used", key, actor)
	}
	return request, change, err
}

// DeleteIdempotencyBefore implements [control.Tx].
func (t *tx) DeleteIdempotencyBefore(before time.Time) error {
	if before.IsZero() {
		return nil
	}
	_, err := t.exec("DELETE FROM idempotency WHERE stored_at < ?", timeArg(before))
	return err
}
