package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkVersion holds a version label to one content for ever.
func (c *Control) checkVersion(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.stamp == "" || it.revision == nil {
			continue
		}
		if it.api.ID != "" {
			bound, err := d.tx.VersionBinding(it.api.ID, it.stamp)
			if err != nil && !isNotFound(err) {
				return err
			}
			if err == nil && bound.Hash != it.revision.Hash {
				d.add(gatewright.Finding{
					Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.api.Name,
					Message: fmt.Sprintf("version %s of %s stands for other content since %s (hash %s, now %s)",
						it.stamp, it.api.Name, bound.BoundAt.UTC().Format("2006-01-02 15:04:05"), bound.Hash.Short(), it.revision.Hash.Short()),
					Remedy: "a version never changes its content: raise info.version, give another --version, or work with --no-version until it is final",
				})
				continue
			}
			if err := d.promised(it); err != nil {
				return err
			}
		}
		if d.req.Kind == gatewright.ChangePublish && it.revision.Definition.Version != "" && it.revision.Definition.Version != it.stamp {
			d.add(gatewright.Finding{
				Level: gatewright.LevelInfo, Subject: it.api.Name,
				Message: fmt.Sprintf("published as version %s; the document calls itself %s", it.stamp, it.revision.Definition.Version),
			})
		}
	}
	return nil
}

// promised refuses a label that a change under way, in whatever group, is
// about to bind to other content.
func (d *draft) promised(it *draftItem) error {
	rolling, err := d.tx.Changes(ChangeFilter{API: it.api.ID, Unsettled: true})
	if err != nil {
		return err
	}
	for _, other := range rolling {
		for _, item := range other.Items {
			s := item.Slot
			if other.ID == d.self || s == nil || s.API != it.api.ID || s.Stamp != it.stamp || s.After == nil || s.After.Hash == it.revision.Hash {
				continue
			}
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.api.Name,
				Message: fmt.Sprintf("change %s in %s is about to make version %s of %s stand for other content", other.ID, other.GroupName, it.stamp, it.api.Name),
				Remedy:  "give another --version, or wait whether that change goes live",
			})
		}
	}
	return nil
}
