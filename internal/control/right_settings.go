package control

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// APINeeds returns the rights that altering an API by p takes.
func (c *Control) APINeeds(ctx context.Context, who auth.Principal, api string, p APIPatch) ([]auth.Need, error) {
	var all []auth.Need
	err := c.store.View(ctx, func(tx Tx) error {
		a, _, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		s := apiScope(who, a)
		all = needs(gatewright.ActionAPIRead, s)
		add := func(asked bool, action gatewright.Action) {
			if asked {
				all = append(all, auth.Need{Action: action, Scope: s})
			}
		}
		add(p.empty() || p.Name != nil || p.Description != nil || p.Scheme != nil || p.Security != nil || p.MaxQPS != nil || p.MaxRows != nil ||
			len(p.Pin)+len(p.Unpin) > 0, gatewright.ActionAPISettings)
		add(p.Owner != nil, gatewright.ActionAPITransfer)
		add(p.Collaborators != nil, gatewright.ActionAPICollaborate)
		add(p.Tags != nil, gatewright.ActionAPITag)
		add(p.Folder != nil || p.Project != nil, gatewright.ActionAPIMove)
		if p.Project == nil {
			return nil
		}
		into, err := findProject(tx, string(*p.Project))
		if err != nil {
			return err
		}
		s.Project, s.ProjectName = into.ID, into.Name
		add(true, gatewright.ActionAPIMove)
		return nil
	})
	return all, err
}

// GroupNeeds returns the rights that giving a group those labels and settings
// takes.
func (c *Control) GroupNeeds(ctx context.Context, group string, labels map[string]string, settings gatewright.GroupSettings) ([]auth.Need, error) {
	g, err := c.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	return groupNeeds(g, labels, settings), nil
}

func groupNeeds(g *gatewright.Group, labels map[string]string, after gatewright.GroupSettings) []auth.Need {
	var all []auth.Need
	s, before := groupScope(g), &g.Settings
	add := func(altered bool, action gatewright.Action) {
		if altered {
			all = append(all, auth.Need{Action: action, Scope: s})
		}
	}
	add(before.Compatibility != after.Compatibility || !reflect.DeepEqual(orNil(before.Approvals), orNil(after.Approvals)), gatewright.ActionGroupRules)
	add(!reflect.DeepEqual(orNil(before.Freezes), orNil(after.Freezes)), gatewright.ActionFreezeEdit)
	add(before.Limits != after.Limits, gatewright.ActionLimitsEdit)
	// What is left of the settings, and whatever a later version adds to them.
	rest, now := *before, after
	for _, r := range []*gatewright.GroupSettings{&rest, &now} {
		r.Compatibility, r.Approvals, r.Freezes, r.Limits, r.Locations = "", nil, nil, gatewright.Limits{}, orNil(r.Locations)
	}
	add(!maps.Equal(g.Labels, labels) || !reflect.DeepEqual(rest, now) || len(all) == 0, gatewright.ActionGroupEdit)
	return all
}

func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

// SaveNeeds returns the rights that saving content takes. Content that takes
// the place of what test groups run is deployed there.
func (c *Control) SaveNeeds(ctx context.Context, who auth.Principal, mode SaveMode, api, revision string) ([]auth.Need, error) {
	var all []auth.Need
	err := c.store.View(ctx, func(tx Tx) error {
		if mode == SaveNewAPI {
			all = needs(gatewright.ActionAPICreate, auth.Scope{Project: gatewright.DefaultProject, ProjectName: gatewright.DefaultProjectName, APIName: api, Part: auth.PartOwner})
			return nil
		}
		a, _, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		s := apiScope(who, a)
		if mode == SaveNewVersion {
			all = needs(gatewright.ActionRevisionCreate, s)
			return nil
		}
		all = needs(gatewright.ActionRevisionEdit, s)
		rev, err := findRevision(tx, a, revision)
		if err != nil {
			return err
		}
		slots, err := tx.RevisionSlots(rev.ID)
		if err != nil {
			return err
		}
		for _, slot := range slots {
			g, err := tx.Group(slot.Group)
			if err != nil {
				return err
			}
			all = append(all, auth.Need{Action: gatewright.ActionAPIDeploy, Scope: within(s, g)})
		}
		return nil
	})
	return all, err
}

// FolderScope returns where a folder is: by ID, or by path in a project.
func (c *Control) FolderScope(ctx context.Context, project, folder string) (auth.Scope, error) {
	f, err := c.Folder(ctx, project, folder)
	if err != nil {
		return auth.Scope{}, err
	}
	return c.ProjectScope(ctx, string(f.Project))
}

// ProjectScope returns what a project, by name or ID, is; "" is the default one.
func (c *Control) ProjectScope(ctx context.Context, name string) (auth.Scope, error) {
	p, err := c.Project(ctx, name)
	if err != nil {
		return auth.Scope{}, err
	}
	return auth.Scope{Project: p.ID, ProjectName: p.Name}, nil
}

