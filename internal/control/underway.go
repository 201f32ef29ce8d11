package control

import (
	"context"
	"slices"

	"github.com/gatewright/gatewright"
)

// Underway lists newest first the changes that have not ended; with states
// given, those in one of them. Changes that wait for somebody's approval are
// among them.
func (c *Control) Underway(ctx context.Context, q ChangeQuery, states ...gatewright.ChangeState) ([]*gatewright.Change, error) {
	var cs []*gatewright.Change
	err := c.store.View(ctx, func(tx Tx) error {
		f, err := q.filter(tx)
		if err != nil {
			return err
		}
		f.Unsettled, f.Limit = true, 0 // the states are told apart here
		all, err := tx.Changes(f)
		if err != nil {
			return err
		}
		cs = slices.DeleteFunc(all, func(ch *gatewright.Change) bool {
			return len(states) > 0 && !slices.Contains(states, ch.State)
		})
		return nil
	})
	if q.Limit > 0 && len(cs) > q.Limit {
		cs = cs[:q.Limit]
	}
	return cs, err
}

// filter finds what the query names.
func (q *ChangeQuery) filter(tx Tx) (ChangeFilter, error) {
	f := ChangeFilter{Before: q.Before, Limit: q.Limit}
	if q.Group != "" {
		g, err := findGroup(tx, q.Group)
		if err != nil {
			return f, err
		}
		f.Group = g.ID
	}
	if q.API != "" {
		a, track, err := findAPI(tx, q.API)
		if err != nil {
			return f, err
		}
		f.API, f.Track = a.ID, track
	}
	return f, nil
}
