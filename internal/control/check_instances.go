package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkInstances refuses a change nobody would serve, unless that is what was
// asked for.
func (c *Control) checkInstances(d *draft) error {
	instances, err := d.tx.Instances(d.group.ID)
	if err != nil {
		return err
	}
	now := d.tx.Now()
	reachable := 0
	for _, in := range instances {
		c.refresh(in)
		switch {
		case c.isReachable(in, now):
			reachable++
		case in.LeftAt.IsZero():
			d.add(gatewright.Finding{
				Level: gatewright.LevelWarning, Subject: in.Name,
				Message: fmt.Sprintf("instance %s is not reachable (last seen %s); it gets the change when it returns", in.Name, in.LastSeen.UTC().Format("2006-01-02 15:04:05")),
			})
		}
	}
	if reachable > 0 {
		return nil
	}
	f := gatewright.Finding{
		Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: d.group.Name,
		Message: fmt.Sprintf("no instance of %s is reachable", d.group.Name),
		Remedy:  "start a gateway (gatewright gateway --group …), or accept that it waits for the first one with --allow-no-instance",
	}
	if d.req.AllowNoInstance {
		f.Level, f.Code, f.Remedy = gatewright.LevelWarning, "", "it is pending until the first one joins"
	}
	d.add(f)
	return nil
}
