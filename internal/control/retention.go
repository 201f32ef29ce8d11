package control

import (
	"context"
	"slices"

	"github.com/gatewright/gatewright"
)

// Retention says how many revisions of an API are worth keeping.
type Retention struct {
	// Keep is how many of those that nothing protects stay, the newest; 0 to
	// gatewright.MaxRevisions.
	Keep int
	// DryRun deletes nothing.
	DryRun bool
}

// PruneRevisions deletes the oldest revisions of an API beyond those to keep
// and returns them, the newest first. What runs anywhere, as a canary too, what
// a change under way brings, what is pinned and what an instance is pinned to
// stays and does not count.
func (c *Control) PruneRevisions(ctx context.Context, actor gatewright.Actor, name string, r Retention) ([]RevisionNote, error) {
	if r.Keep < 0 || r.Keep > gatewright.MaxRevisions {
		return nil, gatewright.FieldErrorf("keep", "%d revisions cannot be kept; say 0 to %d", r.Keep, gatewright.MaxRevisions)
	}
	in := c.store.Update
	if r.DryRun {
		in = c.store.View
	}
	var gone []RevisionNote
	err := in(ctx, func(tx Tx) error {
		gone = []RevisionNote{}
		api, _, err := findAPI(tx, name)
		if err != nil {
			return err
		}
		surplus, err := surplusRevisions(tx, api, r.Keep)
		if err != nil {
			return err
		}
		for _, rev := range surplus {
			gone = append(gone, revisionNote(rev))
			if r.DryRun {
				continue
			}
			if err := tx.DeleteRevision(rev.ID); err != nil {
				return err
			}
		}
		if r.DryRun || len(gone) == 0 {
			return nil
		}
		return auditChange(tx, actor, "revision.delete", string(api.ID), prunedRevisions{gone}, nil)
	})
	return gone, err
}

// surplusRevisions lists what nothing protects beyond the newest keep of them.
func surplusRevisions(tx Tx, api *gatewright.API, keep int) ([]*gatewright.Revision, error) {
	all, err := tx.Revisions(api.ID, 0, gatewright.MaxRevisions)
	if err != nil {
		return nil, err
	}
	protected, err := bringing(tx, api.ID)
	if err != nil {
		return nil, err
	}
	slots, err := tx.Slots(SlotFilter{API: api.ID})
	if err != nil {
		return nil, err
	}
	for _, s := range slots {
		protected[s.Revision] = append(protected[s.Revision], nil)
		if s.Canary != nil {
			protected[s.Canary.Revision] = append(protected[s.Canary.Revision], nil)
		}
	}
	pins, err := tx.Pins(PinFilter{API: api.ID})
	if err != nil {
		return nil, err
	}
	for _, p := range pins {
		protected[p.Revision] = append(protected[p.Revision], nil)
	}
	free := slices.DeleteFunc(all, func(r *gatewright.Revision) bool {
		return len(protected[r.ID]) > 0 || slices.Contains(api.Settings.Pinned, r.Number)
	})
	return free[min(keep, len(free)):], nil
}

// prunedRevisions is what the audit log tells of a prune.
type prunedRevisions struct {
	Revisions []RevisionNote `json:"revisions"`
}
