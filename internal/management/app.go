package management

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// AppInput names an app in a path.
type AppInput struct {
	GroupInput
	App string `path:"app" doc:"Name or identifier of the app."`
}

// CredentialInput names one of an app's credentials in a path.
type CredentialInput struct {
	AppInput
	Credential string `path:"credential" doc:"Name or identifier of the credential."`
}

// GrantInput names the API of a grant in a path.
type GrantInput struct {
	AppInput
	API string `path:"api" doc:"Name or identifier of the API."`
}

type appsInput struct {
	GroupInput
	PageInput
}

type callersInput struct {
	GroupInput
	PageInput
	API string `query:"api" required:"true" doc:"Name or identifier of the API."`
}

type callsInput struct {
	Group string    `query:"group" doc:"Name or identifier of a group."`
	API   string    `query:"api" doc:"Name or identifier of an API, or name@track."`
	App   string    `query:"app" doc:"Name or identifier of an app of that group."`
	Since time.Time `query:"since" doc:"First hour."`
	Until time.Time `query:"until" doc:"The hours before it."`
}

func (a *API) appRoutes() {
	op := get("/groups/{group}/apps", "listApps", "apps", "List the apps of a group")
	op.description = "By name. Keys are not told, nor their hashes."
	handle(a, op, func(ctx context.Context, in *appsInput) (*answer[wire.List[wire.AppInfo]], error) {
		infos, err := a.control.Apps(ctx, in.Group)
		if err != nil {
			return nil, err
		}
		apps := make([]wire.AppInfo, len(infos))
		for i, info := range infos {
			apps[i] = appOf(info)
		}
		return ok(pageOf("apps", apps, in.PageInput, func(app wire.AppInfo) string { return app.Name }))
	})
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/apps", id: "createApp", tag: "apps", summary: "Add an app to a group",
		description: "It has no keys and no grants yet.", status: http.StatusCreated, body: wire.AppRequest{},
	}, a.createApp)
	handle(a, get("/groups/{group}/apps/{app}", "getApp", "apps", "Get an app"), func(ctx context.Context, in *AppInput) (*answer[wire.AppInfo], error) {
		info, err := a.control.App(ctx, in.Group, in.App)
		if err != nil {
			return nil, err
		}
		return ok(appOf(info), nil)
	})
	handle(a, operation{
		method: http.MethodPatch, path: "/groups/{group}/apps/{app}", id: "updateApp", tag: "apps", summary: "Alter an app",
		description: "The keys of a disabled app are refused by all gateways of the group within a second.", body: wire.AppUpdate{},
	}, a.updateApp)
	handle(a, operation{
		method: http.MethodDelete, path: "/groups/{group}/apps/{app}", id: "deleteApp", tag: "apps", summary: "Remove an app with its keys and grants",
	}, func(ctx context.Context, in *AppInput) (*answer[wire.AccessChange], error) {
		return accessed(a.control.DeleteApp(ctx, requestOf(ctx).actor, in.Group, in.App))
	})
	a.credentialRoutes()
	a.grantRoutes()
}

func (a *API) credentialRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/apps/{app}/credentials", id: "addCredential", tag: "apps", summary: "Give an app another key",
		description: "The key is shown this once. Keys overlap: callers can change from one to the next.",
		status:      http.StatusCreated, body: wire.CredentialRequest{},
	}, a.addCredential)
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/apps/{app}/credentials/{credential}/revoke", id: "revokeCredential", tag: "apps", summary: "Make a key useless",
		description: "All gateways of the group refuse it within a second; this change waits for no other.",
	}, func(ctx context.Context, in *CredentialInput) (*answer[wire.AccessChange], error) {
		return accessed(a.control.RevokeCredential(ctx, requestOf(ctx).actor, in.Group, in.App, in.Credential))
	})
	handle(a, operation{
		method: http.MethodDelete, path: "/groups/{group}/apps/{app}/credentials/{credential}", id: "removeCredential", tag: "apps", summary: "Forget a key",
		description: "One that was still good is not any more.",
	}, func(ctx context.Context, in *CredentialInput) (*answer[wire.AccessChange], error) {
		return accessed(a.control.RemoveCredential(ctx, requestOf(ctx).actor, in.Group, in.App, in.Credential))
	})
}

