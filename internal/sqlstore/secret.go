package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func scanSecret(r row) (*control.SecretRow, error) {
	v := new(control.SecretRow)
	return v, r.Scan(&v.ID, &v.Group, &v.Key, &v.Sealed)
}

const secretColumns = "id, group_id, key, sealed"

// CreateSecret implements [control.Tx].
func (t *tx) CreateSecret(s *control.SecretRow) error {
	if err := t.requireGroup(s.Group); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO secrets ("+secretColumns+") VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", s.ID, s.Group, s.Key, s.Sealed)
	if err == nil && n == 0 {
		return conflict("secret %s exists already", s.ID)
	}
	return err
}

// Secret implements [control.Tx].
func (t *tx) Secret(id gatewright.SecretID) (*control.SecretRow, error) {
	return get(t, scanSecret, notFound("secret %s does not exist", id), "SELECT "+secretColumns+" FROM secrets WHERE id = ?", id)
}

// Secrets implements [control.Tx].
func (t *tx) Secrets() ([]*control.SecretRow, error) {
	return list(t, scanSecret, "SELECT "+secretColumns+" FROM secrets ORDER BY id")
}

// DeleteSecret implements [control.Tx].
func (t *tx) DeleteSecret(id gatewright.SecretID) error {
	n, err := t.exec("DELETE FROM secrets WHERE id = ?", id)
	if err == nil && n == 0 {
		return notFound("secret %s does not exist", id)
	}
	return err
}

// ResealSecret implements [control.Tx].
func (t *tx) ResealSecret(id gatewright.SecretID, sealed string) error {
	n, err := t.exec("UPDATE secrets SET sealed = ? WHERE id = ?", sealed, id)
	if err == nil && n == 0 {
		return notFound("secret %s does not exist", id)
	}
	return err
}
