package control

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// keepDeliveries is how long what became of a notification can be seen.
	keepDeliveries = 90 * 24 * time.Hour
	// deliveryBatch bounds the deliveries that one sweep forgets.
	deliveryBatch = 1000
)

// DeliveryQuery selects deliveries by what people type; empty members select
// all.
type DeliveryQuery struct {
	State    gatewright.DeliveryState
	Receiver string // name or ID
	Event    gatewright.NotificationEvent
	Change   gatewright.ChangeID
	Before   gatewright.DeliveryID // older than that one
	Limit    int
}

// Deliveries lists deliveries, newest first.
func (c *Control) Deliveries(ctx context.Context, q DeliveryQuery) ([]*gatewright.Delivery, error) {
	var ds []*gatewright.Delivery
	err := c.store.View(ctx, func(tx Tx) error {
		f := DeliveryFilter{State: q.State, Event: q.Event, Change: q.Change, Before: q.Before, Limit: q.Limit}
		if q.Receiver != "" {
			row, err := findReceiver(tx, q.Receiver)
			if err != nil {
				return err
			}
			f.Receiver = row.ID
		}
		var err error
		ds, err = tx.Deliveries(f)
		for _, d := range ds {
			withoutSecret(d)
		}
		return err
	})
	return ds, err
}

// Delivery returns a delivery.
func (c *Control) Delivery(ctx context.Context, id gatewright.DeliveryID) (*gatewright.Delivery, error) {
	var d *gatewright.Delivery
	err := c.store.View(ctx, func(tx Tx) (err error) {
		if d, err = tx.Delivery(id); err == nil {
			withoutSecret(d)
		}
		return err
	})
	return d, err
}

// withoutSecret takes the reference to the secret off, which is of use to
// nobody.
func withoutSecret(d *gatewright.Delivery) {
	if d.Receiver != nil {
		d.Receiver.Secret = ""
	}
}

// Redeliver sends the message of a delivery that has ended once more, as a
// delivery of its own: who remembers what they have had takes it for a new one.
func (c *Control) Redeliver(ctx context.Context, actor gatewright.Actor, id gatewright.DeliveryID) (*gatewright.Delivery, error) {
	var again *gatewright.Delivery
	err := c.store.Update(ctx, func(tx Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		switch {
		case d.State == gatewright.DeliveryPending:
			return gatewright.Errorf(gatewright.Conflict, "delivery %s is on its way: the next attempt is at %s", id, d.NextAt.UTC().Format(time.RFC3339))
		case d.Receiver == nil:
			return gatewright.Errorf(gatewright.PreconditionFailed, "the receiver of delivery %s was deleted", id)
		case !d.Receiver.Enabled:
			return gatewright.Errorf(gatewright.PreconditionFailed, "receiver %s is disabled; enable it first", d.Receiver.Name)
		case d.Receiver.Type == gatewright.ReceiverEmail && d.Address == "":
			return gatewright.Errorf(gatewright.PreconditionFailed, "there is nowhere to send it to: %s", d.LastError)
		}
		now := tx.Now()
		again = &gatewright.Delivery{
			ID: gatewright.DeliveryID(gatewright.NewID("dlv_", now)), Notification: d.Notification, Receiver: d.Receiver,
			Address: d.Address, Language: d.Language, State: gatewright.DeliveryPending, NextAt: now, CreatedAt: now,
		}
		if err := tx.AddDelivery(again); err != nil {
			return err
		}
		withoutSecret(again)
		return audit(tx, actor, "delivery.redeliver", string(again.ID), "of "+string(id)+" to "+d.Receiver.Name)
	})
	return again, err
}

// TestReceiver sends a test message to one receiver, whatever else it filters.
func (c *Control) TestReceiver(ctx context.Context, actor gatewright.Actor, name string) ([]*gatewright.Delivery, error) {
	var sent []*gatewright.Delivery
	err := c.store.Update(ctx, func(tx Tx) error {
		sent = nil
		row, err := findReceiver(tx, name)
		if err != nil {
			return err
		}
		if !row.Enabled {
			return gatewright.Errorf(gatewright.PreconditionFailed, "receiver %s is disabled; enable it first", row.Name)
		}
		n := newNotification(tx.Now(), gatewright.EventReceiverTest)
		n.Subject, n.Actor = row.Name, actor.Name
		p := post{tx: tx, receivers: []*gatewright.Receiver{&row.Receiver}}
		rows, err := p.deliveries(n, func(a *audience) error { return a.add(actor.Name) })
		if err != nil {
			return err
		}
		if err := tx.CreateDeliveries(n, rows); err != nil {
			return err
		}
		row.Secret = ""
		for i := range rows {
			sent = append(sent, &rows[i])
		}
		return audit(tx, actor, "receiver.test", string(row.ID), row.Name)
	})
	return sent, err
}

// pruneDeliveries forgets what became of old notifications, and what need not
// be remembered as announced any more.
func pruneDeliveries(tx Tx) error {
	if _, err := tx.DeleteDeliveriesBefore(tx.Now().Add(-keepDeliveries), deliveryBatch); err != nil {
		return err
	}
	return tx.DeleteAnnouncedBefore(tx.Now())
}
