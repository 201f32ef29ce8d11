package auth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

func scoped(p auth.Principal, s gatewright.TokenScope) auth.Principal {
	p.Scope = &s
	return p
}

func TestTokenScope(t *testing.T) {
	admin := user(binding(gatewright.RoleSuperAdmin, "", ""))
	here := auth.Scope{Project: "prj_1", Group: "grp_1"}
	tests := []struct {
		name   string
		scope  gatewright.TokenScope
		action gatewright.Action
		at     auth.Scope
		ok     bool
	}{
		{"all", auth.FullScope(), gatewright.ActionBackupRestore, here, true},
		{"nothing", gatewright.TokenScope{}, gatewright.ActionAPIRead, here, false},
		{"the action", gatewright.TokenScope{Actions: []string{"api.read"}}, gatewright.ActionAPIRead, here, true},
		{"another action", gatewright.TokenScope{Actions: []string{"api.read"}}, gatewright.ActionAPIPublish, here, false},
		{"the noun", gatewright.TokenScope{Actions: []string{"api.*"}}, gatewright.ActionAPIPublish, here, true},
		{"a noun that begins alike", gatewright.TokenScope{Actions: []string{"token.*"}}, "tokens.read", here, false},
		{"the beginning of a noun", gatewright.TokenScope{Actions: []string{"ap.*"}}, gatewright.ActionAPIRead, here, false},
		{"a pattern that is none", gatewright.TokenScope{Actions: []string{"api*"}}, gatewright.ActionAPIRead, here, false},
		{"a verb of any noun", gatewright.TokenScope{Actions: []string{"*.read"}}, gatewright.ActionAPIRead, here, false},
		{"right group", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_0", "grp_1"}}, gatewright.ActionAPIPublish, here, true},
		{"other group", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_2"}}, gatewright.ActionAPIPublish, here, false},
		{"all groups with one", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_1"}}, gatewright.ActionAPIPublish, auth.Scope{Project: "prj_1"}, false},
		{"the organisation with one group", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_1"}}, gatewright.ActionUserCreate, here, false},
		{"a session with one group", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_1"}}, gatewright.ActionSessionEnd, auth.Scope{Part: auth.PartOwner}, false},
		{"reading what is common with one group", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{"grp_1"}}, gatewright.ActionTemplateRead, here, true},
		{"other project", gatewright.TokenScope{Actions: []string{"*"}, Projects: []gatewright.ProjectID{"prj_2"}}, gatewright.ActionAPIRead, here, false},
		{"a group's resource with one project", gatewright.TokenScope{Actions: []string{"*"}, Projects: []gatewright.ProjectID{"prj_1"}}, gatewright.ActionRegistryEdit, here, false},
		{"an empty group is not all", gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{""}}, gatewright.ActionAPIPublish, here, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.Decide(scoped(admin, tt.scope), tt.action, tt.at), code)
		})
	}
}

// TestTokenNeverExceedsItsOwner tries arbitrary owners, scopes and requests.
func TestTokenNeverExceedsItsOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner, s := drawPrincipal(t), drawScope(t)
		rule := rapid.SampledFrom(auth.Rules()).Draw(t, "rule")
		at := auth.Scope{Project: drawProject(t), Group: drawGroup(t), Part: rapid.SampledFrom([]auth.Part{auth.PartNone, auth.PartCollaborator, auth.PartOwner}).Draw(t, "part")}
		withToken := auth.Decide(scoped(owner, s), rule.Action, at)
		if withToken == nil && auth.Decide(owner, rule.Action, at) != nil {
			t.Fatalf("a token with %v may do %s, its owner may not", s, rule.Action)
		}
		if withToken == nil && auth.DecideAnywhere(scoped(owner, s), rule.Action) != nil {
			t.Fatalf("%s is allowed at one place and nowhere", rule.Action)
		}
		child := drawScope(t)
		if auth.CheckNarrower(scoped(owner, s), child, time.Time{}) == nil &&
			auth.Decide(scoped(owner, child), rule.Action, at) == nil && withToken != nil {
			t.Fatalf("a token with %v could make one with %v, which may do %s", s, child, rule.Action)
		}
	})
}

