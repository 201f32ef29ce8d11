package sqlstore

import (
	"github.com/gatewright/gatewright"
)

func scanGroupResource(r row) (*gatewright.GroupResource, error) {
	g := new(gatewright.GroupResource)
	return g, r.Scan(intoJSON(g))
}

func groupResourceNotFound(group gatewright.GroupID, key gatewright.Key) error {
	return notFound("gateway group %q has no resource %q", group, key)
}

// GroupResource implements [control.Tx].
func (t *tx) GroupResource(group gatewright.GroupID, key gatewright.Key) (*gatewright.GroupResource, error) {
	return get(t, scanGroupResource, groupResourceNotFound(group, key),
		"SELECT body FROM group_resources WHERE group_id = ? AND key = ?", group, key)
}

// GroupResources implements [control.Tx].
func (t *tx) GroupResources(group gatewright.GroupID, kind string) ([]*gatewright.GroupResource, error) {
	return list(t, scanGroupResource, "SELECT body FROM group_resources WHERE group_id = ? AND kind = ? ORDER BY key", group, kind)
}

// PutGroupResource implements [control.Tx]; it creates or replaces. Invalid
// when r is not exactly one thing.
func (t *tx) PutGroupResource(group gatewright.GroupID, r *gatewright.GroupResource) error {
	key := r.Key()
	if key == "" {
		return gatewright.Errorf(gatewright.Invalid, "a group resource is exactly one thing")
	}
	if err := t.requireGroup(group); err != nil {
		return err
	}
	body, err := jsonArg(r)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO group_resources (group_id, key, kind, body) VALUES (?, ?, ?, ?)"+
		" ON CONFLICT (group_id, key) DO UPDATE SET body = excluded.body", group, key, key.Kind(), body)
	return err
}

// DeleteGroupResource implements [control.Tx]; NotFound when there is none.
func (t *tx) DeleteGroupResource(group gatewright.GroupID, key gatewright.Key) error {
	n, err := t.exec("DELETE FROM group_resources WHERE group_id = ? AND key = ?", group, key)
	if err == nil && n == 0 {
		return groupResourceNotFound(group, key)
	}
	return err
}
