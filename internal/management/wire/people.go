package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// LoginRequest logs a person in with their password.
type LoginRequest struct {
	Name     string        `json:"name" doc:"The login."`
	Password string        `json:"password"`
	Token    *TokenDetails `json:"token,omitempty" doc:"Asks for a personal token in place of a session: for programs."`
}

// Login is what a login gives: a session, whose secret is in the cookie, or a
// personal token.
type Login struct {
	User    *gatewright.User    `json:"user,omitempty" doc:"With a session."`
	Session *gatewright.Session `json:"session,omitempty"`
	CSRF    string              `json:"csrf,omitempty" doc:"To be sent as the header Gatewright-Csrf with what alters something."`
	Token   *gatewright.Token   `json:"token,omitempty" doc:"Of a program's login."`
	Secret  string              `json:"secret,omitempty" doc:"Of the token. It is not kept and cannot be shown again."`
}

// RedeemRequest changes the code of a login in a browser for a token.
type RedeemRequest struct {
	Code     string       `json:"code"`
	Verifier string       `json:"verifier" doc:"Whose SHA-256, base64url, was the challenge."`
	Token    TokenDetails `json:"token"`
}

// LoginMethods says how people can log in.
type LoginMethods struct {
	Password bool   `json:"password"`
	OIDC     string `json:"oidc,omitempty" doc:"Issuer of the OpenID provider; absent when there is none."`
}

// Me is who asks.
type Me struct {
	Name     string               `json:"name"`
	User     *gatewright.User     `json:"user,omitempty" doc:"Absent for a service token and an admin token."`
	Token    *gatewright.Token    `json:"token,omitempty"`
	Session  *gatewright.Session  `json:"session,omitempty"`
	Bindings []gatewright.Binding `json:"bindings" nullable:"false" doc:"The roles, before the token narrows them."`
	CSRF     string               `json:"csrf,omitempty" doc:"Of a session: to be sent as the header Gatewright-Csrf with what alters something."`
}

// RoleInfo is a role and what it may do.
type RoleInfo struct {
	Role  gatewright.Role `json:"role"`
	Label string          `json:"label"`
	May   []RoleRight     `json:"may" nullable:"false"`
}

// RoleRight is an action that a role may do.
type RoleRight struct {
	Action gatewright.Action `json:"action"`
	Text   string            `json:"text"`
	Place  string            `json:"place" enum:"organisation,project,group,project and group" doc:"How far a binding must reach."`
	Grant  string            `json:"grant" enum:"yes,own,owner" doc:"own: of what one owns or works on; owner: of what one owns."`
}

// UserRequest asks for a new user.
type UserRequest struct {
	Name        string `json:"name" doc:"The login. It is not given to anybody else later."`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	Language    string `json:"language,omitempty" doc:"BCP 47."`
	Password    string `json:"password,omitempty" doc:"Absent for one who logs in through an OpenID provider."`
}

// UserUpdate alters a user; what is absent stays as it is.
type UserUpdate struct {
	DisplayName *string `json:"displayName,omitempty"`
	Language    *string `json:"language,omitempty"`
	Email       *string `json:"email,omitempty"`
	Disabled    *bool   `json:"disabled,omitempty" doc:"True ends all sessions and makes all tokens useless."`
}

// PasswordRequest sets a password.
type PasswordRequest struct {
	Old      string `json:"old,omitempty" doc:"For one's own password: what it was."`
	Password string `json:"password"`
}

// EndedSessions says how many sessions were ended.
type EndedSessions struct {
	Ended int `json:"ended"`
}

// ProjectRequest asks for a new project.
type ProjectRequest struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// ProjectUpdate alters a project; what is absent stays as it is.
type ProjectUpdate struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
}

// BindingRequest gives a role. One of User and Token is set.
type BindingRequest struct {
	User    string             `json:"user,omitempty" doc:"Login or identifier of a user."`
	Token   gatewright.TokenID `json:"token,omitempty" doc:"Identifier of a service token."`
	Role    gatewright.Role    `json:"role" enum:"super-admin,project-admin,api-provider,data-developer,approver,gateway-operator,auditor,viewer"`
	Project string             `json:"project,omitempty" doc:"Name or identifier; absent for all."`
	Group   string             `json:"group,omitempty" doc:"Name or identifier; absent for all."`
}

// BindingInfo is a binding and what people call what it names.
type BindingInfo struct {
	gatewright.Binding
	UserName    string `json:"userName,omitempty"`
	TokenName   string `json:"tokenName,omitempty"`
	ProjectName string `json:"projectName,omitempty"`
	GroupName   string `json:"groupName,omitempty"`
}

// TokenDetails is what a person says of a token they make.
type TokenDetails struct {
	Name      string                 `json:"name" doc:"What the token is for."`
	Scope     *gatewright.TokenScope `json:"scope,omitempty" doc:"What it is narrowed to; absent for all that its owner may."`
	ExpiresAt time.Time              `json:"expiresAt,omitzero" doc:"Absent for never."`
}

// TokenRequest asks for a token for this API. A person gets a personal one,
// and an admin token makes another admin token.
type TokenRequest struct {
	TokenDetails
}

// ServiceTokenRequest asks for a token of its own for a program.
type ServiceTokenRequest struct {
	TokenDetails
	Project string `json:"project,omitempty" doc:"Name or identifier of the project whose admins look after it; absent for super admins alone."`
}
