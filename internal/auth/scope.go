package auth

import (
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// FullScope returns the scope of a token that may do all its owner may.
func FullScope() gatewright.TokenScope { return gatewright.TokenScope{Actions: []string{"*"}} }

// CheckScope reports whether a scope can be a token's: patterns that name
// something the table has, and no more of anything than the limits allow.
func CheckScope(s gatewright.TokenScope) error {
	switch {
	case len(s.Actions) == 0:
		return gatewright.FieldErrorf("scope", "a token without actions may do nothing; give it some, such as api.read, change.* or *")
	case len(s.Actions) > gatewright.MaxScopeActions:
		return gatewright.FieldErrorf("scope", "the scope has %d actions; at most %d are allowed, and noun.* stands for all of a noun", len(s.Actions), gatewright.MaxScopeActions)
	case len(s.Projects) > gatewright.MaxScopePlaces || len(s.Groups) > gatewright.MaxScopePlaces:
		return gatewright.FieldErrorf("scope", "the scope has %d projects and %d groups; at most %d of each are allowed", len(s.Projects), len(s.Groups), gatewright.MaxScopePlaces)
	case slices.Contains(s.Projects, "") || slices.Contains(s.Groups, ""):
		return gatewright.FieldErrorf("scope", "the scope names a project or group that is empty")
	}
	for _, pattern := range s.Actions {
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return matches(pattern, r.Action) }) {
			return gatewright.FieldErrorf("scope", "%.100q is neither an action nor a pattern such as api.* that stands for some", pattern)
		}
	}
	return nil
}

// CheckNarrower reports whether a token that p makes with that scope, to end at
// expires (zero for never), gives nothing beyond what p has. A token must not
// make one that is worth more than itself.
func CheckNarrower(p Principal, s gatewright.TokenScope, expires time.Time) error {
	if p.Scope == nil {
		return nil
	}
	for _, pattern := range s.Actions {
		if !slices.ContainsFunc(p.Scope.Actions, func(has string) bool { return includes(has, pattern) }) {
			return gatewright.Errorf(gatewright.Forbidden, "the new token would have %s, which the token that makes it has not", pattern)
		}
	}
	if !within(s.Projects, p.Scope.Projects) || !within(s.Groups, p.Scope.Groups) {
		return gatewright.Errorf(gatewright.Forbidden, "the new token would reach projects or groups that the token that makes it does not reach")
	}
	if !p.Expires.IsZero() && (expires.IsZero() || expires.After(p.Expires)) {
		return gatewright.Errorf(gatewright.Forbidden, "the new token would outlive the token that makes it, which ends on %s", p.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// CheckExpiry reports whether a token made now can end at expires; zero is
// never.
func CheckExpiry(now, expires time.Time) error {
	if !expires.IsZero() && !expires.After(now) {
		return gatewright.FieldErrorf("expiresAt", "the token would have ended on %s, before it is made", expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// CheckGrant reports whether p may give, or take, the binding: it must have the
// right to, and be able to do everything itself that the role can do there.
// Nobody gives what they do not have.
func CheckGrant(p Principal, a gatewright.Action, b gatewright.Binding) error {
	if err := Decide(p, a, Scope{Project: b.Project, Group: b.Group}); err != nil {
		return err
	}
	for _, r := range Rules() {
		g := r.Grant(b.Role)
		s := r.narrow(Scope{Project: b.Project, Group: b.Group})
		if g == GrantNone || !r.covers(b, s) {
			continue
		}
		switch g {
		case GrantOwn:
			s.Part = PartCollaborator
		case GrantOwner:
			s.Part = PartOwner
		}
		if Decide(p, r.Action, s) != nil {
			return gatewright.Errorf(gatewright.Forbidden, "%s may not give or take the role %s%s, because it includes %s (%s), which %s may not do; ask a super admin",
				p.Name, b.Role.Label(), describe(s), r.Action, r.Text, p.Name)
		}
	}
	return nil
}

// scopeAllows reports whether a token's scope reaches to the action there. s
// was narrowed to the action's place.
func scopeAllows(t *gatewright.TokenScope, r Rule, s Scope) bool {
	return slices.ContainsFunc(t.Actions, func(pattern string) bool { return matches(pattern, r.Action) }) &&
		anyReaches(t.Projects, s.Project, r.Shared()) && anyReaches(t.Groups, s.Group, r.Shared())
}

// anyReaches reports whether one of the limits, none for not limited, covers
// what is in place.
func anyReaches[T ~string](limits []T, place T, shared bool) bool {
	return len(limits) == 0 || slices.ContainsFunc(limits, func(l T) bool { return l != "" && reaches(l, place, shared) })
}

// matches reports whether a pattern stands for the action.
func matches(pattern string, a gatewright.Action) bool {
	noun, all := strings.CutSuffix(pattern, ".*")
	return pattern == "*" || pattern == string(a) || all && noun == a.Noun()
}

// includes reports whether all that pattern stands for is in has.
func includes(has, pattern string) bool {
	return has == pattern || matches(has, gatewright.Action(pattern))
}

// within reports whether a set of limits, empty for no limit, stays within
// another one.
func within[T comparable](inner, outer []T) bool {
	if len(outer) == 0 {
		return true
	}
	return len(inner) > 0 && !slices.ContainsFunc(inner, func(v T) bool { return !slices.Contains(outer, v) })
}
