package management

import (
	"context"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// APIInput names an API in a path.
type APIInput struct {
	API string `path:"api" doc:"Name or identifier of the API."`
}

func (a *API) apiRoutes() {
	op := get("/apis", "listAPIs", "apis", "List APIs")
	op.description = "By name."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.API]], error) {
		after, err := in.after("apis")
		if err != nil {
			return nil, err
		}
		as, err := a.control.APIs(ctx, after, in.Limit+1)
		return ok(page("apis", as, in.Limit, func(api *gatewright.API) string { return api.Name }), err)
	})
	handle(a, get("/apis/{api}", "getAPI", "apis", "Get an API and its tracks"),
		func(ctx context.Context, in *APIInput) (*answer[*wire.APIInfo], error) {
			api, tracks, err := a.control.API(ctx, in.API)
			if err != nil {
				return nil, err
			}
			if tracks == nil {
				tracks = []*gatewright.Track{}
			}
			return ok(&wire.APIInfo{API: *api, Tracks: tracks}, nil)
		})
}
