package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type instanceTokenInput struct {
	GroupInput
	jsonBody[wire.InstanceTokenRequest]
}

type tokenInput struct {
	ID string `path:"id"`
}

func (a *API) tokenRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/tokens", id: "createInstanceToken", tag: "tokens",
		summary: "Create a token with which gateways join a group", status: http.StatusCreated, body: wire.InstanceTokenRequest{},
	}, func(ctx context.Context, in *instanceTokenInput) (*created[*wire.NewToken], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		return createdToken(a.control.CreateToken(ctx, requestOf(ctx).actor, gatewright.TokenInstance, body.Name, in.Group))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/tokens", id: "createToken", tag: "tokens", summary: "Create a token for this API",
		description: "A person makes a personal token, which acts as them; an admin token makes another one.",
		status:      http.StatusCreated, body: wire.TokenRequest{},
	}, a.createToken)

	handle(a, operation{
		method: http.MethodPost, path: "/service-tokens", id: "createServiceToken", tag: "tokens", summary: "Create a token of its own for a program",
		description: "It may do nothing until a role is given to it.", status: http.StatusCreated, body: wire.ServiceTokenRequest{},
	}, a.createServiceToken)

	op := get("/tokens", "listTokens", "tokens", "List tokens")
	op.description = "Oldest first, revoked ones included, without secrets: one's own, and those of others that one may see."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.Token]], error) {
		ts, err := a.control.Tokens(ctx)
		if err != nil {
			return nil, err
		}
		ts = kept(ts, func(t *gatewright.Token) bool {
			n := a.tokenNeed(ctx, t, tokenRead)
			return a.may(ctx, n.Action, n.Scope)
		})
		return ok(pageOf("tokens", ts, *in, func(t *gatewright.Token) string { return string(t.ID) }))
	})

	handle(a, operation{
		method: http.MethodDelete, path: "/tokens/{id}", id: "revokeToken", tag: "tokens", summary: "Revoke a token",
		description: "It is of no use from then on. Its record stays.",
	}, func(ctx context.Context, in *tokenInput) (*struct{}, error) {
		t, err := a.control.Token(ctx, gatewright.TokenID(in.ID))
		if err != nil {
			return nil, err
		}
		if err := a.permit(ctx, a.tokenNeed(ctx, t, tokenRevoke)); err != nil {
			return nil, err
		}
		return nil, a.control.RevokeToken(ctx, requestOf(ctx).actor, t.ID)
	})
}

// tokenVerb is what is done to a token.
type tokenVerb int

const (
	tokenRead tokenVerb = iota
	tokenRevoke
)

// tokenNeed returns the right that doing so takes, which is another one for
// each kind of token.
func (a *API) tokenNeed(ctx context.Context, t *gatewright.Token, verb tokenVerb) auth.Need {
	pick := func(read, revoke gatewright.Action) gatewright.Action {
		if verb == tokenRead {
			return read
		}
		return revoke
	}
	switch t.Kind {
	case gatewright.TokenInstance:
		return auth.Need{Action: pick(gatewright.ActionInstanceTokenRead, gatewright.ActionInstanceTokenRevoke), Scope: auth.Scope{Group: t.Group}}
	case gatewright.TokenService:
		return auth.Need{Action: pick(gatewright.ActionServiceTokenRead, gatewright.ActionServiceTokenRevoke), Scope: auth.Scope{Project: t.Project}}
	case gatewright.TokenPersonal:
		return auth.Need{Action: pick(gatewright.ActionTokenRead, gatewright.ActionTokenRevoke), Scope: a.ownScope(ctx, t.Owner)}
	}
	return auth.Need{Action: pick(gatewright.ActionAdminTokenRead, gatewright.ActionAdminTokenRevoke)}
}

func (a *API) createToken(ctx context.Context, in *jsonBody[wire.TokenRequest]) (*created[*wire.NewToken], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	req := requestOf(ctx)
	who := req.principal()
	if req.who.Administrator() {
		if body.Scope != nil || !body.ExpiresAt.IsZero() {
			return nil, gatewright.FieldErrorf("scope", "an admin token is neither narrowed nor does it end; make a service token")
		}
		if err := a.permit(ctx, auth.Need{Action: gatewright.ActionAdminTokenCreate}); err != nil {
			return nil, err
		}
		return createdToken(a.control.CreateToken(ctx, req.actor, gatewright.TokenAdmin, body.Name, ""))
	}
	if err := a.permit(ctx, auth.Need{Action: gatewright.ActionTokenCreate, Scope: a.ownScope(ctx, who.User)}); err != nil {
		return nil, err
	}
	return createdToken(a.control.CreatePersonalToken(ctx, req.actor, who, newToken(&body.TokenDetails)))
}

func (a *API) createServiceToken(ctx context.Context, in *jsonBody[wire.ServiceTokenRequest]) (*created[*wire.NewToken], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	var s auth.Scope
	if body.Project != "" {
		if s, err = a.control.ProjectScope(ctx, body.Project); err != nil {
			return nil, err
		}
	}
	if err := a.permit(ctx, auth.Need{Action: gatewright.ActionServiceTokenCreate, Scope: s}); err != nil {
		return nil, err
	}
	return createdToken(a.control.CreateServiceToken(ctx, requestOf(ctx).actor, requestOf(ctx).principal(), body.Project, newToken(&body.TokenDetails)))
}

func createdToken(t *gatewright.Token, secret string, err error) (*created[*wire.NewToken], error) {
	if err != nil {
		return nil, err
	}
	return &created[*wire.NewToken]{Location: "/api/v1/tokens/" + string(t.ID), Body: &wire.NewToken{Token: t, Secret: secret}}, nil
}
