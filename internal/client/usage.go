package client

import (
	"context"

	"github.com/gatewright/gatewright"
)

// DeploymentUsage counts what the organisation has created and deployed, in
// all and in each group.
func (c *Client) DeploymentUsage(ctx context.Context) (*gatewright.DeploymentUsage, error) {
	return fetch[gatewright.DeploymentUsage](ctx, c, get(nil, "usage"))
}

// GroupUsage counts what is deployed in one group, by name or identifier.
func (c *Client) GroupUsage(ctx context.Context, group string) (*gatewright.GroupUsage, error) {
	return fetch[gatewright.GroupUsage](ctx, c, get(nil, "groups", group, "usage"))
}