func (a *API) grantRoutes() {
	handle(a, operation{
		method: http.MethodPut, path: "/groups/{group}/apps/{app}/grants/{api}", id: "putGrant", tag: "apps", summary: "Give an app the right to call an API, or alter it",
		body: wire.GrantRequest{},
	}, a.putGrant)
	handle(a, operation{
		method: http.MethodDelete, path: "/groups/{group}/apps/{app}/grants/{api}", id: "deleteGrant", tag: "apps", summary: "Take the right to call an API away",
		description: "All gateways of the group refuse the app's calls of it within a second.",
	}, func(ctx context.Context, in *GrantInput) (*answer[wire.AccessChange], error) {
		return accessed(a.control.DeleteGrant(ctx, requestOf(ctx).actor, in.Group, in.App, in.API))
	})
	op := get("/groups/{group}/callers", "listCallers", "apps", "List who may call an API")
	op.description = "The apps that are granted it, by name, and why the calls of some would be refused now."
	handle(a, op, func(ctx context.Context, in *callersInput) (*answer[wire.List[wire.Caller]], error) {
		infos, err := a.control.Callers(ctx, in.Group, in.API)
		if err != nil {
			return nil, err
		}
		callers := make([]wire.Caller, len(infos))
		for i, c := range infos {
			callers[i] = wire.Caller(c)
		}
		return ok(pageOf("callers", callers, in.PageInput, func(c wire.Caller) string { return c.Name }))
	})
	op = get("/calls", "listCalls", "apps", "Count calls by hour, version, operation and app")
	op.description = "Gateways tell their counts every few seconds. At most 10,000 rows are told; ask for fewer hours when there are more."
	handle(a, op, func(ctx context.Context, in *callsInput) (*answer[wire.List[wire.Calls]], error) {
		rows, err := a.control.Calls(ctx, control.CallsQuery{Group: in.Group, API: in.API, App: in.App, Since: in.Since, Until: in.Until})
		if err != nil {
			return nil, err
		}
		apis := make([]gatewright.APIID, len(rows))
		for i := range rows {
			apis[i] = rows[i].API
		}
		visible, err := a.visibleIn(ctx, gatewright.ActionUsageRead, apis)
		if err != nil {
			return nil, err
		}
		calls := make([]wire.Calls, 0, len(rows))
		for _, r := range rows {
			if visible(r.Group, r.API) {
				calls = append(calls, wire.Calls(r))
			}
		}
		return ok(wire.List[wire.Calls]{Items: calls}, nil)
	})
}

func (a *API) createApp(ctx context.Context, in *struct {
	GroupInput
	jsonBody[wire.AppRequest]
}) (*created[wire.AppInfo], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	app, err := a.control.CreateApp(ctx, requestOf(ctx).actor, in.Group, body.Name, body.Description)
	if err != nil {
		return nil, err
	}
	return &created[wire.AppInfo]{Location: "/api/v1/groups/" + url.PathEscape(in.Group) + "/apps/" + string(app.ID), Body: appOf(control.AppInfo{App: app})}, nil
}

func (a *API) updateApp(ctx context.Context, in *struct {
	AppInput
	jsonBody[wire.AppUpdate]
}) (*answer[wire.AccessChange], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	return accessed(a.control.UpdateApp(ctx, requestOf(ctx).actor, in.Group, in.App, control.AppPatch(*body)))
}

func (a *API) addCredential(ctx context.Context, in *struct {
	AppInput
	jsonBody[wire.CredentialRequest]
}) (*created[wire.NewCredential], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	cred, key, err := a.control.AddCredential(ctx, requestOf(ctx).actor, in.Group, in.App, control.NewCredential(*body))
	if err != nil {
		return nil, err
	}
	return &created[wire.NewCredential]{
		Location: "/api/v1/groups/" + url.PathEscape(in.Group) + "/apps/" + url.PathEscape(in.App) + "/credentials/" + string(cred.ID),
		Body:     wire.NewCredential{CredentialInfo: credentialOf(*cred), Key: key},
	}, nil
}

func (a *API) putGrant(ctx context.Context, in *struct {
	GrantInput
	jsonBody[wire.GrantRequest]
}) (*answer[wire.AccessChange], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	return accessed(a.control.PutGrant(ctx, requestOf(ctx).actor, in.Group, in.App, control.NewGrant{
		API: in.API, ExpiresAt: body.ExpiresAt, QPS: body.QPS, Clearance: body.Clearance,
	}))
}

func accessed(ch *gatewright.Change, err error) (*answer[wire.AccessChange], error) {
	return ok(wire.AccessChange{Change: ch}, err)
}

func appOf(info control.AppInfo) wire.AppInfo {
	app := wire.AppInfo{
		ID: info.ID, Name: info.Name, Description: info.Description, Owner: info.Owner, Disabled: info.Disabled, CreatedAt: info.CreatedAt,
		Credentials: make([]wire.CredentialInfo, len(info.Credentials)), Grants: make([]wire.GrantInfo, len(info.Grants)),
	}
	for i, c := range info.Credentials {
		app.Credentials[i] = credentialOf(c)
	}
	for i, g := range info.Grants {
		app.Grants[i] = wire.GrantInfo{
			API: g.API, APIName: info.APIs[g.API], CreatedAt: g.CreatedAt, CreatedBy: g.CreatedBy,
			ExpiresAt: g.ExpiresAt, QPS: g.QPS, Clearance: g.Clearance,
		}
	}
	return app
}

func credentialOf(c gatewright.Credential) wire.CredentialInfo {
	return wire.CredentialInfo{
		ID: c.ID, Name: c.Name, Hint: c.Hint, CreatedAt: c.CreatedAt, CreatedBy: c.CreatedBy,
		NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt, RevokedAt: c.RevokedAt,
	}
}
