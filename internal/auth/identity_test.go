package auth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

func TestRecognise(t *testing.T) {
	id := auth.Identity{Issuer: "https://id.example.com", Subject: "4711", Name: "anna", DisplayName: "Anna B", Email: "anna@example.com", EmailVerified: true}
	alter := func(f func(*auth.Identity)) auth.Identity { i := id; f(&i); return i }
	linked := &gatewright.User{ID: "usr_1", Name: "annab", OIDCIssuer: id.Issuer, OIDCSubject: id.Subject}
	local := &gatewright.User{ID: "usr_2", Name: "anna", Email: "anna@example.com"}
	disabled := func(u *gatewright.User) *gatewright.User { d := *u; d.Disabled = true; return &d }
	all := auth.LoginPolicy{CreateUsers: true, MatchEmail: true}
	tests := []struct {
		name    string
		id      auth.Identity
		known   auth.Candidates
		policy  auth.LoginPolicy
		user    gatewright.UserID
		created bool
		code    gatewright.Code
	}{
		{"by subject", id, auth.Candidates{BySubject: linked, ByEmail: local, ByName: local}, all, "usr_1", false, ""},
		{"by subject, disabled", id, auth.Candidates{BySubject: disabled(linked)}, all, "", false, gatewright.Forbidden},
		{"by subject, disabled, with another by address", id, auth.Candidates{BySubject: disabled(linked), ByEmail: local}, all, "", false, gatewright.Forbidden},
		{"by address", id, auth.Candidates{ByEmail: local, ByName: local}, all, "usr_2", false, ""},
		{"by address, disabled", id, auth.Candidates{ByEmail: disabled(local)}, all, "", false, gatewright.Forbidden},
		{"by address that is not verified", alter(func(i *auth.Identity) { i.EmailVerified = false }), auth.Candidates{ByEmail: local, ByName: local}, all, "", false, gatewright.Conflict},
		{"by address, not wanted", id, auth.Candidates{ByEmail: local, ByName: local}, auth.LoginPolicy{CreateUsers: true}, "", false, gatewright.Conflict},
		{"by address of somebody else at the provider", id, auth.Candidates{ByEmail: linked}, all, "", false, gatewright.Conflict},
		{"login taken", id, auth.Candidates{ByName: local}, auth.LoginPolicy{CreateUsers: true}, "", false, gatewright.Conflict},
		{"new", id, auth.Candidates{}, all, "", true, ""},
		{"new, not wanted", id, auth.Candidates{}, auth.LoginPolicy{}, "", false, gatewright.Forbidden},
		{"new, with a login that cannot be one", alter(func(i *auth.Identity) { i.Name = "an na\u202e" }), auth.Candidates{}, all, "", false, gatewright.Invalid},
		{"no subject", alter(func(i *auth.Identity) { i.Subject = "" }), auth.Candidates{ByEmail: local}, all, "", false, gatewright.Unauthenticated},
		{"no issuer", alter(func(i *auth.Identity) { i.Issuer = "" }), auth.Candidates{ByEmail: local}, all, "", false, gatewright.Unauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, created, err := auth.Recognise(tt.id, tt.known, tt.policy)
			wantCode(t, err, tt.code)
			if err != nil {
				return
			}
			if u.ID != tt.user || created != tt.created || u.OIDCIssuer != id.Issuer || u.OIDCSubject != id.Subject {
				t.Errorf("user is %+v, created %t", u, created)
			}
			if err := u.Validate(); err != nil {
				t.Errorf("the user cannot be stored: %v", err)
			}
		})
	}
	if local.OIDCSubject != "" {
		t.Error("what was looked up was altered")
	}
	t.Run("what cannot be stored is left out", func(t *testing.T) {
		bad := alter(func(i *auth.Identity) { i.DisplayName, i.Email = strings.Repeat("x", 10_000), "not an address" })
		u, _, err := auth.Recognise(bad, auth.Candidates{BySubject: linked}, all)
		wantCode(t, err, "")
		if u.DisplayName != "" || u.Email != "" {
			t.Errorf("user is %+v", u)
		}
	})
}

func TestMappedBindings(t *testing.T) {
	rules := []auth.GroupRule{
		{Claim: "platform", Role: gatewright.RoleGatewayOperator},
		{Claim: "payments", Role: gatewright.RoleAPIProvider, Project: "prj_1"},
		{Claim: "payments", Role: gatewright.RoleViewer},
		{Claim: "everybody", Role: gatewright.RoleViewer},
	}
	oidc := func(role gatewright.Role, project gatewright.ProjectID) gatewright.Binding {
		return gatewright.Binding{Subject: gatewright.Subject{User: "usr_1"}, Role: role, Project: project, Source: gatewright.BindingOIDC}
	}
	tests := []struct {
		name   string
		groups []string
		want   []gatewright.Binding
	}{
		{"none", nil, nil},
		{"unknown", []string{"Platform", ""}, nil},
		{"several rules, one right once", []string{"payments", "everybody"}, []gatewright.Binding{oidc(gatewright.RoleAPIProvider, "prj_1"), oidc(gatewright.RoleViewer, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := auth.MappedBindings("usr_1", tt.groups, rules)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			for _, b := range got {
				if err := b.Validate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestReapply(t *testing.T) {
	made := func(id gatewright.BindingID, role gatewright.Role, source gatewright.BindingSource) gatewright.Binding {
		return gatewright.Binding{ID: id, Subject: gatewright.Subject{User: "usr_1"}, Role: role, Source: source}
	}
	current := []gatewright.Binding{
		made("bnd_1", gatewright.RoleAPIProvider, gatewright.BindingManual),
		made("bnd_2", gatewright.RoleViewer, gatewright.BindingOIDC),
		made("bnd_3", gatewright.RoleApprover, gatewright.BindingOIDC),
	}
	wanted := []gatewright.Binding{
		made("", gatewright.RoleAPIProvider, gatewright.BindingOIDC), // given by hand already
		made("", gatewright.RoleViewer, gatewright.BindingOIDC),
		made("", gatewright.RoleAuditor, gatewright.BindingOIDC),
	}
	remove, add := auth.Reapply(current, wanted)
	if diff := cmp.Diff([]gatewright.BindingID{"bnd_3"}, remove); diff != "" {
		t.Errorf("removed: %s", diff)
	}
	if diff := cmp.Diff([]gatewright.Binding{wanted[2]}, add); diff != "" {
		t.Errorf("added: %s", diff)
	}
	// Out of all groups: everything from there goes, what is by hand stays.
	remove, add = auth.Reapply(current, nil)
	if diff := cmp.Diff([]gatewright.BindingID{"bnd_2", "bnd_3"}, remove); diff != "" || add != nil {
		t.Errorf("removed: %s, added %v", diff, add)
	}
}
