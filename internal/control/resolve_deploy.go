package control

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// deploy puts a stored revision into the group.
func (d *draft) deploy(item *Item) error {
	api, trackName, err := findAPI(d.tx, item.API)
	if err != nil {
		return err
	}
	if item.Revision == "" {
		return gatewright.FieldErrorf("revision", "deploy needs a revision number or version; see: gatewright get revisions %q", api.Name)
	}
	rev, err := findRevision(d.tx, api, item.Revision)
	if err != nil {
		return err
	}
	if trackName != "" && trackName != rev.Track {
		return gatewright.FieldErrorf("revision", "revision %d belongs to %s@%s, not to %s@%s", rev.Number, api.Name, rev.Track, api.Name, trackName)
	}
	it, slot, err := d.findSlot(string(api.ID) + "@" + rev.Track)
	if err != nil {
		return err
	}
	if it.before != nil && it.before.Revision != rev.ID && !d.req.Override {
		return gatewright.Errorf(gatewright.Conflict, "%s is current in %s; deploy revision %d over it with --override", it.before.Label(), d.group.Name, rev.Number)
	}
	runtime, err := d.carriedRuntime(it, item, slot, nil)
	if err != nil {
		return err
	}
	return d.place(it, rev, runtime)
}

// sync carries the revision that runs in another group to this one.
func (d *draft) sync(item *Item) error {
	source, err := findGroup(d.tx, item.From)
	if err != nil {
		return err
	}
	if source.ID == d.group.ID {
		return gatewright.FieldErrorf("from", "source and target are the same group %q", source.Name)
	}
	from := &draft{tx: d.tx, req: d.req, group: source}
	running, slot, err := from.deployed(item.API)
	if err != nil {
		return err
	}
	rev, err := d.tx.Revision(running.before.Revision)
	if err != nil {
		return err
	}
	it, target, err := d.findSlot(string(running.api.ID) + "@" + running.track.Name)
	if err != nil {
		return err
	}
	switch {
	case rev.Version == "" && item.Version == "":
		return gatewright.FieldErrorf("version", "%s runs revision %d in %s without a version; give the version both groups shall show with --version", running.api.Name, rev.Number, source.Name)
	case rev.Version == "":
		if err := gatewright.CheckLabel(item.Version); err != nil {
			return err
		}
		labelled := *rev
		labelled.Version = item.Version
		rev, it.stamp = &labelled, item.Version
	case item.Version != "" && item.Version != rev.Version:
		return gatewright.FieldErrorf("version", "%s runs as version %s in %s; sync keeps it, --version is only for a revision without one", running.api.Name, rev.Version, source.Name)
	}
	it.relabels = slot.Version != rev.Version
	runtime, err := d.carriedRuntime(it, item, target, &slot.Runtime)
	if err != nil {
		return err
	}
	return d.place(it, rev, runtime)
}

// rollback returns to a revision that ran in the group before.
func (d *draft) rollback(item *Item) error {
	it, slot, err := d.findSlot(item.API)
	if err != nil {
		return err
	}
	if slot == nil {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s never ran in %s", it.api.Name, d.group.Name)
	}
	var target *gatewright.Revision
	if item.Revision != "" {
		if target, err = findRevision(d.tx, it.api, item.Revision); err != nil {
			return err
		}
		ran, err := d.tx.SlotRan(slot.SlotKey, target.ID)
		if err != nil {
			return err
		}
		if !ran {
			return gatewright.Errorf(gatewright.PreconditionFailed, "%s of %s never ran in %s; rollback only returns to what ran there (use deploy or sync for anything else)", target.Label(), it.api.Name, d.group.Name)
		}
	} else {
		id, err := d.defaultRollback(it, slot)
		if err != nil {
			return err
		}
		if target, err = d.tx.Revision(id); err != nil {
			return err
		}
	}
	return d.place(it, target, slot.Runtime)
}

// maxRollbackSearch bounds how far back a rollback looks when it is not told
// where to go.
const maxRollbackSearch = 1000

// defaultRollback returns the revision a rollback goes to when none is named:
// the current one while a change that would replace it is being prepared;
// the last one after an undeploy; else the one the current one replaced. What
// a rollback itself replaced is left out: rolling back twice goes back two
// steps, and never to what was just given up.
func (d *draft) defaultRollback(it *draftItem, slot *gatewright.Slot) (gatewright.RevisionID, error) {
	if slot.Revision != "" {
		rolling, err := rollingChange(d.tx, slot.SlotKey)
		if err != nil {
			return "", err
		}
		if rolling != nil && rolling.ActivatedAt.IsZero() {
			return slot.Revision, nil
		}
	}
	runs, err := d.tx.SlotRuns(slot.SlotKey, maxRollbackSearch)
	if err != nil {
		return "", err
	}
	var steps []gatewright.RevisionID
	for _, run := range slices.Backward(runs) {
		switch {
		case run.Revision == "" || len(steps) > 0 && steps[len(steps)-1] == run.Revision:
		case (run.Kind == gatewright.ChangeRollback || run.Kind == gatewright.ChangeRevert) && slices.Contains(steps, run.Revision):
			steps = steps[:slices.Index(steps, run.Revision)+1]
		default:
			steps = append(steps, run.Revision)
		}
	}
	if n := len(steps); n > 0 && slot.Revision == "" {
		return steps[n-1], nil
	} else if n > 1 {
		return steps[n-2], nil
	}
	return "", gatewright.Errorf(gatewright.PreconditionFailed, "%s in %s has nothing earlier to roll back to; name what ran there with --to (see: gatewright history %q --group %q)",
		it.api.Name, d.group.Name, it.api.Name, d.group.Name)
}

