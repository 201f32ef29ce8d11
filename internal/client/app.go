package client

import (
	"context"
	"net/http"
	"time"

	"github.com/gatewright/gatewright/internal/management/wire"
)

// Apps lists the apps of a group by name.
func (c *Client) Apps(ctx context.Context, group string, page Page) (*List[wire.AppInfo], error) {
	return fetch[List[wire.AppInfo]](ctx, c, get(page.query(), "groups", group, "apps"))
}

// App returns an app of a group by name or identifier.
func (c *Client) App(ctx context.Context, group, app string) (*wire.AppInfo, error) {
	return fetch[wire.AppInfo](ctx, c, get(nil, "groups", group, "apps", app))
}

// CreateApp adds an app to a group.
func (c *Client) CreateApp(ctx context.Context, group string, req wire.AppRequest) (*wire.AppInfo, error) {
	return fetch[wire.AppInfo](ctx, c, post(req, "groups", group, "apps"))
}

// UpdateApp alters an app.
func (c *Client) UpdateApp(ctx context.Context, group, app string, req wire.AppUpdate) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, call{method: http.MethodPatch, segments: []string{"groups", group, "apps", app}, body: req})
}

// DeleteApp removes an app with its keys and grants.
func (c *Client) DeleteApp(ctx context.Context, group, app string) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, call{method: http.MethodDelete, segments: []string{"groups", group, "apps", app}})
}

// AddCredential gives an app another key, which is in the answer and shown
// this once.
func (c *Client) AddCredential(ctx context.Context, group, app string, req wire.CredentialRequest) (*wire.NewCredential, error) {
	return fetch[wire.NewCredential](ctx, c, post(req, "groups", group, "apps", app, "credentials"))
}

// RevokeCredential makes a key useless.
func (c *Client) RevokeCredential(ctx context.Context, group, app, credential string) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, post(nil, "groups", group, "apps", app, "credentials", credential, "revoke"))
}

// RemoveCredential forgets a key.
func (c *Client) RemoveCredential(ctx context.Context, group, app, credential string) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, call{method: http.MethodDelete, segments: []string{"groups", group, "apps", app, "credentials", credential}})
}

// PutGrant gives an app the right to call an API, or alters it.
func (c *Client) PutGrant(ctx context.Context, group, app, api string, req wire.GrantRequest) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, call{method: http.MethodPut, segments: []string{"groups", group, "apps", app, "grants", api}, body: req})
}

// DeleteGrant takes the right to call an API away.
func (c *Client) DeleteGrant(ctx context.Context, group, app, api string) (*wire.AccessChange, error) {
	return fetch[wire.AccessChange](ctx, c, call{method: http.MethodDelete, segments: []string{"groups", group, "apps", app, "grants", api}})
}

// Callers lists the apps of a group that are granted an API.
func (c *Client) Callers(ctx context.Context, group, api string, page Page) (*List[wire.Caller], error) {
	return fetch[List[wire.Caller]](ctx, c, get(page.query("api", api), "groups", group, "callers"))
}

// CallsFilter selects counted calls; empty members select all.
type CallsFilter struct {
	Group, API, App string
	Since, Until    time.Time
}

// Calls counts calls by hour, version, operation and app.
func (c *Client) Calls(ctx context.Context, f CallsFilter) (*List[wire.Calls], error) {
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return fetch[List[wire.Calls]](ctx, c, get(Page{}.query("group", f.Group, "api", f.API, "app", f.App, "since", text(f.Since), "until", text(f.Until)), "calls"))
}
