package sqlstore

import (
	"github.com/gatewright/gatewright"
)

// PutBlob implements [control.Tx]. A blob that is there stays: a hash has one
// content.
func (t *tx) PutBlob(hash gatewright.Hash, body []byte) error {
	if body == nil {
		body = []byte{} // nil would be NULL
	}
	_, err := t.exec("INSERT INTO blobs (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING", hash, body)
	return err
}

// Blob implements [control.Tx].
func (t *tx) Blob(group gatewright.GroupID, hash gatewright.Hash) ([]byte, error) {
	var body []byte
	found, err := t.scanRow([]any{&body}, "SELECT body FROM blobs WHERE hash = ? AND ("+
		"EXISTS (SELECT 1 FROM manifest_entries m WHERE m.hash = blobs.hash AND m.group_id = ?) OR "+
		"EXISTS (SELECT 1 FROM staged_entries s WHERE s.hash = blobs.hash AND s.group_id = ?) OR "+
		"EXISTS (SELECT 1 FROM instance_pins p WHERE p.hash = blobs.hash AND p.group_id = ?))", hash, group, group, group)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notFound("gateway group %q has no resource %s", group, hash.Short())
	}
	return body, nil
}

// DeleteUnreferencedBlobs implements [control.Tx].
func (t *tx) DeleteUnreferencedBlobs(limit int) (int, error) {
	n, err := t.exec("DELETE FROM blobs WHERE hash IN (SELECT b.hash FROM blobs b"+
		" WHERE NOT EXISTS (SELECT 1 FROM manifest_entries m WHERE m.hash = b.hash)"+
		" AND NOT EXISTS (SELECT 1 FROM staged_entries s WHERE s.hash = b.hash)"+
		" AND NOT EXISTS (SELECT 1 FROM instance_pins p WHERE p.hash = b.hash)"+
		" ORDER BY b.hash LIMIT ?)", max(0, limit))
	return int(n), err
}
