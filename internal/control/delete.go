package control

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatewright/gatewright"
)

// DeleteAPI deletes an API with its tracks, revisions and version labels; what
// is left are its changes and the audit log. [gatewright.Conflict] while it is
// deployed anywhere, a change of it is under way or an app has a grant for it,
// and when it was altered since revised was read; the details say where.
func (c *Control) DeleteAPI(ctx context.Context, actor gatewright.Actor, name string, revised int64) error {
	return c.store.Update(ctx, func(tx Tx) error {
		api, _, err := findAPI(tx, name)
		if err != nil {
			return err
		}
		if api.Revised != revised {
			return altered(fmt.Sprintf("API %q", api.Name))
		}
		if err := stillCalled(tx, api, "deleted"); err != nil {
			return err
		}
		slots, err := tx.Slots(SlotFilter{API: api.ID, Deployed: true})
		if err != nil {
			return err
		}
		if err := stillRuns(tx, fmt.Sprintf("API %q cannot be deleted while it is deployed; undeploy it first:", api.Name), slots); err != nil {
			return err
		}
		under, err := tx.Changes(ChangeFilter{API: api.ID, Unsettled: true, Limit: maxNamed})
		if err != nil {
			return err
		}
		if err := stillAltered(fmt.Sprintf("API %q cannot be deleted while changes of it are under way; wait for them or cancel them:", api.Name), under); err != nil {
			return err
		}
		if err := stillGranted(tx, api); err != nil {
			return err
		}
		if err := auditChange(tx, actor, "api.delete", string(api.ID), api, nil); err != nil {
			return err
		}
		return tx.DeleteAPI(api.ID)
	})
}

// DeleteRevision deletes a revision, found by version or number. Its number
// and its label are not given to other content. [gatewright.Conflict] while it
// is deployed anywhere, also as a canary, while a change that brings or replaces
// it is under way, and while it or an instance to it is pinned; the details say
// where.
func (c *Control) DeleteRevision(ctx context.Context, actor gatewright.Actor, name, revision string) error {
	return c.store.Update(ctx, func(tx Tx) error {
		api, _, err := findAPI(tx, name)
		if err != nil {
			return err
		}
		rev, err := findRevision(tx, api, revision)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("revision %d of %q", rev.Number, api.Name)
		if slices.Contains(api.Settings.Pinned, rev.Number) {
			return gatewright.Errorf(gatewright.Conflict, "%s is pinned; let it go first: gatewright set %q --unpin %d", what, api.Name, rev.Number)
		}
		slots, err := tx.RevisionSlots(rev.ID)
		if err != nil {
			return err
		}
		if err := stillRuns(tx, what+" cannot be deleted while it is deployed; deploy another one or undeploy it first:", slots); err != nil {
			return err
		}
		if err := stillPinned(tx, what, rev); err != nil {
			return err
		}
		under, err := bringing(tx, api.ID)
		if err != nil {
			return err
		}
		if err := stillAltered(what+" cannot be deleted while changes that bring or replace it are under way; wait for them or cancel them:", under[rev.ID]); err != nil {
			return err
		}
		if err := auditChange(tx, actor, "revision.delete", string(rev.ID), revisionNote(rev), nil); err != nil {
			return err
		}
		return tx.DeleteRevision(rev.ID)
	})
}

// stillRuns returns a Conflict that names the slots, nil when there are none.
func stillRuns(tx Tx, message string, slots []*gatewright.Slot) error {
	if len(slots) == 0 {
		return nil
	}
	e := gatewright.Errorf(gatewright.Conflict, "%s", message)
	for i, s := range slots {
		if i == maxNamed {
			e.Details = append(e.Details, gatewright.Detail{Message: fmt.Sprintf("… and in %d more places", len(slots)-i)})
			break
		}
		g, err := tx.Group(s.Group)
		if err != nil {
			return err
		}
		e.Details = append(e.Details, gatewright.Detail{Subject: g.Name, Message: "runs track " + s.Track})
	}
	return e
}

// stillGranted returns a Conflict that names the apps with a grant for the API,
// nil when there are none.
func stillGranted(tx Tx, api *gatewright.API) error {
	groups, err := tx.Groups()
	if err != nil {
		return err
	}
	e := gatewright.Errorf(gatewright.Conflict, "API %q cannot be deleted while apps have a grant for it; take it from them first:", api.Name)
	for _, g := range groups {
		apps, err := appsOf(tx, g)
		if err != nil {
			return err
		}
		for _, app := range apps {
			if len(e.Details) < maxNamed && slices.ContainsFunc(app.Grants, func(grant gatewright.Grant) bool { return grant.API == api.ID }) {
				e.Details = append(e.Details, gatewright.Detail{Subject: g.Name, Message: fmt.Sprintf("app %q", app.Name)})
			}
		}
	}
	if len(e.Details) == 0 {
		return nil
	}
	return e
}

func stillAltered(message string, changes []*gatewright.Change) error {
	if len(changes) == 0 {
		return nil
	}
	e := gatewright.Errorf(gatewright.Conflict, "%s", message)
	for _, ch := range changes[:min(len(changes), maxNamed)] {
		e.Details = append(e.Details, gatewright.Detail{Subject: ch.GroupName, Message: fmt.Sprintf("%s (%s by %s, %s)", ch.ID, ch.Kind, ch.Author, ch.State)})
	}
	return e
}

// bringing returns the changes of the API that are under way, by the revisions
// they bring or replace.
func bringing(tx Tx, api gatewright.APIID) (map[gatewright.RevisionID][]*gatewright.Change, error) {
	under, err := tx.Changes(ChangeFilter{API: api, Unsettled: true})
	if err != nil {
		return nil, err
	}
	by := map[gatewright.RevisionID][]*gatewright.Change{}
	add := func(id gatewright.RevisionID, ch *gatewright.Change) {
		if !slices.Contains(by[id], ch) {
			by[id] = append(by[id], ch)
		}
	}
	for _, ch := range under {
		for _, it := range ch.Items {
			if it.Slot == nil || it.Slot.API != api {
				continue
			}
			contents := []*gatewright.SlotContent{it.Slot.After}
			if ch.State == gatewright.ChangePreparing || ch.State == gatewright.ChangeActivating {
				contents = append(contents, it.Slot.Before) // instances may run it yet
			}
			for _, content := range contents {
				if content == nil {
					continue
				}
				add(content.Revision, ch)
				if content.Canary != nil {
					add(content.Canary.Revision, ch)
				}
			}
		}
	}
	return by, nil
}

// RevisionNote says of a revision what remains to be said once it is gone.
type RevisionNote struct {
	Number  int             `json:"number"`
	Version string          `json:"version,omitempty"`
	Hash    gatewright.Hash `json:"hash"`
}

func revisionNote(r *gatewright.Revision) RevisionNote {
	return RevisionNote{Number: r.Number, Version: r.Version, Hash: r.Hash}
}
