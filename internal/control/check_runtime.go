package control

import "github.com/gatewright/gatewright"

// checkRuntime refuses a runtime configuration gateways could not run.
func (c *Control) checkRuntime(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.after == nil {
			continue
		}
		if err := it.after.Runtime.ValidateFor(it.api.Kind); err != nil {
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Invalid, Subject: it.api.Name,
				Message: "runtime configuration: " + err.Error(),
			})
		}
	}
	return nil
}
