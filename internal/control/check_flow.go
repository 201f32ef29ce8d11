package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// checkFlow holds what is called together with who calls it: what comes to run
// calls only shared flows that run there after the change, and no flow goes
// that is called. Flows call one another neither in circles nor without bound.
func (c *Control) checkFlow(d *draft) error {
	flows, err := d.flows()
	if err != nil {
		return err
	}
	for i := range d.items {
		if err := d.checkCalls(&d.items[i], flows.after); err != nil {
			return err
		}
	}
	if !flows.alters() {
		return nil
	}
	for _, name := range flows.altered {
		_, ran := flows.before.set[name]
		if _, runs := flows.after.set[name]; ran && !runs {
			if err := d.checkCalled(name, flows.after); err != nil {
				return err
			}
		}
	}
	d.checkCircles(flows)
	return nil
}

// checkCalls refuses an item that calls what does not run after the change.
func (d *draft) checkCalls(it *draftItem, after *flowGraph) error {
	if it.resource != nil {
		if hooks := it.resource.After; hooks != nil && hooks.FlowHooks != nil {
			return d.refuseMissing("the flow hooks of "+d.group.Name, "flow hooks", hooks.FlowHooks.Flows(), after)
		}
		return nil
	}
	if it.after == nil {
		return nil
	}
	if it.revision != nil {
		if err := d.refuseMissing(it.after.Label()+" of "+it.api.Name, it.subject(), it.revision.Definition.Flows(), after); err != nil {
			return err
		}
	}
	if it.canary == nil || it.canary == it.revision {
		return nil
	}
	return d.refuseMissing("the canary of "+it.api.Name, it.subject(), it.canary.Definition.Flows(), after)
}

func (d *draft) refuseMissing(who, subject string, called []string, after *flowGraph) error {
	for _, name := range called {
		if _, runs := after.set[name]; runs {
			continue
		}
		remedy, err := d.bringFlow(name)
		if err != nil {
			return err
		}
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: subject,
			Message: fmt.Sprintf("%s calls the shared flow %q, which does not run in %s", who, name, d.group.Name),
			Remedy:  remedy,
		})
	}
	return nil
}

// bringFlow tells how to make a flow run in the group.
func (d *draft) bringFlow(name string) (string, error) {
	api, err := d.tx.APIByName(name)
	switch {
	case isNotFound(err):
		return fmt.Sprintf("there is none of that name; publish it first: gatewright publish FLOW.yaml --group %q", d.group.Name), nil
	case err != nil:
		return "", err
	case api.Kind != gatewright.KindFlow:
		return fmt.Sprintf("%s is an API of kind %s; call a shared flow (see: gatewright get apis --kind flow)", name, api.Kind), nil
	}
	return fmt.Sprintf("deploy it first: gatewright deploy %q --revision %d --group %q", name, api.LastRevision, d.group.Name), nil
}

// checkCalled refuses to take away a flow that is called after the change. What
// the change alters itself was looked at already.
func (d *draft) checkCalled(name string, after *flowGraph) error {
	callers, err := d.tx.FlowCallers(d.group.ID, name)
	if err != nil {
		return err
	}
	altered := make(map[gatewright.SlotKey]*draftItem, len(d.items))
	for i := range d.items {
		if it := &d.items[i]; it.resource == nil {
			altered[it.slotKey(d.group.ID)] = it
		}
	}
	callers = slices.DeleteFunc(callers, func(c FlowCaller) bool {
		it := altered[c.SlotKey]
		return it != nil && (it.after == nil || !c.Pinned) // other content does not reach who is pinned
	})
	who := callerNames(callers)
	if slices.Contains(after.hooks.Flows(), name) {
		who = append(who, "the flow hooks")
	}
	if len(who) == 0 {
		return nil
	}
	f := gatewright.Finding{
		Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: name,
		Message: fmt.Sprintf("the shared flow %q is called in %s by %s", name, d.group.Name, shortened(who)),
		Remedy:  "publish or roll back these to something that does not call it first, and take it out of the flow hooks (see: gatewright flow-hooks show)",
	}
	if slices.ContainsFunc(callers, func(c FlowCaller) bool { return c.Pinned }) {
		f.Remedy += "; " + unpin
	}
	d.add(f)
	return nil
}

// unpin tells how a gateway ends to be pinned.
const unpin = "start gateways that are pinned without --config-id, or forget those that are gone: gatewright instance forget ID"

