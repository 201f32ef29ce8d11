package client

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// CreateInstanceToken makes a token with which gateways join the group.
func (c *Client) CreateInstanceToken(ctx context.Context, group, name string) (*NewToken, error) {
	return fetch[NewToken](ctx, c, post(wire.InstanceTokenRequest{Name: name}, "groups", group, "tokens"))
}

// CreateToken makes a token for the management API: a personal one, or with an
// admin token another admin token.
func (c *Client) CreateToken(ctx context.Context, token TokenDetails) (*NewToken, error) {
	return fetch[NewToken](ctx, c, post(wire.TokenRequest{TokenDetails: token}, "tokens"))
}

// CreateServiceToken makes a token of its own for a program.
func (c *Client) CreateServiceToken(ctx context.Context, req ServiceTokenRequest) (*NewToken, error) {
	return fetch[NewToken](ctx, c, post(req, "service-tokens"))
}

// Tokens lists all tokens by age, without secrets.
func (c *Client) Tokens(ctx context.Context, page Page) (*List[*gatewright.Token], error) {
	return fetch[List[*gatewright.Token]](ctx, c, get(page.query(), "tokens"))
}

// RevokeToken makes a token useless.
func (c *Client) RevokeToken(ctx context.Context, id gatewright.TokenID) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"tokens", string(id)}})
	return err
}
