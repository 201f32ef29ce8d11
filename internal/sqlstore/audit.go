package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const auditColumns = "at, actor, client, address, token, action, target, detail"

func scanAudit(r row) (*gatewright.AuditEntry, error) {
	e := new(gatewright.AuditEntry)
	return e, r.Scan(&e.ID, intoTime(&e.At), &e.Actor.Name, &e.Actor.Client, &e.Actor.Address, &e.Actor.Token, &e.Action, &e.Target, &e.Detail)
}

// AppendAudit implements [control.Tx].
func (t *tx) AppendAudit(e *gatewright.AuditEntry) error {
	var id int64
	_, err := t.returning(&id, "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
		timeArg(e.At), e.Actor.Name, e.Actor.Client, e.Actor.Address, e.Actor.Token, e.Action, e.Target, e.Detail)
	if err != nil {
		return err
	}
	e.ID = id
	return nil
}

// Audit implements [control.Tx].
func (t *tx) Audit(before int64, limit int) ([]*gatewright.AuditEntry, error) {
	query, args := "SELECT id, "+auditColumns+" FROM audit", []any{}
	if before != 0 {
		query += " WHERE id < ?"
		args = append(args, before)
	}
	return list(t, scanAudit, query+" ORDER BY id DESC LIMIT ?", append(args, max(0, limit))...)
}
