package control

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// app adds what makes an app be as it is stated. Keys are recognised by their
// hash, grants by their API: what stays keeps its identity and age.
func (a *applying) app(s *StatedApp) error {
	tx, now := a.d.tx, a.d.tx.Now()
	existing, err := a.appNamed(normal(s.App.Name))
	if err != nil {
		return err
	}
	app := &gatewright.App{Name: normal(s.App.Name), ID: gatewright.AppID(gatewright.NewID("app_", now)), Owner: s.App.Owner, CreatedAt: now}
	if existing != nil {
		*app = *existing
		if s.App.Owner != "" {
			app.Owner = s.App.Owner
		}
	}
	app.Description, app.Disabled = s.App.Description, s.App.Disabled
	if s.SetCredentials {
		app.Credentials = nil
		for _, cred := range s.App.Credentials {
			app.Credentials = append(app.Credentials, a.credential(existing, cred))
		}
	}
	if s.SetGrants {
		app.Grants = nil
		for _, g := range s.Grants {
			if err := a.grant(app, existing, g); err != nil {
				return err
			}
		}
		if existing != nil { // in the order they had, so that order alone is no difference
			slices.SortStableFunc(app.Grants, func(x, y gatewright.Grant) int { return placeOf(existing, x) - placeOf(existing, y) })
		}
	}
	if err := app.Validate(); err != nil {
		return err
	}
	granted := app.Grants
	if existing != nil {
		granted = append(slices.Clone(granted), existing.Grants...)
	}
	for _, g := range granted { // so that the plan can name them
		api, err := tx.API(g.API)
		if err == nil {
			a.names[g.API] = api.Name
		} else if !isNotFound(err) {
			return err
		}
	}
	return a.resource(&Item{Resource: &gatewright.GroupResource{App: app}}, gatewright.ChangeAccess)
}

// placeOf returns where the app has the grant, its end when it has not.
func placeOf(app *gatewright.App, g gatewright.Grant) int {
	i := slices.IndexFunc(app.Grants, func(o gatewright.Grant) bool { return o.API == g.API })
	if i < 0 {
		return len(app.Grants)
	}
	return i
}

// appNamed returns the group's app of that name, or nil.
func (a *applying) appNamed(name string) (*gatewright.App, error) {
	apps, err := a.apps()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(apps, func(app *gatewright.App) bool { return app.Name == name })
	if i < 0 {
		return nil, nil
	}
	return apps[i], nil
}

func (a *applying) credential(existing *gatewright.App, c gatewright.Credential) gatewright.Credential {
	if existing != nil {
		i := slices.IndexFunc(existing.Credentials, func(o gatewright.Credential) bool { return o.Hash == c.Hash })
		if i >= 0 {
			o := existing.Credentials[i]
			c.ID, c.CreatedAt, c.CreatedBy = o.ID, o.CreatedAt, o.CreatedBy
			return c
		}
	}
	now := a.d.tx.Now()
	c.ID, c.CreatedAt = gatewright.CredentialID(gatewright.NewID("crd_", now)), now
	return c
}

// grant adds a grant to app. That of an API which this very apply makes waits
// until there is one.
func (a *applying) grant(app, existing *gatewright.App, s StatedGrant) error {
	g := s.Grant
	if g.Clearance == "" {
		g.Clearance = gatewright.SecurityPublic
	}
	g.CreatedAt = a.d.tx.Now()
	name := normal(s.API)
	api, err := a.d.tx.APIByName(name)
	if made := a.d.making(name); isNotFound(err) && made != nil {
		a.pending = append(a.pending, pendingGrant{app: app, api: made, at: g})
		return nil
	}
	if isNotFound(err) {
		return gatewright.Errorf(gatewright.NotFound, "app %s is granted the API %q, which does not exist and is not among what is applied", app.Name, name)
	}
	if err != nil {
		return err
	}
	g.API = api.ID
	if existing != nil {
		if i := placeOf(existing, g); i < len(existing.Grants) {
			g.CreatedAt, g.CreatedBy = existing.Grants[i].CreatedAt, existing.Grants[i].CreatedBy
		}
	}
	app.Grants = append(app.Grants, g)
	return nil
}

