package sqlstore

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
)

// maxKeysPerQuery bounds the keys one statement looks up.
const maxKeysPerQuery = 200

// entry is one key of a manifest, of its log or of a staged delta. No hash
// means that the key is deleted.
type entry struct {
	key  gatewright.Key
	hash gatewright.Hash
}

func scanEntry(r row) (*entry, error) {
	e := new(entry)
	return e, r.Scan(&e.key, intoText(&e.hash))
}

// entries returns d by key, each key once.
func entries(d gatewright.Delta) ([]entry, error) {
	merged := make(map[gatewright.Key]gatewright.Hash, len(d.Upserts)+len(d.Deletes))
	for k, h := range d.Upserts {
		if h == "" {
			return nil, fmt.Errorf("delta: key %q has no hash", k)
		}
		merged[k] = h
	}
	for _, k := range d.Deletes {
		if merged[k] != "" {
			return nil, fmt.Errorf("delta: key %q is both set and deleted", k)
		}
		merged[k] = ""
	}
	all := make([]entry, 0, len(merged))
	for _, k := range slices.Sorted(maps.Keys(merged)) {
		all = append(all, entry{k, merged[k]})
	}
	return all, nil
}

// delta returns what the entries do one after the other: the last word on a
// key counts.
func delta(all []*entry) gatewright.Delta {
	merged := make(map[gatewright.Key]gatewright.Hash, len(all))
	for _, e := range all {
		merged[e.key] = e.hash
	}
	var d gatewright.Delta
	for k, h := range merged {
		if h == "" {
			d.Deletes = append(d.Deletes, k)
			continue
		}
		if d.Upserts == nil {
			d.Upserts = make(map[gatewright.Key]gatewright.Hash)
		}
		d.Upserts[k] = h
	}
	slices.Sort(d.Deletes)
	return d
}

// Manifest implements [control.Tx].
func (t *tx) Manifest(group gatewright.GroupID) (*gatewright.Manifest, error) {
	generation, _, err := t.generation(group)
	if err != nil {
		return nil, err
	}
	all, err := list(t, scanEntry, "SELECT key, hash FROM manifest_entries WHERE group_id = ?", group)
	if err != nil {
		return nil, err
	}
	m := &gatewright.Manifest{Group: group, Generation: generation, Entries: make(map[gatewright.Key]gatewright.Hash, len(all))}
	for _, e := range all {
		m.Entries[e.key] = e.hash
	}
	return m, nil
}

// generation returns the group's generation and the oldest one from which the
// log leads to it.
func (t *tx) generation(group gatewright.GroupID) (now, oldest int64, err error) {
	found, err := t.scanRow([]any{&now, &oldest}, "SELECT generation, log_start FROM gateway_groups WHERE id = ?", group)
	if err == nil && !found {
		err = groupNotFound(group)
	}
	return now, oldest, err
}

// ApplyDelta implements [control.Tx]. It touches only the rows that d names.
func (t *tx) ApplyDelta(group gatewright.GroupID, d gatewright.Delta) (int64, error) {
	all, err := entries(d)
	if err != nil {
		return 0, err
	}
	digest, err := t.digestAfter(group, all)
	if err != nil {
		return 0, err
	}
	var generation int64
	if _, err := t.returning(&generation, "UPDATE gateway_groups SET generation = generation + 1, digest = ? WHERE id = ? RETURNING generation", digest, group); err != nil {
		return 0, err
	}
	if err := t.putDigest(group, generation, digest); err != nil {
		return 0, err
	}
	var upserts [][]any
	var deletes []any
	log := make([][]any, 0, len(all))
	for _, e := range all {
		log = append(log, []any{group, generation, e.key, textArg(e.hash)})
		if e.hash != "" {
			upserts = append(upserts, []any{group, e.key, e.hash})
			continue
		}
		deletes = append(deletes, e.key)
	}
	for chunk := range slices.Chunk(deletes, maxKeysPerQuery) {
		if _, err := t.exec("DELETE FROM manifest_entries WHERE group_id = ? AND key IN "+tuples(1, len(chunk)), append([]any{group}, chunk...)...); err != nil {
			return 0, err
		}
	}
	if err := t.insertRows("INSERT INTO manifest_entries (group_id, key, hash)",
		"ON CONFLICT (group_id, key) DO UPDATE SET hash = excluded.hash", upserts); err != nil {
		return 0, err
	}
	return generation, t.insertRows("INSERT INTO manifest_log (group_id, generation, key, hash)", "", log)
}

