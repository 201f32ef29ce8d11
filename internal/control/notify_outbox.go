package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// Outbox gives a dispatcher of notifications what is to be sent. It is the
// Outbox, the Secrets and the Templates of package notify, which says what its
// methods do.
type Outbox struct{ c *Control }

// Outbox returns the outbox.
func (c *Control) Outbox() Outbox { return Outbox{c} }

// Claim takes deliveries that are due. What cannot be read any more, since its
// key is gone, fails.
func (o Outbox) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration, except []gatewright.ReceiverID) ([]gatewright.Delivery, error) {
	waiting := false
	err := o.c.store.View(ctx, func(tx Tx) error { // most looks find nothing, and disturb nobody
		due, err := tx.DueDeliveries(now, except, 1)
		waiting = len(due) > 0
		return err
	})
	if err != nil || !waiting {
		return nil, err
	}
	var claimed []gatewright.Delivery
	err = o.c.store.Update(ctx, func(tx Tx) error {
		claimed = nil
		due, err := tx.DueDeliveries(now, except, limit)
		if err != nil {
			return err
		}
		for _, d := range due {
			row, err := tx.Receiver(d.Receiver.ID)
			if err != nil {
				return err
			}
			d.Attempts, d.NextAt = d.Attempts+1, now.Add(lease)
			if d.Receiver.URL, err = o.c.openSecret(row.SealedURL, urlPurpose(row.ID)); err != nil {
				d.State, d.SettledAt, d.NextAt, d.LastError = gatewright.DeliveryFailed, tx.Now(), time.Time{}, "the receiver's URL: "+gatewright.AsError(err).Message
			} else {
				claimed = append(claimed, *d)
			}
			if err := tx.UpdateDelivery(d); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// Done marks a delivery delivered.
func (o Outbox) Done(ctx context.Context, id gatewright.DeliveryID) error {
	return o.amend(ctx, id, func(tx Tx, d *gatewright.Delivery) bool {
		if d.State == gatewright.DeliveryDelivered {
			return false
		}
		d.State, d.SettledAt, d.NextAt, d.LastError = gatewright.DeliveryDelivered, tx.Now(), time.Time{}, ""
		return true
	})
}

// Retry makes a delivery due again.
func (o Outbox) Retry(ctx context.Context, id gatewright.DeliveryID, attempt int, at time.Time, cause string) error {
	return o.amend(ctx, id, func(_ Tx, d *gatewright.Delivery) bool {
		if d.State != gatewright.DeliveryPending || d.Attempts != attempt {
			return false
		}
		d.NextAt, d.LastError = at, cause
		return true
	})
}

// Fail ends a delivery as failed.
func (o Outbox) Fail(ctx context.Context, id gatewright.DeliveryID, attempt int, cause string) error {
	return o.amend(ctx, id, func(tx Tx, d *gatewright.Delivery) bool {
		if d.State != gatewright.DeliveryPending || d.Attempts != attempt {
			return false
		}
		d.State, d.SettledAt, d.NextAt, d.LastError = gatewright.DeliveryFailed, tx.Now(), time.Time{}, cause
		return true
	})
}

// amend alters a delivery, unless alter returns false or it was forgotten.
func (o Outbox) amend(ctx context.Context, id gatewright.DeliveryID, alter func(Tx, *gatewright.Delivery) bool) error {
	return o.c.store.Update(ctx, func(tx Tx) error {
		d, err := tx.Delivery(id)
		if isNotFound(err) {
			return nil
		}
		if err != nil || !alter(tx, d) {
			return err
		}
		return tx.UpdateDelivery(d)
	})
}

// receiverSecrets begins the references to the secrets of receivers.
const receiverSecrets = "receivers/"

// Secret returns the secret that a receiver signs with.
func (o Outbox) Secret(ctx context.Context, reference string) (string, error) {
	id, ok := strings.CutPrefix(reference, receiverSecrets)
	if !ok {
		return "", gatewright.Errorf(gatewright.NotFound, "there is no such secret")
	}
	var row *ReceiverRow
	err := o.c.store.View(ctx, func(tx Tx) (err error) {
		row, err = tx.Receiver(gatewright.ReceiverID(id))
		return err
	})
	if err != nil {
		return "", err
	}
	return o.c.openSecret(row.SealedSecret, secretPurpose(row.ID))
}

// Template returns the organisation's own template, nil for none.
func (o Outbox) Template(ctx context.Context, event gatewright.NotificationEvent, language string) (*wording.Template, error) {
	if !slices.Contains(gatewright.NotificationLanguages(), language) {
		return nil, nil
	}
	var own *wording.Template
	err := o.c.store.View(ctx, func(tx Tx) error {
		own = nil
		row, err := tx.Template(event, language)
		if err == nil {
			own = &row.Template
		}
		return err
	})
	if isNotFound(err) {
		return nil, nil
	}
	return own, err
}

func urlPurpose(id gatewright.ReceiverID) string    { return "receiver/" + string(id) + "/url" }
func secretPurpose(id gatewright.ReceiverID) string { return "receiver/" + string(id) + "/secret" }

// sealSecret is the box's, with nothing for nothing.
func (c *Control) sealSecret(plain, purpose string) (string, error) {
	if plain == "" {
		return "", nil
	}
	if c.cfg.Secrets == nil {
		return "", gatewright.Errorf(gatewright.Unavailable, "this control plane has no key to seal secrets with")
	}
	return c.cfg.Secrets.Seal(plain, purpose)
}

// openSecret is the box's, with nothing for nothing.
func (c *Control) openSecret(sealed, purpose string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	if c.cfg.Secrets == nil {
		return "", gatewright.Errorf(gatewright.Unavailable, "this control plane has no key to open secrets with")
	}
	return c.cfg.Secrets.Open(sealed, purpose)
}