// prune adds the removal of what is not stated.
func (a *applying) prune(stated map[string]bool) error {
	if len(a.req.Prune) == 0 {
		return nil
	}
	n := len(a.d.items)
	covered := func(kind, name string) bool {
		return slices.ContainsFunc(a.req.Prune, func(s Scope) bool { return s.covers(kind, name) })
	}
	slots, err := namedSlots(a.d.tx, SlotFilter{Group: a.d.group.ID, Deployed: true})
	if err != nil {
		return err
	}
	for i := range slots {
		if s := &slots[i]; !stated[s.title()] && covered(scopeOf(s.api), s.title()) {
			if err := a.undeploy(s); err != nil {
				return err
			}
		}
	}
	if err := a.pruneResources(covered); err != nil {
		return err
	}
	limit := a.req.PruneLimit
	if limit == 0 {
		limit = DefaultPruneLimit
	}
	removed := a.d.items[n:]
	if len(removed) <= limit {
		return nil
	}
	e := gatewright.Errorf(gatewright.LimitExceeded, "this would remove %d things from %s; at most %d at a time are removed: raise that with --prune-limit if it is meant", len(removed), a.d.group.Name, limit)
	for i := range removed[:min(len(removed), gatewright.MaxFindings)] {
		e.Details = append(e.Details, gatewright.Detail{Subject: removed[i].subject(), Message: "is not in the files"})
	}
	return e
}

// scopeOf returns the kind of [Scope] that an API is of.
func scopeOf(api *gatewright.API) string {
	switch api.Kind {
	case gatewright.KindFlow:
		return "flow"
	case gatewright.KindData:
		return "dataapi"
	}
	return "api"
}

func (a *applying) undeploy(s *namedSlot) error {
	track, err := a.d.tx.Track(s.slot.API, s.slot.Track)
	if err != nil {
		return err
	}
	it := draftItem{action: gatewright.ChangeUndeploy, api: s.api, track: track}
	if it.before, err = slotContent(a.d.tx, s.slot); err != nil {
		return err
	}
	a.d.items = append(a.d.items, it)
	return nil
}

func (a *applying) pruneResources(covered func(kind, name string) bool) error {
	for _, k := range []struct{ kind, scope string }{
		{gatewright.KeyRegistry, "registry"}, {gatewright.KeyApp, "app"}, {gatewright.KeyFlowHooks, "flowhooks"},
		{gatewright.KeySource, "datasource"}, {gatewright.KeyTable, "table"},
	} {
		all, err := a.d.tx.GroupResources(a.d.group.ID, k.kind)
		if err != nil {
			return err
		}
		for _, r := range all {
			if !covered(k.scope, resourceName(r.Key(), r)) || a.states(r) {
				continue
			}
			action := gatewright.ChangeConfigure
			if r.App != nil {
				action = gatewright.ChangeAccess
			}
			a.d.items = append(a.d.items, draftItem{action: action, resource: &gatewright.ResourceChange{Key: r.Key(), Name: r.Title(), Before: r}})
		}
	}
	return nil
}

// states reports whether the state speaks of a resource the group has.
func (a *applying) states(r *gatewright.GroupResource) bool {
	if r.App != nil {
		return slices.ContainsFunc(a.req.State.Apps, func(s *StatedApp) bool { return normal(s.App.Name) == r.App.Name })
	}
	if r.FlowHooks != nil {
		return a.req.State.FlowHooks != nil
	}
	if r.Source != nil {
		return slices.ContainsFunc(a.req.State.Sources, func(s *StatedSource) bool { return s.Source.Name == r.Source.Name })
	}
	if r.Table != nil {
		return slices.ContainsFunc(a.req.State.Tables, func(t *gatewright.Table) bool { return t.Name == r.Table.Name })
	}
	return slices.ContainsFunc(a.req.State.Registries, func(s *gatewright.Registry) bool { return s.Name == r.Registry.Name })
}
