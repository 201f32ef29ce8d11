package control

import (
	"cmp"

	"github.com/gatewright/gatewright"
)

// store stores everything the apply brings: settings first, so that what is
// compiled for gateways has them. It sets sub's change and returns the other
// changes it made.
func (a *applying) store(c *Control, actor gatewright.Actor, sub *Submission, reason string) ([]*gatewright.Change, error) {
	var others []*gatewright.Change
	for _, s := range a.settings {
		sent, err := a.storeSettings(c, actor, s, reason)
		if err != nil {
			return nil, err
		}
		others = append(others, sent...)
	}
	for i := range a.d.items {
		if it := &a.d.items[i]; it.resource == nil {
			if err := a.storeAPI(it, actor); err != nil {
				return nil, err
			}
		} else if app := it.resource.After; app != nil && app.App != nil {
			a.sign(app.App, actor)
		}
	}
	if len(a.d.items) > 0 {
		items := sub.Plan.Items
		sub.Plan.Items = a.planned // what the change keeps of its plan: its own items
		ch, err := c.record(a.d, actor, sub.Plan, reason)
		sub.Plan.Items = items
		if err != nil {
			return nil, err
		}
		sub.Change = ch
	}
	return others, a.storeGroup(c, actor)
}

func (a *applying) storeSettings(c *Control, actor gatewright.Actor, s apiAlteration, reason string) ([]*gatewright.Change, error) {
	if err := a.d.tx.UpdateAPI(s.after); err != nil {
		return nil, err
	}
	if err := auditChange(a.d.tx, actor, "api.update", string(s.after.ID), s.before, s.after); err != nil {
		return nil, err
	}
	if len(shownSettings(s.before, s.after)) == 0 {
		return nil, nil
	}
	return c.sendSettings(a.d.tx, actor, s.after, cmp.Or(reason, "applied from files"))
}

// storeAPI stores an API, track and canary that are new; the revision a slot
// runs is stored with the change.
func (a *applying) storeAPI(it *draftItem, actor gatewright.Actor) error {
	tx, now := a.d.tx, a.d.tx.Now()
	if it.api.ID == "" {
		it.api.ID, it.api.CreatedAt = gatewright.APIID(gatewright.NewID("api_", now)), now
		it.api.Owner = cmp.Or(it.api.Owner, actor.Name)
		if err := tx.CreateAPI(it.api); err != nil {
			return err
		}
		if err := auditChange(tx, actor, "api.create", string(it.api.ID), nil, it.api); err != nil {
			return err
		}
	}
	if it.newTrack {
		it.track.API, it.newTrack = it.api.ID, false
		if err := tx.CreateTrack(it.track); err != nil {
			return err
		}
	}
	if rev := it.canary; rev != nil && rev.ID == "" && rev != it.revision {
		rev.ID, rev.API, rev.CreatedAt, rev.CreatedBy = gatewright.RevisionID(gatewright.NewID("rev_", now)), it.api.ID, now, actor.Name
		if err := tx.CreateRevision(rev); err != nil {
			return err
		}
		it.after.Canary.Revision, it.after.Canary.Number = rev.ID, rev.Number
	}
	if rev := it.revision; rev != nil && rev.ID == "" && it.canary == rev { // a canary of the new revision at an upstream of its own
		rev.ID, rev.API, rev.CreatedAt, rev.CreatedBy = gatewright.RevisionID(gatewright.NewID("rev_", now)), it.api.ID, now, actor.Name
		if err := tx.CreateRevision(rev); err != nil {
			return err
		}
		it.after.Revision, it.after.Number = rev.ID, rev.Number
		it.after.Canary.Revision, it.after.Canary.Number = rev.ID, rev.Number
	}
	return nil
}

// sign completes an app: who owns it and made its keys and grants, and the
// grants of APIs that exist only now.
func (a *applying) sign(app *gatewright.App, actor gatewright.Actor) {
	app.Owner = cmp.Or(app.Owner, actor.Name)
	for _, p := range a.pending {
		if p.app == app {
			g := p.at
			g.API = p.api.ID
			app.Grants = append(app.Grants, g)
		}
	}
	for i := range app.Credentials {
		app.Credentials[i].CreatedBy = cmp.Or(app.Credentials[i].CreatedBy, actor.Name)
	}
	for i := range app.Grants {
		app.Grants[i].CreatedBy = cmp.Or(app.Grants[i].CreatedBy, actor.Name)
	}
}

func (a *applying) storeGroup(c *Control, actor gatewright.Actor) error {
	if a.group == nil {
		return nil
	}
	before, err := a.d.tx.Group(a.group.ID)
	if err != nil {
		return err
	}
	after := *before
	after.Labels, after.Settings = a.group.Labels, a.group.Settings
	if err := a.d.tx.UpdateGroup(&after); err != nil {
		return err
	}
	if err := c.announce(a.d.tx, eventGroup, string(after.ID)); err != nil {
		return err
	}
	return auditChange(a.d.tx, actor, "group.update", after.Name, before, &after)
}
