package management

import (
	"context"
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// right says what an operation takes. An operation without one is nobody's.
type right struct {
	access access
	action gatewright.Action
	where  where
}

// access says how it is decided whether somebody may.
type access int

const (
	_ access = iota // no right is written down for the operation: it is nobody's
	// accessThere: who asks must have the right to the action where it happens.
	accessThere
	// accessSomewhere: who asks must have it at some place; the operation tells
	// only what may be seen.
	accessSomewhere
	// accessInside: what it takes depends on the body. The operation asks
	// [API.permit], or it fails.
	accessInside
	// accessAnybody: whoever has proved who they are.
	accessAnybody
	// accessEverybody: nobody is asked for a proof.
	accessEverybody
)

// where finds out on what an operation acts, from its input.
type where func(ctx context.Context, a *API, in any) ([]auth.Scope, error)

func there(action gatewright.Action, w where) right { return right{accessThere, action, w} }
func somewhere(action gatewright.Action) right      { return right{accessSomewhere, action, nil} }
func inside(action gatewright.Action) right         { return right{accessInside, action, nil} }

// admit decides whether who asks may use an operation with that input.
func (a *API) admit(ctx context.Context, op string, in any) error {
	r, who := a.rights[op], requestOf(ctx).principal()
	switch r.access {
	case accessEverybody, accessInside: // the second is decided on the way
		return nil
	case accessAnybody:
		return nil // it was authenticated, or the request would not be here
	case accessSomewhere:
		return auth.DecideAnywhere(who, r.action)
	case accessThere:
		if mayEverywhere(who, r.action) { // the operation itself says what does not exist
			return nil
		}
		scopes, err := r.where(ctx, a, in)
		if err != nil {
			return err
		}
		for _, s := range scopes {
			if err := auth.Decide(who, r.action, s); err != nil {
				return err
			}
		}
		return nil
	}
	return gatewright.Errorf(gatewright.Forbidden, "operation %s is nobody's: no right is written down for it", op)
}

// mayEverywhere reports whether somebody may do the action in all projects and
// groups, so that it need not be looked up where it happens.
func mayEverywhere(who auth.Principal, action gatewright.Action) bool {
	rule, known := auth.RuleOf(action)
	return known && !rule.Shared() && auth.Decide(who, action, auth.Scope{}) == nil
}

// settled reports whether an operation that decides inside has decided. One
// that has not is a defect, and must not tell what it found.
func (a *API) settled(ctx context.Context, op string) error {
	if a.rights[op].access == accessInside && !requestOf(ctx).decided {
		return fmt.Errorf("operation %s has not decided whether it may", op)
	}
	return nil
}

// permit decides whether who asks may do all of that. Operations of
// accessInside call it before they do anything.
func (a *API) permit(ctx context.Context, needs ...auth.Need) error {
	req := requestOf(ctx)
	req.decided = true
	return auth.DecideAll(req.principal(), needs...)
}

// may reports whether who asks may do that there.
func (a *API) may(ctx context.Context, action gatewright.Action, s auth.Scope) bool {
	return auth.Decide(requestOf(ctx).principal(), action, s) == nil
}

// kept returns the items that keep holds for. The page may become shorter than
// its limit; its cursor stays good.
func kept[T any](items []T, keep func(T) bool) []T {
	visible := make([]T, 0, len(items))
	for _, item := range items {
		if keep(item) {
			visible = append(visible, item)
		}
	}
	return visible
}

// visibleIn returns a function that reports whether who asks may do an action
// of reading to what an API has in a group; either may be empty. apis are those
// that it will be asked about.
func (a *API) visibleIn(ctx context.Context, action gatewright.Action, apis []gatewright.APIID) (func(gatewright.GroupID, gatewright.APIID) bool, error) {
	if mayEverywhere(requestOf(ctx).principal(), action) {
		return func(gatewright.GroupID, gatewright.APIID) bool { return true }, nil
	}
	projects, err := a.control.ProjectsOf(ctx, apis...)
	if err != nil {
		return nil, err
	}
	return func(g gatewright.GroupID, api gatewright.APIID) bool {
		return a.may(ctx, action, auth.Scope{Project: projects[api], Group: g})
	}, nil
}