// undeploy takes what runs out of the group. Its runtime configuration stays
// for the next time.
func (d *draft) undeploy(item *Item) error {
	it, _, err := d.deployed(item.API)
	if err != nil {
		return err
	}
	d.items = append(d.items, *it)
	return nil
}

// enable switches an API on or off in the group.
func (d *draft) enable(item *Item, on bool) error {
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return err
	}
	if err := proxyOnly(it.api, "switched on or off", "undeploy it, once nothing calls it"); err != nil {
		return err
	}
	rev, err := d.tx.Revision(slot.Revision)
	if err != nil {
		return err
	}
	runtime := slot.Runtime.Clone()
	runtime.Enabled = on
	return d.place(it, rev, runtime)
}

// configure alters a runtime configuration or a group resource.
func (d *draft) configure(item *Item) error {
	switch {
	case item.Resource != nil || item.Remove != "":
		return d.configureResource(item)
	case item.Runtime.Empty():
		return gatewright.FieldErrorf("runtime", "nothing to configure; give --node, --discovery, --host, --path-prefix or another setting")
	}
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return err
	}
	if err := proxyOnly(it.api, "configured", "configure the APIs that call it, or publish it with other policies"); err != nil {
		return err
	}
	rev, err := d.tx.Revision(slot.Revision)
	if err != nil {
		return err
	}
	runtime := item.Runtime.apply(slot.Runtime)
	if it.api.Kind == gatewright.KindData {
		if runtime, err = dataRuntime(it.api, slot.Runtime, item.Runtime); err != nil {
			return err
		}
	}
	return d.place(it, rev, runtime)
}

// access alters an app: nothing else may overtake.
func (d *draft) access(item *Item) error {
	key := item.Remove
	if item.Resource != nil {
		key = item.Resource.Key()
	}
	if key.Kind() != gatewright.KeyApp {
		return gatewright.FieldErrorf("items", "a change of kind %s alters apps and nothing else", gatewright.ChangeAccess)
	}
	return d.configureResource(item)
}

func (d *draft) configureResource(item *Item) error {
	ch := &gatewright.ResourceChange{Key: item.Remove, After: item.Resource}
	if item.Resource != nil {
		if err := item.Resource.Validate(); err != nil {
			return err
		}
		named, err := findProjects(d.tx, item.Resource)
		if err != nil {
			return err
		}
		ch.After = named
		ch.Key, ch.Name = item.Resource.Key(), item.Resource.Title()
	}
	var err error
	ch.Before, err = d.tx.GroupResource(d.group.ID, ch.Key)
	if isNotFound(err) && item.Resource == nil {
		_, name, named := strings.Cut(string(ch.Key), "/")
		if !named {
			return gatewright.Errorf(gatewright.NotFound, "%s has no %s", d.group.Name, ch.Key.Kind())
		}
		return gatewright.Errorf(gatewright.NotFound, "%s has no %s %q", d.group.Name, ch.Key.Kind(), name)
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	if item.Resource == nil {
		ch.Name = ch.Before.Title()
	}
	if err := d.setPassword(ch, item.Password); err != nil {
		return err
	}
	d.items = append(d.items, draftItem{resource: ch})
	return nil
}

// refresh sends an API's slot to the gateways again as its settings are now.
func (d *draft) refresh(item *Item) error {
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return err
	}
	rev, err := d.tx.Revision(slot.Revision)
	if err != nil {
		return err
	}
	return d.place(it, rev, slot.Runtime)
}

// carriedRuntime returns the runtime configuration for a revision that comes
// from elsewhere: the group's own, altered by the request. At the first time
// the request must name the group's upstream: that of another group is not
// taken over silently.
func (d *draft) carriedRuntime(it *draftItem, item *Item, slot *gatewright.Slot, source *gatewright.RuntimeConfig) (gatewright.RuntimeConfig, error) {
	if it.api.Kind == gatewright.KindFlow {
		return flowRuntime(it.api, item.Runtime)
	}
	if it.api.Kind == gatewright.KindData {
		base := gatewright.RuntimeConfig{Enabled: true}
		if slot != nil {
			base = slot.Runtime
		} else if source != nil {
			base.PathPrefix = source.PathPrefix
		}
		return dataRuntime(it.api, base, item.Runtime)
	}
	if slot != nil {
		return item.Runtime.apply(slot.Runtime), nil
	}
	base := gatewright.RuntimeConfig{Enabled: true}
	if source != nil {
		base.PathPrefix, base.KeepPathPrefix = source.PathPrefix, source.KeepPathPrefix
		base.Upstream.Scheme, base.Upstream.Timeouts = source.Upstream.Scheme, source.Upstream.Timeouts
	}
	rt := item.Runtime.apply(base)
	if rt.Upstream.IsZero() {
		return rt, gatewright.FieldErrorf("upstream", "%s has no upstream in %s yet; give --node host:port or --discovery registry/namespace/service", it.api.Name, d.group.Name)
	}
	return rt, nil
}

// place completes the item: rev with runtime is what the slot runs after it.
func (d *draft) place(it *draftItem, rev *gatewright.Revision, runtime gatewright.RuntimeConfig) error {
	if it.stamp == "" {
		var err error
		if rev, err = d.trial(rev); err != nil {
			return err
		}
		it.stamp, it.relabels = rev.Version, it.relabels && rev.Version != ""
	}
	it.revision = rev
	it.after = replace(it.before, rev, runtime)
	if err := it.findCanary(d.tx); err != nil {
		return err
	}
	d.items = append(d.items, *it)
	return nil
}
