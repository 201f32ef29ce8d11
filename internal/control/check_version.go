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
		if it.action == gatewright.ChangePublish && !d.checkScheme(it) {
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
			if err := d.checkReserved(it); err != nil {
				return err
			}
		}
		if err := d.checkDocumentVersion(it); err != nil {
			return err
		}
		if it.action == gatewright.ChangePublish && it.revision.Definition.Version != "" && it.revision.Definition.Version != it.stamp {
			d.add(gatewright.Finding{
				Level: gatewright.LevelInfo, Subject: it.api.Name,
				Message: fmt.Sprintf("published as version %s; the document calls itself %s", it.stamp, it.revision.Definition.Version),
			})
		}
	}
	return nil
}

// checkScheme holds the version of a publish to the API's scheme and above
// what runs in the slot. It reports whether the version may go on.
func (d *draft) checkScheme(it *draftItem) bool {
	if s := it.api.Settings.Scheme; s != "" {
		if err := s.Validate(it.stamp); err != nil {
			d.add(gatewright.Finding{
				Level: gatewright.LevelError, Code: gatewright.Invalid, Subject: it.api.Name, Message: err.Error(),
				Remedy: fmt.Sprintf("give another --version, or another scheme: gatewright set %q --scheme NAME", it.api.Name),
			})
			return false
		}
	}
	if it.before == nil || it.before.Version == "" || it.before.Version == it.stamp {
		return true
	}
	scheme := it.api.Settings.Scheme
	if scheme == "" {
		if scheme = gatewright.GuessVersionScheme(it.stamp); scheme != gatewright.GuessVersionScheme(it.before.Version) {
			return true // written differently, they have no order
		}
	}
	if scheme == gatewright.SchemeNone {
		return true
	}
	if order, err := scheme.Compare(it.stamp, it.before.Version); err != nil || order >= 0 {
		return true
	}
	d.add(gatewright.Finding{
		Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.api.Name,
		Message: fmt.Sprintf("version %s is below %s, which runs in %s: a publish never lowers a version", it.stamp, it.before.Version, d.group.Name),
		Remedy: fmt.Sprintf("go back to what ran before with: gatewright rollback %q --group %q; put an older version in on purpose with: gatewright deploy %q --group %q --revision %s --override",
			it.api.Name, d.group.Name, it.api.Name, d.group.Name, it.stamp),
	})
	return false
}

// checkDocumentVersion warns when a document keeps calling itself what other
// content was published as: its callers cannot tell the two apart.
func (d *draft) checkDocumentVersion(it *draftItem) error {
	called := it.revision.Definition.Version
	if it.action != gatewright.ChangePublish || called == "" || called == it.stamp || it.before == nil || it.before.Hash == it.revision.Hash {
		return nil
	}
	before, err := d.tx.RevisionHead(it.before.Revision)
	if err != nil {
		return err
	}
	if before.Definition.Version == called {
		d.add(gatewright.Finding{
			Level: gatewright.LevelWarning, Subject: it.api.Name,
			Message: fmt.Sprintf("info.version is still %s, as in %s, which runs now, but the content differs", called, it.before.Label()),
			Remedy:  "raise info.version with every change, so that graphs, logs and callers tell the two apart",
		})
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
