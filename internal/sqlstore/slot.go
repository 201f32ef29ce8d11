package sqlstore

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const slotColumns = "group_id, api_id, track, revision_id, version, runtime, canary, lifecycle, config_id, change_id, generation, since"

func scanSlot(r row) (*gatewright.Slot, error) {
	s := new(gatewright.Slot)
	return s, r.Scan(&s.Group, &s.API, &s.Track, intoText(&s.Revision), &s.Version, intoJSON(&s.Runtime),
		intoJSON(&s.Canary), intoJSON(&s.Lifecycle), &s.ConfigID, intoText(&s.Change), &s.Generation, intoTime(&s.Since))
}

// Slot implements [control.Tx].
func (t *tx) Slot(k gatewright.SlotKey) (*gatewright.Slot, error) {
	return get(t, scanSlot, notFound("track %q of API %q has no slot in gateway group %q", k.Track, k.API, k.Group),
		"SELECT "+slotColumns+" FROM slots WHERE group_id = ? AND api_id = ? AND track = ?", k.Group, k.API, k.Track)
}

// Slots implements [control.Tx].
func (t *tx) Slots(f control.SlotFilter) ([]*gatewright.Slot, error) {
	where, args := []string{"1 = 1"}, []any{}
	if f.Group != "" {
		where, args = append(where, "group_id = ?"), append(args, f.Group)
	}
	if f.API != "" {
		where, args = append(where, "api_id = ?"), append(args, f.API)
	}
	if f.Track != "" {
		where, args = append(where, "track = ?"), append(args, f.Track)
	}
	if f.Deployed {
		where = append(where, "revision_id IS NOT NULL")
	}
	if f.Canary {
		where = append(where, "canary IS NOT NULL")
	}
	if a := f.After; a != (gatewright.SlotKey{}) {
		where, args = append(where, "(group_id, api_id, track) > (?, ?, ?)"), append(args, a.Group, a.API, a.Track)
	}
	query := "SELECT " + slotColumns + " FROM slots WHERE " + strings.Join(where, " AND ") + " ORDER BY group_id, api_id, track"
	if f.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, f.Limit)
	}
	return list(t, scanSlot, query, args...)
}

// PutSlot implements [control.Tx]; it creates or replaces.
func (t *tx) PutSlot(s *gatewright.Slot) error {
	if err := t.requireSlotParents(s.SlotKey); err != nil {
		return err
	}
	var canaryRevision gatewright.RevisionID
	if s.Canary != nil {
		canaryRevision = s.Canary.Revision
	}
	for _, id := range []gatewright.RevisionID{s.Revision, canaryRevision} {
		if id == "" {
			continue
		}
		ok, err := t.exists("SELECT 1 FROM revisions WHERE id = ?", id)
		if err != nil {
			return err
		}
		if !ok {
			return revisionNotFound(id)
		}
	}
	runtime, err := jsonArg(&s.Runtime)
	if err != nil {
		return err
	}
	canary, err := optionalJSONArg(s.Canary, s.Canary == nil)
	if err != nil {
		return err
	}
	lifecycle, err := optionalJSONArg(s.Lifecycle, s.Lifecycle == nil)
	if err != nil {
		return err
	}
	if _, err = t.exec("INSERT INTO slots ("+slotColumns+", canary_revision_id) VALUES "+tuples(1, 13)+
		" ON CONFLICT (group_id, api_id, track) DO UPDATE SET revision_id = excluded.revision_id, canary_revision_id = excluded.canary_revision_id,"+
		" version = excluded.version, runtime = excluded.runtime, canary = excluded.canary, lifecycle = excluded.lifecycle,"+
		" config_id = excluded.config_id, change_id = excluded.change_id, generation = excluded.generation, since = excluded.since",
		s.Group, s.API, s.Track, textArg(s.Revision), s.Version, runtime, canary, lifecycle, s.ConfigID,
		textArg(s.Change), s.Generation, timeArg(s.Since), textArg(canaryRevision)); err != nil {
		return err
	}
	return t.touchAPI(s.API)
}

func (t *tx) requireSlotParents(k gatewright.SlotKey) error {
	if err := t.requireGroup(k.Group); err != nil {
		return err
	}
	return t.requireAPI(k.API)
}

const claimColumns = "c.group_id, c.api_id, c.track, c.host, c.key, c.head, c.route, c.path"

