package compile

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// Revision compiles the content of a revision of api. The result depends on
// nothing but the revision, so that all slots and groups share it.
func Revision(api gatewright.APIID, rev *gatewright.Revision) *gatewright.Resource {
	routes := slices.Clone(rev.Definition.Routes)
	for i := range routes {
		routes[i].Methods = slices.Clone(routes[i].Methods)
		routes[i].Policies = slices.Clone(routes[i].Policies)
	}
	base := rev.Definition.BasePath
	if rev.Definition.Data != nil {
		base, routes = exact(base, routes)
	}
	return &gatewright.Resource{
		Format: gatewright.ResourceFormat,
		Revision: &gatewright.RevisionResource{
			API: api, Number: rev.Number, BasePath: base,
			Policies: slices.Clone(rev.Definition.Policies), Routes: routes,
			AllowCORS: rev.Definition.AllowCORS,
			Data:      data(rev.Definition.Data),
		},
	}
}

// FullPath returns the template a route of rev answers to under runtime.
func FullPath(runtime gatewright.RuntimeConfig, rev *gatewright.Revision, r *gatewright.Route) string {
	return gatewright.JoinPath(runtime.PathPrefix, gatewright.JoinPath(rev.Definition.BasePath, r.Path))
}
