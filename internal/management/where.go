package management

import (
	"context"
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
)

// Inputs tell by these methods what they name, wherever it stands in them.
type (
	groupNamer   interface{ groupName() string }
	apiNamer     interface{ apiName() string }
	appNamer     interface{ appName() string }
	changeNamer  interface{ changeID() gatewright.ChangeID }
	projectNamer interface{ projectName() string }
	userNamer    interface{ userName() string }
)

func (in *GroupInput) groupName() string               { return in.Group }
func (in *APIInput) apiName() string                   { return in.API }
func (in *AppInput) appName() string                   { return in.App }
func (in *GrantInput) apiName() string                 { return in.API }
func (in *callersInput) apiName() string               { return in.API }
func (in *exportInput) apiName() string                { return in.API }
func (in *ChangeInput) changeID() gatewright.ChangeID  { return gatewright.ChangeID(in.ID) }
func (in *changeInput) changeID() gatewright.ChangeID  { return gatewright.ChangeID(in.ID) }
func (in *foldersInput) projectName() string           { return in.Project }
func (in *ProjectInput) projectName() string           { return in.Project }
func (in *UserInput) userName() string                 { return in.User }
func (in *auditExportInput) auditQuery() (g, a string) { return in.Group, in.API }

// named asserts that an input names what its operation's right is about. That
// it does not is a defect, which a test of all operations finds.
func named[T any](in any) (T, error) {
	v, ok := in.(T)
	if !ok {
		return v, fmt.Errorf("input %T does not name what its right is about", in)
	}
	return v, nil
}

func one(s auth.Scope, err error) ([]auth.Scope, error) {
	if err != nil {
		return nil, err
	}
	return []auth.Scope{s}, nil
}

// everything is the installation as a whole: all projects and all groups.
func everything(context.Context, *API, any) ([]auth.Scope, error) { return []auth.Scope{{}}, nil }

func ofGroup(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[groupNamer](in)
	if err != nil {
		return nil, err
	}
	return one(a.control.GroupScope(ctx, n.groupName()))
}

func ofAPI(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[apiNamer](in)
	if err != nil {
		return nil, err
	}
	return one(a.control.APIScope(ctx, requestOf(ctx).principal(), n.apiName()))
}

// ofGroupOrAPI is a whole group, or one API in it.
func ofGroupOrAPI(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[apiNamer](in)
	if err != nil {
		return nil, err
	}
	if n.apiName() == "" {
		return ofGroup(ctx, a, in)
	}
	return ofGrant(ctx, a, in)
}

// ofGrant is what an API has in a group. An API that was deleted has no
// project any more.
func ofGrant(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	groups, err := ofGroup(ctx, a, in)
	if err != nil {
		return nil, err
	}
	apis, err := ofAPI(ctx, a, in)
	if gatewright.CodeOf(err) == gatewright.NotFound {
		return groups, nil
	}
	if err != nil {
		return nil, err
	}
	s := apis[0]
	s.Group, s.GroupName = groups[0].Group, groups[0].GroupName
	return []auth.Scope{s}, nil
}

// ofApp is an app of a group, which has an owner.
func ofApp(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	groups, err := ofGroup(ctx, a, in)
	if err != nil {
		return nil, err
	}
	n, err := named[appNamer](in)
	if err != nil {
		return nil, err
	}
	app, err := a.control.App(ctx, string(groups[0].Group), n.appName())
	if gatewright.CodeOf(err) == gatewright.NotFound { // who may see none need not know that there is none
		return groups, nil
	}
	if err != nil {
		return nil, err
	}
	groups[0].Part = control.PartIn(requestOf(ctx).principal(), app.Owner, nil)
	return groups, nil
}

func ofChange(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[changeNamer](in)
	if err != nil {
		return nil, err
	}
	ch, err := a.control.Change(ctx, n.changeID())
	if err != nil {
		return nil, err
	}
	return a.control.ChangeScopes(ctx, requestOf(ctx).principal(), ch)
}

func ofInstance(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[*instanceInput](in)
	if err != nil {
		return nil, err
	}
	g, err := a.control.InstanceGroup(ctx, gatewright.InstanceID(n.ID))
	if err != nil {
		return nil, err
	}
	return []auth.Scope{{Group: g.ID, GroupName: g.Name}}, nil
}

func ofProject(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[projectNamer](in)
	if err != nil {
		return nil, err
	}
	return one(a.control.ProjectScope(ctx, n.projectName()))
}

func ofFolder(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[interface{ folderInput() *FolderInput }](in)
	if err != nil {
		return nil, err
	}
	f := n.folderInput()
	return one(a.control.FolderScope(ctx, f.Project, f.Folder))
}

func (in *FolderInput) folderInput() *FolderInput { return in }

// ofUser is a person, who may do some things with what is theirs.
func ofUser(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[userNamer](in)
	if err != nil {
		return nil, err
	}
	u, err := a.control.User(ctx, n.userName())
	if gatewright.CodeOf(err) == gatewright.NotFound && !a.may(ctx, gatewright.ActionUserRead, auth.Scope{}) {
		return []auth.Scope{{}}, nil // who may not see users need not know that there is none
	}
	if err != nil {
		return nil, err
	}
	return []auth.Scope{a.ownScope(ctx, u.ID)}, nil
}

func ofSession(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[*sessionInput](in)
	if err != nil {
		return nil, err
	}
	s, err := a.control.Session(ctx, gatewright.SessionID(n.ID))
	if err != nil {
		return nil, err
	}
	return []auth.Scope{a.ownScope(ctx, s.User)}, nil
}

// ownScope is what belongs to a person.
func (a *API) ownScope(ctx context.Context, owner gatewright.UserID) auth.Scope {
	if who := requestOf(ctx).principal(); owner != "" && who.User == owner {
		return auth.Scope{Part: auth.PartOwner}
	}
	return auth.Scope{}
}

// ofAuditQuery is the part of the audit log that is asked for.
func ofAuditQuery(ctx context.Context, a *API, in any) ([]auth.Scope, error) {
	n, err := named[interface{ auditQuery() (g, a string) }](in)
	if err != nil {
		return nil, err
	}
	group, api := n.auditQuery()
	var s auth.Scope
	if api != "" {
		if s, err = a.control.APIScope(ctx, requestOf(ctx).principal(), api); err != nil && gatewright.CodeOf(err) != gatewright.NotFound {
			return nil, err
		}
	}
	if group != "" {
		g, err := a.control.GroupScope(ctx, group)
		if err != nil && gatewright.CodeOf(err) != gatewright.NotFound {
			return nil, err
		}
		s.Group, s.GroupName = g.Group, g.GroupName
	}
	return []auth.Scope{s}, nil
}
