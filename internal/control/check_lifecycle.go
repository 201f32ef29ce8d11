package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// retireGuard is how far back calls of apps keep a slot from being retired.
	retireGuard = 7 * 24 * time.Hour
	// maxRetireUsage bounds what the guard reads.
	maxRetireUsage = 100_000
	// maxNamedApps bounds the apps the guard names.
	maxNamedApps = 20
)

// checkLifecycle keeps a retired slot retired, and one that is still called
// from being retired.
func (c *Control) checkLifecycle(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil || it.before == nil || it.before.Lifecycle == nil && it.action != gatewright.ChangeRevert {
			continue
		}
		switch it.action {
		case gatewright.ChangeRevert:
			if !it.retires() {
				continue
			}
			if err := d.checkRetire(it); err != nil {
				return err
			}
		case gatewright.ChangePublish, gatewright.ChangeDeploy, gatewright.ChangeSync, gatewright.ChangeCanaryStart:
			d.checkWayOut(it)
		case gatewright.ChangeRetire:
			if err := d.checkRetire(it); err != nil {
				return err
			}
		}
	}
	return nil
}

// retires reports whether the item makes a slot that answers answer 410.
func (it *draftItem) retires() bool {
	return it.before != nil && it.after != nil && it.after.Lifecycle != nil && !it.after.Lifecycle.RetiredAt.IsZero() &&
		(it.before.Lifecycle == nil || it.before.Lifecycle.RetiredAt.IsZero())
}

// checkWayOut speaks of changes to what is on its way out.
func (d *draft) checkWayOut(it *draftItem) {
	l := it.before.Lifecycle
	f := gatewright.Finding{
		Level: gatewright.LevelWarning, Subject: it.subject(),
		Message: fmt.Sprintf("%s is deprecated in %s since %s", it.subject(), d.group.Name, l.DeprecatedAt.UTC().Format(time.DateOnly)),
	}
	if !l.RetiredAt.IsZero() {
		f.Level, f.Code = gatewright.LevelError, gatewright.PreconditionFailed
		f.Message = fmt.Sprintf("%s is retired in %s since %s: its callers are answered 410", it.subject(), d.group.Name, l.RetiredAt.UTC().Format(time.DateOnly))
		f.Remedy = fmt.Sprintf("take it back first: gatewright deprecate %q --group %q --undo", it.subject(), d.group.Name)
	}
	d.add(f)
}

// checkRetire refuses before the sunset that callers were told of, and while
// apps still call.
func (d *draft) checkRetire(it *draftItem) error {
	now := d.tx.Now()
	if l := cmp.Or(it.before.Lifecycle, it.after.Lifecycle); l.SunsetAt.After(now) {
		d.refuseRetire(it, fmt.Sprintf("callers of %s were told that it answers until %s", it.subject(), l.SunsetAt.UTC().Format(time.RFC3339)),
			"wait for that, or tell them another date with deprecate --sunset")
	}
	counts, err := d.tx.Usage(UsageFilter{Group: d.group.ID, API: it.api.ID, Track: it.track.Name, Since: now.Add(-retireGuard).Truncate(gatewright.UsageBucket)}, maxRetireUsage)
	if err != nil {
		return err
	}
	calls, last := map[gatewright.AppID]int64{}, map[gatewright.AppID]time.Time{}
	for _, u := range counts {
		calls[u.App] += u.Calls
		if u.LastCall.After(last[u.App]) {
			last[u.App] = u.LastCall
		}
	}
	if len(calls) == 0 {
		return nil
	}
	apps := make([]gatewright.AppID, 0, len(calls))
	for id := range calls {
		apps = append(apps, id)
	}
	slices.SortFunc(apps, func(a, b gatewright.AppID) int {
		return cmp.Or(-cmp.Compare(calls[a], calls[b]), cmp.Compare(a, b))
	})
	var named []string
	for _, id := range apps[:min(len(apps), maxNamedApps)] {
		name, err := d.appName(id)
		if err != nil {
			return err
		}
		named = append(named, fmt.Sprintf("%s (%d calls, the last %s)", name, calls[id], last[id].UTC().Format("2006-01-02 15:04")))
	}
	if more := len(apps) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	d.refuseRetire(it, fmt.Sprintf("%s was called within the last %d days by %s", it.subject(), int(retireGuard.Hours()/24), strings.Join(named, ", ")),
		"move them to the successor first, or retire it all the same with --force")
	return nil
}

func (d *draft) refuseRetire(it *draftItem, message, remedy string) {
	f := gatewright.Finding{Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: it.subject(), Message: message, Remedy: remedy}
	if d.req.Force {
		f.Level, f.Code, f.Remedy = gatewright.LevelWarning, "", ""
	}
	d.add(f)
}

// appName returns what to call an app in text, whether or not it still exists.
func (d *draft) appName(id gatewright.AppID) (string, error) {
	if id == "" {
		return "callers without a key", nil
	}
	r, err := d.tx.GroupResource(d.group.ID, gatewright.AppKey(id))
	if isNotFound(err) {
		return string(id), nil
	}
	if err != nil {
		return "", err
	}
	return r.App.Name, nil
}