// TestGrantNeverEscalates gives away whatever may be given and looks whether
// the taker can do something that the giver cannot.
func TestGrantNeverEscalates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		giver := drawPrincipal(t)
		if rapid.Bool().Draw(t, "by token") {
			giver = scoped(giver, drawScope(t))
		}
		given := drawBinding(t)
		if auth.CheckGrant(giver, gatewright.ActionBindingCreate, given) != nil {
			return
		}
		taker := service(given)
		rule := rapid.SampledFrom(auth.Rules()).Draw(t, "rule")
		at := auth.Scope{Project: drawProject(t), Group: drawGroup(t), Part: rapid.SampledFrom([]auth.Part{auth.PartNone, auth.PartCollaborator, auth.PartOwner}).Draw(t, "part")}
		if auth.Decide(taker, rule.Action, at) == nil && auth.Decide(giver, rule.Action, at) != nil {
			t.Fatalf("%v gave %v, which may do %s at %v", giver.Bindings, given, rule.Action, at)
		}
	})
}

// TestEveryGrantEscalatesNothing does the same for all single bindings.
func TestEveryGrantEscalatesNothing(t *testing.T) {
	projects, groups := []gatewright.ProjectID{"", "prj_1", "prj_2"}, []gatewright.GroupID{"", "grp_1", "grp_2"}
	var all []gatewright.Binding
	for _, role := range gatewright.Roles() {
		for _, project := range projects[:2] { // with requests at the third, too
			for _, group := range groups[:2] {
				all = append(all, binding(role, project, group))
			}
		}
	}
	allowed := 0
	for _, has := range all {
		giver := user(has)
		for _, given := range all {
			if auth.CheckGrant(giver, gatewright.ActionBindingCreate, given) != nil {
				continue
			}
			allowed++
			taker := service(given)
			for _, r := range auth.Rules() {
				for i := range 3 * 3 * 3 {
					at := auth.Scope{Project: projects[i%3], Group: groups[i/3%3], Part: auth.Part(i / 9)}
					if auth.Decide(taker, r.Action, at) == nil && auth.Decide(giver, r.Action, at) != nil {
						t.Fatalf("%v gave %v, which may do %s at %v", has, given, r.Action, at)
					}
				}
			}
		}
	}
	if allowed < 100 {
		t.Errorf("only %d of %d could be given; the test proves nothing", allowed, len(all)*len(all))
	}
}

func TestCheckGrant(t *testing.T) {
	tests := []struct {
		name  string
		giver auth.Principal
		given gatewright.Binding
		ok    bool
	}{
		{"super admin makes another", user(binding(gatewright.RoleSuperAdmin, "", "")), binding(gatewright.RoleSuperAdmin, "", ""), true},
		{"project admin makes a provider", user(binding(gatewright.RoleProjectAdmin, "prj_1", "")), binding(gatewright.RoleAPIProvider, "prj_1", ""), true},
		{"project admin makes a provider of one group", user(binding(gatewright.RoleProjectAdmin, "prj_1", "")), binding(gatewright.RoleAPIProvider, "prj_1", "grp_1"), true},
		{"project admin makes another", user(binding(gatewright.RoleProjectAdmin, "prj_1", "")), binding(gatewright.RoleProjectAdmin, "prj_1", ""), true},
		{"project admin in another project", user(binding(gatewright.RoleProjectAdmin, "prj_1", "")), binding(gatewright.RoleViewer, "prj_2", ""), false},
		{"project admin everywhere", user(binding(gatewright.RoleProjectAdmin, "prj_1", "")), binding(gatewright.RoleViewer, "", ""), false},
		{"project admin of all makes an operator of all", user(binding(gatewright.RoleProjectAdmin, "", "")), binding(gatewright.RoleGatewayOperator, "", ""), false},
		{"project admin of all makes a provider of all", user(binding(gatewright.RoleProjectAdmin, "", "")), binding(gatewright.RoleAPIProvider, "", ""), true},
		{"project admin makes a super admin", user(binding(gatewright.RoleProjectAdmin, "", "")), binding(gatewright.RoleSuperAdmin, "", ""), false},
		{"provider", user(binding(gatewright.RoleAPIProvider, "", "")), binding(gatewright.RoleViewer, "", ""), false},
		{"token for bindings only", scoped(user(binding(gatewright.RoleSuperAdmin, "", "")), gatewright.TokenScope{Actions: []string{"binding.*"}}), binding(gatewright.RoleViewer, "", ""), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.CheckGrant(tt.giver, gatewright.ActionBindingCreate, tt.given), code)
			wantCode(t, auth.CheckGrant(tt.giver, gatewright.ActionBindingDelete, tt.given), code)
		})
	}
}

