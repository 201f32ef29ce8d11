package management

import (
	"context"

	"github.com/gatewright/gatewright/internal/management/wire"
)

func (a *API) versionRoutes() {
	handle(a, get("/version", "getVersion", "system", "Get the build of the control plane"),
		func(context.Context, *struct{}) (*answer[wire.Build], error) { return ok(a.cfg.Build, nil) })
}
