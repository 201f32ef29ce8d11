package compile

import "github.com/gatewright/gatewright"

// API compiles what a slot of group runs: rev of api under runtime.
func API(api *gatewright.API, rev *gatewright.Revision, runtime gatewright.RuntimeConfig, group *gatewright.Group) *gatewright.Resource {
	runtime = runtime.Clone()
	up := runtime.Upstream
	up.Timeouts = up.Timeouts.WithDefaults()
	return &gatewright.Resource{
		Format: gatewright.ResourceFormat,
		API: &gatewright.APIResource{
			ID:             api.ID,
			Name:           api.Name,
			Track:          rev.Track,
			Revision:       rev.Number,
			Version:        rev.Version,
			Enabled:        runtime.Enabled,
			Hosts:          Hosts(runtime, group),
			PathPrefix:     runtime.PathPrefix,
			KeepPathPrefix: runtime.KeepPathPrefix,
			BasePath:       rev.Definition.BasePath,
			Routes:         rev.Definition.Routes,
			Upstream:       up,
		},
	}
}

// Hosts returns the hosts a slot answers to in group: its own, else the
// group's; none means any.
func Hosts(runtime gatewright.RuntimeConfig, group *gatewright.Group) []string {
	if len(runtime.Hosts) > 0 {
		return runtime.Hosts
	}
	return group.Hostnames
}

// FullPath returns the template a route of rev answers to under runtime.
func FullPath(runtime gatewright.RuntimeConfig, rev *gatewright.Revision, r *gatewright.Route) string {
	return gatewright.JoinPath(runtime.PathPrefix, gatewright.JoinPath(rev.Definition.BasePath, r.Path))
}

// Registry compiles a registry.
func Registry(r *gatewright.Registry) *gatewright.Resource {
	c := *r
	if c.Stale == 0 {
		c.Stale = gatewright.Duration(gatewright.DefaultStale)
	}
	return &gatewright.Resource{Format: gatewright.ResourceFormat, Registry: &c}
}
