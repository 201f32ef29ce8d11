package gatewright

import (
	"encoding/json"
	"slices"
)

// Limits of shared flows.
const (
	// MaxFlowDepth is how deep flows may call one another: a flow that calls
	// none has depth 1.
	MaxFlowDepth = 8
	// MaxFlowPolicies bounds the policies that one call of a flow makes act,
	// those of the flows it calls included.
	MaxFlowPolicies = 256
	// MaxFlowHooks bounds the flows that act before, and those that act after,
	// the proxies of a group.
	MaxFlowHooks = 16
)

// PolicyFlow is the type of the policy that calls a shared flow.
const PolicyFlow = "flow"

// FlowCall is the configuration of the policy [PolicyFlow]. In its place act
// the policies of the shared flow that runs under that name in the same group.
type FlowCall struct {
	Name string `json:"name"` // of an API of [KindFlow]
}

// Flow returns the name of the shared flow that the policy calls, "" when it
// calls none. Whether the configuration is right is for package policy to say.
func (p *Policy) Flow() string {
	var call FlowCall
	if p.Type != PolicyFlow || json.Unmarshal(p.Config, &call) != nil {
		return ""
	}
	return call.Name
}

// Flows returns the names of the shared flows that the definition and its
// routes call, each once, sorted.
func (d *Definition) Flows() []string {
	var names []string
	add := func(policies []Policy) {
		for i := range policies {
			if name := policies[i].Flow(); name != "" {
				names = append(names, name)
			}
		}
	}
	add(d.Policies)
	for i := range d.Routes {
		add(d.Routes[i].Policies)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// FlowHooks is a group resource, of which a group has at most one: the shared
// flows that act on the requests and responses of all its proxies, before and
// after the policies of the proxy itself. They do not act on flows.
type FlowHooks struct {
	Before []string `json:"before,omitempty"` // names, in the order in which they act
	After  []string `json:"after,omitempty"`
}

// Flows returns the names of the flows that are attached, each once, sorted.
func (h *FlowHooks) Flows() []string {
	if h == nil {
		return nil
	}
	names := slices.Concat(h.Before, h.After)
	slices.Sort(names)
	return slices.Compact(names)
}

// Empty reports whether nothing is attached.
func (h *FlowHooks) Empty() bool { return h == nil || len(h.Before)+len(h.After) == 0 }

// Validate checks the form.
func (h *FlowHooks) Validate() error {
	if h.Empty() {
		return FieldErrorf("flowHooks", "no flow is named; to attach none, clear the flow hooks")
	}
	for _, place := range []struct {
		name  string
		flows []string
	}{{"before", h.Before}, {"after", h.After}} {
		if n := len(place.flows); n > MaxFlowHooks {
			return FieldErrorf("flowHooks."+place.name, "%d flows act %s all proxies; at most %d may", n, place.name, MaxFlowHooks)
		}
		for i, name := range place.flows {
			if err := CheckName("flow name", name); err != nil {
				return err
			}
			if slices.Contains(place.flows[:i], name) {
				return FieldErrorf("flowHooks."+place.name, "flow %q is named twice", name)
			}
		}
	}
	return nil
}

func (h *FlowHooks) key() Key      { return FlowHooksKey }
func (h *FlowHooks) title() string { return "flow hooks" }
