package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const receiverColumns = "id, name, revised, body, sealed_url, sealed_secret"

func scanReceiver(r row) (*control.ReceiverRow, error) {
	v := new(control.ReceiverRow)
	var id gatewright.ReceiverID
	var name string
	if err := r.Scan(&id, &name, &v.Revised, intoJSON(&v.Receiver), &v.SealedURL, &v.SealedSecret); err != nil {
		return nil, err
	}
	v.ID, v.Name = id, name
	return v, nil
}

func receiverNotFound[T ~string](nameOrID T) error {
	return notFound("receiver %q does not exist", string(nameOrID))
}

// CreateReceiver implements [control.Tx].
func (t *tx) CreateReceiver(r *control.ReceiverRow) error {
	body, err := jsonArg(r.Receiver)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO receivers ("+receiverColumns+") VALUES "+tuples(1, 6)+" ON CONFLICT DO NOTHING",
		r.ID, r.Name, r.Revised, body, r.SealedURL, r.SealedSecret)
	if err == nil && n == 0 {
		return conflict("a receiver named %q exists already", r.Name)
	}
	return err
}

// Receiver implements [control.Tx].
func (t *tx) Receiver(id gatewright.ReceiverID) (*control.ReceiverRow, error) {
	return get(t, scanReceiver, receiverNotFound(id), "SELECT "+receiverColumns+" FROM receivers WHERE id = ?", id)
}

// ReceiverByName implements [control.Tx].
func (t *tx) ReceiverByName(name string) (*control.ReceiverRow, error) {
	return get(t, scanReceiver, receiverNotFound(name), "SELECT "+receiverColumns+" FROM receivers WHERE name = ?", name)
}

// Receivers implements [control.Tx].
func (t *tx) Receivers() ([]*control.ReceiverRow, error) {
	return list(t, scanReceiver, "SELECT "+receiverColumns+" FROM receivers ORDER BY name")
}

// UpdateReceiver implements [control.Tx]; it sets the new Revised in r.
func (t *tx) UpdateReceiver(r *control.ReceiverRow) error {
	body, err := jsonArg(r.Receiver)
	if err != nil {
		return err
	}
	taken, err := t.exists("SELECT 1 FROM receivers WHERE name = ? AND id <> ?", r.Name, r.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("a receiver named %q exists already", r.Name)
	}
	n, err := t.exec("UPDATE receivers SET name = ?, body = ?, sealed_url = ?, sealed_secret = ?, revised = revised + 1 WHERE id = ? AND revised = ?",
		r.Name, body, r.SealedURL, r.SealedSecret, r.ID, r.Revised)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := t.Receiver(r.ID); err != nil {
			return err
		}
		return conflict("somebody altered receiver %q meanwhile; read it again, and alter that", r.Name)
	}
	r.Revised++
	return nil
}

// DeleteReceiver implements [control.Tx].
func (t *tx) DeleteReceiver(id gatewright.ReceiverID) error {
	n, err := t.exec("DELETE FROM receivers WHERE id = ?", id)
	if err == nil && n == 0 {
		return receiverNotFound(id)
	}
	return err
}
