package control

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// findRevision finds a stored revision of an API by version or number, drafts
// included. A version goes before a number that looks the same.
func findRevision(tx Tx, api *gatewright.API, name string) (*gatewright.Revision, error) {
	rev, err := revisionLabelled(tx, api, name)
	if !isNotFound(err) {
		return rev, err
	}
	if n, convErr := strconv.Atoi(name); convErr == nil {
		rev, err = tx.RevisionByNumber(api.ID, n)
		if !isNotFound(err) {
			return rev, err
		}
	}
	return nil, gatewright.Errorf(gatewright.NotFound, "%s has no version or revision %q; see: gatewright get revisions %q", api.Name, name, api.Name)
}

// revisionLabelled finds the revision a label means: the one it stands for,
// else the draft it is reserved for. What is only left over from publishes
// that came to nothing counts when there is nothing else.
func revisionLabelled(tx Tx, api *gatewright.API, label string) (*gatewright.Revision, error) {
	rev, missing := tx.RevisionByVersion(api.ID, label)
	if missing != nil && !isNotFound(missing) {
		return nil, missing
	}
	if rev != nil {
		bound, err := tx.VersionBinding(api.ID, label)
		if err == nil && bound.Hash == rev.Hash {
			return rev, nil
		}
		if err != nil && !isNotFound(err) {
			return nil, err
		}
	}
	drafts, err := tx.DraftsByVersion(api.ID, label)
	if err != nil {
		return nil, err
	}
	if rev != nil { // it was only tested; a draft that was saved over it goes before it
		drafts = slices.DeleteFunc(drafts, func(d *gatewright.Revision) bool { return d.Number < rev.Number })
	}
	if r := reservations(drafts); len(r) > 0 {
		drafts = r
	}
	if len(drafts) == 0 {
		return rev, missing
	}
	if slices.ContainsFunc(drafts, func(d *gatewright.Revision) bool { return d.Hash != drafts[0].Hash }) {
		var names []string
		for _, d := range drafts {
			names = append(names, strconv.Itoa(d.Number))
		}
		return nil, gatewright.Errorf(gatewright.Conflict, "several drafts of %s with different content are called %s: the revisions %s; name one by its number", api.Name, label, strings.Join(names, ", "))
	}
	return tx.Revision(drafts[0].ID)
}

// reservations returns those of the drafts that were saved on purpose. The
// others were made by publishes, which bind their label when they go live.
func reservations(drafts []*gatewright.Revision) []*gatewright.Revision {
	return slices.DeleteFunc(slices.Clone(drafts), func(d *gatewright.Revision) bool { return d.ConfigID != "" })
}

// reservedBy returns the draft that the label is reserved for, if it has other
// content and is not the revision except; nil if there is none.
func reservedBy(tx Tx, api gatewright.APIID, label string, hash gatewright.Hash, except gatewright.RevisionID) (*gatewright.Revision, error) {
	drafts, err := tx.DraftsByVersion(api, label)
	if err != nil {
		return nil, err
	}
	for _, d := range reservations(drafts) {
		if d.Hash != hash && d.ID != except {
			return d, nil
		}
	}
	return nil, nil
}

// reservable refuses a label that stands for other content, that another draft
// than the revision except has, or that is not written as the API's labels are.
func reservable(tx Tx, api *gatewright.API, label string, hash gatewright.Hash, except gatewright.RevisionID) error {
	if label == "" {
		return nil
	}
	if scheme := api.Settings.Scheme; scheme != "" {
		if err := scheme.Validate(label); err != nil {
			return err
		}
	}
	bound, err := tx.VersionBinding(api.ID, label)
	if err != nil && !isNotFound(err) {
		return err
	}
	if err == nil && bound.Hash != hash {
		return gatewright.Errorf(gatewright.Conflict, "version %s of %s stands for other content since %s; save this as a new version",
			label, api.Name, bound.BoundAt.UTC().Format("2006-01-02 15:04:05"))
	}
	draft, err := reservedBy(tx, api.ID, label, hash, except)
	if err == nil && draft != nil {
		err = gatewright.Errorf(gatewright.Conflict, "version %s of %s is reserved for draft revision %d, saved by %s; give this another version, or update that revision",
			label, api.Name, draft.Number, draft.CreatedBy)
	}
	return err
}

// checkReserved warns of a publish that takes a label away from a draft.
func (d *draft) checkReserved(it *draftItem) error {
	if it.action != gatewright.ChangePublish {
		return nil
	}
	draft, err := reservedBy(d.tx, it.api.ID, it.stamp, it.revision.Hash, it.revision.ID)
	if err != nil || draft == nil {
		return err
	}
	d.add(gatewright.Finding{
		Level: gatewright.LevelWarning, Subject: it.api.Name,
		Message: fmt.Sprintf("version %s is reserved for draft revision %d, saved by %s, with other content; that draft could not go live as %s any more", it.stamp, draft.Number, draft.CreatedBy, it.stamp),
		Remedy:  "give another --version, or deploy the draft",
	})
	return nil
}
