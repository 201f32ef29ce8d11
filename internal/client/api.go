package client

import (
	"context"

	"github.com/gatewright/gatewright"
)

// APIs lists APIs by name.
func (c *Client) APIs(ctx context.Context, page Page) (*List[*gatewright.API], error) {
	return fetch[List[*gatewright.API]](ctx, c, get(page.query(), "apis"))
}

// API returns an API by name or identifier.
func (c *Client) API(ctx context.Context, api string) (*APIInfo, error) {
	return fetch[APIInfo](ctx, c, get(nil, "apis", api))
}

// Revisions lists the revisions of an API newest first, without routes.
func (c *Client) Revisions(ctx context.Context, api string, page Page) (*List[*gatewright.Revision], error) {
	return fetch[List[*gatewright.Revision]](ctx, c, get(page.query(), "apis", api, "revisions"))
}

// Revision returns a revision by version or number, without its document's
// text.
func (c *Client) Revision(ctx context.Context, api, revision string) (*gatewright.Revision, error) {
	return fetch[gatewright.Revision](ctx, c, get(nil, "apis", api, "revisions", revision))
}

// Document returns the document a revision was imported from, byte by byte.
func (c *Client) Document(ctx context.Context, api, revision string) ([]byte, error) {
	a, err := c.do(ctx, get(nil, "apis", api, "revisions", revision, "document"))
	if err != nil {
		return nil, err
	}
	return a.body, nil
}