// ApplyPlanNeeds returns the rights that planning an apply takes: to see what
// the plan tells.
func (c *Control) ApplyPlanNeeds(ctx context.Context, who auth.Principal, req *ApplyRequest) ([]auth.Need, error) {
	var all []auth.Need
	err := c.store.View(ctx, func(tx Tx) (err error) {
		all, err = applyPlanNeeds(tx, who, req)
		return err
	})
	return all, err
}

func applyPlanNeeds(tx Tx, who auth.Principal, req *ApplyRequest) ([]auth.Need, error) {
	g, err := findGroup(tx, req.Group)
	if err != nil {
		return nil, err
	}
	all := needs(gatewright.ActionGroupRead, groupScope(g))
	add := func(a gatewright.Action, s auth.Scope) {
		if n := (auth.Need{Action: a, Scope: s}); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, stated := range req.State.APIs {
		s := auth.Scope{Project: gatewright.DefaultProject}
		a, err := tx.APIByName(normal(stated.Name))
		if err == nil {
			s = apiScope(who, a)
		} else if !isNotFound(err) {
			return nil, err
		}
		add(gatewright.ActionChangeRead, within(s, g))
	}
	if len(req.State.Apps) > 0 {
		add(gatewright.ActionAppRead, groupScope(g))
	}
	if len(req.State.Registries) > 0 {
		add(gatewright.ActionRegistryRead, groupScope(g))
	}
	if req.State.FlowHooks != nil {
		add(gatewright.ActionPolicyRead, groupScope(g))
	}
	if len(req.State.Sources) > 0 {
		add(gatewright.ActionDataSourceRead, groupScope(g))
	}
	if slices.ContainsFunc(req.State.Sources, func(s *StatedSource) bool { return s.Password != nil }) {
		add(gatewright.ActionDataSourceEdit, groupScope(g)) // the plan tells whether it is the one that is kept
	}
	if len(req.State.Tables) > 0 {
		add(gatewright.ActionTableRead, groupScope(g))
	}
	if len(req.Prune) > 0 { // it tells what else there is
		add(gatewright.ActionConfigExport, groupScope(g))
	}
	return all, nil
}

// ApplyNeeds returns the rights that an apply takes: those of each thing it
// would alter as it is now.
func (c *Control) ApplyNeeds(ctx context.Context, who auth.Principal, req *ApplyRequest) ([]auth.Need, error) {
	var all []auth.Need
	err := c.store.View(ctx, func(tx Tx) (err error) {
		if all, err = applyPlanNeeds(tx, who, req); err != nil {
			return err
		}
		if err := auth.DecideAll(who, all...); err != nil {
			return err // before anything is told of what is wrong with it
		}
		a, err := resolveApply(tx, req)
		if err != nil {
			return err
		}
		r := &righting{tx: tx, who: who, req: a.d.req, group: a.d.group, seen: map[auth.Need]bool{}}
		if err := r.applied(a); err != nil {
			return err
		}
		all = append(all, r.needs...)
		return nil
	})
	return all, err
}

// applied adds what a resolved apply takes.
func (r *righting) applied(a *applying) error {
	for i := range a.d.items {
		it := &a.d.items[i]
		s := groupScope(r.group)
		if it.resource == nil {
			s = within(apiScope(r.who, it.api), r.group)
			if it.api.ID == "" {
				s.Part = auth.PartOwner
				r.add(gatewright.ActionAPICreate, s)
			}
		}
		asked := &Item{}
		if it.resource != nil {
			asked.Remove = it.resource.Key
		}
		if err := r.item(it.action, asked, s); err != nil {
			return err
		}
		if len(a.req.Prune) > 0 && (it.action == gatewright.ChangeUndeploy || it.resource != nil && it.resource.After == nil) {
			r.add(gatewright.ActionConfigPrune, s)
		}
	}
	for _, p := range a.pending {
		r.add(gatewright.ActionGrantCreate, within(apiScope(r.who, p.api), r.group))
	}
	for _, alteration := range a.settings {
		r.settings(alteration.before, alteration.after)
	}
	if a.group != nil {
		for _, n := range groupNeeds(r.group, a.group.Labels, a.group.Settings) {
			r.add(n.Action, n.Scope)
		}
	}
	return nil
}

// settings adds what giving an API other settings takes.
func (r *righting) settings(before, after *gatewright.API) {
	s := apiScope(r.who, before)
	if before.Owner != after.Owner {
		r.add(gatewright.ActionAPITransfer, s)
	}
	if !slices.Equal(before.Settings.Collaborators, after.Settings.Collaborators) {
		r.add(gatewright.ActionAPICollaborate, s)
	}
	if cmp.Or(before.Settings.Project, gatewright.DefaultProject) != cmp.Or(after.Settings.Project, gatewright.DefaultProject) ||
		before.Settings.Folder != after.Settings.Folder {
		r.add(gatewright.ActionAPIMove, s)
	}
	rest, now := before.Settings.Clone(), after.Settings.Clone()
	rest.Collaborators, now.Collaborators, rest.Folder, now.Folder, rest.Project, now.Project = nil, nil, "", "", "", ""
	if !reflect.DeepEqual(rest, now) {
		r.add(gatewright.ActionAPISettings, s)
	}
}
