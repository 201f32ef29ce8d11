package control

import (
	"cmp"
	"fmt"

	"github.com/gatewright/gatewright"
)

// Limits of the search for what altered the same things after a change that is
// to be put back.
const (
	maxRevertSearch = 5000
	revertPage      = 500
)

// revert puts back all that a live change altered: definitions, runtime
// configuration, canaries, lifecycles and group resources. What the change made
// goes, what it took away comes back.
func (d *draft) revert(item *Item) error {
	if len(d.req.Items) != 1 || d.req.Kind != gatewright.ChangeRevert {
		return gatewright.FieldErrorf("items", "a revert puts back one change, as a change of its own with one item")
	}
	ch, err := d.revertible(item.Change)
	if err != nil {
		return err
	}
	r := &reverting{d: d, ch: ch}
	if err := r.lookBack(); err != nil {
		return err
	}
	for i := range ch.Items {
		if err := r.item(&ch.Items[i]); err != nil {
			return err
		}
	}
	if r.refusal != nil {
		return r.refused()
	}
	d.reverts = ch.ID
	d.add(gatewright.Finding{
		Check: "revert", Level: gatewright.LevelInfo, Subject: d.group.Name,
		Message: fmt.Sprintf("puts back %s", told(ch)),
	})
	return nil
}

// revertible finds the change to put back and refuses one that has nothing to
// put back.
func (d *draft) revertible(id gatewright.ChangeID) (*gatewright.Change, error) {
	if id == "" {
		return nil, gatewright.FieldErrorf("change", "no change is named; see: gatewright get changes --group %q", d.group.Name)
	}
	ch, err := d.tx.Change(id)
	if err != nil {
		return nil, err
	}
	switch {
	case ch.Group != d.group.ID:
		return nil, gatewright.FieldErrorf("group", "change %s is of %s, not of %s", id, ch.GroupName, d.group.Name)
	case ch.State == gatewright.ChangeReverted:
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "change %s was put back already, by %s; to have it again, revert that one", id, ch.RevertedBy)
	case !ch.State.Settled():
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "change %s is %s; only what is live can be put back: withdraw it (gatewright cancel), or overtake it with a rollback", id, ch.State)
	case ch.State != gatewright.ChangeLive:
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "change %s is %s; there is nothing of it to put back", id, ch.State)
	case ch.Kind == gatewright.ChangeSettings:
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "change %s only told the gateways of an API's settings; set these back with: gatewright set", id)
	}
	return ch, nil
}

// reverting is a change that is being turned round.
type reverting struct {
	d       *draft
	ch      *gatewright.Change
	since   map[gatewright.Key]*gatewright.Change // what altered the same thing last, after ch
	refusal *gatewright.Error
	more    int // reasons that are not told
}

// refuse notes why something cannot be put back.
func (r *reverting) refuse(code gatewright.Code, subject, format string, args ...any) {
	if r.refusal == nil {
		r.refusal = &gatewright.Error{Code: code, Message: fmt.Sprintf("change %s cannot be put back; nothing was changed:", r.ch.ID)}
	}
	if len(r.refusal.Details) == maxNamed {
		r.more++
		return
	}
	r.refusal.Details = append(r.refusal.Details, gatewright.Detail{Subject: subject, Message: fmt.Sprintf(format, args...)})
}

func (r *reverting) refused() error {
	if r.more > 0 {
		r.refusal.Details = append(r.refusal.Details, gatewright.Detail{Message: fmt.Sprintf("… and %d more", r.more)})
	}
	return r.refusal
}

// lookBack finds out which later changes altered what the change altered. A
// slot knows its last change, so that most often nothing has to be read.
func (r *reverting) lookBack() error {
	r.since = map[gatewright.Key]*gatewright.Change{}
	needed, err := r.alteredSince()
	if err != nil || !needed {
		return err
	}
	trail := newTrail()
	f := ChangeFilter{Group: r.ch.Group, Activated: true, Limit: revertPage}
	for range maxRevertSearch / revertPage {
		page, err := r.d.tx.Changes(f)
		if err != nil {
			return err
		}
		for _, later := range page { // newest first
			if later.ID == r.ch.ID {
				// One that was asked for before this one cannot have altered the
				// same after it: it was void then.
				for _, by := range trail.undone { // what these put back is older
					r.note(by)
				}
				return nil
			}
			if in := trail.follow(later); in != nil {
				r.note(in)
			}
		}
		if len(page) < revertPage {
			break
		}
		f.Before = page[len(page)-1].ID
	}
	return gatewright.Errorf(gatewright.PreconditionFailed, "change %s lies more than %d changes of %s back, too far to put it back; alter what it altered with changes of their own",
		r.ch.ID, maxRevertSearch, r.d.group.Name)
}

