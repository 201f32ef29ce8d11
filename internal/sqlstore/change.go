package sqlstore

import (
	"cmp"
	"time"

	"github.com/gatewright/gatewright"
)

const changeColumns = "c.detail, c.id, c.group_id, c.group_name, c.kind, c.state, c.author, c.client," +
	" c.created_at, c.prepared_at, c.activated_at, c.settled_at, c.generation, c.items"

func scanChange(r row) (*gatewright.Change, error) {
	c := new(gatewright.Change)
	return c, r.Scan(intoJSON(c), &c.ID, &c.Group, &c.GroupName, &c.Kind, &c.State, &c.Author, &c.Client,
		intoTime(&c.CreatedAt), intoTime(&c.PreparedAt), intoTime(&c.ActivatedAt), intoTime(&c.SettledAt), &c.Generation, intoJSON(&c.Items))
}

// detailArg returns what of a change has no column.
func detailArg(c *gatewright.Change) (string, error) {
	d := *c
	d.ID, d.Group, d.GroupName, d.Kind, d.State, d.Author, d.Client = "", "", "", "", "", "", ""
	d.CreatedAt, d.PreparedAt, d.ActivatedAt, d.SettledAt, d.Generation = time.Time{}, time.Time{}, time.Time{}, time.Time{}, 0
	d.Items, d.Outcomes = nil, nil
	return jsonArg(&d)
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
	detail, err := detailArg(c)
	if err != nil {
		return err
	}
	items, err := optionalJSONArg(c.Items, len(c.Items) == 0)
	if err != nil {
		return err
	}
	var seq int64
	created, err := t.returning(&seq, "INSERT INTO changes (id, group_id, group_name, kind, state, settled, author, client,"+
		" created_at, prepared_at, activated_at, settled_at, generation, detail, items)"+
		" VALUES "+tuples(1, 15)+" ON CONFLICT DO NOTHING RETURNING seq",
		c.ID, c.Group, c.GroupName, c.Kind, c.State, flag(c.State.Settled()), c.Author, c.Client,
		timeArg(c.CreatedAt), timeArg(c.PreparedAt), timeArg(c.ActivatedAt), timeArg(c.SettledAt), c.Generation, detail, items)
	if err != nil {
		return err
	}
	if !created {
		return conflict("change %q exists already", c.ID)
	}
	if err := t.indexItems(c, seq); err != nil {
		return err
	}
	for _, o := range c.Outcomes {
		if err := t.PutOutcome(c.ID, o); err != nil {
			return err
		}
	}
	return nil
}

// indexItems notes which slots and group resources a change is about.
func (t *tx) indexItems(c *gatewright.Change, seq int64) error {
	var slots, resources [][]any
	for i := range c.Items {
		if r := c.Items[i].Resource; r != nil {
			resources = append(resources, []any{c.Group, r.Key, seq})
		}
		s := c.Items[i].Slot
		if s == nil {
			continue
		}
		var revision gatewright.RevisionID
		var configID string
		if s.After != nil {
			revision, configID = s.After.Revision, s.After.ConfigID
		}
		kind := cmp.Or(c.Items[i].Action, c.Kind)
		slots = append(slots, []any{s.API, s.Track, c.Group, seq, kind, textArg(revision), flag(!c.ActivatedAt.IsZero()), configID})
	}
	if err := t.insertRows("INSERT INTO change_slots (api_id, track, group_id, change_seq, kind, revision_id, activated, config_id)", "ON CONFLICT DO NOTHING", slots); err != nil {
		return err
	}
	return t.insertRows("INSERT INTO change_resources (group_id, key, change_seq)", "ON CONFLICT DO NOTHING", resources)
}

// UpdateChange implements [control.Tx]. ID, group and kind stay as well.
func (t *tx) UpdateChange(c *gatewright.Change) error {
	detail, err := detailArg(c)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE changes SET group_name = ?, state = ?, settled = ?, author = ?, client = ?,"+
		" created_at = ?, prepared_at = ?, activated_at = ?, settled_at = ?, generation = ?, detail = ? WHERE id = ?",
		c.GroupName, c.State, flag(c.State.Settled()), c.Author, c.Client,
		timeArg(c.CreatedAt), timeArg(c.PreparedAt), timeArg(c.ActivatedAt), timeArg(c.SettledAt), c.Generation, detail, c.ID)
	if err == nil && n == 0 {
		return changeNotFound(c.ID)
	}
	if err != nil || c.ActivatedAt.IsZero() {
		return err
	}
	for i := range c.Items {
		if s := c.Items[i].Slot; s != nil {
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

// NextConfigID implements [control.Tx]. An ID that was given is given, unless
// the transaction fails; LimitExceeded when the day has no more.
func (t *tx) NextConfigID(day time.Time) (string, error) {
	var given int
	_, err := t.returning(&given, "INSERT INTO config_ids (day, given) VALUES (?, 1)"+
		" ON CONFLICT (day) DO UPDATE SET given = config_ids.given + 1 RETURNING given", day.UTC().Format(time.DateOnly))
	if err != nil {
		return "", err
	}
	if given > gatewright.MaxConfigsPerDay {
		return "", gatewright.Errorf(gatewright.LimitExceeded, "%d publishes in a day; go on tomorrow", gatewright.MaxConfigsPerDay)
	}
	return gatewright.NewConfigID(day, given-1).String(), nil
}
