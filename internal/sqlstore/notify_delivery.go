package sqlstore

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// deliveryColumns are of deliveries, d, with their notifications, n, and
// receivers, r.
const deliveryColumns = "d.id, n.body, r.id, r.name, r.body, d.address, d.language, d.state, d.attempts, d.next_at, d.last_error, d.created_at, d.settled_at"

// selectDelivery reads deliveries with the receivers that still exist.
const selectDelivery = "SELECT " + deliveryColumns +
	" FROM deliveries d JOIN notifications n ON n.id = d.notification_id LEFT JOIN receivers r ON r.id = d.receiver_id"

func scanDelivery(r row) (*gatewright.Delivery, error) {
	d := &gatewright.Delivery{Notification: new(gatewright.Notification)}
	var id gatewright.ReceiverID
	var name string
	receiver := new(gatewright.Receiver)
	err := r.Scan(&d.ID, intoJSON(d.Notification), intoText(&id), intoText(&name), intoJSON(receiver), &d.Address, &d.Language, &d.State,
		&d.Attempts, intoTime(&d.NextAt), &d.LastError, intoTime(&d.CreatedAt), intoTime(&d.SettledAt))
	if err != nil {
		return nil, err
	}
	if id != "" {
		receiver.ID, receiver.Name = id, name
		d.Receiver = receiver
	}
	return d, nil
}

func deliveryNotFound(id gatewright.DeliveryID) error {
	return notFound("delivery %q does not exist; it may have been forgotten", id)
}

// CreateDeliveries implements [control.Tx].
func (t *tx) CreateDeliveries(n *gatewright.Notification, rows []gatewright.Delivery) error {
	body, err := jsonArg(n)
	if err != nil {
		return err
	}
	made, err := t.exec("INSERT INTO notifications (id, event, change_id, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", n.ID, n.Event, n.Change, body)
	if err != nil {
		return err
	}
	if made == 0 {
		return conflict("notification %q exists already", n.ID)
	}
	for i := range rows {
		if err := t.insertDelivery(n.ID, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// AddDelivery implements [control.Tx].
func (t *tx) AddDelivery(d *gatewright.Delivery) error {
	ok, err := t.exists("SELECT 1 FROM notifications WHERE id = ?", d.Notification.ID)
	if err != nil {
		return err
	}
	if !ok {
		return notFound("notification %q does not exist", d.Notification.ID)
	}
	return t.insertDelivery(d.Notification.ID, d)
}

func (t *tx) insertDelivery(notification gatewright.NotificationID, d *gatewright.Delivery) error {
	n, err := t.exec("INSERT INTO deliveries (id, notification_id, receiver_id, address, language, state, attempts, next_at, last_error, created_at, settled_at) VALUES "+
		tuples(1, 11)+" ON CONFLICT DO NOTHING",
		d.ID, notification, d.Receiver.ID, d.Address, d.Language, d.State, d.Attempts, timeArg(d.NextAt), d.LastError, d.CreatedAt.UnixMicro(), timeArg(d.SettledAt))
	if err == nil && n == 0 {
		return conflict("delivery %q exists already", d.ID)
	}
	return err
}

// Delivery implements [control.Tx].
func (t *tx) Delivery(id gatewright.DeliveryID) (*gatewright.Delivery, error) {
	return get(t, scanDelivery, deliveryNotFound(id), selectDelivery+" WHERE d.id = ?", id)
}

// Deliveries implements [control.Tx].
func (t *tx) Deliveries(f control.DeliveryFilter) ([]*gatewright.Delivery, error) {
	query, args := selectDelivery+" WHERE 1 = 1", []any(nil)
	and := func(set bool, condition string, arg any) {
		if set {
			query += " AND " + condition
			args = append(args, arg)
		}
	}
	and(f.State != "", "d.state = ?", f.State)
	and(f.Receiver != "", "d.receiver_id = ?", f.Receiver)
	and(f.Event != "", "n.event = ?", f.Event)
	and(f.Change != "", "n.change_id = ? AND n.change_id <> ''", f.Change)
	and(f.Before != "", "d.id < ?", f.Before)
	return list(t, scanDelivery, query+" ORDER BY d.id DESC LIMIT ?", append(args, max(0, f.Limit))...)
}

// DueDeliveries implements [control.Tx]. It looks once into the index for each
// receiver, however much waits.
func (t *tx) DueDeliveries(at time.Time, except []gatewright.ReceiverID, limit int) ([]*gatewright.Delivery, error) {
	query := "SELECT " + deliveryColumns +
		" FROM receivers r JOIN deliveries d ON d.id = (SELECT o.id FROM deliveries o WHERE o.receiver_id = r.id AND o.state = 'pending' AND o.next_at <= ?" +
		" ORDER BY o.next_at, o.id LIMIT 1) JOIN notifications n ON n.id = d.notification_id"
	args := []any{at.UnixMicro()}
	if len(except) > 0 {
		query += " WHERE r.id NOT IN " + tuples(1, len(except))
		for _, id := range except {
			args = append(args, id)
		}
	}
	return list(t, scanDelivery, query+" ORDER BY d.next_at, d.id LIMIT ?", append(args, max(0, limit))...)
}

// UpdateDelivery implements [control.Tx].
func (t *tx) UpdateDelivery(d *gatewright.Delivery) error {
	n, err := t.exec("UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, last_error = ?, settled_at = ? WHERE id = ?",
		d.State, d.Attempts, timeArg(d.NextAt), d.LastError, timeArg(d.SettledAt), d.ID)
	if err == nil && n == 0 {
		return deliveryNotFound(d.ID)
	}
	return err
}

// FailDeliveries implements [control.Tx].
func (t *tx) FailDeliveries(receiver gatewright.ReceiverID, cause string, at time.Time) (int, error) {
	n, err := t.exec("UPDATE deliveries SET state = 'failed', next_at = NULL, last_error = ?, settled_at = ? WHERE receiver_id = ? AND state = 'pending'",
		cause, at.UnixMicro(), receiver)
	return int(n), err
}

// DeleteDeliveriesBefore implements [control.Tx].
func (t *tx) DeleteDeliveriesBefore(before time.Time, limit int) (int, error) {
	type pair struct {
		delivery     gatewright.DeliveryID
		notification gatewright.NotificationID
	}
	old, err := list(t, func(r row) (*pair, error) {
		p := new(pair)
		return p, r.Scan(&p.delivery, &p.notification)
	}, "SELECT id, notification_id FROM deliveries WHERE settled_at < ? ORDER BY settled_at, id LIMIT ?", before.UnixMicro(), max(0, limit))
	if err != nil {
		return 0, err
	}
	for _, p := range old {
		if _, err := t.exec("DELETE FROM deliveries WHERE id = ?", p.delivery); err != nil {
			return 0, err
		}
		if _, err := t.exec("DELETE FROM notifications WHERE id = ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification_id = notifications.id)", p.notification); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// Announce implements [control.Tx].
func (t *tx) Announce(what string, until time.Time) (bool, error) {
	n, err := t.exec("INSERT INTO announced (what, keep_until) VALUES (?, ?) ON CONFLICT DO NOTHING", what, until.UnixMicro())
	return n > 0, err
}

// Announced implements [control.Tx].
func (t *tx) Announced(what string) (bool, error) {
	return t.exists("SELECT 1 FROM announced WHERE what = ?", what)
}

// DeleteAnnouncedBefore implements [control.Tx].
func (t *tx) DeleteAnnouncedBefore(before time.Time) error {
	_, err := t.exec("DELETE FROM announced WHERE keep_until < ?", before.UnixMicro())
	return err
}
