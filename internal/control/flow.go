package control

import (
	"context"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
)

// FlowHooks returns the shared flows that act before and after all proxies of a
// group, by name or ID; empty ones when there are none.
func (c *Control) FlowHooks(ctx context.Context, group string) (*gatewright.FlowHooks, error) {
	var hooks *gatewright.FlowHooks
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		hooks, err = flowHooksOf(tx, g.ID)
		return err
	})
	if err == nil && hooks == nil {
		hooks = &gatewright.FlowHooks{}
	}
	return hooks, err
}

// flowHooksOf returns the flow hooks of a group, nil when it has none.
func flowHooksOf(tx Tx, group gatewright.GroupID) (*gatewright.FlowHooks, error) {
	r, err := tx.GroupResource(group, gatewright.FlowHooksKey)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.FlowHooks, nil
}

// policyUse is what policies a revision has itself, and which flows it calls.
type policyUse struct {
	types []string
	flows []string
}

func useOf(def *gatewright.Definition) policyUse {
	return policyUse{def.PolicyTypes(), def.Flows()}
}

// flowGraph is the shared flows that run in a group, and which of them act on
// all its proxies.
type flowGraph struct {
	set   gatewright.FlowSet
	hooks *gatewright.FlowHooks // nil when there are none
	acts  map[string][]string   // types of policy that a call of a flow makes act; filled as they are asked for
}

// flowsOf returns the flow graph of a group.
func flowsOf(tx Tx, group gatewright.GroupID) (*flowGraph, error) {
	running, err := tx.RunningFlows(group)
	if err != nil {
		return nil, err
	}
	g := newFlowGraph()
	for i := range running {
		g.set[running[i].Name] = running[i].Policies
	}
	g.hooks, err = flowHooksOf(tx, group)
	return g, err
}

func newFlowGraph() *flowGraph {
	return &flowGraph{set: gatewright.FlowSet{}, acts: map[string][]string{}}
}

// types returns the types of policy that act on the calls of an API of that
// kind with a revision like that, sorted, each once: its own, those of the flows
// it calls and those that are attached to all proxies.
func (g *flowGraph) types(kind gatewright.Kind, use policyUse) []string {
	called := use.flows
	if kind != gatewright.KindFlow && g.hooks != nil {
		called = slices.Concat(called, g.hooks.Flows())
	}
	if len(called) == 0 {
		return use.types
	}
	types := slices.Clone(use.types)
	for _, name := range called {
		types = append(types, g.typesOf(name)...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// typesOf returns the types of policy that a call of a flow makes act. What
// cannot be called has none; that is another check's.
func (g *flowGraph) typesOf(name string) []string {
	if types, known := g.acts[name]; known {
		return types
	}
	var types []string
	if reached, err := g.set.Reach(name); err == nil {
		for _, n := range reached {
			def := gatewright.Definition{Policies: g.set[n]}
			types = append(types, def.PolicyTypes()...)
		}
	}
	g.acts[name] = types
	return types
}

// flowChange is what a draft does to the shared flows of its group.
type flowChange struct {
	before, after *flowGraph
	altered       []string // names of flows that come, go or get another revision, sorted
	hooks         bool     // the flow hooks are altered
}

// alters reports whether calls may be acted on otherwise after the change,
// whatever becomes of the APIs called.
func (c *flowChange) alters() bool { return len(c.altered) > 0 || c.hooks }

// flows returns what the draft does to shared flows.
func (d *draft) flows() (*flowChange, error) {
	if d.flowed != nil {
		return d.flowed, nil
	}
	before, err := flowsOf(d.tx, d.group.ID)
	if err != nil {
		return nil, err
	}
	c := &flowChange{before: before, after: newFlowGraph()}
	maps.Copy(c.after.set, before.set)
	c.after.hooks = before.hooks
	for i := range d.items {
		it := &d.items[i]
		switch {
		case it.resource != nil && it.resource.Key == gatewright.FlowHooksKey:
			c.hooks, c.after.hooks = true, nil
			if it.resource.After != nil {
				c.after.hooks = it.resource.After.FlowHooks
			}
		case it.resource == nil && it.api.Kind == gatewright.KindFlow:
			c.altered = append(c.altered, it.api.Name)
			if it.after == nil {
				delete(c.after.set, it.api.Name)
			} else {
				c.after.set[it.api.Name] = it.revision.Definition.Policies
			}
		}
	}
	slices.Sort(c.altered)
	if !c.alters() {
		c.after = before
	}
	d.flowed = c
	return c, nil
}

// flowRuntime returns the runtime configuration of a shared flow: there is
// nothing in it to choose.
func flowRuntime(api *gatewright.API, patch *RuntimePatch) (gatewright.RuntimeConfig, error) {
	if !patch.Empty() {
		return gatewright.RuntimeConfig{}, gatewright.FieldErrorf("runtime",
			"%s is a shared flow and has no runtime configuration; configure the APIs that call it", api.Name)
	}
	return gatewright.RuntimeConfig{Enabled: true}, nil
}

// proxyOnly refuses what cannot be done to a shared flow.
func proxyOnly(api *gatewright.API, cannot, instead string) error {
	if api.Kind != gatewright.KindFlow {
		return nil
	}
	return gatewright.Errorf(gatewright.PreconditionFailed, "%s is a shared flow and cannot be %s; %s", api.Name, cannot, instead)
}

// sameKind refuses content of another kind than the API is.
func sameKind(api *gatewright.API, def *gatewright.Definition) error {
	if kind := def.APIKind(); api.Kind != kind {
		return gatewright.FieldErrorf("kind", "%s is of kind %s, the definition is of kind %s, and an API does not change its kind; publish it under another name (--name)", api.Name, api.Kind, kind)
	}
	return nil
}
