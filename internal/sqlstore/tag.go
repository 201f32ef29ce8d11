package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const tagGroupColumns = "id, name, revised, body"

func scanTagGroup(r row) (*gatewright.TagGroup, error) {
	g := new(gatewright.TagGroup)
	var id gatewright.TagGroupID
	var name string
	var revised int64
	if err := r.Scan(&id, &name, &revised, intoJSON(g)); err != nil {
		return nil, err
	}
	g.ID, g.Name, g.Revised = id, name, revised
	return g, nil
}

func tagGroupNotFound[T ~string](nameOrID T) error {
	return notFound("tag group %q does not exist", string(nameOrID))
}

// CreateTagGroup implements [control.Tx].
func (t *tx) CreateTagGroup(g *gatewright.TagGroup) error {
	body, err := jsonArg(g)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO tag_groups ("+tagGroupColumns+") VALUES "+tuples(1, 4)+" ON CONFLICT DO NOTHING", g.ID, g.Name, g.Revised, body)
	if err == nil && n == 0 {
		return conflict("a tag group named %q exists already", g.Name)
	}
	return err
}

// TagGroup implements [control.Tx].
func (t *tx) TagGroup(id gatewright.TagGroupID) (*gatewright.TagGroup, error) {
	return get(t, scanTagGroup, tagGroupNotFound(id), "SELECT "+tagGroupColumns+" FROM tag_groups WHERE id = ?", id)
}

// TagGroupByName implements [control.Tx].
func (t *tx) TagGroupByName(name string) (*gatewright.TagGroup, error) {
	return get(t, scanTagGroup, tagGroupNotFound(name), "SELECT "+tagGroupColumns+" FROM tag_groups WHERE name = ?", name)
}

// TagGroups implements [control.Tx].
func (t *tx) TagGroups() ([]*gatewright.TagGroup, error) {
	return list(t, scanTagGroup, "SELECT "+tagGroupColumns+" FROM tag_groups ORDER BY name")
}

// UpdateTagGroup implements [control.Tx]; it sets the new Revised in g.
func (t *tx) UpdateTagGroup(g *gatewright.TagGroup) error {
	body, err := jsonArg(g)
	if err != nil {
		return err
	}
	taken, err := t.exists("SELECT 1 FROM tag_groups WHERE name = ? AND id <> ?", g.Name, g.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("a tag group named %q exists already", g.Name)
	}
	n, err := t.exec("UPDATE tag_groups SET name = ?, body = ?, revised = revised + 1 WHERE id = ? AND revised = ?", g.Name, body, g.ID, g.Revised)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := t.TagGroup(g.ID); err != nil {
			return err
		}
		return conflict("somebody altered tag group %q meanwhile; read it again, and alter that", g.Name)
	}
	g.Revised++
	return nil
}

// DeleteTagGroup implements [control.Tx].
func (t *tx) DeleteTagGroup(id gatewright.TagGroupID) error {
	n, err := t.exec("DELETE FROM tag_groups WHERE id = ?", id)
	if err == nil && n == 0 {
		return tagGroupNotFound(id)
	}
	return err
}
