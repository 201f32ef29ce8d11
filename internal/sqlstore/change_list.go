package sqlstore

import (
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Changes implements [control.Tx]; NotFound when f.Before does not exist.
func (t *tx) Changes(f control.ChangeFilter) ([]*gatewright.Change, error) {
	var before int64
	if f.Before != "" {
		found, err := t.scanRow([]any{&before}, "SELECT seq FROM changes WHERE id = ?", f.Before)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, changeNotFound(f.Before)
		}
	}
	query, args := changesQuery(f, before)
	changes, err := list(t, scanChange, query, args...)
	if err != nil {
		return nil, err
	}
	return changes, t.addOutcomes(changes)
}

// changesQuery returns the statement for a filter. The changes of an API are
// found through change_slots, which leads to the newest first without looking
// at those of others; those of a group resource through change_resources in the
// same way. The changes under way are so few that they are looked at one by one. before is the seq to begin below, 0 for none.
func changesQuery(f control.ChangeFilter, before int64) (string, []any) {
	from, group, seq := "changes c", "c.group_id", "c.seq"
	resource := f.Resource
	if f.Group == "" {
		resource = ""
	}
	var where []string
	var args []any
	add := func(condition string, arg ...any) { where, args = append(where, condition), append(args, arg...) }
	switch {
	case f.API == "" && resource != "" && !f.Unsettled:
		from, group, seq = "change_resources r JOIN changes c ON c.seq = r.change_seq", "r.group_id", "r.change_seq"
		add("r.key = ?", resource)
		resource = ""
	case f.API == "":
	case f.Unsettled:
		add("EXISTS (SELECT 1 FROM change_slots s WHERE s.api_id = ? AND s.change_seq = c.seq AND ? IN ('', s.track))", f.API, f.Track)
	default:
		from, group, seq = "change_slots s JOIN changes c ON c.seq = s.change_seq", "s.group_id", "s.change_seq"
		add("s.api_id = ?", f.API)
		if f.Track != "" {
			add("s.track = ?", f.Track)
		} else { // a change of two tracks is one change
			add("NOT EXISTS (SELECT 1 FROM change_slots o WHERE o.api_id = s.api_id AND o.change_seq = s.change_seq AND o.track < s.track)")
		}
	}
	if resource != "" {
		add("EXISTS (SELECT 1 FROM change_resources r WHERE r.group_id = c.group_id AND r.key = ? AND r.change_seq = c.seq)", resource)
	}
	if f.Group != "" {
		add(group+" = ?", f.Group)
	}
	if f.Unsettled {
		add("c.settled = 0")
	}
	if f.Activated {
		add("c.activated_at IS NOT NULL")
	}
	if before != 0 {
		add(seq+" < ?", before)
	}
	query := "SELECT " + changeColumns + " FROM " + from
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY " + seq + " DESC"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return query, args
}

func scanSlotRun(r row) (*gatewright.SlotRun, error) {
	v := new(gatewright.SlotRun)
	return v, r.Scan(&v.Kind, intoText(&v.Revision))
}

// SlotRuns implements [control.Tx].
func (t *tx) SlotRuns(k gatewright.SlotKey, limit int) ([]gatewright.SlotRun, error) {
	// By generation: what was asked for first may have waited and come last.
	return values(list(t, scanSlotRun, "SELECT s.kind, s.revision_id FROM change_slots s JOIN changes c ON c.seq = s.change_seq"+
		" WHERE s.activated = 1 AND s.group_id = ? AND s.api_id = ? AND s.track = ? ORDER BY c.generation DESC, c.seq DESC LIMIT ?", k.Group, k.API, k.Track, max(0, limit)))
}

// SlotRan implements [control.Tx].
func (t *tx) SlotRan(k gatewright.SlotKey, revision gatewright.RevisionID) (bool, error) {
	return t.exists("SELECT 1 FROM change_slots WHERE activated = 1 AND group_id = ? AND api_id = ? AND track = ? AND revision_id = ? LIMIT 1",
		k.Group, k.API, k.Track, revision)
}
