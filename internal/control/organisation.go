package control

import (
	"context"
	"reflect"

	"github.com/gatewright/gatewright"
)

// Organisation returns the organisation.
func (c *Control) Organisation(ctx context.Context) (*gatewright.Organisation, error) {
	var o *gatewright.Organisation
	err := c.store.View(ctx, func(tx Tx) (err error) {
		o, err = tx.Organisation()
		return err
	})
	return o, err
}

// UpdateOrganisation replaces the organisation's settings; revised is what its
// Revised was when they were read, [gatewright.Conflict] if it is something
// else by now. What is deployed stays, even beyond a new limit.
func (c *Control) UpdateOrganisation(ctx context.Context, actor gatewright.Actor, revised int64, settings gatewright.OrganisationSettings) (*gatewright.Organisation, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	var o *gatewright.Organisation
	err := c.store.Update(ctx, func(tx Tx) error {
		before, err := tx.Organisation()
		if err != nil {
			return err
		}
		o = &gatewright.Organisation{Settings: settings.Clone(), Revised: revised}
		if before.Revised != revised {
			return altered("the organisation's settings")
		}
		if reflect.DeepEqual(before, o) {
			return nil
		}
		if err := tx.UpdateOrganisation(o); err != nil {
			return err
		}
		return auditChange(tx, actor, "organisation.update", "organisation", before, o)
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}