func scanClaim(r row) (*control.Claim, error) {
	c := new(control.Claim)
	return c, r.Scan(&c.Slot.Group, &c.Slot.API, &c.Slot.Track, &c.Host, &c.Key, &c.Head, &c.Route, &c.Path)
}

// hostKey is what one slot at most may hold in a group.
type hostKey struct{ host, key string }

// PutClaims implements [control.Tx]. On a Conflict the slot's claims are as
// they were.
func (t *tx) PutClaims(slot gatewright.SlotKey, claims []control.Claim) error {
	if err := t.requireSlotParents(slot); err != nil {
		return err
	}
	seen := make(map[hostKey]bool, len(claims))
	rows := make([][]any, 0, len(claims))
	for i := range claims {
		c := &claims[i]
		if seen[hostKey{c.Host, c.Key}] {
			return conflict("route %s (%s) claims %q on host %q a second time for the same slot", c.Route, c.Path, c.Key, c.Host)
		}
		seen[hostKey{c.Host, c.Key}] = true
		rows = append(rows, []any{slot.Group, slot.API, slot.Track, c.Host, c.Key, c.Head, c.Route, c.Path})
	}
	held, err := t.ClaimHolders(slot, claims)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		c := &held[0]
		return conflict("%q on host %q is claimed by route %s (%s) of API %q, track %q", c.Key, c.Host, c.Route, c.Path, c.Slot.API, c.Slot.Track)
	}
	if _, err := t.exec("DELETE FROM claims WHERE group_id = ? AND api_id = ? AND track = ?", slot.Group, slot.API, slot.Track); err != nil {
		return err
	}
	return t.insertRows("INSERT INTO claims (group_id, api_id, track, host, key, head, route, path)", "", rows)
}

// ClaimHolders implements [control.Tx], by host, then key. Each statement is
// about one host: so the primary key leads to each claim, in any database. It
// does not ask for an order, for which PostgreSQL would read the whole host.
func (t *tx) ClaimHolders(slot gatewright.SlotKey, wanted []control.Claim) ([]control.Claim, error) {
	keys := map[string][]any{}
	for i := range wanted {
		keys[wanted[i].Host] = append(keys[wanted[i].Host], wanted[i].Key)
	}
	var held []control.Claim
	for _, host := range slices.Sorted(maps.Keys(keys)) {
		sorted := keys[host]
		slices.SortFunc(sorted, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		for chunk := range slices.Chunk(slices.Compact(sorted), maxKeysPerQuery) {
			found, err := values(list(t, scanClaim, "SELECT "+claimColumns+" FROM claims c WHERE c.group_id = ? AND c.host = ? AND c.key IN "+tuples(1, len(chunk))+
				" AND NOT (c.api_id = ? AND c.track = ?)",
				slices.Concat([]any{slot.Group, host}, chunk, []any{slot.API, slot.Track})...))
			if err != nil {
				return nil, err
			}
			slices.SortFunc(found, func(a, b control.Claim) int { return strings.Compare(a.Key, b.Key) })
			held = append(held, found...)
		}
	}
	return held, nil
}

// ClaimsByHead implements [control.Tx], by head, then key; by key when heads is
// nil.
func (t *tx) ClaimsByHead(slot gatewright.SlotKey, host string, heads []string, limit int) ([]control.Claim, error) {
	if limit <= 0 {
		return nil, nil
	}
	var claims []control.Claim
	add := func(order string, args ...any) error {
		found, err := list(t, scanClaim, "SELECT "+claimColumns+" FROM claims c WHERE c.group_id = ? AND c.host = ?"+order+" LIMIT ?", args...)
		for _, c := range found {
			claims = append(claims, *c)
		}
		return err
	}
	if heads == nil {
		return claims, add(" AND c.api_id <> ? ORDER BY c.key", slot.Group, host, slot.API, limit)
	}
	heads = slices.Clone(heads)
	slices.Sort(heads)
	// One range of the index for each head: they are few.
	for _, head := range slices.Compact(heads) {
		if len(claims) >= limit {
			break
		}
		if err := add(" AND c.head = ? AND c.api_id <> ? ORDER BY c.key", slot.Group, host, head, slot.API, limit-len(claims)); err != nil {
			return nil, err
		}
	}
	return claims, nil
}
