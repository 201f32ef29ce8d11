package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gatewright/gatewright"
)

// Groups lists the gateway groups by name.
func (c *Client) Groups(ctx context.Context, page Page) (*List[*gatewright.Group], error) {
	return fetch[List[*gatewright.Group]](ctx, c, get(page.query(), "groups"))
}

// Group returns a group by name or identifier.
func (c *Client) Group(ctx context.Context, group string) (*gatewright.Group, error) {
	return fetch[gatewright.Group](ctx, c, get(nil, "groups", group))
}

// CreateGroup creates a gateway group.
func (c *Client) CreateGroup(ctx context.Context, req GroupRequest) (*gatewright.Group, error) {
	return fetch[gatewright.Group](ctx, c, post(req, "groups"))
}

// UpdateGroup replaces labels and settings of a group. revised is what its
// Revised was when it was read; the error is [gatewright.PreconditionFailed]
// if it was altered since.
func (c *Client) UpdateGroup(ctx context.Context, group string, revised int64, req GroupUpdate) (*gatewright.Group, error) {
	return fetch[gatewright.Group](ctx, c, call{
		method: http.MethodPut, segments: []string{"groups", group}, body: req,
		header: http.Header{"If-Match": {`"` + strconv.FormatInt(revised, 10) + `"`}},
	})
}

// Registries lists the registries of a group by name.
func (c *Client) Registries(ctx context.Context, group string, page Page) (*List[*gatewright.Registry], error) {
	return fetch[List[*gatewright.Registry]](ctx, c, get(page.query(), "groups", group, "registries"))
}

// FlowHooks returns the shared flows that act before and after all proxies of a
// group.
func (c *Client) FlowHooks(ctx context.Context, group string) (*gatewright.FlowHooks, error) {
	return fetch[gatewright.FlowHooks](ctx, c, get(nil, "groups", group, "flow-hooks"))
}

// Instances lists the instances of a group, or of all when group is "".
func (c *Client) Instances(ctx context.Context, group string, page Page) (*List[*InstanceInfo], error) {
	return fetch[List[*InstanceInfo]](ctx, c, get(page.query("group", group), "instances"))
}

// ForgetInstance removes an instance that is not running; its gateway joins
// anew. Errors: gatewright.PreconditionFailed while it runs.
func (c *Client) ForgetInstance(ctx context.Context, id gatewright.InstanceID) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"instances", string(id)}})
	return err
}

// Explain asks a running instance of a group what it would do with a request.
// Errors: gatewright.PreconditionFailed when none can answer,
// gatewright.LimitExceeded when too much is asked at once,
// gatewright.Unavailable when there is no answer in time.
func (c *Client) Explain(ctx context.Context, group string, req ExplainRequest) (*Explained, error) {
	k := post(req, "groups", group, "explain")
	k.timeout = gatewright.DefaultQuestionTime + c.opts.Timeout
	return fetch[Explained](ctx, c, k)
}

// DeploymentFilter selects deployments; empty members select all.
type DeploymentFilter struct {
	Group string // name or identifier
	API   string // name or identifier, name@track
}

// Deployments tells what runs where, derived from what the instances report.
func (c *Client) Deployments(ctx context.Context, f DeploymentFilter, page Page) (*List[*gatewright.Deployment], error) {
	return fetch[List[*gatewright.Deployment]](ctx, c, get(page.query("group", f.Group, "api", f.API), "deployments"))
}