// digestAfter returns the digest of the group's manifest once the entries are
// in it. It reads what they replace and nothing else.
func (t *tx) digestAfter(group gatewright.GroupID, all []entry) (gatewright.Digest, error) {
	g, err := t.Group(group)
	if err != nil {
		return "", err
	}
	gone, come := map[gatewright.Key]gatewright.Hash{}, map[gatewright.Key]gatewright.Hash{}
	for chunk := range slices.Chunk(all, maxKeysPerQuery) {
		args := []any{group}
		for _, e := range chunk {
			args = append(args, e.key)
			if e.hash != "" {
				come[e.key] = e.hash
			}
		}
		replaced, err := list(t, scanEntry, "SELECT key, hash FROM manifest_entries WHERE group_id = ? AND key IN "+tuples(1, len(chunk)), args...)
		if err != nil {
			return "", err
		}
		for _, e := range replaced {
			gone[e.key] = e.hash
		}
	}
	digest, err := g.Digest.Alter(gone, come)
	if err != nil {
		return "", fmt.Errorf("digest of the manifest of group %s: %w", group, err)
	}
	return digest, nil
}

// putDigest notes the digest of a generation.
func (t *tx) putDigest(group gatewright.GroupID, generation int64, digest gatewright.Digest) error {
	_, err := t.exec("INSERT INTO manifest_digests (group_id, generation, digest) VALUES (?, ?, ?)", group, generation, digest)
	return err
}

// ManifestDigest implements [control.Tx].
func (t *tx) ManifestDigest(group gatewright.GroupID, generation int64) (gatewright.Digest, error) {
	var digest gatewright.Digest
	_, err := t.scanRow([]any{&digest}, "SELECT digest FROM manifest_digests WHERE group_id = ? AND generation = ?", group, generation)
	return digest, err
}

// DeltaSince implements [control.Tx]. A generation that the group has not
// reached, as an instance reports one after a backup was put back, is answered
// like one that is too old.
func (t *tx) DeltaSince(group gatewright.GroupID, generation int64) (gatewright.Delta, bool, error) {
	now, oldest, err := t.generation(group)
	if err != nil || generation < oldest || generation > now {
		return gatewright.Delta{}, false, err
	}
	all, err := list(t, scanEntry, "SELECT key, hash FROM manifest_log WHERE group_id = ? AND generation > ? ORDER BY generation", group, generation)
	if err != nil {
		return gatewright.Delta{}, false, err
	}
	return delta(all), true, nil
}

// TrimManifestLog implements [control.Tx]. An entry of the log is what one
// ApplyDelta has written.
func (t *tx) TrimManifestLog(group gatewright.GroupID, keep int) error {
	now, oldest, err := t.generation(group)
	if err != nil {
		return err
	}
	start := now - int64(max(0, keep))
	if start <= oldest {
		return nil
	}
	if _, err := t.exec("DELETE FROM manifest_log WHERE group_id = ? AND generation <= ?", group, start); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM manifest_digests WHERE group_id = ? AND generation < ?", group, start); err != nil {
		return err
	}
	_, err = t.exec("UPDATE gateway_groups SET log_start = ? WHERE id = ?", start, group)
	return err
}

// Stage implements [control.Tx]; it replaces what the change had staged.
func (t *tx) Stage(change gatewright.ChangeID, group gatewright.GroupID, d gatewright.Delta) error {
	all, err := entries(d)
	if err != nil {
		return err
	}
	if err := t.requireGroup(group); err != nil {
		return err
	}
	if err := t.Unstage(change); err != nil {
		return err
	}
	if _, err := t.exec("INSERT INTO staged (change_id, group_id) VALUES (?, ?)", change, group); err != nil {
		return err
	}
	rows := make([][]any, 0, len(all))
	for _, e := range all {
		rows = append(rows, []any{change, group, e.key, textArg(e.hash)})
	}
	return t.insertRows("INSERT INTO staged_entries (change_id, group_id, key, hash)", "", rows)
}

// Staged implements [control.Tx].
func (t *tx) Staged(change gatewright.ChangeID) (gatewright.Delta, error) {
	ok, err := t.exists("SELECT 1 FROM staged WHERE change_id = ?", change)
	if err != nil {
		return gatewright.Delta{}, err
	}
	if !ok {
		return gatewright.Delta{}, notFound("change %q has nothing staged", change)
	}
	all, err := list(t, scanEntry, "SELECT key, hash FROM staged_entries WHERE change_id = ?", change)
	if err != nil {
		return gatewright.Delta{}, err
	}
	return delta(all), nil
}

// Unstage implements [control.Tx]; there may be nothing to forget.
func (t *tx) Unstage(change gatewright.ChangeID) error {
	if _, err := t.exec("DELETE FROM staged_entries WHERE change_id = ?", change); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM staged WHERE change_id = ?", change)
	return err
}
