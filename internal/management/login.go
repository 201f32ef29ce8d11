package management

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// rawRequest lets an operation see its HTTP request and answer it with
// cookies. Nothing of it is read from the request's parameters.
type rawRequest struct {
	r *http.Request
	w http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (in *rawRequest) Resolve(ctx huma.Context) []error {
	in.r, in.w = humago.Unwrap(ctx)
	return nil
}

// RawInput is embedded in the inputs of such operations.
type RawInput struct{ rawRequest }

type loginInput struct {
	RawInput
	jsonBody[wire.LoginRequest]
}

type redeemInput struct {
	RawInput
	jsonBody[wire.RedeemRequest]
}

func (a *API) loginRoutes() {
	op := get("/login", "getLoginMethods", "people", "Tell how people can log in")
	handle(a, op, func(context.Context, *struct{}) (*answer[wire.LoginMethods], error) {
		m := wire.LoginMethods{Password: true}
		if a.cfg.OIDC != nil {
			m.OIDC = a.cfg.OIDC.Issuer
		}
		return ok(m, nil)
	})
	handle(a, operation{
		method: http.MethodPost, path: "/login", id: "login", tag: "people", summary: "Log in with a password",
		description: "Begins a session, whose secret is set as a cookie, or makes a personal token for a program. Whatever is wrong, the answer is the same. After several failures the next attempt has to wait: 429 with Retry-After.",
		body:        wire.LoginRequest{},
	}, a.login)
	handle(a, operation{
		method: http.MethodPost, path: "/login/code", id: "redeemLogin", tag: "people", summary: "Change the code of a login in a browser for a token",
		description: "For programs on a person's machine, which began the login at /login/oidc. The code is good once, for a minute.",
		body:        wire.RedeemRequest{},
	}, func(ctx context.Context, in *redeemInput) (*answer[*wire.Login], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		return tokenLogin(a.control.RedeemLogin(ctx, requestOf(ctx).actor, clientAddress(in.r), body.Code, body.Verifier, newToken(&body.Token)))
	})
	handle(a, operation{
		method: http.MethodPost, path: "/logout", id: "logout", tag: "people", summary: "Log out",
		description: "Ends the session, or revokes the personal token, with which this is asked.",
	}, a.logout)
	handle(a, get("/me", "getMe", "people", "Tell who asks"), a.me)
	a.oidcRoutes()
}

func (a *API) login(ctx context.Context, in *loginInput) (*answer[*wire.Login], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	cred := control.Credentials{Name: body.Name, Password: body.Password, From: clientAddress(in.r), UserAgent: in.r.UserAgent()}
	var out *answer[*wire.Login]
	if body.Token != nil {
		out, err = tokenLogin(a.control.LoginToken(ctx, req.actor, cred, newToken(body.Token)))
	} else {
		var n *control.NewSession
		if n, err = a.control.Login(ctx, req.actor, cred); err == nil {
			out = a.sessionLogin(in.w, in.r, n)
		}
	}
	if code := gatewright.CodeOf(err); code == gatewright.Unauthenticated || code == gatewright.LimitExceeded {
		req.audited = true
		if auditErr := a.control.LoginRefused(ctx, req.actor, body.Name, err); auditErr != nil {
			a.cfg.Log.Error("refusal is not in the audit log", slog.Any("error", auditErr))
		}
	}
	return out, err
}

// sessionLogin gives the browser its session.
func (a *API) sessionLogin(w http.ResponseWriter, r *http.Request, n *control.NewSession) *answer[*wire.Login] {
	web.SetSession(w, n.Secret, n.Session.ExpiresAt, a.secure(r))
	return &answer[*wire.Login]{&wire.Login{User: n.User, Session: n.Session, CSRF: web.CSRFToken(n.Secret)}}
}

func tokenLogin(t *gatewright.Token, secret string, err error) (*answer[*wire.Login], error) {
	return ok(&wire.Login{Token: t, Secret: secret}, err)
}

func newToken(d *wire.TokenDetails) control.NewToken {
	n := control.NewToken{Name: d.Name, ExpiresAt: d.ExpiresAt}
	if d.Scope != nil {
		n.Scope = *d.Scope
	}
	return n
}

func (a *API) logout(ctx context.Context, in *RawInput) (*struct{}, error) {
	who, actor := requestOf(ctx).who, requestOf(ctx).actor
	switch {
	case who.Session != nil:
		web.ClearSession(in.w, a.secure(in.r))
		return nil, a.control.EndSession(ctx, actor, who.Session.ID)
	case who.Token.Kind == gatewright.TokenPersonal:
		return nil, a.control.RevokeToken(ctx, actor, who.Token.ID)
	}
	return nil, gatewright.Errorf(gatewright.PreconditionFailed, "the %s token %q is not a login; revoke it with: gatewright token revoke %s", who.Token.Kind, who.Token.Name, who.Token.ID)
}

func (a *API) me(ctx context.Context, in *RawInput) (*answer[*wire.Me], error) {
	who := requestOf(ctx).who
	m := &wire.Me{Name: who.Principal.Name, User: who.User, Token: who.Token, Session: who.Session, Bindings: who.Principal.Bindings}
	if m.Bindings == nil {
		m.Bindings = []gatewright.Binding{}
	}
	if who.Session != nil {
		m.CSRF = web.CSRFToken(web.SessionSecret(in.r, a.secure(in.r)))
	}
	return ok(m, nil)
}

// roleInfos tells the table of rights role by role.
func roleInfos() []wire.RoleInfo {
	infos := make([]wire.RoleInfo, 0, len(gatewright.Roles()))
	for _, role := range gatewright.Roles() {
		info := wire.RoleInfo{Role: role, Label: role.Label(), May: []wire.RoleRight{}}
		for _, r := range auth.Rules() {
			if g := r.Grant(role); g != auth.GrantNone {
				info.May = append(info.May, wire.RoleRight{Action: r.Action, Text: r.Text, Place: r.Place.String(), Grant: g.String()})
			}
		}
		infos = append(infos, info)
	}
	return infos
}
