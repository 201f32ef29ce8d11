package auth_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

func wantCode(t *testing.T, err error, code gatewright.Code) {
	t.Helper()
	if got := gatewright.CodeOf(err); got != code {
		t.Fatalf("error is %v (code %q), want code %q", err, got, code)
	}
}

func TestDecideReach(t *testing.T) {
	const p1, p2, g1, g2 = gatewright.ProjectID("prj_1"), gatewright.ProjectID("prj_2"), gatewright.GroupID("grp_1"), gatewright.GroupID("grp_2")
	provider, operator, viewer := gatewright.RoleAPIProvider, gatewright.RoleGatewayOperator, gatewright.RoleViewer
	tests := []struct {
		name    string
		binding gatewright.Binding
		action  gatewright.Action
		scope   auth.Scope
		ok      bool
	}{
		{"everywhere", binding(provider, "", ""), gatewright.ActionAPIPublish, auth.Scope{Project: p1, Group: g1}, true},
		{"right project", binding(provider, p1, ""), gatewright.ActionAPIPublish, auth.Scope{Project: p1, Group: g1}, true},
		{"other project", binding(provider, p1, ""), gatewright.ActionAPIPublish, auth.Scope{Project: p2, Group: g1}, false},
		{"all projects asked of one", binding(provider, p1, ""), gatewright.ActionAPIPublish, auth.Scope{Group: g1}, false},
		{"right group", binding(provider, "", g1), gatewright.ActionAPIPublish, auth.Scope{Project: p1, Group: g1}, true},
		{"other group", binding(provider, "", g1), gatewright.ActionAPIPublish, auth.Scope{Project: p1, Group: g2}, false},
		{"all groups asked of one", binding(provider, "", g1), gatewright.ActionAPIPublish, auth.Scope{Project: p1}, false},
		{"both right", binding(provider, p1, g1), gatewright.ActionAPIPublish, auth.Scope{Project: p1, Group: g1}, true},
		{"group right, project wrong", binding(provider, p1, g1), gatewright.ActionAPIPublish, auth.Scope{Project: p2, Group: g1}, false},
		{"what an API is, by one group", binding(provider, "", g1), gatewright.ActionAPICreate, auth.Scope{Project: p1, Group: g1}, false},
		{"seeing APIs, by one group", binding(provider, "", g1), gatewright.ActionAPIRead, auth.Scope{Project: p1}, true},
		{"seeing APIs, of another project", binding(provider, p1, ""), gatewright.ActionAPIRead, auth.Scope{Project: p2}, false},
		{"a group's resource, by one project", binding(operator, p1, ""), gatewright.ActionRegistryEdit, auth.Scope{Project: p1, Group: g1}, false},
		{"a group's resource", binding(operator, "", g1), gatewright.ActionRegistryEdit, auth.Scope{Group: g1}, true},
		{"another group's resource", binding(operator, "", g1), gatewright.ActionRegistryEdit, auth.Scope{Group: g2}, false},
		{"seeing groups, by one project", binding(viewer, p1, ""), gatewright.ActionGroupRead, auth.Scope{Group: g2}, true},
		{"seeing groups, by another group", binding(viewer, "", g1), gatewright.ActionGroupRead, auth.Scope{Group: g2}, false},
		{"creating groups, by one group", binding(operator, "", g1), gatewright.ActionGroupCreate, auth.Scope{}, false},
		{"creating groups", binding(operator, "", ""), gatewright.ActionGroupCreate, auth.Scope{}, true},
		{"the whole audit log, by one project", binding(gatewright.RoleAuditor, p1, ""), gatewright.ActionAuditRead, auth.Scope{}, false},
		{"a project's audit log", binding(gatewright.RoleAuditor, p1, ""), gatewright.ActionAuditRead, auth.Scope{Project: p1}, true},
		{"an action that does not exist", binding(gatewright.RoleSuperAdmin, "", ""), "api.everything", auth.Scope{}, false},
		{"no action", binding(gatewright.RoleSuperAdmin, "", ""), "", auth.Scope{}, false},
		{"a role that does not exist", binding("root", "", ""), gatewright.ActionAPIRead, auth.Scope{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.Decide(user(tt.binding), tt.action, tt.scope), code)
			wantCode(t, auth.Decide(service(tt.binding), tt.action, tt.scope), code)
			if strings.Contains(string(tt.action), "everything") || tt.action == "" {
				wantCode(t, auth.DecideAnywhere(user(tt.binding), tt.action), code)
			} else if tt.ok {
				wantCode(t, auth.DecideAnywhere(user(tt.binding), tt.action), "")
			}
		})
	}
}

func TestDecideParts(t *testing.T) {
	developer := user(binding(gatewright.RoleDataDeveloper, "prj_1", ""))
	tests := []struct {
		name    string
		action  gatewright.Action
		project gatewright.ProjectID
		part    auth.Part
		ok      bool
	}{
		{"stranger publishes", gatewright.ActionAPIPublish, "prj_1", auth.PartNone, false},
		{"collaborator publishes", gatewright.ActionAPIPublish, "prj_1", auth.PartCollaborator, true},
		{"owner publishes", gatewright.ActionAPIPublish, "prj_1", auth.PartOwner, true},
		{"owner without a role there", gatewright.ActionAPIPublish, "prj_2", auth.PartOwner, false},
		{"collaborator gives it away", gatewright.ActionAPITransfer, "prj_1", auth.PartCollaborator, false},
		{"owner gives it away", gatewright.ActionAPITransfer, "prj_1", auth.PartOwner, true},
		{"own session", gatewright.ActionSessionEnd, "", auth.PartOwner, true},
		{"another's session", gatewright.ActionSessionEnd, "", auth.PartNone, false},
		{"collaborator in a session", gatewright.ActionSessionEnd, "", auth.PartCollaborator, false},
		{"being oneself gives no other right", gatewright.ActionUserDisable, "", auth.PartOwner, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.Decide(developer, tt.action, auth.Scope{Project: tt.project, Part: tt.part}), code)
		})
	}
	t.Run("a service token is nobody's self", func(t *testing.T) {
		wantCode(t, auth.Decide(service(), gatewright.ActionTokenCreate, auth.Scope{Part: auth.PartOwner}), gatewright.Forbidden)
	})
}

