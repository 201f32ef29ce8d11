package gatewright_test

import (
	"testing"

	"github.com/gatewright/gatewright"
)

func TestBindingValidate(t *testing.T) {
	user, token := gatewright.Subject{User: "usr_1"}, gatewright.Subject{Token: "tok_1"}
	tests := []struct {
		name    string
		binding gatewright.Binding
		ok      bool
	}{
		{"user", gatewright.Binding{Subject: user, Role: gatewright.RoleViewer, Source: gatewright.BindingManual}, true},
		{"token", gatewright.Binding{Subject: token, Role: gatewright.RoleAPIProvider, Project: "prj_1", Group: "grp_1", Source: gatewright.BindingOIDC}, true},
		{"super admin", gatewright.Binding{Subject: user, Role: gatewright.RoleSuperAdmin, Source: gatewright.BindingManual}, true},
		{"nobody", gatewright.Binding{Role: gatewright.RoleViewer, Source: gatewright.BindingManual}, false},
		{"both", gatewright.Binding{Subject: gatewright.Subject{User: "usr_1", Token: "tok_1"}, Role: gatewright.RoleViewer, Source: gatewright.BindingManual}, false},
		{"no role", gatewright.Binding{Subject: user, Source: gatewright.BindingManual}, false},
		{"role by label", gatewright.Binding{Subject: user, Role: "super admin", Source: gatewright.BindingManual}, false},
		{"super admin of a project", gatewright.Binding{Subject: user, Role: gatewright.RoleSuperAdmin, Project: "prj_1", Source: gatewright.BindingManual}, false},
		{"super admin of a group", gatewright.Binding{Subject: user, Role: gatewright.RoleSuperAdmin, Group: "grp_1", Source: gatewright.BindingManual}, false},
		{"no source", gatewright.Binding{Subject: user, Role: gatewright.RoleViewer}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCode(t, tt.binding.Validate(), accepted(tt.ok))
		})
	}
}

func TestRolesHaveLabels(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range gatewright.Roles() {
		if l := r.Label(); l == "" || seen[l] {
			t.Errorf("role %q has the label %q", r, l)
		}
		seen[r.Label()] = true
	}
}
