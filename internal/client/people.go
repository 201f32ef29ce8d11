package client

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels about people.
type (
	// Login is what a login gives.
	Login = wire.Login
	// LoginMethods says how people can log in.
	LoginMethods = wire.LoginMethods
	// Me is who asks.
	Me = wire.Me
	// TokenDetails is what a person says of a token they make.
	TokenDetails = wire.TokenDetails
	// ServiceTokenRequest asks for a token of its own for a program.
	ServiceTokenRequest = wire.ServiceTokenRequest
	// UserRequest asks for a new user.
	UserRequest = wire.UserRequest
	// UserUpdate alters a user.
	UserUpdate = wire.UserUpdate
	// BindingRequest gives a role.
	BindingRequest = wire.BindingRequest
	// BindingInfo is a binding and what people call what it names.
	BindingInfo = wire.BindingInfo
	// RoleInfo is a role and what it may do.
	RoleInfo = wire.RoleInfo
)

// LoginMethods tells how people can log in. It needs no token.
func (c *Client) LoginMethods(ctx context.Context) (*LoginMethods, error) {
	return fetch[LoginMethods](ctx, c, get(nil, "login"))
}

// LoginPassword makes a personal token for somebody who knows the password. It
// needs no token.
func (c *Client) LoginPassword(ctx context.Context, name, password string, token TokenDetails) (*Login, error) {
	return fetch[Login](ctx, c, post(wire.LoginRequest{Name: name, Password: password, Token: &token}, "login"))
}

// RedeemLogin changes the code of a login in a browser for a personal token.
// It needs no token.
func (c *Client) RedeemLogin(ctx context.Context, code, verifier string, token TokenDetails) (*Login, error) {
	return fetch[Login](ctx, c, post(wire.RedeemRequest{Code: code, Verifier: verifier, Token: token}, "login", "code"))
}

// Logout revokes the personal token that the client shows.
func (c *Client) Logout(ctx context.Context) error {
	_, err := c.do(ctx, call{method: http.MethodPost, segments: []string{"logout"}})
	return err
}

// Me tells who the client's token stands for.
func (c *Client) Me(ctx context.Context) (*Me, error) {
	return fetch[Me](ctx, c, get(nil, "me"))
}

// Users lists the users by login.
func (c *Client) Users(ctx context.Context, page Page) (*List[*gatewright.User], error) {
	return fetch[List[*gatewright.User]](ctx, c, get(page.query(), "users"))
}

// User returns a user by login or identifier.
func (c *Client) User(ctx context.Context, user string) (*gatewright.User, error) {
	return fetch[gatewright.User](ctx, c, get(nil, "users", user))
}

// CreateUser creates a user.
func (c *Client) CreateUser(ctx context.Context, req UserRequest) (*gatewright.User, error) {
	return fetch[gatewright.User](ctx, c, post(req, "users"))
}

// UpdateUser alters a user.
func (c *Client) UpdateUser(ctx context.Context, user string, u UserUpdate) (*gatewright.User, error) {
	return fetch[gatewright.User](ctx, c, call{method: http.MethodPatch, segments: []string{"users", user}, body: u})
}

// DeleteUser deletes a user.
func (c *Client) DeleteUser(ctx context.Context, user string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"users", user}})
	return err
}

// SetPassword sets a user's password; old is for one's own.
func (c *Client) SetPassword(ctx context.Context, user, old, password string) error {
	_, err := c.do(ctx, call{method: http.MethodPut, segments: []string{"users", user, "password"}, body: wire.PasswordRequest{Old: old, Password: password}})
	return err
}

// Projects lists the projects by name.
func (c *Client) Projects(ctx context.Context, page Page) (*List[*gatewright.Project], error) {
	return fetch[List[*gatewright.Project]](ctx, c, get(page.query(), "projects"))
}

// CreateProject creates a project.
func (c *Client) CreateProject(ctx context.Context, name, description string) (*gatewright.Project, error) {
	return fetch[gatewright.Project](ctx, c, post(wire.ProjectRequest{Name: name, Description: description}, "projects"))
}

// DeleteProject deletes an empty project.
func (c *Client) DeleteProject(ctx context.Context, project string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"projects", project}})
	return err
}

// Roles lists the roles and what they may do.
func (c *Client) Roles(ctx context.Context) (*List[RoleInfo], error) {
	return fetch[List[RoleInfo]](ctx, c, get(nil, "roles"))
}

// BindingFilter selects bindings; empty members select all.
type BindingFilter struct {
	User    string             // login or identifier
	Token   gatewright.TokenID // of a service token
	Project string             // name or identifier
	Group   string             // name or identifier
}

// Bindings lists who has which role.
func (c *Client) Bindings(ctx context.Context, f BindingFilter, page Page) (*List[*BindingInfo], error) {
	return fetch[List[*BindingInfo]](ctx, c, get(page.query("user", f.User, "token", string(f.Token), "project", f.Project, "group", f.Group), "bindings"))
}

// CreateBinding gives a role.
func (c *Client) CreateBinding(ctx context.Context, req BindingRequest) (*gatewright.Binding, error) {
	return fetch[gatewright.Binding](ctx, c, post(req, "bindings"))
}

// DeleteBinding takes a role away.
func (c *Client) DeleteBinding(ctx context.Context, id gatewright.BindingID) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"bindings", string(id)}})
	return err
}
