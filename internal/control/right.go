package control

import (
	"cmp"
	"context"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// What follows tells what a request is about, so that package auth can decide
// on it. It decides nothing.

// PartIn returns what somebody has to do with a thing of that owner and those
// collaborators. Names are compared as logins are.
func PartIn(who auth.Principal, owner string, collaborators []string) auth.Part {
	name := loginKey(who.Name)
	switch {
	case owner != "" && loginKey(owner) == name:
		return auth.PartOwner
	case slices.ContainsFunc(collaborators, func(c string) bool { return loginKey(c) == name }):
		return auth.PartCollaborator
	}
	return auth.PartNone
}

// loginKey returns the form in which logins are compared, name itself when it
// is none.
func loginKey(name string) string {
	if _, key, err := auth.UserName(name); err == nil {
		return key
	}
	return name
}

// apiScope returns where an API is. In no group in particular.
func apiScope(who auth.Principal, a *gatewright.API) auth.Scope {
	s := auth.Scope{
		Project: cmp.Or(a.Settings.Project, gatewright.DefaultProject), APIName: a.Name,
		Part: PartIn(who, a.Owner, a.Settings.Collaborators),
	}
	if s.Project == gatewright.DefaultProject {
		s.ProjectName = gatewright.DefaultProjectName
	}
	return s
}

// APIScope returns where an API, by name or ID, is.
func (c *Control) APIScope(ctx context.Context, who auth.Principal, name string) (auth.Scope, error) {
	a, _, err := c.API(ctx, name)
	if err != nil {
		return auth.Scope{}, err
	}
	return apiScope(who, a), nil
}

// GroupScope returns what a gateway group, by name or ID, is.
func (c *Control) GroupScope(ctx context.Context, name string) (auth.Scope, error) {
	g, err := c.Group(ctx, name)
	if err != nil {
		return auth.Scope{}, err
	}
	return groupScope(g), nil
}

func groupScope(g *gatewright.Group) auth.Scope {
	return auth.Scope{Group: g.ID, GroupName: g.Name}
}

// within returns the scope of what of an API is in a group.
func within(s auth.Scope, g *gatewright.Group) auth.Scope {
	s.Group, s.GroupName = g.ID, g.Name
	return s
}

// ChangeScopes returns where what a change alters is: a scope for each of its
// projects and the group. What is no API's, and an API that is gone, belongs to
// no project in particular.
func (c *Control) ChangeScopes(ctx context.Context, who auth.Principal, ch *gatewright.Change) ([]auth.Scope, error) {
	var scopes []auth.Scope
	err := c.store.View(ctx, func(tx Tx) (err error) {
		scopes, err = changeScopes(tx, who, ch)
		return err
	})
	return scopes, err
}

func changeScopes(tx Tx, who auth.Principal, ch *gatewright.Change) ([]auth.Scope, error) {
	group := auth.Scope{Group: ch.Group, GroupName: ch.GroupName}
	var scopes []auth.Scope
	seen := map[gatewright.APIID]bool{}
	for i := range ch.Items {
		s := group
		if slot := ch.Items[i].Slot; slot != nil {
			if seen[slot.API] {
				continue
			}
			seen[slot.API] = true
			a, err := tx.API(slot.API)
			if err != nil && !isNotFound(err) {
				return nil, err
			}
			if err == nil {
				s = apiScope(who, a)
				s.Group, s.GroupName = ch.Group, ch.GroupName
			} else {
				s.APIName = slot.APIName
			}
		}
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	if len(scopes) == 0 {
		scopes = []auth.Scope{group}
	}
	return scopes, nil
}

// MayRead returns those changes of the list all of whose items somebody may
// read.
func (c *Control) MayRead(ctx context.Context, who auth.Principal, list []*gatewright.Change) ([]*gatewright.Change, error) {
	if auth.Decide(who, gatewright.ActionChangeRead, auth.Scope{}) == nil {
		return list, nil
	}
	var may []*gatewright.Change
	err := c.store.View(ctx, func(tx Tx) error {
		may = nil
		for _, ch := range list {
			scopes, err := changeScopes(tx, who, ch)
			if err != nil {
				return err
			}
			if auth.DecideAll(who, needs(gatewright.ActionChangeRead, scopes...)...) == nil {
				may = append(may, ch)
			}
		}
		return nil
	})
	return may, err
}

// needs returns the action on each of the scopes.
func needs(a gatewright.Action, scopes ...auth.Scope) []auth.Need {
	all := make([]auth.Need, len(scopes))
	for i, s := range scopes {
		all[i] = auth.Need{Action: a, Scope: s}
	}
	return all
}

// RolesFor returns the names of the roles that somebody has for all that a
// change alters. A super admin has every role, and a project admin that of an
// approver too.
func (c *Control) RolesFor(ctx context.Context, who auth.Principal, ch *gatewright.Change) ([]string, error) {
	scopes, err := c.ChangeScopes(ctx, who, ch)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, role := range gatewright.Roles() {
		everywhere := !slices.ContainsFunc(scopes, func(s auth.Scope) bool { return !hasRole(who, role, s) })
		if everywhere {
			names = append(names, string(role))
		}
	}
	return names, nil
}

// hasRole reports whether a binding gives the role there, itself or by a
// mightier one that includes it.
func hasRole(who auth.Principal, role gatewright.Role, s auth.Scope) bool {
	return slices.ContainsFunc(who.Bindings, func(b gatewright.Binding) bool {
		is := b.Role == role || b.Role == gatewright.RoleSuperAdmin ||
			b.Role == gatewright.RoleProjectAdmin && role == gatewright.RoleApprover
		return is && (b.Project == "" || b.Project == s.Project) && (b.Group == "" || b.Group == s.Group)
	})
}

// ProjectsOf returns the projects of APIs. What is gone is in none.
func (c *Control) ProjectsOf(ctx context.Context, apis ...gatewright.APIID) (map[gatewright.APIID]gatewright.ProjectID, error) {
	projects := map[gatewright.APIID]gatewright.ProjectID{}
	err := c.store.View(ctx, func(tx Tx) error {
		for _, id := range apis {
			if _, known := projects[id]; known || id == "" {
				continue
			}
			a, err := tx.API(id)
			if isNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			projects[id] = cmp.Or(a.Settings.Project, gatewright.DefaultProject)
		}
		return nil
	})
	return projects, err
}

// InstanceGroup returns the gateway group of an instance.
func (c *Control) InstanceGroup(ctx context.Context, id gatewright.InstanceID) (*gatewright.Group, error) {
	var g *gatewright.Group
	err := c.store.View(ctx, func(tx Tx) error {
		in, err := tx.Instance(id)
		if err != nil {
			return err
		}
		g, err = tx.Group(in.Group)
		return err
	})
	return g, err
}

// RunningNeeds returns the rights that seeing what a group, by name or ID, runs
// of an API takes.
func (c *Control) RunningNeeds(ctx context.Context, who auth.Principal, api, group string) ([]auth.Need, error) {
	s, err := c.APIScope(ctx, who, api)
	if err != nil {
		return nil, err
	}
	g, err := c.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	return needs(gatewright.ActionDeploymentRead, within(s, g)), nil
}
