package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Part is what the principal has to do with the thing an action is done to.
type Part int

// The parts, each more than the one before.
const (
	PartNone         Part = iota
	PartCollaborator      // named as one who works on it too
	PartOwner             // owns it, or is it
)

// Scope is what an action is done to. Only the members that matter for the
// action's [Place] are read. An empty Project or Group stands for all of them,
// and only a binding without a limit there covers that.
type Scope struct {
	Project gatewright.ProjectID
	Group   gatewright.GroupID
	Part    Part

	// For messages; identifiers are shown where they are empty.
	ProjectName string
	GroupName   string
	APIName     string
}

// Need is an action on something.
type Need struct {
	Action gatewright.Action
	Scope  Scope
}

// SyncNeeds returns what carrying an API from one group to another takes: the
// right to sync on both sides, and to see the API at the source.
func SyncNeeds(source, target Scope) []Need {
	return []Need{
		{gatewright.ActionAPIRead, source},
		{gatewright.ActionAPISync, source},
		{gatewright.ActionAPISync, target},
	}
}

// Decide reports whether p may do the action there. It fails with
// [gatewright.Forbidden], telling what is missing and whom to ask, and with
// [gatewright.Unauthenticated] for nobody. Whatever is not given by the table
// is denied, actions that it does not have included.
func Decide(p Principal, a gatewright.Action, s Scope) error {
	if !p.known() {
		return gatewright.Errorf(gatewright.Unauthenticated, "%s needs somebody who has logged in", a)
	}
	r, ok := RuleOf(a)
	if !ok {
		return gatewright.Errorf(gatewright.Forbidden, "%s is nobody's: there is no such action", a)
	}
	s = r.narrow(s)
	if !r.granted(&p, s) {
		return denied(&p, r, s)
	}
	if p.Scope != nil && !scopeAllows(p.Scope, r, s) {
		return gatewright.Errorf(gatewright.Forbidden, "the token's scope does not reach to %s (%s)%s; make a token with a wider one", a, r.Text, describe(s))
	}
	return nil
}

// DecideAll reports whether p may do all of it. What it may not is told at
// once.
func DecideAll(p Principal, needs ...Need) error {
	var first *gatewright.Error
	var details []gatewright.Detail
	for _, n := range needs {
		if err := Decide(p, n.Action, n.Scope); err != nil {
			e := gatewright.AsError(err)
			if first == nil {
				first = e
			}
			if d := (gatewright.Detail{Message: e.Message}); !slices.Contains(details, d) {
				details = append(details, d)
			}
		}
	}
	switch len(details) {
	case 0:
		return nil
	case 1:
		return first
	}
	return &gatewright.Error{Code: first.Code, Message: fmt.Sprintf("%d rights are missing", len(details)), Details: details}
}

// DecideAnywhere reports whether p may do the action at some place at least.
// It is for lists, each item of which is then decided on its own.
func DecideAnywhere(p Principal, a gatewright.Action) error {
	r, ok := RuleOf(a)
	if !ok || !p.known() {
		return Decide(p, a, Scope{})
	}
	mine := r.Self() && p.User != "" || slices.ContainsFunc(p.Bindings, func(b gatewright.Binding) bool {
		return b.Subject == p.subject() && r.Grant(b.Role) != GrantNone && r.reachable(b)
	})
	if !mine {
		return denied(&p, r, Scope{})
	}
	if p.Scope != nil && !slices.ContainsFunc(p.Scope.Actions, func(pattern string) bool { return matches(pattern, a) }) {
		return gatewright.Errorf(gatewright.Forbidden, "the token's scope does not hold %s (%s); make a token with a wider one", a, r.Text)
	}
	return nil
}

// narrow returns the scope without what the action's place does not have.
func (r Rule) narrow(s Scope) Scope {
	if r.Place != PlaceProject && r.Place != PlaceAPI {
		s.Project, s.ProjectName = "", ""
	}
	if r.Place != PlaceGroup && r.Place != PlaceAPI {
		s.Group, s.GroupName = "", ""
	}
	return s
}

// granted reports whether one of the bindings gives the action there, or the
// thing is p's own.
func (r Rule) granted(p *Principal, s Scope) bool {
	if r.Self() && s.Part == PartOwner && p.User != "" {
		return true
	}
	return slices.ContainsFunc(p.Bindings, func(b gatewright.Binding) bool {
		return b.Subject == p.subject() && r.covers(b, s) && r.Grant(b.Role).suffices(s.Part)
	})
}

// covers reports whether the binding reaches as far as the scope, which was
// narrowed to the action's place.
func (r Rule) covers(b gatewright.Binding, s Scope) bool {
	return reaches(b.Project, s.Project, r.Shared()) && reaches(b.Group, s.Group, r.Shared())
}

// reachable reports whether there is any scope that the binding covers.
func (r Rule) reachable(b gatewright.Binding) bool {
	return r.covers(b, r.narrow(Scope{Project: b.Project, Group: b.Group}))
}

// reaches reports whether something limited to limit, "" for not limited,
// covers what is in place, "" for all places.
func reaches[T ~string](limit, place T, shared bool) bool {
	return limit == "" || limit == place || shared && place == ""
}

// denied returns the error that says what is missing.
func denied(p *Principal, r Rule, s Scope) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s may not do %s (%s)%s: ", p.Name, r.Action, r.Text, describe(s))
	var all, own []string
	for _, role := range gatewright.Roles() {
		switch r.Grant(role) {
		case GrantAll:
			all = append(all, role.Label())
		case GrantOwn, GrantOwner:
			own = append(own, role.Label())
		}
	}
	switch {
	case len(all) > 0:
		fmt.Fprintf(&b, "it needs the role %s", list(all))
	case r.Self():
		b.WriteString("only the person it belongs to may")
	}
	if len(own) > 0 {
		fmt.Fprintf(&b, ", or %s for what one owns", list(own))
	}
	// A binding limited to the project cannot help where the action reaches
	// further; then only a super admin can give one that does.
	switch {
	case len(all) == 0:
	case r.Grant(gatewright.RoleProjectAdmin) != GrantNone && s.Project != "":
		b.WriteString("; ask a project admin")
	default:
		b.WriteString("; ask a super admin")
	}
	return gatewright.Errorf(gatewright.Forbidden, "%s", b.String())
}

// describe returns where something is, for messages: " on API pets, project
// default, group production".
func describe(s Scope) string {
	var parts []string
	for _, part := range []struct{ what, name, id string }{
		{"API", s.APIName, ""}, {"project", s.ProjectName, string(s.Project)}, {"group", s.GroupName, string(s.Group)},
	} {
		if part.name == "" {
			part.name = part.id
		}
		if part.name != "" {
			parts = append(parts, part.what+" "+part.name)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " on " + strings.Join(parts, ", ")
}

// list returns "a, b or c".
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " or " + items[len(items)-1]
}