func TestCheckScope(t *testing.T) {
	many := func(n int) []string { return slices.Repeat([]string{"api.read"}, n) }
	tests := []struct {
		name  string
		scope gatewright.TokenScope
		ok    bool
	}{
		{"all", auth.FullScope(), true},
		{"noun and action", gatewright.TokenScope{Actions: []string{"api.*", "change.read"}, Groups: []gatewright.GroupID{"grp_1"}}, true},
		{"nothing", gatewright.TokenScope{}, false},
		{"unknown noun", gatewright.TokenScope{Actions: []string{"apis.*"}}, false},
		{"unknown action", gatewright.TokenScope{Actions: []string{"api.reed"}}, false},
		{"empty pattern", gatewright.TokenScope{Actions: []string{""}}, false},
		{"empty noun", gatewright.TokenScope{Actions: []string{".*"}}, false},
		{"most actions", gatewright.TokenScope{Actions: many(gatewright.MaxScopeActions)}, true},
		{"too many actions", gatewright.TokenScope{Actions: many(gatewright.MaxScopeActions + 1)}, false},
		{"most groups", gatewright.TokenScope{Actions: many(1), Groups: slices.Repeat([]gatewright.GroupID{"g"}, gatewright.MaxScopePlaces)}, true},
		{"too many groups", gatewright.TokenScope{Actions: many(1), Groups: slices.Repeat([]gatewright.GroupID{"g"}, gatewright.MaxScopePlaces+1)}, false},
		{"too many projects", gatewright.TokenScope{Actions: many(1), Projects: slices.Repeat([]gatewright.ProjectID{"p"}, gatewright.MaxScopePlaces+1)}, false},
		{"empty project", gatewright.TokenScope{Actions: many(1), Projects: []gatewright.ProjectID{""}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Invalid
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.CheckScope(tt.scope), code)
		})
	}
}

func TestCheckNarrower(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	parent := scoped(user(), gatewright.TokenScope{Actions: []string{"api.*", "token.create"}, Groups: []gatewright.GroupID{"grp_1", "grp_2"}})
	parent.Expires = end
	one := []gatewright.GroupID{"grp_1"}
	tests := []struct {
		name    string
		scope   gatewright.TokenScope
		expires time.Time
		ok      bool
	}{
		{"narrower", gatewright.TokenScope{Actions: []string{"api.read"}, Groups: one}, end, true},
		{"another action", gatewright.TokenScope{Actions: []string{"change.read"}, Groups: one}, end, false},
		{"everything", gatewright.TokenScope{Actions: []string{"*"}, Groups: one}, end, false},
		{"all groups", gatewright.TokenScope{Actions: []string{"api.read"}}, end, false},
		{"another group", gatewright.TokenScope{Actions: []string{"api.read"}, Groups: []gatewright.GroupID{"grp_1", "grp_3"}}, end, false},
		{"longer", gatewright.TokenScope{Actions: []string{"api.read"}, Groups: one}, end.Add(1), false},
		{"for ever", gatewright.TokenScope{Actions: []string{"api.read"}, Groups: one}, time.Time{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.CheckNarrower(parent, tt.scope, tt.expires), code)
			wantCode(t, auth.CheckNarrower(user(), tt.scope, tt.expires), "") // a session narrows nothing
		})
	}
	wantCode(t, auth.CheckExpiry(end, end), gatewright.Invalid)
	wantCode(t, auth.CheckExpiry(end, end.Add(1)), "")
	wantCode(t, auth.CheckExpiry(end, time.Time{}), "")
}