// TestDecideNobody: without a subject nothing is given, whatever the bindings.
func TestDecideNobody(t *testing.T) {
	everything := gatewright.Binding{Role: gatewright.RoleSuperAdmin}
	for _, r := range auth.Rules() {
		wantCode(t, auth.Decide(auth.Principal{}, r.Action, auth.Scope{Part: auth.PartOwner}), gatewright.Unauthenticated)
		wantCode(t, auth.Decide(auth.Principal{Bindings: []gatewright.Binding{everything}}, r.Action, auth.Scope{}), gatewright.Unauthenticated)
		wantCode(t, auth.DecideAnywhere(auth.Principal{Bindings: []gatewright.Binding{everything}}, r.Action), gatewright.Unauthenticated)
	}
}

// TestDecideForeignBindings: another's bindings count for nothing, even when
// they were looked up by mistake.
func TestDecideForeignBindings(t *testing.T) {
	p := user(binding(gatewright.RoleSuperAdmin, "", ""))
	p.User = "usr_2"
	wantCode(t, auth.Decide(p, gatewright.ActionAPIRead, auth.Scope{}), gatewright.Forbidden)
	// A personal token has its owner's bindings, never any of its own.
	p = service(binding(gatewright.RoleSuperAdmin, "", ""))
	p.User = "usr_1"
	wantCode(t, auth.Decide(p, gatewright.ActionAPIRead, auth.Scope{}), gatewright.Forbidden)
}

func TestDecideSync(t *testing.T) {
	provider := gatewright.RoleAPIProvider
	source := auth.Scope{Project: "prj_1", Group: "grp_test", GroupName: "Test"}
	target := auth.Scope{Project: "prj_1", Group: "grp_prod", GroupName: "Production"}
	tests := []struct {
		name     string
		bindings []gatewright.Binding
		missing  []string // groups that the error must name; nil when it is allowed
	}{
		{"both", []gatewright.Binding{binding(provider, "prj_1", "grp_test"), binding(provider, "prj_1", "grp_prod")}, nil},
		{"everywhere", []gatewright.Binding{binding(provider, "", "")}, nil},
		{"source only", []gatewright.Binding{binding(provider, "prj_1", "grp_test")}, []string{"Production"}},
		{"target only", []gatewright.Binding{binding(provider, "prj_1", "grp_prod")}, []string{"Test"}},
		{"reads the source", []gatewright.Binding{binding(gatewright.RoleViewer, "", "grp_test"), binding(provider, "prj_1", "grp_prod")}, []string{"Test"}},
		{"operator of both", []gatewright.Binding{binding(gatewright.RoleGatewayOperator, "", "")}, []string{"Test", "Production"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := auth.DecideAll(user(tt.bindings...), auth.SyncNeeds(source, target)...)
			if tt.missing == nil {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, gatewright.Forbidden)
			for _, name := range []string{"Test", "Production"} {
				named := strings.Contains(err.Error(), "group "+name)
				wanted := strings.Contains(strings.Join(tt.missing, " "), name)
				if named != wanted {
					t.Errorf("%q: group %s is named: %t", err, name, named)
				}
			}
		})
	}
}

func TestDeniedMessage(t *testing.T) {
	tests := []struct {
		name   string
		action gatewright.Action
		scope  auth.Scope
		want   string
	}{
		{"group", gatewright.ActionInstanceForget, auth.Scope{Group: "grp_1", GroupName: "Production"},
			"anna may not do instance.forget (forget an instance that is not running) on group Production: it needs the role super admin or gateway operator; ask a super admin"},
		{"project", gatewright.ActionAPIPublish, auth.Scope{Project: "prj_1", ProjectName: "Payments", Group: "grp_1", APIName: "pets"},
			"anna may not do api.publish (publish a new version) on API pets, project Payments, group grp_1: it needs the role super admin, project admin or API provider, or data developer for what one owns; ask a project admin"},
		{"one's own", gatewright.ActionTokenCreate, auth.Scope{},
			"anna may not do token.create (make a personal token, for oneself only): only the person it belongs to may"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := auth.Decide(user(), tt.action, tt.scope)
			wantCode(t, err, gatewright.Forbidden)
			if err.Error() != tt.want {
				t.Errorf("message is\n%s\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestDecideAnywhere(t *testing.T) {
	tests := []struct {
		name   string
		p      auth.Principal
		action gatewright.Action
		ok     bool
	}{
		{"one group is enough", user(binding(gatewright.RoleViewer, "prj_1", "grp_1")), gatewright.ActionDeploymentRead, true},
		{"own things are enough", user(binding(gatewright.RoleDataDeveloper, "prj_1", "")), gatewright.ActionAPISettings, true},
		{"a limit that fits nowhere", user(binding(gatewright.RoleGatewayOperator, "prj_1", "")), gatewright.ActionRegistryEdit, false},
		{"no binding", user(), gatewright.ActionAPIRead, false},
		{"oneself", user(), gatewright.ActionSessionRead, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, auth.DecideAnywhere(tt.p, tt.action), code)
		})
	}
}
