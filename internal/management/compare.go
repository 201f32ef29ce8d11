package management

import (
	"context"

	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type compareInput struct {
	APIInput
	From string `query:"from" required:"true" doc:"A version, a revision's number, or the name of a group for what runs there; group:NAME is a group only."`
	To   string `query:"to" required:"true" doc:"The same of the other side."`
}

func (a *API) compareRoutes() {
	op := get("/apis/{api}/comparison", "compareRevisions", "apis", "Compare two revisions of an API")
	op.description = "What differs in definition, routes and document; between two groups in the runtime configuration, too."
	handle(a, op, func(ctx context.Context, in *compareInput) (*answer[*wire.Comparison], error) {
		c, err := a.control.Compare(ctx, in.API, in.From, in.To)
		if err != nil {
			return nil, err
		}
		for _, side := range []control.Side{c.From, c.To} { // what a group runs is seen by who may see that
			if side.Group == "" {
				continue
			}
			needs, err := a.control.RunningNeeds(ctx, requestOf(ctx).principal(), in.API, side.Group)
			if err != nil {
				return nil, err
			}
			if err := a.permit(ctx, needs...); err != nil {
				return nil, err
			}
		}
		routes := c.Routes
		if routes == nil {
			routes = []string{}
		}
		return ok(&wire.Comparison{
			API: c.API, From: wire.ComparisonSide(c.From), To: wire.ComparisonSide(c.To), Same: c.Same(),
			Definition: differences(c.Definition), Routes: routes, Document: differences(c.Document), Opaque: c.Opaque,
			Runtime: differences(c.Runtime), More: c.More,
		}, nil)
	})
}

func differences(found []control.Difference) []wire.Difference {
	list := make([]wire.Difference, len(found))
	for i, d := range found {
		list[i] = wire.Difference(d)
	}
	return list
}
