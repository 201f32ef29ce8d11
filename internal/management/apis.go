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
	handle(a, get("/apis/{api}", "getAPI", "apis", "Get an API and its tracks"),
		func(ctx context.Context, in *APIInput) (*tagged[*wire.APIInfo], error) {
			entry, err := a.control.APIEntry(ctx, in.API)
			if err != nil {
				return nil, err
			}
			api, tracks, err := a.control.API(ctx, string(entry.ID))
			if err != nil {
				return nil, err
			}
			if tracks == nil {
				tracks = []*gatewright.Track{}
			}
			return &tagged[*wire.APIInfo]{tagOfRevised(api.Revised), &wire.APIInfo{
				API: *api, Tracks: tracks, FolderPath: entry.FolderPath, TagNames: entry.TagNames,
			}}, nil
		})
}
