package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkLimits refuses what would grow without bound.
func (c *Control) checkLimits(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.api == nil || it.revision == nil || it.revision.ID != "" {
			continue
		}
		if it.api.LastRevision < gatewright.MaxRevisions {
			continue // it cannot have more than it ever had
		}
		stored, err := d.tx.RevisionCount(it.api.ID)
		if err != nil {
			return err
		}
		if stored >= gatewright.MaxRevisions {
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.LimitExceeded, Subject: it.api.Name,
				Message: fmt.Sprintf("%s has %d revisions, the limit of one API", it.api.Name, stored),
				Remedy:  "publish it under a new name",
			})
		}
	}
	return nil
}
