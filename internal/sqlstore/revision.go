package sqlstore

import (
	"errors"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	revisionColumns = "r.id, r.api_id, r.number, r.version, r.config_id, r.track, r.hash, r.created_at, r.created_by, r.sealed_at, r.head"

	// selectRevision reads a whole revision, document text included.
	selectRevision = "SELECT " + revisionColumns + ", r.routes, d.body FROM revisions r LEFT JOIN revision_documents d ON d.revision_id = r.id "
)

func revisionDest(r *gatewright.Revision) []any {
	return []any{&r.ID, &r.API, &r.Number, &r.Version, &r.ConfigID, &r.Track, &r.Hash,
		intoTime(&r.CreatedAt), &r.CreatedBy, intoTime(&r.SealedAt), intoJSON(&r.Definition)}
}

// scanRevisionHead reads a revision without routes and document text.
func scanRevisionHead(r row) (*gatewright.Revision, error) {
	v := new(gatewright.Revision)
	return v, r.Scan(revisionDest(v)...)
}

func scanRevision(r row) (*gatewright.Revision, error) {
	v := new(gatewright.Revision)
	var routes []gatewright.Route
	var body []byte
	if err := r.Scan(append(revisionDest(v), intoJSON(&routes), &body)...); err != nil {
		return nil, err
	}
	v.Definition.Routes, v.Definition.Document.Text = routes, body
	return v, nil
}

func revisionNotFound(id gatewright.RevisionID) error {
	return notFound("revision %q does not exist", id)
}

// CreateRevision implements [control.Tx].
func (t *tx) CreateRevision(r *gatewright.Revision) error {
	api, err := t.API(r.API)
	if err != nil {
		return err
	}
	number := api.LastRevision + 1
	head, routes, err := definitionArgs(&r.Definition)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO revisions (id, api_id, number, version, config_id, track, hash, created_at, created_by, sealed_at, head, routes)"+
		" VALUES "+tuples(1, 12)+" ON CONFLICT DO NOTHING",
		r.ID, r.API, number, r.Version, r.ConfigID, r.Track, r.Hash, timeArg(r.CreatedAt), r.CreatedBy, timeArg(r.SealedAt), head, routes)
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("revision %q exists already", r.ID)
	}
	if err := t.insertDocument(r); err != nil {
		return err
	}
	if err := t.putPolicies(r); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE apis SET last_revision = ? WHERE id = ?", number, r.API); err != nil {
		return err
	}
	r.Number = number
	return t.touchAPI(r.API)
}

// definitionArgs returns a definition as two columns: the routes, and the rest
// but for the document's text.
func definitionArgs(d *gatewright.Definition) (head, routes string, err error) {
	rest := *d
	rest.Routes, rest.Document.Text = nil, nil
	if head, err = jsonArg(&rest); err != nil {
		return "", "", err
	}
	routes, err = jsonArg(d.Routes)
	return head, routes, err
}

// insertDocument stores the text of a revision's document, if it has one.
func (t *tx) insertDocument(r *gatewright.Revision) error {
	if len(r.Definition.Document.Text) == 0 {
		return nil
	}
	_, err := t.exec("INSERT INTO revision_documents (revision_id, body) VALUES (?, ?)", r.ID, r.Definition.Document.Text)
	return err
}

// ReplaceDraft implements [control.Tx]. The configuration ID goes with the
// content; number, creation and API stay.
func (t *tx) ReplaceDraft(r *gatewright.Revision) error {
	head, routes, err := definitionArgs(&r.Definition)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE revisions SET version = ?, config_id = ?, track = ?, hash = ?, head = ?, routes = ? WHERE id = ? AND sealed_at IS NULL",
		r.Version, r.ConfigID, r.Track, r.Hash, head, routes, r.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := t.RevisionHead(r.ID); err != nil {
			return err
		}
		return conflict("revision %q has been deployed and is sealed; make a new revision of the content", r.ID)
	}
	if err := t.putPolicies(r); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM revision_documents WHERE revision_id = ?", r.ID); err != nil {
		return err
	}
	return t.insertDocument(r)
}

// DeleteRevision implements [control.Tx].
func (t *tx) DeleteRevision(id gatewright.RevisionID) error {
	slots, err := t.RevisionSlots(id)
	if err != nil {
		return err
	}
	if len(slots) > 0 {
		return conflict("revision %q runs in gateway group %q, track %q; deploy another one there first", id, slots[0].Group, slots[0].Track)
	}
	pinned, err := t.exists("SELECT 1 FROM instance_pins WHERE revision_id = ?", id)
	if err != nil {
		return err
	}
	if pinned {
		return conflict("a gateway instance is pinned to revision %q; start it without --config-id first", id)
	}
	if _, err := t.exec("DELETE FROM revision_documents WHERE revision_id = ?", id); err != nil {
		return err
	}
	n, err := t.exec("DELETE FROM revisions WHERE id = ?", id)
	if err == nil && n == 0 {
		return revisionNotFound(id)
	}
	return err
}

