package compile

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// flow compiles what the slot of a shared flow runs: a name and the revision
// that it stands for.
func flow(api *gatewright.API, track string, content *gatewright.SlotContent) *gatewright.Resource {
	return &gatewright.Resource{
		Format: gatewright.ResourceFormat,
		Slot: &gatewright.SlotResource{
			API: api.ID, Kind: gatewright.KindFlow, Name: api.Name, Track: track,
			Current:  gatewright.RevisionRef{Number: content.Number, Version: content.Version},
			ConfigID: content.ConfigID, Enabled: content.Runtime.Enabled,
		},
	}
}

// FlowHooks compiles the flow hooks of a group.
func FlowHooks(h *gatewright.FlowHooks) *gatewright.Resource {
	return &gatewright.Resource{
		Format:    gatewright.ResourceFormat,
		FlowHooks: &gatewright.FlowHooks{Before: slices.Clone(h.Before), After: slices.Clone(h.After)},
	}
}
