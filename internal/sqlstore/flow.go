package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// putFlows writes down which shared flows a revision calls, beside what
// putPolicies does.
func (t *tx) putFlows(id gatewright.RevisionID, flows []string) error {
	if _, err := t.exec("DELETE FROM revision_flows WHERE revision_id = ?", id); err != nil {
		return err
	}
	rows := make([][]any, len(flows))
	for i, name := range flows {
		rows[i] = []any{name, id}
	}
	return t.insertRows("INSERT INTO revision_flows (flow, revision_id)", "", rows)
}

// Flows implements [control.Tx].
func (t *tx) Flows(id gatewright.RevisionID) ([]string, error) {
	scan := func(r row) (*string, error) {
		name := new(string)
		return name, r.Scan(name)
	}
	return values(list(t, scan, "SELECT flow FROM revision_flows WHERE revision_id = ? ORDER BY flow", id))
}

// RunningFlows implements [control.Tx]. A flow's policies are in the head of
// its revision.
func (t *tx) RunningFlows(group gatewright.GroupID) ([]control.RunningFlow, error) {
	scan := func(r row) (*control.RunningFlow, error) {
		f := new(control.RunningFlow)
		var head gatewright.Definition
		err := r.Scan(&f.Group, &f.API, &f.Name, &f.Track, &f.Revision, intoJSON(&head))
		f.Policies = head.Policies
		return f, err
	}
	where, args := "", []any{gatewright.KindFlow}
	if group != "" {
		where, args = " AND s.group_id = ?", append(args, group)
	}
	return values(list(t, scan, "SELECT s.group_id, s.api_id, a.name, s.track, s.revision_id, r.head FROM apis a"+
		" JOIN slots s ON s.api_id = a.id JOIN revisions r ON r.id = s.revision_id"+
		" WHERE a.kind = ?"+where+" ORDER BY s.group_id, a.name", args...))
}

// FlowCallers implements [control.Tx]. It begins with the revisions that call
// the flow, and finds their slots by index.
func (t *tx) FlowCallers(group gatewright.GroupID, name string) ([]control.FlowCaller, error) {
	scan := func(r row) (*control.FlowCaller, error) {
		c := new(control.FlowCaller)
		var canary int
		err := r.Scan(&c.Group, &c.API, &c.Track, &c.Name, &c.Kind, &c.Revision, &c.Number, &canary)
		c.Canary = canary != 0
		return c, err
	}
	where, args := "", []any{name}
	if group != "" {
		where, args = " AND s.group_id = ?", []any{name, group}
	}
	find := func(column, canary, condition string) string {
		return "SELECT s.group_id, s.api_id, s.track, a.name, a.kind, r.id, r.number, " + canary + " AS canary FROM revision_flows f" +
			" JOIN slots s ON s." + column + " = f.revision_id JOIN apis a ON a.id = s.api_id JOIN revisions r ON r.id = f.revision_id" +
			" WHERE f.flow = ?" + condition + where
	}
	return values(list(t, scan, find("revision_id", "0", "")+" UNION ALL "+
		find("canary_revision_id", "1", " AND s.revision_id IS NOT NULL AND s.canary_revision_id <> s.revision_id")+
		" ORDER BY 1, 2, 3, 8", append(args, args...)...))
}
