package client

import (
	"context"

	"github.com/gatewright/gatewright"
)

// Audit lists what was done, newest first.
func (c *Client) Audit(ctx context.Context, page Page) (*List[*gatewright.AuditEntry], error) {
	return fetch[List[*gatewright.AuditEntry]](ctx, c, get(page.query(), "audit"))
}

// Version returns the build of the control plane.
func (c *Client) Version(ctx context.Context) (*Build, error) {
	return fetch[Build](ctx, c, get(nil, "version"))
}
