package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type instanceTokenInput struct {
	GroupInput
	jsonBody[wire.TokenRequest]
}

type tokenInput struct {
	ID string `path:"id"`
}

func (a *API) tokenRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/tokens", id: "createInstanceToken", tag: "tokens",
		summary: "Create a token with which gateways join a group", status: http.StatusCreated, body: wire.TokenRequest{},
	}, func(ctx context.Context, in *instanceTokenInput) (*created[*wire.NewToken], error) {
		return a.createToken(ctx, gatewright.TokenInstance, in.Group, &in.jsonBody)
	})

	handle(a, operation{
		method: http.MethodPost, path: "/tokens", id: "createToken", tag: "tokens",
		summary: "Create a token for this API", status: http.StatusCreated, body: wire.TokenRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.TokenRequest]) (*created[*wire.NewToken], error) {
		return a.createToken(ctx, gatewright.TokenAdmin, "", in)
	})

	op := get("/tokens", "listTokens", "tokens", "List tokens")
	op.description = "Oldest first, revoked ones included, without secrets."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.Token]], error) {
		ts, err := a.control.Tokens(ctx)
		if err != nil {
			return nil, err
		}
		return ok(pageOf("tokens", ts, *in, func(t *gatewright.Token) string { return string(t.ID) }))
	})

	handle(a, operation{
		method: http.MethodDelete, path: "/tokens/{id}", id: "revokeToken", tag: "tokens", summary: "Revoke a token",
		description: "It is of no use from then on. Its record stays.",
	}, func(ctx context.Context, in *tokenInput) (*struct{}, error) {
		return nil, a.control.RevokeToken(ctx, requestOf(ctx).actor, gatewright.TokenID(in.ID))
	})
}

func (a *API) createToken(ctx context.Context, kind gatewright.TokenKind, group string, in *jsonBody[wire.TokenRequest]) (*created[*wire.NewToken], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	t, secret, err := a.control.CreateToken(ctx, requestOf(ctx).actor, kind, body.Name, group)
	if err != nil {
		return nil, err
	}
	return &created[*wire.NewToken]{Location: "/api/v1/tokens/" + string(t.ID), Body: &wire.NewToken{Token: t, Secret: secret}}, nil
}