// trail follows reverts, and reverts of reverts, from the newest change on.
type trail struct {
	undone map[gatewright.ChangeID]*gatewright.Change // changes that are put back, and what did it
	again  map[gatewright.ChangeID]*gatewright.Change // changes that are in force again, and what did it
}

func newTrail() *trail {
	return &trail{undone: map[gatewright.ChangeID]*gatewright.Change{}, again: map[gatewright.ChangeID]*gatewright.Change{}}
}

// follow takes the next older change and returns the one to revert for it not
// to be in force; nil when it is not, or is a revert itself: together with what
// it put back, that left everything as it was.
func (t *trail) follow(ch *gatewright.Change) *gatewright.Change {
	if by := t.undone[ch.ID]; by != nil {
		delete(t.undone, ch.ID)
		t.again[ch.Reverts] = by
		return nil
	}
	in := cmp.Or(t.again[ch.ID], ch)
	if ch.Reverts != "" && (ch.State == gatewright.ChangeLive || ch.State == gatewright.ChangeReverted) {
		t.undone[ch.Reverts] = in
		return nil
	}
	return in
}

// alteredSince reports whether anything may have been altered after the change.
func (r *reverting) alteredSince() (bool, error) {
	for i := range r.ch.Items {
		s := r.ch.Items[i].Slot
		if s == nil {
			return true, nil // a group resource does not know its last change
		}
		slot, err := r.d.tx.Slot(gatewright.SlotKey{Group: r.ch.Group, API: s.API, Track: s.Track})
		if isNotFound(err) || err == nil && slot.Change != r.ch.ID {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func (r *reverting) note(later *gatewright.Change) {
	if later.Generation <= r.ch.Generation {
		return
	}
	for i := range later.Items {
		it := &later.Items[i]
		if it.Slot != nil && sameContent(it.Slot.Before, it.Slot.After) {
			continue // settings, or a version the revision was given: it runs what it ran
		}
		key := thingKey(it)
		if last := r.since[key]; last == nil || last.Generation < later.Generation {
			r.since[key] = later
		}
	}
}

// thingKey identifies what an item is about within its group.
func thingKey(it *gatewright.ChangeItem) gatewright.Key {
	if it.Resource != nil {
		return it.Resource.Key
	}
	return gatewright.SlotResourceKey(gatewright.SlotKey{API: it.Slot.API, Track: it.Slot.Track})
}

// item adds the opposite of an item of the change.
func (r *reverting) item(it *gatewright.ChangeItem) error {
	if it.Resource != nil {
		return r.resource(it.Resource, r.since[thingKey(it)])
	}
	return r.slot(it.Slot, r.since[thingKey(it)])
}

func (r *reverting) slot(s *gatewright.SlotChange, by *gatewright.Change) error {
	d := r.d
	subject := s.APIName + "@" + s.Track
	if by != nil {
		r.refuse(gatewright.Conflict, subject, "was changed since, by %s; revert that one first", told(by))
		return nil
	}
	api, err := d.tx.API(s.API)
	if isNotFound(err) {
		r.refuse(gatewright.PreconditionFailed, subject, "the API was deleted since")
		return nil
	}
	if err != nil {
		return err
	}
	after, err := r.before(api, s)
	if err != nil || after == nil && s.Before != nil {
		return err
	}
	turned := &gatewright.SlotChange{API: s.API, APIName: s.APIName, Track: s.Track, After: after}
	if after != nil {
		turned.Stamp = after.Version
	}
	it, err := d.itemOf(&gatewright.ChangeItem{Slot: turned})
	if err != nil {
		return err
	}
	if !sameRunning(it.before, s.After) {
		r.refuse(gatewright.Conflict, subject, "is not as the change left it")
		return nil
	}
	if it.before != nil || it.after != nil {
		d.items = append(d.items, *it)
	}
	return nil
}

// before returns what the slot ran before the change, under the version its
// revision has by now; nil when it ran nothing, or what it ran is gone.
func (r *reverting) before(api *gatewright.API, s *gatewright.SlotChange) (*gatewright.SlotContent, error) {
	if s.Before == nil {
		return nil, nil
	}
	after := *s.Before
	after.Runtime, after.Canary = after.Runtime.Clone(), after.Canary.Clone()
	if l := after.Lifecycle; l != nil {
		copied := *l
		after.Lifecycle = &copied
	}
	rev, err := r.stored(api, s, after.Revision, after.Number)
	if err != nil || rev == nil {
		return nil, err
	}
	if after.Version == "" {
		if rev, err = r.d.trial(rev); err != nil {
			return nil, err
		}
		after.Version = rev.Version
	}
	if c := after.Canary; c != nil {
		if rev, err = r.stored(api, s, c.Revision, c.Number); err != nil || rev == nil {
			return nil, err
		}
	}
	return &after, nil
}

// stored returns a revision that comes back; nil when it was deleted.
func (r *reverting) stored(api *gatewright.API, s *gatewright.SlotChange, id gatewright.RevisionID, number int) (*gatewright.Revision, error) {
	rev, err := r.d.tx.RevisionHead(id)
	if isNotFound(err) {
		r.refuse(gatewright.PreconditionFailed, s.APIName+"@"+s.Track, "revision %d of %s, which would run again, was deleted", number, api.Name)
		return nil, nil
	}
	return rev, err
}

// sameRunning is [sameContent] of what runs with what a change made run: since
// when a canary has its share is known only once it has it.
func sameRunning(now, made *gatewright.SlotContent) bool {
	timeless := func(c *gatewright.SlotContent) *gatewright.SlotContent {
		if c == nil || c.Canary == nil {
			return c
		}
		copied := *c
		copied.Canary = c.Canary.Clone()
		copied.Canary.Since = gatewright.Canary{}.Since
		return &copied
	}
	return sameContent(timeless(now), timeless(made))
}

func (r *reverting) resource(was *gatewright.ResourceChange, by *gatewright.Change) error {
	d := r.d
	if by != nil {
		r.refuse(gatewright.Conflict, was.Name, "was changed since, by %s; revert that one first", told(by))
		return nil
	}
	now, err := d.tx.GroupResource(d.group.ID, was.Key)
	if err != nil && !isNotFound(err) {
		return err
	}
	if !sameResource(now, was.After) {
		r.refuse(gatewright.Conflict, was.Name, "is not as the change left it")
		return nil
	}
	if why := keptFrom(was); why != "" {
		r.refuse(gatewright.PreconditionFailed, was.Name, "%s", why)
		return nil
	}
	d.items = append(d.items, draftItem{resource: &gatewright.ResourceChange{
		Key: was.Key, Name: was.Name, Before: was.After, After: was.Before,
	}})
	return nil
}

// keptFrom returns why a group resource is not put back, "" when it is. A kind
// of which nothing is known here is not: it may hold what must not come back.
func keptFrom(was *gatewright.ResourceChange) string {
	switch was.Key.Kind() {
	case gatewright.KeyRegistry, gatewright.KeyFlowHooks, gatewright.KeyTable:
		return ""
	case gatewright.KeySource:
		if was.Before == nil {
			return ""
		}
		return repassed(was.After, was.Before.Source)
	case gatewright.KeyApp:
		if was.Before == nil {
			return "" // it goes, with all its keys
		}
		return regained(was.After, was.Before.App)
	}
	return "is of a kind that no revert puts back; alter it with a change of its own"
}

func told(ch *gatewright.Change) string {
	return fmt.Sprintf("%s (%s by %s at %s)", ch.ID, ch.Kind, ch.Author, ch.CreatedAt.UTC().Format("2006-01-02 15:04:05"))
}