// callerNames names callers, each once; those of kind flow, canaries and what
// instances are pinned to are told as such.
func callerNames(callers []FlowCaller) []string {
	var names []string
	for _, c := range callers {
		name := c.Name
		if c.Kind == gatewright.KindFlow {
			name = "shared flow " + name
		}
		if c.Track != "v1" {
			name += "@" + c.Track
		}
		if c.Canary {
			name += " (canary)"
		}
		if c.Pinned {
			name += fmt.Sprintf(" (gateways pinned to revision %d)", c.Number)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// shortened joins at most maxNamed names, and tells how many there are beside.
func shortened(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// checkCircles refuses flows that call one another in a circle, too deep or too
// often. That something is missing is told elsewhere.
func (d *draft) checkCircles(flows *flowChange) {
	refused := func(name string) bool {
		_, err := flows.after.set.Reach(name)
		fault, ok := err.(*gatewright.FlowFault) //nolint:errorlint // Reach returns no other
		if !ok || fault.Missing != "" {
			return false
		}
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: name,
			Message: fault.Error(), Remedy: "take one of these calls out",
		})
		return true
	}
	for _, name := range flows.altered {
		if _, runs := flows.after.set[name]; runs && refused(name) {
			return
		}
	}
	if len(flows.altered) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(flows.after.set)) { // who calls an altered flow goes deeper with it
		if refused(name) {
			return
		}
	}
}

// stillCalled returns a Conflict that names who calls the flow, in whatever
// group; nil when nobody does. what is that which cannot be done then.
func stillCalled(tx Tx, api *gatewright.API, what string) error {
	if api.Kind != gatewright.KindFlow {
		return nil
	}
	callers, err := tx.FlowCallers("", api.Name)
	if err != nil {
		return err
	}
	groups, err := tx.Groups()
	if err != nil {
		return err
	}
	e := gatewright.Errorf(gatewright.Conflict, "the shared flow %q cannot be %s while it is called; make these call another one first:", api.Name, what)
	more := 0
	for _, g := range groups {
		who := callerNames(slices.DeleteFunc(slices.Clone(callers), func(c FlowCaller) bool { return c.Group != g.ID }))
		hooks, err := flowHooksOf(tx, g.ID)
		if err != nil {
			return err
		}
		if slices.Contains(hooks.Flows(), api.Name) {
			who = append(who, "the flow hooks")
		}
		switch {
		case len(who) == 0:
		case len(e.Details) < maxNamed:
			e.Details = append(e.Details, gatewright.Detail{Subject: g.Name, Message: "is called by " + shortened(who)})
		default:
			more++
		}
	}
	if more > 0 {
		e.Details = append(e.Details, gatewright.Detail{Message: fmt.Sprintf("… and in %d more groups", more)})
	}
	if len(e.Details) == 0 {
		return nil
	}
	return e
}

// stillBrought returns a Conflict that names the changes that are being prepared
// and bring callers of the flow; nil when there are none. What instances build
// calls it by the name it has. Changes that wait are planned again.
func stillBrought(tx Tx, api *gatewright.API, what string) error {
	if api.Kind != gatewright.KindFlow {
		return nil
	}
	under, err := tx.Changes(ChangeFilter{Unsettled: true})
	if err != nil {
		return err
	}
	var bring []*gatewright.Change
	for _, ch := range under {
		if ch.State != gatewright.ChangePreparing {
			continue // what is activating is among what runs
		}
		calls, err := bringsCall(tx, ch, api.Name)
		if err != nil {
			return err
		}
		if calls {
			bring = append(bring, ch)
		}
	}
	return stillAltered(fmt.Sprintf("the shared flow %q cannot be %s while changes bring what calls it; wait for them:", api.Name, what), bring)
}

// bringsCall reports whether something that the change brings calls the flow of
// that name.
func bringsCall(tx Tx, ch *gatewright.Change, name string) (bool, error) {
	for i := range ch.Items {
		it := &ch.Items[i]
		switch {
		case it.Resource != nil:
			if after := it.Resource.After; after != nil && slices.Contains(after.FlowHooks.Flows(), name) {
				return true, nil
			}
			continue
		case it.Slot.After == nil:
			continue
		}
		revisions := []gatewright.RevisionID{it.Slot.After.Revision}
		if c := it.Slot.After.Canary; c != nil {
			revisions = append(revisions, c.Revision)
		}
		for _, id := range revisions {
			if flows, err := tx.Flows(id); err != nil || slices.Contains(flows, name) {
				return err == nil, err
			}
		}
	}
	return false, nil
}
