package compile

import (
	"math"
	"slices"

	"github.com/gatewright/gatewright"
)

// sharePerPercent is how many of 10,000 requests one percent is.
const sharePerPercent = 100

// Slot compiles what the slot of api with that track does in group, given its
// content. The revisions it names are resources of their own, see [Revision].
// A canary that is switched off is left out, and so is what means nothing to a
// shared flow.
func Slot(api *gatewright.API, track string, content *gatewright.SlotContent, group *gatewright.Group) *gatewright.Resource {
	if api.Kind == gatewright.KindFlow {
		return flow(api, track, content)
	}
	runtime := content.Runtime.Clone()
	slot := &gatewright.SlotResource{
		API: api.ID, Name: api.Name, Track: track,
		Current:        gatewright.RevisionRef{Number: content.Number, Version: content.Version},
		Canary:         canary(content.Canary),
		Lifecycle:      lifecycle(content.Lifecycle),
		ConfigID:       content.ConfigID,
		Enabled:        runtime.Enabled,
		Hosts:          slices.Clone(Hosts(runtime, group)),
		PathPrefix:     runtime.PathPrefix,
		KeepPathPrefix: runtime.KeepPathPrefix,
		Upstream:       upstream(runtime.Upstream),
		Access:         runtime.Access,
		Security:       api.Settings.Security,
		MaxQPS:         api.Settings.MaxQPS,
	}
	if api.Kind == gatewright.KindData {
		slot.Kind, slot.Upstream, slot.MaxRows = gatewright.KindData, gatewright.Upstream{}, api.Settings.MaxRows
	}
	return &gatewright.Resource{Format: gatewright.ResourceFormat, Slot: slot}
}

// canary returns what gateways need to know of c, nil when nothing takes part.
func canary(c *gatewright.Canary) *gatewright.CanaryResource {
	if c == nil || !c.Enabled {
		return nil
	}
	c = c.Clone()
	r := &gatewright.CanaryResource{
		RevisionRef: gatewright.RevisionRef{Number: c.Number, Version: c.Version},
		Share:       int(math.Round(c.Percent * sharePerPercent)),
		Match:       c.Match,
		Key:         c.Key,
	}
	if c.Upstream != nil {
		u := upstream(*c.Upstream)
		r.Upstream = &u
	}
	return r
}

// lifecycle returns a copy of l with its dates in UTC, nil when it says
// nothing: equal times must give equal bytes.
func lifecycle(l *gatewright.Lifecycle) *gatewright.Lifecycle {
	if l == nil {
		return nil
	}
	c := *l
	c.DeprecatedAt, c.SunsetAt, c.RetiredAt = c.DeprecatedAt.UTC(), c.SunsetAt.UTC(), c.RetiredAt.UTC()
	if c == (gatewright.Lifecycle{}) {
		return nil
	}
	return &c
}

// upstream spells the defaults out, so that a gateway need not know those of
// its control plane.
func upstream(u gatewright.Upstream) gatewright.Upstream {
	u.Timeouts = u.Timeouts.WithDefaults()
	return u
}

// Hosts returns the hosts a slot answers to in group: its own, else the
// group's; none means any.
func Hosts(runtime gatewright.RuntimeConfig, group *gatewright.Group) []string {
	if len(runtime.Hosts) > 0 {
		return runtime.Hosts
	}
	return group.Hostnames
}
