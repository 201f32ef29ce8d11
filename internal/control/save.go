package control

import (
	"context"
	"fmt"

	"github.com/gatewright/gatewright"
)

// SaveMode says what becomes of content that is saved.
type SaveMode string

// The modes of a save.
const (
	SaveUpdate     SaveMode = "update"      // it takes the place of a revision's content
	SaveNewVersion SaveMode = "new-version" // it becomes the API's next revision
	SaveNewAPI     SaveMode = "new-api"     // it becomes revision 1 of another API
)

// SaveRequest asks to keep a definition without publishing it.
type SaveRequest struct {
	API        string // name or ID; of SaveNewAPI the new name
	Mode       SaveMode
	Definition *gatewright.Definition
	Revision   string          // SaveUpdate: number or version that is replaced
	IfHash     gatewright.Hash // SaveUpdate: the content hash it had when it was read
	Version    string          // label to reserve; SaveUpdate keeps the present one when it is ""
	Comment    string          // for the audit log
}

// Saved is what a save made.
type Saved struct {
	API      *gatewright.API
	Revision *gatewright.Revision
	Changes  []*gatewright.Change // that put it in place of what test groups run
}

// Save keeps a definition as a draft. A label a draft has is reserved, not
// bound: it stands for the content for ever only once a publish, or the first
// deployment to a production group, says so. Until then test groups run it
// without a version.
//
// An update of a draft replaces its content. An update of a revision that ran
// in test groups only makes a new draft with the same label, which replaces it
// where it is current. Errors: [gatewright.PreconditionFailed] without a hash
// or when the revision was saved by somebody else since it was read;
// [gatewright.Conflict] when the revision runs or ran in a production group,
// when its version is bound, or when a change with it is under way.
func (c *Control) Save(ctx context.Context, actor gatewright.Actor, req SaveRequest) (*Saved, error) {
	if req.Definition == nil {
		return nil, gatewright.FieldErrorf("definition", "there is nothing to save; give a definition")
	}
	if err := req.Definition.Validate(); err != nil {
		return nil, err
	}
	if err := gatewright.CheckReason(req.Comment); err != nil {
		return nil, err
	}
	if req.Version != "" {
		if err := gatewright.CheckLabel(req.Version); err != nil {
			return nil, err
		}
	}
	var s *Saved
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		switch req.Mode {
		case SaveUpdate:
			s, err = c.saveUpdate(tx, actor, &req)
		case SaveNewVersion, SaveNewAPI:
			s, err = c.saveNew(tx, actor, &req)
		default:
			err = gatewright.FieldErrorf("mode", "%q is not a way to save; the ways are %s, %s and %s", req.Mode, SaveUpdate, SaveNewVersion, SaveNewAPI)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, ch := range s.Changes {
		c.changed(ch)
	}
	return s, nil
}

// saveNew makes a draft revision, of a new API if that is asked for.
func (c *Control) saveNew(tx Tx, actor gatewright.Actor, req *SaveRequest) (*Saved, error) {
	api, _, err := findAPI(tx, req.API)
	switch {
	case req.Mode == SaveNewVersion && err != nil:
		return nil, err
	case req.Mode == SaveNewAPI && err == nil:
		return nil, gatewright.Errorf(gatewright.Conflict, "there is an API %q already; choose another name, or save it as a new version of that one", api.Name)
	case req.Mode == SaveNewAPI && !isNotFound(err):
		return nil, err
	}
	if api != nil {
		if err := reservable(tx, api, req.Version, req.Definition.ContentHash(), ""); err != nil {
			return nil, err
		}
	}
	d := &draft{tx: tx, req: &Request{}}
	it, err := d.publishTarget(&Item{API: req.API, Version: req.Version}, req.Definition)
	if err != nil {
		return nil, err
	}
	version := req.Version
	if version == "" {
		if version, err = countVersion(tx, it.api, req.Definition.ContentHash()); err != nil {
			return nil, err
		}
	}
	if it.api.ID != "" {
		if version != req.Version {
			if err := reservable(tx, it.api, version, req.Definition.ContentHash(), ""); err != nil {
				return nil, err
			}
		}
		same, err := tx.DraftByContent(it.api.ID, req.Definition.ContentHash(), version)
		if err == nil {
			return &Saved{API: it.api, Revision: same}, nil
		}
		if !isNotFound(err) {
			return nil, err
		}
	}
	if err := hasRoom(tx, it.api); err != nil {
		return nil, err
	}
	it.revision, it.after = draftOf(it.api, it.track.Name, version, req.Definition), &gatewright.SlotContent{}
	if err := d.store(it, actor, ""); err != nil {
		return nil, err
	}
	return &Saved{API: it.api, Revision: it.revision}, auditSave(tx, actor, it.api, nil, it.revision, req.Comment)
}

func draftOf(api *gatewright.API, track, version string, def *gatewright.Definition) *gatewright.Revision {
	return &gatewright.Revision{API: api.ID, Version: version, Track: track, Hash: def.ContentHash(), Definition: *def}
}

// hasRoom refuses a revision beyond what an API may have.
func hasRoom(tx Tx, api *gatewright.API) error {
	if api.LastRevision < gatewright.MaxRevisions {
		return nil
	}
	stored, err := tx.RevisionCount(api.ID)
	if err == nil && stored >= gatewright.MaxRevisions {
		err = gatewright.Errorf(gatewright.LimitExceeded, "%s has %d revisions, the limit of one API; prune old ones first", api.Name, stored)
	}
	return err
}

// saveUpdate puts content in place of a revision's.
func (c *Control) saveUpdate(tx Tx, actor gatewright.Actor, req *SaveRequest) (*Saved, error) {
	api, _, err := findAPI(tx, req.API)
	if err != nil {
		return nil, err
	}
	if req.Revision == "" {
		return nil, gatewright.FieldErrorf("revision", "an update needs the revision it replaces; see: gatewright get revisions %q", api.Name)
	}
	before, err := findRevision(tx, api, req.Revision)
	if err != nil {
		return nil, err
	}
	after := *before
	after.Definition, after.Hash = *req.Definition, req.Definition.ContentHash()
	if req.Version != "" {
		after.Version = req.Version
	}
	if after.Hash == before.Hash && after.Version == before.Version {
		return &Saved{API: api, Revision: before}, nil
	}
	if err := c.mayReplace(tx, api, before, req); err != nil {
		return nil, err
	}
	if err := reservable(tx, api, after.Version, after.Hash, before.ID); err != nil {
		return nil, err
	}
	if err := sameKind(api, req.Definition); err != nil {
		return nil, err
	}
	track, err := tx.Track(api.ID, before.Track)
	if err != nil {
		return nil, err
	}
	if track.BasePath != req.Definition.BasePath {
		return nil, gatewright.FieldErrorf("definition", "%s@%s has base path %s, this has %s; save it as a new version", api.Name, track.Name, track.BasePath, req.Definition.BasePath)
	}
	if before.Sealed() {
		return c.saveOver(tx, actor, api, track, before, &after, req.Comment)
	}
	if err := tx.ReplaceDraft(&after); err != nil {
		return nil, err
	}
	return &Saved{API: api, Revision: &after}, auditSave(tx, actor, api, before, &after, req.Comment)
}

// mayReplace refuses to lose what somebody else saved, and to alter what
// anybody was promised.
func (c *Control) mayReplace(tx Tx, api *gatewright.API, rev *gatewright.Revision, req *SaveRequest) error {
	if req.IfHash == "" {
		return gatewright.Errorf(gatewright.PreconditionFailed, "an update needs the hash of the content it was made from, so that nobody's work is lost; read revision %d of %s first", rev.Number, api.Name)
	}
	if req.IfHash != rev.Hash {
		return gatewright.Errorf(gatewright.PreconditionFailed, "revision %d of %s was saved since you read it: you had %s, it is %s now; read it again and make your alterations to that",
			rev.Number, api.Name, req.IfHash.Short(), rev.Hash.Short())
	}
	unsettled, err := tx.Changes(ChangeFilter{API: api.ID, Unsettled: true})
	if err != nil {
		return err
	}
	for _, ch := range unsettled {
		for _, item := range ch.Items {
			if item.Slot != nil && item.Slot.API == api.ID && runs(item.Slot.After, rev.ID) {
				return gatewright.Errorf(gatewright.Conflict, "change %s is about to run revision %d of %s in %s; wait for it, or save this as a new version", ch.ID, rev.Number, api.Name, ch.GroupName)
			}
		}
	}
	if !rev.Sealed() {
		return nil
	}
	return onlyTested(tx, api, rev)
}

func runs(c *gatewright.SlotContent, rev gatewright.RevisionID) bool {
	return c != nil && (c.Revision == rev || c.Canary != nil && c.Canary.Revision == rev)
}

// onlyTested refuses a revision that more than test groups know.
func onlyTested(tx Tx, api *gatewright.API, rev *gatewright.Revision) error {
	if rev.Version != "" {
		bound, err := tx.VersionBinding(api.ID, rev.Version)
		if err != nil && !isNotFound(err) {
			return err
		}
		if err == nil && bound.Hash == rev.Hash {
			return gatewright.Errorf(gatewright.Conflict, "version %s of %s is published and never changes; save this as a new version", rev.Version, api.Name)
		}
	}
	groups, err := tx.Groups()
	if err != nil {
		return err
	}
	for _, g := range groups {
		slot, err := tx.Slot(gatewright.SlotKey{Group: g.ID, API: api.ID, Track: rev.Track})
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if slot.Canary != nil && slot.Canary.Revision == rev.ID {
			return gatewright.Errorf(gatewright.Conflict, "revision %d of %s is the canary in %s; abort that first, or save this as a new version", rev.Number, api.Name, g.Name)
		}
		if g.Stage != gatewright.StageProduction {
			continue
		}
		ran, err := tx.SlotRan(slot.SlotKey, rev.ID)
		if err != nil {
			return err
		}
		if ran || slot.Revision == rev.ID {
			return gatewright.Errorf(gatewright.Conflict, "revision %d of %s is or was in production (%s) and never changes; save this as a new version", rev.Number, api.Name, g.Name)
		}
	}
	return nil
}

// saveOver makes a new draft with the label of a revision that was only
// tested, and deploys it where that is current.
func (c *Control) saveOver(tx Tx, actor gatewright.Actor, api *gatewright.API, track *gatewright.Track, before, after *gatewright.Revision, comment string) (*Saved, error) {
	if err := hasRoom(tx, api); err != nil {
		return nil, err
	}
	rev := draftOf(api, track.Name, after.Version, &after.Definition)
	rev.ID, rev.CreatedAt, rev.CreatedBy = gatewright.RevisionID(gatewright.NewID("rev_", tx.Now())), tx.Now(), actor.Name
	if err := tx.CreateRevision(rev); err != nil {
		return nil, err
	}
	s := &Saved{API: api, Revision: rev}
	slots, err := tx.RevisionSlots(before.ID)
	if err != nil {
		return nil, err
	}
	for _, slot := range slots {
		group, err := tx.Group(slot.Group)
		if err != nil {
			return nil, err
		}
		ch, err := c.replaceTested(tx, actor, &draftItem{api: api, track: track}, group, slot, rev,
			fmt.Sprintf("revision %d was saved in place of revision %d", rev.Number, before.Number))
		if err != nil {
			return nil, err
		}
		s.Changes = append(s.Changes, ch)
	}
	return s, auditSave(tx, actor, api, before, rev, comment)
}

// replaceTested records the change by which a test group runs rev.
func (c *Control) replaceTested(tx Tx, actor gatewright.Actor, it *draftItem, group *gatewright.Group, slot *gatewright.Slot, rev *gatewright.Revision, reason string) (*gatewright.Change, error) {
	d := &draft{tx: tx, group: group, req: &Request{Kind: gatewright.ChangeDeploy, Group: string(group.ID), Override: true, AllowNoInstance: true}}
	it.action = gatewright.ChangeDeploy
	var err error
	if it.before, err = slotContent(tx, slot); err != nil {
		return nil, err
	}
	if err := d.place(it, rev, slot.Runtime); err != nil {
		return nil, err
	}
	if err := c.runChecks(d); err != nil {
		return nil, err
	}
	if err := refusal(d.findings); err != nil {
		return nil, err
	}
	plan, err := c.describe(d)
	if err != nil {
		return nil, err
	}
	return c.record(d, actor, plan, reason)
}

// trial returns rev as the draft's group runs it: without a version in a test
// group, as long as that is reserved only. Trying a draft must not settle for
// ever what its version stands for.
func (d *draft) trial(rev *gatewright.Revision) (*gatewright.Revision, error) {
	if d.group.Stage != gatewright.StageTest || rev.Version == "" {
		return rev, nil
	}
	bound, err := d.tx.VersionBinding(rev.API, rev.Version)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	if err == nil && bound.Hash == rev.Hash {
		return rev, nil
	}
	unlabelled := *rev
	unlabelled.Version = ""
	return &unlabelled, nil
}

func auditSave(tx Tx, actor gatewright.Actor, api *gatewright.API, before, after *gatewright.Revision, comment string) error {
	type saved struct {
		Number  int             `json:"number"`
		Version string          `json:"version,omitempty"`
		Hash    gatewright.Hash `json:"hash"`
		Comment string          `json:"comment,omitempty"`
	}
	was, is := any(nil), any(saved{after.Number, after.Version, after.Hash, comment})
	if before != nil {
		was = saved{Number: before.Number, Version: before.Version, Hash: before.Hash}
	}
	return auditChange(tx, actor, "revision.save", string(api.ID), was, is)
}
