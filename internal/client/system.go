package client

import "context"

// Version returns the build of the control plane.
func (c *Client) Version(ctx context.Context) (*Build, error) {
	return fetch[Build](ctx, c, get(nil, "version"))
}
