package control

import (
	"errors"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// draft is a planned change in the making: the request resolved against the
// present state. Nothing in it is stored yet.
type draft struct {
	tx       Tx
	req      *Request
	group    *gatewright.Group
	items    []draftItem
	findings []gatewright.Finding
	allowed  []Allowance         // findings the request lets pass
	self     gatewright.ChangeID // the recorded change that is planned again, "" for a new one
	reverts  gatewright.ChangeID // the change that is put back, "" for none
	shown    bool                // the plan is to be looked at: units are counted even if no limit needs them

	made      map[string]*gatewright.API     // APIs the change makes, by name
	opened    map[string][]*gatewright.Track // tracks the change opens, by the API's name
	published map[string][]*Item             // items that publish, by the API's name
	passwords map[gatewright.Key]string      // new ones of data sources, in clear
	subjects  map[string]bool                // what the items are about, see checkDistinct

	moved   []move                   // see moves
	flowed  *flowChange              // see flows
	dataset *dataset                 // see data
	counted []Running                // see whatRuns
	org     *gatewright.Organisation // see organisation
	units   *gatewright.PlanUnits    // of the group; nil when they are not concerned, or not counted
}

// draftItem is one alteration. For an API that does not exist yet, api has no
// ID; for content that is not stored yet, revision has none.
type draftItem struct {
	action   gatewright.ChangeKind
	api      *gatewright.API
	track    *gatewright.Track
	newTrack bool
	revision *gatewright.Revision // after; nil for undeploy
	canary   *gatewright.Revision // of after's canary
	before   *gatewright.SlotContent
	after    *gatewright.SlotContent
	stamp    string // version to bind as it goes live
	relabels bool   // other groups run the revision without that version and get it too

	resource *gatewright.ResourceChange
}

func (d *draft) add(f gatewright.Finding) { d.findings = append(d.findings, f) }

// resolve turns the request into items. Its errors are about the request
// itself; what the rules have to say comes from the checks.
func resolve(tx Tx, req *Request) (*draft, error) {
	d := &draft{tx: tx, req: req}
	if len(req.Items) == 0 {
		return nil, gatewright.FieldErrorf("items", "a change needs at least one item")
	}
	if err := checkSize(req); err != nil {
		return nil, err
	}
	if now := tx.Now(); !req.ExpiresAt.IsZero() && !req.ExpiresAt.After(now) {
		return nil, gatewright.FieldErrorf("expiresAt", "%s has passed already", req.ExpiresAt.UTC().Format(time.RFC3339))
	}
	var err error
	if d.group, err = findGroup(tx, req.Group); err != nil {
		return nil, err
	}
	for i := range req.Items {
		if err := d.resolveItem(&req.Items[i]); err != nil {
			return nil, err
		}
		if err := d.checkDistinct(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func checkSize(req *Request) error {
	if len(req.Items) > MaxItems {
		return gatewright.Errorf(gatewright.LimitExceeded, "%d items; at most %d are allowed in one change", len(req.Items), MaxItems)
	}
	bytes := 0
	for i := range req.Items {
		if def := req.Items[i].Definition; def != nil {
			bytes += len(def.Document.Text)
		}
	}
	if bytes > MaxDocuments {
		return gatewright.Errorf(gatewright.LimitExceeded, "the documents have %d bytes; at most %d are allowed in one change", bytes, MaxDocuments)
	}
	if len(req.Notify) > MaxNotify {
		return gatewright.FieldErrorf("notify", "%d people to notify; at most %d are allowed", len(req.Notify), MaxNotify)
	}
	if !req.ExpiresAt.IsZero() && !req.ExpiresAt.After(req.NotBefore) {
		return gatewright.FieldErrorf("expiresAt", "the change would expire before it may begin")
	}
	return nil
}

// resolveItem adds what item asks for.
func (d *draft) resolveItem(item *Item) error {
	action := d.req.Kind
	if action == gatewright.ChangeApply {
		action = item.Action
	} else if item.Action != "" && item.Action != action {
		return gatewright.FieldErrorf("items", "an item of kind %s in a change of kind %s; only %s mixes kinds", item.Action, action, gatewright.ChangeApply)
	}
	n := len(d.items)
	var err error
	switch action {
	case gatewright.ChangePublish:
		err = d.publish(item)
	case gatewright.ChangeDeploy:
		err = d.deploy(item)
	case gatewright.ChangeSync:
		err = d.sync(item)
	case gatewright.ChangeRollback:
		err = d.rollback(item)
	case gatewright.ChangeRevert:
		err = d.revert(item)
	case gatewright.ChangeUndeploy:
		err = d.undeploy(item)
	case gatewright.ChangeEnable, gatewright.ChangeDisable:
		err = d.enable(item, action == gatewright.ChangeEnable)
	case gatewright.ChangeConfigure:
		err = d.configure(item)
	case gatewright.ChangeAccess:
		err = d.access(item)
	case gatewright.ChangeSettings:
		err = d.refresh(item)
	case gatewright.ChangeCanaryStart:
		err = d.canaryStart(item)
	case gatewright.ChangeCanaryStep:
		err = d.canaryStep(item)
	case gatewright.ChangeCanaryPromote:
		err = d.canaryPromote(item)
	case gatewright.ChangeCanaryAbort:
		err = d.canaryAbort(item)
	case gatewright.ChangeDeprecate:
		err = d.deprecate(item)
	case gatewright.ChangeRetire:
		err = d.retire(item)
	default:
		return gatewright.FieldErrorf("kind", "%q is not a kind of change; the kinds are %s", action, strings.Join(gatewright.ChangeKinds(), ", "))
	}
	for i := n; i < len(d.items); i++ {
		d.items[i].action = action
	}
	return err
}

// checkDistinct refuses two items about one thing: their order would decide. It
// looks at the items added since it looked last, so that thousands of the same
// are refused at the second.
func (d *draft) checkDistinct() error {
	if d.subjects == nil {
		d.subjects = make(map[string]bool, len(d.items))
	}
	for i := len(d.subjects); i < len(d.items); i++ {
		subject := d.items[i].subject()
		if d.subjects[subject] {
			return gatewright.FieldErrorf("items", "%s appears twice in one change", subject)
		}
		d.subjects[subject] = true
	}
	return nil
}

func (it *draftItem) subject() string {
	if it.resource != nil {
		return it.resource.Name
	}
	return it.api.Name + "@" + it.track.Name
}

func (it *draftItem) slotKey(group gatewright.GroupID) gatewright.SlotKey {
	return gatewright.SlotKey{Group: group, API: it.api.ID, Track: it.track.Name}
}

func findGroup(tx Tx, name string) (*gatewright.Group, error) {
	if name == "" {
		return nil, gatewright.FieldErrorf("group", "no gateway group is named; see: gatewright get groups")
	}
	if strings.HasPrefix(name, "grp_") {
		if g, err := tx.Group(gatewright.GroupID(name)); !isNotFound(err) {
			return g, err
		}
	}
	g, err := tx.GroupByName(name)
	if isNotFound(err) {
		return nil, gatewright.Errorf(gatewright.NotFound, "gateway group %q does not exist; see: gatewright get groups", name)
	}
	return g, err
}

// findAPI finds an API by ID, by name, or by name and track ("Name@v2"). The
// track is "" when none was named.
func findAPI(tx Tx, name string) (*gatewright.API, string, error) {
	if name == "" {
		return nil, "", gatewright.FieldErrorf("api", "no API is named")
	}
	name = normal(name)
	if strings.HasPrefix(name, "api_") {
		id, track, _ := strings.Cut(name, "@")
		if a, err := tx.API(gatewright.APIID(id)); !isNotFound(err) {
			return a, track, err
		}
	}
	a, err := tx.APIByName(name)
	if !isNotFound(err) {
		return a, "", err
	}
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		a, err = tx.APIByName(name[:i])
		if !isNotFound(err) {
			return a, name[i+1:], err
		}
	}
	return nil, "", gatewright.Errorf(gatewright.NotFound, "API %q does not exist; see: gatewright get apis", name)
}

// findTrack finds the track of an API; with no name it takes the only one.
func findTrack(tx Tx, api *gatewright.API, name string) (*gatewright.Track, error) {
	tracks, err := tx.Tracks(api.ID)
	if err != nil {
		return nil, err
	}
	if name == "" && len(tracks) == 1 {
		return tracks[0], nil
	}
	names := make([]string, len(tracks))
	for i, t := range tracks {
		if t.Name == name {
			return t, nil
		}
		names[i] = api.Name + "@" + t.Name
	}
	if name == "" {
		return nil, gatewright.FieldErrorf("api", "%s has several tracks; name one of %s", api.Name, strings.Join(names, ", "))
	}
	return nil, gatewright.Errorf(gatewright.NotFound, "%s has no track %q; it has %s", api.Name, name, strings.Join(names, ", "))
}

// findSlot finds API, track and slot of an item that names an API. Without a
// named track it takes the only one that has a slot in the group.
func (d *draft) findSlot(name string) (*draftItem, *gatewright.Slot, error) {
	api, trackName, err := findAPI(d.tx, name)
	if err != nil {
		return nil, nil, err
	}
	if trackName == "" {
		slots, err := d.tx.Slots(SlotFilter{Group: d.group.ID, API: api.ID, Deployed: true})
		if err != nil {
			return nil, nil, err
		}
		if len(slots) == 1 {
			trackName = slots[0].Track
		}
	}
	track, err := findTrack(d.tx, api, trackName)
	if err != nil {
		return nil, nil, err
	}
	it := &draftItem{api: api, track: track}
	slot, err := d.tx.Slot(it.slotKey(d.group.ID))
	if isNotFound(err) {
		return it, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	it.before, err = slotContent(d.tx, slot)
	return it, slot, err
}

// deployed is findSlot for kinds that alter what runs already.
func (d *draft) deployed(name string) (*draftItem, *gatewright.Slot, error) {
	it, slot, err := d.findSlot(name)
	if err != nil {
		return nil, nil, err
	}
	if it.before == nil {
		return nil, nil, gatewright.Errorf(gatewright.PreconditionFailed, "%s is not deployed in %s; publish, deploy or sync it first", it.api.Name, d.group.Name)
	}
	return it, slot, nil
}

// slotContent tells in full what slot runs; nil when it runs nothing.
func slotContent(tx Tx, slot *gatewright.Slot) (*gatewright.SlotContent, error) {
	if slot == nil || slot.Revision == "" {
		return nil, nil
	}
	rev, err := tx.RevisionHead(slot.Revision)
	if err != nil {
		return nil, err
	}
	rev.Version = slot.Version // what its gateways show, until a change tells them more
	c := contentOf(rev, slot.Runtime)
	c.Canary, c.ConfigID = slot.Canary.Clone(), slot.ConfigID
	if slot.Lifecycle != nil {
		l := *slot.Lifecycle
		c.Lifecycle = &l
	}
	return c, nil
}

func contentOf(rev *gatewright.Revision, rt gatewright.RuntimeConfig) *gatewright.SlotContent {
	return &gatewright.SlotContent{
		Revision: rev.ID, Number: rev.Number, Version: rev.Version, Hash: rev.Hash, Runtime: rt.Clone(), ConfigID: rev.ConfigID,
	}
}

// replace returns before with rev as its current revision: what a revision
// that comes in leaves as it is. A canary ends; the checks see to it that this
// is wanted.
func replace(before *gatewright.SlotContent, rev *gatewright.Revision, rt gatewright.RuntimeConfig) *gatewright.SlotContent {
	after := contentOf(rev, rt)
	if before != nil {
		after.Lifecycle = before.Lifecycle
		if rev.ID == before.Revision {
			after.Canary, after.ConfigID = before.Canary, before.ConfigID
		}
	}
	return after
}

// isNotFound reports whether err says that a thing does not exist.
func isNotFound(err error) bool {
	var e *gatewright.Error
	return errors.As(err, &e) && e.Code == gatewright.NotFound
}
