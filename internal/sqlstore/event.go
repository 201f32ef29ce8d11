package sqlstore

import (
	"github.com/gatewright/gatewright/internal/control"
)

// AppendEvent implements [control.Tx].
func (t *tx) AppendEvent(e control.EventRow) error {
	if _, err := t.exec("INSERT INTO events (origin, kind, ref) VALUES (?, ?, ?)", e.Origin, e.Kind, e.Ref); err != nil {
		return err
	}
	if t.signals || t.store.listener == nil {
		t.signals = true
		return nil
	}
	t.signals = true
	_, err := t.exec("SELECT pg_notify(?, '')", channel) // sent when the transaction commits
	return err
}

func scanEvent(r row) (*control.EventRow, error) {
	e := new(control.EventRow)
	return e, r.Scan(&e.Seq, &e.Origin, &e.Kind, &e.Ref)
}

// Events implements [control.Tx].
func (t *tx) Events(after int64, limit int) ([]control.EventRow, error) {
	return values(list(t, scanEvent, "SELECT seq, origin, kind, ref FROM events WHERE seq > ? ORDER BY seq LIMIT ?", after, max(0, limit)))
}

// LastEvent implements [control.Tx].
func (t *tx) LastEvent() (int64, error) {
	var seq int64
	_, err := t.scanRow([]any{&seq}, "SELECT seq FROM events ORDER BY seq DESC LIMIT 1")
	return seq, err
}

// DeleteEvents implements [control.Tx].
func (t *tx) DeleteEvents(keep int) error {
	_, err := t.exec("DELETE FROM events WHERE seq <= (SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?)", max(0, keep))
	return err
}
