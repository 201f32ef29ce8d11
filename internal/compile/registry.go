package compile

import "github.com/gatewright/gatewright"

// Registry compiles a registry.
func Registry(r *gatewright.Registry) *gatewright.Resource {
	c := *r
	if c.Stale == 0 {
		c.Stale = gatewright.Duration(gatewright.DefaultStale)
	}
	return &gatewright.Resource{Format: gatewright.ResourceFormat, Registry: &c}
}
