package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkCanary refuses to end a canary in passing.
func (c *Control) checkCanary(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.before == nil || it.before.Canary == nil || it.after != nil && it.after.Canary != nil ||
			it.action == gatewright.ChangeCanaryPromote || it.action == gatewright.ChangeCanaryAbort || it.action == gatewright.ChangeRevert {
			continue
		}
		f := gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.subject(),
			Message: fmt.Sprintf("%s in %s has the canary %s (%s, %g %%), which this would end", it.api.Name, d.group.Name, it.before.Canary.Name, it.before.Canary.Label(), it.before.Canary.Percent),
			Remedy:  "promote it, abort it, or end it with this change by --abort-canary",
		}
		if d.req.AbortCanary {
			f.Level, f.Code, f.Remedy = gatewright.LevelWarning, "", ""
		}
		d.add(f)
	}
	return nil
}