func TestPrincipals(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	anna := gatewright.User{ID: "usr_1", Name: "anna"}
	gone := gatewright.User{ID: "usr_1", Name: "anna", Disabled: true}
	bindings := user(binding(gatewright.RoleViewer, "", "")).Bindings
	tests := []struct {
		name  string
		grant auth.TokenGrant
		ok    bool
	}{
		{"good", auth.TokenGrant{Token: "tok_1", Owner: &anna, Scope: auth.FullScope(), ExpiresAt: now.Add(1)}, true},
		{"endless", auth.TokenGrant{Token: "tok_1", Owner: &anna, Scope: auth.FullScope()}, true},
		{"expired this moment", auth.TokenGrant{Token: "tok_1", Owner: &anna, Scope: auth.FullScope(), ExpiresAt: now}, false},
		{"revoked", auth.TokenGrant{Token: "tok_1", Owner: &anna, Scope: auth.FullScope(), RevokedAt: now.Add(-1)}, false},
		{"owner disabled", auth.TokenGrant{Token: "tok_1", Owner: &gone, Scope: auth.FullScope()}, false},
		{"none", auth.TokenGrant{Owner: &anna, Scope: auth.FullScope()}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := auth.TokenPrincipal(now, tt.grant, bindings)
			if !tt.ok {
				wantCode(t, err, gatewright.Unauthenticated)
				wantCode(t, auth.Decide(p, gatewright.ActionAPIRead, auth.Scope{}), gatewright.Unauthenticated)
				return
			}
			wantCode(t, err, "")
			wantCode(t, auth.Decide(p, gatewright.ActionAPIRead, auth.Scope{}), "")
		})
	}

	t.Run("session", func(t *testing.T) {
		s, secret, err := auth.NewSession(now, anna.ID, "192.0.2.1", "Mozilla\x1b[2J/5.0"+strings.Repeat("é", 300))
		wantCode(t, err, "")
		if s.Hash != auth.HashSecret(secret) || len(s.UserAgent) > gatewright.MaxUserAgentLength || strings.Contains(s.UserAgent, "\x1b") {
			t.Errorf("session is %+v", s)
		}
		p, err := auth.SessionPrincipal(now, s, &anna, bindings)
		wantCode(t, err, "")
		wantCode(t, auth.Decide(p, gatewright.ActionAPIRead, auth.Scope{}), "")
		for name, try := range map[string]func() error{
			"disabled": func() error { _, err := auth.SessionPrincipal(now, s, &gone, bindings); return err },
			"idle": func() error {
				_, err := auth.SessionPrincipal(now.Add(gatewright.SessionIdle), s, &anna, bindings)
				return err
			},
			"another's": func() error {
				_, err := auth.SessionPrincipal(now, s, &gatewright.User{ID: "usr_2"}, bindings)
				return err
			},
			"nobody's": func() error {
				_, err := auth.SessionPrincipal(now, &gatewright.Session{}, &gatewright.User{}, bindings)
				return err
			},
		} {
			if code := gatewright.CodeOf(try()); code != gatewright.Unauthenticated {
				t.Errorf("%s: code %q", name, code)
			}
		}
	})

	t.Run("administrator", func(t *testing.T) {
		wantCode(t, auth.Decide(auth.Administrator("root", "tok_1"), gatewright.ActionUserCreate, auth.Scope{}), "")
		wantCode(t, auth.Decide(auth.Administrator("root", ""), gatewright.ActionUserCreate, auth.Scope{}), gatewright.Unauthenticated)
	})
}

func drawProject(t *rapid.T) gatewright.ProjectID {
	return rapid.SampledFrom([]gatewright.ProjectID{"", "prj_1", "prj_2"}).Draw(t, "project")
}

func drawGroup(t *rapid.T) gatewright.GroupID {
	return rapid.SampledFrom([]gatewright.GroupID{"", "grp_1", "grp_2"}).Draw(t, "group")
}

func drawBinding(t *rapid.T) gatewright.Binding {
	return binding(rapid.SampledFrom(gatewright.Roles()).Draw(t, "role"), drawProject(t), drawGroup(t))
}

func drawPrincipal(t *rapid.T) auth.Principal {
	return user(rapid.SliceOfN(rapid.Custom(drawBinding), 1, 3).Draw(t, "bindings")...)
}

func drawScope(t *rapid.T) gatewright.TokenScope {
	patterns := []string{"*", "api.*", "binding.*", "token.*", "group.*", "api.read", "api.publish", "binding.create", "user.read"}
	return gatewright.TokenScope{
		Actions:  rapid.SliceOfN(rapid.SampledFrom(patterns), 1, 4).Draw(t, "actions"),
		Projects: rapid.SliceOfN(rapid.SampledFrom([]gatewright.ProjectID{"prj_1", "prj_2"}), 0, 2).Draw(t, "projects"),
		Groups:   rapid.SliceOfN(rapid.SampledFrom([]gatewright.GroupID{"grp_1", "grp_2"}), 0, 2).Draw(t, "groups"),
	}
}
