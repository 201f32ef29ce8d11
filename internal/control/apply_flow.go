package control

import (
	"github.com/gatewright/gatewright"
)

// flowHooks makes the group have the stated flow hooks; empty ones take away
// what it has.
func (a *applying) flowHooks() error {
	stated := a.req.State.FlowHooks
	if stated == nil {
		return nil
	}
	if !stated.Empty() {
		return a.resource(&Item{Resource: &gatewright.GroupResource{FlowHooks: stated}}, gatewright.ChangeConfigure)
	}
	now, err := flowHooksOf(a.d.tx, a.d.group.ID)
	if err != nil {
		return err
	}
	if now == nil {
		a.same = append(a.same, gatewright.PlanItem{Kind: gatewright.ChangeConfigure, Subject: "flow hooks", Action: "none", Lines: []string{}})
		return nil
	}
	n := len(a.d.items)
	if err := a.d.configureResource(&Item{Remove: gatewright.FlowHooksKey}); err != nil {
		return err
	}
	a.d.items[n].action = gatewright.ChangeConfigure
	return nil
}
