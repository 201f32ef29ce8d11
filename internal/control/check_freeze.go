package control

import (
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
)

// checkFreeze refuses changes in a freeze window of the group. What takes
// rights away or puts things back is never frozen.
func (c *Control) checkFreeze(d *draft) error {
	if d.req.Kind.Overtakes() || d.req.Kind == gatewright.ChangeRollback || d.req.Kind == gatewright.ChangeCanaryAbort {
		return nil
	}
	at := d.tx.Now()
	if d.req.NotBefore.After(at) {
		at = d.req.NotBefore
	}
	w := d.group.Settings.Frozen(at)
	if w == nil {
		return nil
	}
	f := gatewright.Finding{
		Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: d.group.Name,
		Message: fmt.Sprintf("%s is frozen (%s) until %s", d.group.Name, w.Name, w.Until.UTC().Format(time.RFC3339)),
		Remedy:  fmt.Sprintf("let it wait with --at %s, or pass with --break-freeze, which needs the right to", w.Until.UTC().Format(time.RFC3339)),
	}
	if d.req.BreakFreeze {
		f.Level, f.Code, f.Remedy = gatewright.LevelWarning, "", ""
	}
	d.add(f)
	return nil
}