// RevisionSlots implements [control.Tx], by group, API and track.
func (t *tx) RevisionSlots(id gatewright.RevisionID) ([]*gatewright.Slot, error) {
	return list(t, scanSlot, "SELECT "+slotColumns+" FROM slots WHERE revision_id = ? OR canary_revision_id = ? ORDER BY group_id, api_id, track", id, id)
}

// Revision implements [control.Tx].
func (t *tx) Revision(id gatewright.RevisionID) (*gatewright.Revision, error) {
	return get(t, scanRevision, revisionNotFound(id), selectRevision+"WHERE r.id = ?", id)
}

// RevisionHead implements [control.Tx].
func (t *tx) RevisionHead(id gatewright.RevisionID) (*gatewright.Revision, error) {
	return get(t, scanRevisionHead, revisionNotFound(id), "SELECT "+revisionColumns+" FROM revisions r WHERE r.id = ?", id)
}

// RevisionByNumber implements [control.Tx].
func (t *tx) RevisionByNumber(api gatewright.APIID, number int) (*gatewright.Revision, error) {
	return get(t, scanRevision, notFound("API %q has no revision %d", api, number),
		selectRevision+"WHERE r.api_id = ? AND r.number = ?", api, number)
}

// RevisionByVersion implements [control.Tx]. Several revisions may have the
// label, all of one content; the newest is returned.
func (t *tx) RevisionByVersion(api gatewright.APIID, label string) (*gatewright.Revision, error) {
	missing := notFound("API %q has no deployed version %q", api, label)
	if label == "" {
		return nil, missing // not a label: revisions without one have nothing in common
	}
	return get(t, scanRevision, missing,
		selectRevision+"WHERE r.api_id = ? AND r.version = ? AND r.sealed_at IS NOT NULL ORDER BY r.number DESC LIMIT 1", api, label)
}

// DraftByContent implements [control.Tx]. Of several the newest is returned.
func (t *tx) DraftByContent(api gatewright.APIID, hash gatewright.Hash, label string) (*gatewright.Revision, error) {
	return get(t, scanRevision, notFound("API %q has no draft with version %q and content %s", api, label, hash.Short()),
		selectRevision+"WHERE r.api_id = ? AND r.hash = ? AND r.version = ? AND r.sealed_at IS NULL ORDER BY r.number DESC LIMIT 1", api, hash, label)
}

// DraftsByVersion implements [control.Tx].
func (t *tx) DraftsByVersion(api gatewright.APIID, label string) ([]*gatewright.Revision, error) {
	if label == "" {
		return nil, nil // not a label: drafts without one have nothing in common
	}
	return list(t, scanRevisionHead, "SELECT "+revisionColumns+" FROM revisions r WHERE r.api_id = ? AND r.version = ? AND r.sealed_at IS NULL ORDER BY r.number DESC", api, label)
}

// Revisions implements [control.Tx].
func (t *tx) Revisions(api gatewright.APIID, before, limit int) ([]*gatewright.Revision, error) {
	query := "SELECT " + revisionColumns + " FROM revisions r WHERE r.api_id = ?"
	args := []any{api}
	if before != 0 {
		query += " AND r.number < ?"
		args = append(args, before)
	}
	return list(t, scanRevisionHead, query+" ORDER BY r.number DESC LIMIT ?", append(args, max(0, limit))...)
}

// RevisionCount implements [control.Tx].
func (t *tx) RevisionCount(api gatewright.APIID) (int, error) {
	var n int
	_, err := t.scanRow([]any{&n}, "SELECT count(*) FROM revisions WHERE api_id = ?", api)
	return n, err
}

// SealRevision implements [control.Tx].
func (t *tx) SealRevision(id gatewright.RevisionID, at time.Time) error {
	if at.IsZero() {
		return errors.New("seal revision: the time is zero")
	}
	n, err := t.exec("UPDATE revisions SET sealed_at = coalesce(sealed_at, ?) WHERE id = ?", timeArg(at), id)
	if err == nil && n == 0 {
		return revisionNotFound(id)
	}
	return err
}

// SetRevisionVersion implements [control.Tx].
func (t *tx) SetRevisionVersion(id gatewright.RevisionID, label string) error {
	n, err := t.exec("UPDATE revisions SET version = ? WHERE id = ? AND version IN ('', ?)", label, id, label)
	if err != nil || n > 0 {
		return err
	}
	var has string
	found, err := t.scanRow([]any{&has}, "SELECT version FROM revisions WHERE id = ?", id)
	switch {
	case err != nil:
		return err
	case !found:
		return revisionNotFound(id)
	}
	return conflict("revision %q has the version %q and keeps it; it cannot become %q", id, has, label)
}
