package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/policy"
)

// checkPolicies builds the policies of what comes to run, as gateways will.
func (c *Control) checkPolicies(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil || it.after == nil || it.revision == nil {
			continue
		}
		if it.before == nil || it.before.Revision != it.revision.ID || it.revision.ID == "" {
			d.buildPolicies(it, &it.revision.Definition)
		}
		if it.canary != nil {
			d.buildPolicies(it, &it.canary.Definition)
		}
	}
	return nil
}

// buildPolicies adds a finding for each policy of the definition that cannot
// be built.
func (d *draft) buildPolicies(it *draftItem, def *gatewright.Definition) {
	build := func(where string, policies []gatewright.Policy) {
		for i := range policies {
			_, err := policy.Build(&policies[i])
			if err == nil {
				continue
			}
			e := gatewright.AsError(err)
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Invalid, Subject: it.subject(),
				Message: fmt.Sprintf("%s/policies/%d%s: %s", where, i, e.Field, e.Message),
			})
		}
	}
	build("", def.Policies)
	for i := range def.Routes {
		build("route "+def.Routes[i].Name+": ", def.Routes[i].Policies)
	}
}
