package sqlstore

import (
	"fmt"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const auditColumns = "id, at, actor, client, address, token, action, kind, target, group_id, api_id, outcome, detail, state_before, state_after, previous, hash"

func scanAudit(r row) (*gatewright.AuditEntry, error) {
	e := new(gatewright.AuditEntry)
	return e, r.Scan(&e.ID, intoTime(&e.At), &e.Actor.Name, &e.Actor.Client, &e.Actor.Address, &e.Actor.Token,
		&e.Action, &e.Kind, &e.Target, &e.Group, &e.API, &e.Outcome, &e.Detail, intoRaw(&e.Before), intoRaw(&e.After), &e.Previous, &e.Hash)
}

// The rows of audit_chain.
const (
	chainHead   = "head"
	chainAnchor = "anchor"
)

func scanAuditHead(r row) (*gatewright.AuditHead, error) {
	h := new(gatewright.AuditHead)
	return h, r.Scan(&h.ID, &h.Hash)
}

func (t *tx) chain(place string) (gatewright.AuditHead, error) {
	h, err := get(t, scanAuditHead, fmt.Errorf("the audit log has no %s: its table audit_chain was tampered with", place),
		"SELECT entry, hash FROM audit_chain WHERE place = ?", place)
	if err != nil {
		return gatewright.AuditHead{}, err
	}
	return *h, nil
}

func (t *tx) setChain(place string, h gatewright.AuditHead) error {
	_, err := t.exec("UPDATE audit_chain SET entry = ?, hash = ? WHERE place = ?", h.ID, h.Hash, place)
	return err
}

// AuditHead implements [control.Tx].
func (t *tx) AuditHead() (gatewright.AuditHead, error) { return t.chain(chainHead) }

// AuditAnchor implements [control.Tx].
func (t *tx) AuditAnchor() (gatewright.AuditHead, error) { return t.chain(chainAnchor) }

// AppendAudit implements [control.Tx].
func (t *tx) AppendAudit(e *gatewright.AuditEntry) error {
	head, err := t.AuditHead()
	if err != nil {
		return err
	}
	e.Link(head)
	_, err = t.exec("INSERT INTO audit ("+auditColumns+") VALUES "+tuples(1, 17),
		e.ID, timeArg(e.At), e.Actor.Name, e.Actor.Client, e.Actor.Address, e.Actor.Token,
		e.Action, e.Kind, e.Target, e.Group, e.API, e.Outcome, e.Detail, textArg(string(e.Before)), textArg(string(e.After)), e.Previous, e.Hash)
	if err != nil {
		return err
	}
	return t.setChain(chainHead, e.Head())
}

// AuditEntry implements [control.Tx].
func (t *tx) AuditEntry(id int64) (*gatewright.AuditEntry, error) {
	return get(t, scanAudit, notFound("there is no audit entry %d", id), "SELECT "+auditColumns+" FROM audit WHERE id = ?", id)
}

// auditWhere returns the condition that the filter comes to, and its arguments.
func auditWhere(f control.AuditFilter) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, arg ...any) { where, args = append(where, condition), append(args, arg...) }
	if f.Actor != "" {
		add("actor = ?", f.Actor)
	}
	if noun, all := strings.CutSuffix(f.Action, "."); all {
		add("action >= ? AND action < ?", noun+".", noun+"/") // the character after the dot
	} else if f.Action != "" {
		add("action = ?", f.Action)
	}
	if f.Target != "" {
		add("target = ?", f.Target)
	}
	if f.Address != "" {
		add("address = ?", f.Address)
	}
	if f.Group != "" {
		add("group_id <> '' AND group_id = ?", f.Group)
	}
	if f.API != "" {
		add("(api_id <> '' AND api_id = ? OR target IN (SELECT c.id FROM change_slots s JOIN changes c ON c.seq = s.change_seq WHERE s.api_id = ?))", f.API, f.API)
	}
	if !f.Since.IsZero() {
		add("at >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		add("at < ?", f.Until.UnixMicro())
	}
	switch f.Outcome {
	case "":
	case gatewright.AuditRefused:
		add("outcome <> ?", gatewright.AuditOK)
	default:
		add("outcome = ?", f.Outcome)
	}
	if f.Before != 0 {
		add("id < ?", f.Before)
	}
	add("id > ?", f.After)
	return strings.Join(where, " AND "), args
}

// Audit implements [control.Tx].
func (t *tx) Audit(f control.AuditFilter) ([]*gatewright.AuditEntry, error) {
	order := "DESC"
	if f.Oldest {
		order = "ASC"
	}
	where, args := auditWhere(f)
	return list(t, scanAudit, "SELECT "+auditColumns+" FROM audit WHERE "+where+" ORDER BY id "+order+" LIMIT ?", append(args, max(0, f.Limit))...)
}

// CountAudit implements [control.Tx].
func (t *tx) CountAudit(f control.AuditFilter) (int, error) {
	where, args := auditWhere(f)
	var n int
	_, err := t.scanRow([]any{&n}, "SELECT COUNT(*) FROM (SELECT id FROM audit WHERE "+where+" LIMIT ?) AS found", append(args, max(0, f.Limit))...)
	return n, err
}

// agedEntry is what retention has to know of an entry.
type agedEntry struct {
	head gatewright.AuditHead
	at   time.Time
}

func scanAgedEntry(r row) (*agedEntry, error) {
	e := new(agedEntry)
	return e, r.Scan(&e.head.ID, &e.head.Hash, intoTime(&e.at))
}

// DeleteAudit implements [control.Tx]. It deletes entries older than the
// chain, too.
func (t *tx) DeleteAudit(before time.Time, limit int) (int, error) {
	anchor, err := t.AuditAnchor()
	if err != nil {
		return 0, err
	}
	after := anchor.ID // what turns up before it is no entry to let go unseen
	if anchor.Hash == "" {
		after = 0
	}
	oldest, err := list(t, scanAgedEntry, "SELECT id, hash, at FROM audit WHERE id > ? ORDER BY id LIMIT ?", after, max(0, limit))
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(oldest) && oldest[n].at.Before(before) {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	last := oldest[n-1].head
	if _, err := t.exec("DELETE FROM audit WHERE id > ? AND id <= ?", after, last.ID); err != nil {
		return 0, err
	}
	if last.Hash == "" {
		return n, nil // older than the chain, which begins where it began
	}
	return n, t.setChain(chainAnchor, last)
}

// intoRaw reads JSON text as it is; NULL is empty.
func intoRaw[T ~[]byte](dest *T) scanFunc {
	return func(src any) error {
		switch v := src.(type) {
		case nil:
			*dest = nil
		case string:
			*dest = T(v)
		case []byte:
			*dest = append(T(nil), v...)
		default:
			return fmt.Errorf("JSON is stored as %T", src)
		}
		return nil
	}
}
