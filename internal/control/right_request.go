package control

import (
	"cmp"
	"context"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// righting collects the rights that a request takes.
type righting struct {
	tx      Tx
	who     auth.Principal
	req     *Request
	group   *gatewright.Group
	places  map[string]auth.Scope // of APIs, by how items name them
	needs   []auth.Need
	reverts *gatewright.Change // that an item puts back
	seen    map[auth.Need]bool
}

func (r *righting) add(a gatewright.Action, scopes ...auth.Scope) {
	for _, n := range needs(a, scopes...) {
		if !r.seen[n] {
			r.seen[n] = true
			r.needs = append(r.needs, n)
		}
	}
}

// PlanNeeds returns the rights that planning a change takes: to see what the
// plan tells.
func (c *Control) PlanNeeds(ctx context.Context, who auth.Principal, req *Request) ([]auth.Need, error) {
	return c.needsOf(ctx, who, req, func(r *righting, kind gatewright.ChangeKind, item *Item, s auth.Scope) error {
		r.add(gatewright.ActionChangeRead, s)
		if item.Password != nil { // the plan tells whether it is the one that is kept
			r.add(gatewright.ActionDataSourceEdit, s)
		}
		if kind != gatewright.ChangeSync {
			return nil
		}
		source, err := findGroup(r.tx, item.From)
		if err != nil {
			return err
		}
		r.add(gatewright.ActionAPIRead, within(s, source))
		r.add(gatewright.ActionDeploymentRead, within(s, source))
		return nil
	})
}

// SubmitNeeds returns the rights that a change takes: those of each of its
// items, and of the exceptions it asks for.
func (c *Control) SubmitNeeds(ctx context.Context, who auth.Principal, req *Request) ([]auth.Need, error) {
	return c.needsOf(ctx, who, req, (*righting).item)
}

func (c *Control) needsOf(ctx context.Context, who auth.Principal, req *Request, each func(*righting, gatewright.ChangeKind, *Item, auth.Scope) error) ([]auth.Need, error) {
	var r *righting
	err := c.store.View(ctx, func(tx Tx) (err error) {
		r = &righting{tx: tx, who: who, req: req, places: map[string]auth.Scope{}, seen: map[auth.Need]bool{}}
		if r.group, err = findGroup(tx, req.Group); err != nil {
			return err
		}
		for i := range req.Items {
			item := &req.Items[i]
			kind := req.Kind
			if kind == gatewright.ChangeApply {
				kind = item.Action
			}
			scopes, err := r.scopes(kind, item)
			if err != nil {
				return err
			}
			for _, s := range scopes {
				if err := each(r, kind, item, s); err != nil {
					return err
				}
			}
		}
		if len(r.needs) == 0 { // nothing is asked for; who may look may hear so
			r.add(gatewright.ActionChangeRead, groupScope(r.group))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.needs, nil
}

// scopes finds out what an item is about: one thing, or all that the change
// altered which it puts back.
func (r *righting) scopes(kind gatewright.ChangeKind, item *Item) ([]auth.Scope, error) {
	if kind != gatewright.ChangeRevert {
		s, err := r.place(kind, item)
		return []auth.Scope{s}, err
	}
	var err error
	if r.reverts, err = r.tx.Change(item.Change); err != nil {
		return nil, err
	}
	return changeScopes(r.tx, r.who, r.reverts)
}

// place finds out what an item is about.
func (r *righting) place(kind gatewright.ChangeKind, item *Item) (auth.Scope, error) {
	if item.Resource != nil || item.Remove != "" {
		return groupScope(r.group), nil
	}
	publishes := kind == gatewright.ChangePublish && item.Definition != nil
	name := item.API
	if publishes {
		name = publishName(item)
	}
	key := name + "\x00" + item.Project
	if s, ok := r.places[key]; ok {
		return s, nil
	}
	a, _, err := findAPI(r.tx, name)
	var s auth.Scope
	switch {
	case err == nil:
		s = apiScope(r.who, a)
	case isNotFound(err) && publishes: // it will belong to whoever makes it
		p, err := findProject(r.tx, item.Project)
		if err != nil {
			return s, err
		}
		s = auth.Scope{Project: p.ID, ProjectName: p.Name, APIName: name, Part: auth.PartOwner}
	default:
		return s, err
	}
	s = within(s, r.group)
	r.places[key] = s
	if a == nil {
		r.add(gatewright.ActionAPICreate, s)
	}
	return s, nil
}

// item adds what an item takes.
func (r *righting) item(kind gatewright.ChangeKind, item *Item, s auth.Scope) error {
	if r.req.Kind == gatewright.ChangeApply {
		r.add(gatewright.ActionConfigApply, s)
	}
	if len(r.req.AllowBreaking) > 0 || r.req.Force { // both break who calls it
		r.add(gatewright.ActionBreakingAllow, s)
	}
	if r.req.BreakFreeze {
		r.add(gatewright.ActionFreezeOverride, s)
	}
	if !r.req.NotBefore.IsZero() || !r.req.ExpiresAt.IsZero() {
		r.add(gatewright.ActionChangeSchedule, s)
	}
	if r.req.AbortCanary {
		r.add(gatewright.ActionAPICanary, s)
	}
	switch {
	case kind == gatewright.ChangeSync:
		source, err := findGroup(r.tx, item.From)
		if err != nil {
			return err
		}
		for _, n := range auth.SyncNeeds(within(s, source), s) {
			r.add(n.Action, n.Scope)
		}
		return nil
	case kind == gatewright.ChangeRevert:
		r.add(gatewright.ActionChangeRevert, s)
		return r.putBack(s)
	case item.Resource != nil:
		return r.resource(item.Resource.Key().Kind(), s)
	case item.Remove != "":
		return r.resource(item.Remove.Kind(), s)
	}
	action, ok := actionOf(kind)
	if !ok {
		return gatewright.Errorf(gatewright.Forbidden, "a change of kind %q is nobody's: there is no right to it", kind)
	}
	r.add(action, s)
	return nil
}

// putBack adds what putting back the group resources of a change takes, where
// s is not about an API.
func (r *righting) putBack(s auth.Scope) error {
	if s.Project != "" || s.APIName != "" {
		return nil
	}
	for i := range r.reverts.Items {
		was := r.reverts.Items[i].Resource
		if was == nil {
			continue
		}
		if err := r.resource(was.Key.Kind(), s); err != nil {
			return err
		}
		if was.Key.Kind() == gatewright.KeyApp && was.Before == nil {
			r.add(gatewright.ActionAppDelete, s)
		}
	}
	return nil
}

// resource adds what altering a group resource takes.
func (r *righting) resource(kind string, s auth.Scope) error {
	switch kind {
	case gatewright.KeyRegistry:
		r.add(gatewright.ActionRegistryEdit, s)
	case gatewright.KeyFlowHooks:
		r.add(gatewright.ActionFlowAttach, s)
	case gatewright.KeyApp:
		r.add(gatewright.ActionAppEdit, s)
	case gatewright.KeySource:
		r.add(gatewright.ActionDataSourceEdit, s)
	case gatewright.KeyTable:
		r.add(gatewright.ActionTableEdit, s)
	default:
		return gatewright.Errorf(gatewright.Forbidden, "altering a %s is nobody's: there is no right to it", cmp.Or(strings.TrimSpace(kind), "nameless resource"))
	}
	return nil
}

// actionOf returns the right to a kind of change of an API.
func actionOf(kind gatewright.ChangeKind) (gatewright.Action, bool) {
	switch kind {
	case gatewright.ChangePublish:
		return gatewright.ActionAPIPublish, true
	case gatewright.ChangeDeploy:
		return gatewright.ActionAPIDeploy, true
	case gatewright.ChangeRollback:
		return gatewright.ActionAPIRollback, true
	case gatewright.ChangeRevert:
		return gatewright.ActionChangeRevert, true
	case gatewright.ChangeUndeploy:
		return gatewright.ActionAPIUndeploy, true
	case gatewright.ChangeEnable:
		return gatewright.ActionAPIEnable, true
	case gatewright.ChangeDisable:
		return gatewright.ActionAPIDisable, true
	case gatewright.ChangeConfigure:
		return gatewright.ActionAPIConfigure, true
	case gatewright.ChangeCanaryStart, gatewright.ChangeCanaryStep, gatewright.ChangeCanaryPromote, gatewright.ChangeCanaryAbort:
		return gatewright.ActionAPICanary, true
	case gatewright.ChangeDeprecate:
		return gatewright.ActionAPIDeprecate, true
	case gatewright.ChangeRetire:
		return gatewright.ActionAPIRetire, true
	}
	return "", false
}
