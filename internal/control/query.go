package control

import (
	"context"

	"github.com/gatewright/gatewright"
)

// APIs lists APIs by name, beginning after the name after, at most limit.
func (c *Control) APIs(ctx context.Context, after string, limit int) ([]*gatewright.API, error) {
	var as []*gatewright.API
	err := c.store.View(ctx, func(tx Tx) (err error) {
		as, err = tx.APIs(after, limit)
		return err
	})
	return as, err
}

// API returns an API by name or ID, and its tracks.
func (c *Control) API(ctx context.Context, name string) (*gatewright.API, []*gatewright.Track, error) {
	var a *gatewright.API
	var ts []*gatewright.Track
	err := c.store.View(ctx, func(tx Tx) (err error) {
		if a, _, err = findAPI(tx, name); err != nil {
			return err
		}
		ts, err = tx.Tracks(a.ID)
		return err
	})
	return a, ts, err
}

// Revisions lists the revisions of an API newest first, in short form; before
// is an exclusive upper number, 0 for none.
func (c *Control) Revisions(ctx context.Context, api string, before, limit int) ([]*gatewright.Revision, error) {
	var rs []*gatewright.Revision
	err := c.store.View(ctx, func(tx Tx) error {
		a, _, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		rs, err = tx.Revisions(a.ID, before, limit)
		return err
	})
	return rs, err
}

// Revision returns a revision of an API in full, by version or number.
func (c *Control) Revision(ctx context.Context, api, revision string) (*gatewright.Revision, error) {
	var r *gatewright.Revision
	err := c.store.View(ctx, func(tx Tx) error {
		a, _, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		r, err = findRevision(tx, a, revision)
		return err
	})
	return r, err
}

// Change returns a change with what its instances said.
func (c *Control) Change(ctx context.Context, id gatewright.ChangeID) (*gatewright.Change, error) {
	var ch *gatewright.Change
	err := c.store.View(ctx, func(tx Tx) (err error) {
		ch, err = tx.Change(id)
		return err
	})
	return ch, err
}

// ChangeQuery selects changes by what people type; empty members select all.
type ChangeQuery struct {
	Group  string // name or ID
	API    string // name or ID, "name@track"
	Before gatewright.ChangeID
	Limit  int
}

// Changes lists changes newest first. With an API named it is its history.
func (c *Control) Changes(ctx context.Context, q ChangeQuery) ([]*gatewright.Change, error) {
	var cs []*gatewright.Change
	err := c.store.View(ctx, func(tx Tx) error {
		f, err := q.filter(tx)
		if err != nil {
			return err
		}
		cs, err = tx.Changes(f)
		return err
	})
	return cs, err
}
