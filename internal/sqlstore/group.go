package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const groupColumns = "id, name, stage, labels, hostnames, settings, revised, generation, digest, created_at"

func scanGroup(r row) (*gatewright.Group, error) {
	g := new(gatewright.Group)
	return g, r.Scan(&g.ID, &g.Name, &g.Stage, intoJSON(&g.Labels), intoJSON(&g.Hostnames), intoJSON(&g.Settings), &g.Revised, &g.Generation, &g.Digest, intoTime(&g.CreatedAt))
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
	settings, err := jsonArg(&g.Settings)
	if err != nil {
		return err
	}
	g.Digest = gatewright.NoEntries
	n, err := t.exec("INSERT INTO gateway_groups ("+groupColumns+", log_start) VALUES "+tuples(1, 11)+" ON CONFLICT DO NOTHING",
		g.ID, g.Name, g.Stage, labels, hostnames, settings, g.Revised, g.Generation, g.Digest, timeArg(g.CreatedAt), g.Generation)
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

// UpdateGroup implements [control.Tx]; it sets the new Revised in g.
func (t *tx) UpdateGroup(g *gatewright.Group) error {
	labels, err := optionalJSONArg(g.Labels, len(g.Labels) == 0)
	if err != nil {
		return err
	}
	settings, err := jsonArg(&g.Settings)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE gateway_groups SET labels = ?, settings = ?, revised = revised + 1 WHERE id = ? AND revised = ?", labels, settings, g.ID, g.Revised)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := t.requireGroup(g.ID); err != nil {
			return err
		}
		return conflict("somebody altered gateway group %q meanwhile; read it again, and alter that", g.Name)
	}
	g.Revised++
	return nil
}

// requireGroup returns NotFound when the group does not exist.
func (t *tx) requireGroup(id gatewright.GroupID) error {
	ok, err := t.exists("SELECT 1 FROM gateway_groups WHERE id = ?", id)
	if err == nil && !ok {
		return groupNotFound(id)
	}
	return err
}
