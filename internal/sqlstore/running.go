package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// putPolicies writes down which types of policy a revision has, which shared
// flows it calls and what data it reads.
func (t *tx) putPolicies(r *gatewright.Revision) error {
	types, flows := r.Definition.PolicyTypes(), r.Definition.Flows()
	if err := t.putFlows(r.ID, flows); err != nil {
		return err
	}
	if err := t.putReads(r); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM revision_policies WHERE revision_id = ?", r.ID); err != nil || len(types) == 0 {
		return err
	}
	text, err := jsonArg(types)
	if err != nil {
		return err
	}
	names, err := jsonArg(append([]string{}, flows...)) // [] rather than null, as rows of before have it
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO revision_policies (revision_id, types, flows) VALUES (?, ?, ?)", r.ID, text, names)
	return err
}

// PolicyTypes implements [control.Tx].
func (t *tx) PolicyTypes(id gatewright.RevisionID) ([]string, error) {
	scan := func(r row) (*[]string, error) {
		types := new([]string)
		return types, r.Scan(intoJSON(types))
	}
	found, err := list(t, scan, "SELECT types FROM revision_policies WHERE revision_id = ?", id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return *found[0], nil
}

// Running implements [control.Tx]. It reads an index that covers it, and the
// few revisions that have policies.
func (t *tx) Running(group gatewright.GroupID) ([]control.Running, error) {
	scan := func(r row) (*control.Running, error) {
		c := new(control.Running)
		return c, r.Scan(&c.Group, &c.Kind, intoJSON(&c.Policies), intoJSON(&c.Flows), &c.Count)
	}
	where, args := "", []any{}
	if group != "" {
		where, args = " AND s.group_id = ?", []any{group, group}
	}
	count := func(column, condition string) string {
		return "SELECT s.group_id, a.kind, p.types, p.flows, COUNT(*) FROM slots s JOIN apis a ON a.id = s.api_id" +
			" LEFT JOIN revision_policies p ON p.revision_id = s." + column +
			" WHERE s.revision_id IS NOT NULL" + condition + where + " GROUP BY s.group_id, a.kind, p.types, p.flows"
	}
	return values(list(t, scan, count("revision_id", "")+" UNION ALL "+
		count("canary_revision_id", " AND s.canary_revision_id IS NOT NULL AND s.canary_revision_id <> s.revision_id"), args...))
}

func scanKindCount(r row) (*control.KindCount, error) {
	c := new(control.KindCount)
	return c, r.Scan(&c.Group, &c.Kind, &c.Count)
}

// DeployedAPIs implements [control.Tx].
func (t *tx) DeployedAPIs(group gatewright.GroupID) ([]control.KindCount, error) {
	const count = "SELECT s.group_id, a.kind, COUNT(DISTINCT s.api_id) FROM slots s JOIN apis a ON a.id = s.api_id WHERE s.revision_id IS NOT NULL"
	if group != "" {
		return values(list(t, scanKindCount, count+" AND s.group_id = ? GROUP BY s.group_id, a.kind", group))
	}
	return values(list(t, scanKindCount, count+" GROUP BY s.group_id, a.kind"+
		" UNION ALL SELECT '', a.kind, COUNT(*) FROM apis a WHERE EXISTS (SELECT 1 FROM slots s WHERE s.api_id = a.id AND s.revision_id IS NOT NULL) GROUP BY a.kind"))
}

// CreatedAPIs implements [control.Tx].
func (t *tx) CreatedAPIs() ([]control.KindCount, error) {
	return values(list(t, scanKindCount, "SELECT '', kind, COUNT(*) FROM apis GROUP BY kind"))
}
