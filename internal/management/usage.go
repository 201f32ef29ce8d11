package management

import (
	"context"

	"github.com/gatewright/gatewright"
)

func (a *API) usageRoutes() {
	op := get("/usage", "getUsage", "groups", "Count what is created and deployed")
	op.description = "In the whole organisation and in each gateway group, against their limits. A deployment unit is a revision that runs × a group × a location of the group."
	handle(a, op, func(ctx context.Context, _ *struct{}) (*answer[*gatewright.DeploymentUsage], error) {
		return ok(a.control.DeploymentUsage(ctx))
	})
	handle(a, get("/groups/{group}/usage", "getGroupUsage", "groups", "Count what is deployed in a gateway group"),
		func(ctx context.Context, in *GroupInput) (*answer[*gatewright.GroupUsage], error) {
			return ok(a.control.GroupUsage(ctx, in.Group))
		})
}
