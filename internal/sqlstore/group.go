package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const groupColumns = "id, name, stage, labels, hostnames, generation, digest, created_at"

func scanGroup(r row) (*gatewright.Group, error) {
	g := new(gatewright.Group)
	return g, r.Scan(&g.ID, &g.Name, &g.Stage, intoJSON(&g.Labels), intoJSON(&g.Hostnames), &g.Generation, &g.Digest, intoTime(&g.CreatedAt))
}

func groupNotFound[T ~string](nameOrID T) error {
	return notFound("gateway group %q does not exist", string(nameOrID))
}

// CreateGroup implements [control.Tx].
func (t *tx) CreateGroup(g *gatewright.Group) error {
	labels, err := optionalJSONArg(g.Labels, len(g.Labels) == 0)
	if err != nil {
		return err
	}
	hostnames, err := optionalJSONArg(g.Hostnames, len(g.Hostnames) == 0)
	if err != nil {
		return err
	}
	g.Digest = gatewright.NoEntries
	n, err := t.exec("INSERT INTO gateway_groups ("+groupColumns+", log_start) VALUES "+tuples(1, 9)+" ON CONFLICT DO NOTHING",
		g.ID, g.Name, g.Stage, labels, hostnames, g.Generation, g.Digest, timeArg(g.CreatedAt), g.Generation)
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("a gateway group with the name %q or the ID %q exists already", g.Name, g.ID)
	}
	return t.putDigest(g.ID, g.Generation, g.Digest)
}

// Group implements [control.Tx].
func (t *tx) Group(id gatewright.GroupID) (*gatewright.Group, error) {
	return get(t, scanGroup, groupNotFound(id), "SELECT "+groupColumns+" FROM gateway_groups WHERE id = ?", id)
}

// GroupByName implements [control.Tx].
func (t *tx) GroupByName(name string) (*gatewright.Group, error) {
	return get(t, scanGroup, groupNotFound(name), "SELECT "+groupColumns+" FROM gateway_groups WHERE name = ?", name)
}

// Groups implements [control.Tx].
func (t *tx) Groups() ([]*gatewright.Group, error) {
	return list(t, scanGroup, "SELECT "+groupColumns+" FROM gateway_groups ORDER BY name")
}

// requireGroup returns NotFound when the group does not exist.
func (t *tx) requireGroup(id gatewright.GroupID) error {
	ok, err := t.exists("SELECT 1 FROM gateway_groups WHERE id = ?", id)
	if err == nil && !ok {
		return groupNotFound(id)
	}
	return err
}

func scanRegistry(r row) (*gatewright.Registry, error) {
	g := new(gatewright.Registry)
	return g, r.Scan(intoJSON(g))
}

func registryNotFound(group gatewright.GroupID, name string) error {
	return notFound("gateway group %q has no registry %q", group, name)
}

// Registry implements [control.Tx].
func (t *tx) Registry(group gatewright.GroupID, name string) (*gatewright.Registry, error) {
	return get(t, scanRegistry, registryNotFound(group, name),
		"SELECT body FROM registries WHERE group_id = ? AND name = ?", group, name)
}

// Registries implements [control.Tx].
func (t *tx) Registries(group gatewright.GroupID) ([]*gatewright.Registry, error) {
	return list(t, scanRegistry, "SELECT body FROM registries WHERE group_id = ? ORDER BY name", group)
}

// PutRegistry implements [control.Tx].
func (t *tx) PutRegistry(group gatewright.GroupID, r *gatewright.Registry) error {
	if err := t.requireGroup(group); err != nil {
		return err
	}
	body, err := jsonArg(r)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO registries (group_id, name, body) VALUES (?, ?, ?)"+
		" ON CONFLICT (group_id, name) DO UPDATE SET body = excluded.body", group, r.Name, body)
	return err
}

// DeleteRegistry implements [control.Tx]; NotFound when there is none.
func (t *tx) DeleteRegistry(group gatewright.GroupID, name string) error {
	n, err := t.exec("DELETE FROM registries WHERE group_id = ? AND name = ?", group, name)
	if err == nil && n == 0 {
		return registryNotFound(group, name)
	}
	return err
}
