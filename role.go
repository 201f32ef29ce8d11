package gatewright

import (
	"slices"
	"time"
)

// Role is a set of rights under a name. What each role may do is the table of
// package auth.
type Role string

// The roles.
const (
	RoleSuperAdmin      Role = "super-admin"      // everything, everywhere
	RoleProjectAdmin    Role = "project-admin"    // everything within a project, its members included
	RoleAPIProvider     Role = "api-provider"     // brings APIs to gateways
	RoleDataDeveloper   Role = "data-developer"   // makes APIs of data, and looks after those they own
	RoleApprover        Role = "approver"         // says yes or no to changes
	RoleGatewayOperator Role = "gateway-operator" // groups, instances, and APIs that misbehave
	RoleAuditor         Role = "auditor"          // reads everything, the audit log too
	RoleViewer          Role = "viewer"           // reads
)

// Roles returns all roles, the mightiest first.
func Roles() []Role {
	return []Role{
		RoleSuperAdmin, RoleProjectAdmin, RoleAPIProvider, RoleDataDeveloper,
		RoleApprover, RoleGatewayOperator, RoleAuditor, RoleViewer,
	}
}

// Label returns the role's name in text.
func (r Role) Label() string {
	switch r {
	case RoleSuperAdmin:
		return "super admin"
	case RoleProjectAdmin:
		return "project admin"
	case RoleAPIProvider:
		return "API provider"
	case RoleDataDeveloper:
		return "data developer"
	case RoleGatewayOperator:
		return "gateway operator"
	}
	return string(r)
}

// Subject is who a binding is for: a user or a service token, never both.
type Subject struct {
	User  UserID  `json:"user,omitempty"`
	Token TokenID `json:"token,omitempty"`
}

// BindingID identifies a binding ("bnd_…").
type BindingID string

// BindingSource says what made a binding, and so what may alter it.
type BindingSource string

// The sources of bindings.
const (
	BindingManual BindingSource = "manual" // somebody with the right to
	BindingOIDC   BindingSource = "oidc"   // the groups of an OpenID provider; made anew at each login
)

// Binding gives a subject a role: everywhere, in one project, in one gateway
// group, or in one project as far as it concerns one group.
type Binding struct {
	ID        BindingID     `json:"id"`
	Subject   Subject       `json:"subject"`
	Role      Role          `json:"role"`
	Project   ProjectID     `json:"project,omitempty"` // "" for all
	Group     GroupID       `json:"group,omitempty"`   // "" for all
	Source    BindingSource `json:"source"`
	CreatedAt time.Time     `json:"createdAt"`
	CreatedBy string        `json:"createdBy,omitempty"`
}

// Validate checks the binding's own members.
func (b *Binding) Validate() error {
	if (b.Subject.User == "") == (b.Subject.Token == "") {
		return FieldErrorf("subject", "a role is given to a user or to a service token: name one of them")
	}
	if !slices.Contains(Roles(), b.Role) {
		return FieldErrorf("role", "there is no role %q", b.Role)
	}
	if b.Role == RoleSuperAdmin && (b.Project != "" || b.Group != "") {
		return FieldErrorf("role", "the role %s is not limited to a project or group; give the role %s there", RoleSuperAdmin.Label(), RoleProjectAdmin.Label())
	}
	if b.Source != BindingManual && b.Source != BindingOIDC {
		return FieldErrorf("source", "there is no source of bindings %q", b.Source)
	}
	return nil
}

// SameRight reports whether two bindings give the same subject the same.
func (b *Binding) SameRight(o *Binding) bool {
	return b.Subject == o.Subject && b.Role == o.Role && b.Project == o.Project && b.Group == o.Group
}

// TokenScope narrows what a token may do to a part of what its owner may. It
// never adds anything.
type TokenScope struct {
	// Actions holds names of actions, "noun.*" for all of a noun, or "*" for
	// all. A token without any may do nothing.
	Actions  []string    `json:"actions"`
	Projects []ProjectID `json:"projects,omitempty"` // empty for all
	Groups   []GroupID   `json:"groups,omitempty"`   // empty for all
}

// Limits of a token's scope.
const (
	MaxScopeActions = 100
	MaxScopePlaces  = 100 // projects, and as many groups
)
