package sqlstore

import (
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const changeColumns = "c.id, c.group_id, c.group_name, c.kind, c.state, c.plan_hash, c.reason, c.no_instance, c.author, c.client," +
	" c.created_at, c.prepared_at, c.activated_at, c.settled_at, c.generation, c.error, c.items"

func scanChange(r row) (*gatewright.Change, error) {
	c := new(gatewright.Change)
	return c, r.Scan(&c.ID, &c.Group, &c.GroupName, &c.Kind, &c.State, &c.PlanHash, &c.Reason, &c.NoInstance, &c.Author, &c.Client,
		intoTime(&c.CreatedAt), intoTime(&c.PreparedAt), intoTime(&c.ActivatedAt), intoTime(&c.SettledAt), &c.Generation, intoJSON(&c.Error), intoJSON(&c.Items))
}

func changeNotFound(id gatewright.ChangeID) error {
	return notFound("change %q does not exist", id)
}

// flag is how a truth is stored: one type of column less to tell apart.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// CreateChange implements [control.Tx].
func (t *tx) CreateChange(c *gatewright.Change) error {
	if err := t.requireGroup(c.Group); err != nil {
		return err
	}
	failure, err := optionalJSONArg(c.Error, c.Error == nil)
	if err != nil {
		return err
	}
	items, err := optionalJSONArg(c.Items, len(c.Items) == 0)
	if err != nil {
		return err
	}
	var seq int64
	created, err := t.returning(&seq, "INSERT INTO changes (id, group_id, group_name, kind, state, settled, plan_hash, reason, no_instance, author, client,"+
		" created_at, prepared_at, activated_at, settled_at, generation, error, items)"+
		" VALUES "+tuples(1, 18)+" ON CONFLICT DO NOTHING RETURNING seq",
		c.ID, c.Group, c.GroupName, c.Kind, c.State, flag(c.State.Settled()), c.PlanHash, c.Reason, flag(c.NoInstance), c.Author, c.Client,
		timeArg(c.CreatedAt), timeArg(c.PreparedAt), timeArg(c.ActivatedAt), timeArg(c.SettledAt), c.Generation, failure, items)
	if err != nil {
		return err
	}
	if !created {
		return conflict("change %q exists already", c.ID)
	}
	var slots [][]any
	for _, item := range c.Items {
		if s := item.Slot; s != nil {
			var revision gatewright.RevisionID
			if s.After != nil {
				revision = s.After.Revision
			}
			slots = append(slots, []any{s.API, s.Track, c.Group, seq, c.Kind, textArg(revision), flag(!c.ActivatedAt.IsZero())})
		}
	}
	if err := t.insertRows("INSERT INTO change_slots (api_id, track, group_id, change_seq, kind, revision_id, activated)", "ON CONFLICT DO NOTHING", slots); err != nil {
		return err
	}
	for _, o := range c.Outcomes {
		if err := t.PutOutcome(c.ID, o); err != nil {
			return err
		}
	}
	return nil
}

// UpdateChange implements [control.Tx].
func (t *tx) UpdateChange(c *gatewright.Change) error {
	failure, err := optionalJSONArg(c.Error, c.Error == nil)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE changes SET state = ?, settled = ?, prepared_at = ?, activated_at = ?, settled_at = ?, generation = ?, error = ? WHERE id = ?",
		c.State, flag(c.State.Settled()), timeArg(c.PreparedAt), timeArg(c.ActivatedAt), timeArg(c.SettledAt), c.Generation, failure, c.ID)
	if err == nil && n == 0 {
		return changeNotFound(c.ID)
	}
	if err != nil || c.ActivatedAt.IsZero() {
		return err
	}
	for _, item := range c.Items {
		if s := item.Slot; s != nil {
			_, err := t.exec("UPDATE change_slots SET activated = 1 WHERE api_id = ? AND track = ? AND activated = 0"+
				" AND change_seq = (SELECT seq FROM changes WHERE id = ?)", s.API, s.Track, c.ID)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Change implements [control.Tx].
func (t *tx) Change(id gatewright.ChangeID) (*gatewright.Change, error) {
	c, err := get(t, scanChange, changeNotFound(id), "SELECT "+changeColumns+" FROM changes c WHERE c.id = ?", id)
	if err != nil {
		return nil, err
	}
	return c, t.addOutcomes([]*gatewright.Change{c})
}

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
// at those of others. The changes under way are so few that they are looked at
// one by one. before is the seq to begin below, 0 for none.
func changesQuery(f control.ChangeFilter, before int64) (string, []any) {
	from, group, seq := "changes c", "c.group_id", "c.seq"
	var where []string
	var args []any
	add := func(condition string, arg ...any) { where, args = append(where, condition), append(args, arg...) }
	switch {
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
	found, err := list(t, scanSlotRun, "SELECT kind, revision_id FROM change_slots WHERE activated = 1 AND group_id = ? AND api_id = ? AND track = ?"+
		" ORDER BY change_seq DESC LIMIT ?", k.Group, k.API, k.Track, max(0, limit))
	runs := make([]gatewright.SlotRun, len(found))
	for i, r := range found {
		runs[i] = *r
	}
	return runs, err
}

// SlotRan implements [control.Tx].
func (t *tx) SlotRan(k gatewright.SlotKey, revision gatewright.RevisionID) (bool, error) {
	return t.exists("SELECT 1 FROM change_slots WHERE activated = 1 AND group_id = ? AND api_id = ? AND track = ? AND revision_id = ? LIMIT 1",
		k.Group, k.API, k.Track, revision)
}

// maxChangesPerQuery bounds the changes whose outcomes one statement reads.
const maxChangesPerQuery = 200

// outcome is an InstanceOutcome and where it belongs.
type outcome struct {
	change gatewright.ChangeID
	gatewright.InstanceOutcome
}

func scanOutcome(r row) (*outcome, error) {
	o := new(outcome)
	return o, r.Scan(&o.change, &o.Instance, &o.Name, &o.State, &o.Reason, &o.Base, intoTime(&o.At))
}

// addOutcomes reads the outcomes of changes, by name of the instance.
func (t *tx) addOutcomes(changes []*gatewright.Change) error {
	for chunk := range slices.Chunk(changes, maxChangesPerQuery) {
		byID := make(map[gatewright.ChangeID]*gatewright.Change, len(chunk))
		args := make([]any, len(chunk))
		for i, c := range chunk {
			byID[c.ID], args[i] = c, c.ID
		}
		found, err := list(t, scanOutcome, "SELECT change_id, instance_id, name, state, reason, base, at FROM outcomes"+
			" WHERE change_id IN "+tuples(1, len(chunk))+" ORDER BY name, instance_id", args...)
		if err != nil {
			return err
		}
		for _, o := range found {
			c := byID[o.change]
			c.Outcomes = append(c.Outcomes, o.InstanceOutcome)
		}
	}
	return nil
}

// PutOutcome implements [control.Tx]; it creates or replaces.
func (t *tx) PutOutcome(change gatewright.ChangeID, o gatewright.InstanceOutcome) error {
	ok, err := t.exists("SELECT 1 FROM changes WHERE id = ?", change)
	if err != nil {
		return err
	}
	if !ok {
		return changeNotFound(change)
	}
	_, err = t.exec("INSERT INTO outcomes (change_id, instance_id, name, state, reason, base, at) VALUES (?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT (change_id, instance_id) DO UPDATE SET name = excluded.name, state = excluded.state, reason = excluded.reason, base = excluded.base, at = excluded.at",
		change, o.Instance, o.Name, o.State, o.Reason, o.Base, timeArg(o.At))
	return err
}

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
