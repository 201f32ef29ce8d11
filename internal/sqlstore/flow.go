package sqlstore

import (
	"slices"
	"strconv"

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

// Who calls a flow in a slot, in the order in which they are told.
const (
	byCurrent = iota
	byCanary
	byPin
)

// FlowCallers implements [control.Tx]. It begins with the revisions that call
// the flow, and finds their slots by index.
func (t *tx) FlowCallers(group gatewright.GroupID, name string) ([]control.FlowCaller, error) {
	scan := func(r row) (*control.FlowCaller, error) {
		c := new(control.FlowCaller)
		var by int
		err := r.Scan(&c.Group, &c.API, &c.Track, &c.Name, &c.Kind, &c.Revision, &c.Number, &by)
		c.Canary, c.Pinned = by == byCanary, by == byPin
		return c, err
	}
	where, args := "", []any{name}
	if group != "" {
		where, args = " AND s.group_id = ?", []any{name, group}
	}
	find := func(by int, slots string) string {
		return "SELECT s.group_id, s.api_id, s.track, a.name, a.kind, r.id, r.number, " + strconv.Itoa(by) + " AS called_by FROM revision_flows f" +
			slots + " JOIN apis a ON a.id = s.api_id JOIN revisions r ON r.id = f.revision_id WHERE f.flow = ?" + where
	}
	return values(list(t, scan, find(byCurrent, " JOIN slots s ON s.revision_id = f.revision_id")+" UNION ALL "+
		find(byCanary, " JOIN slots s ON s.canary_revision_id = f.revision_id AND s.revision_id IS NOT NULL AND s.canary_revision_id <> s.revision_id")+" UNION "+ // makes one of many instances
		find(byPin, " JOIN instance_pins p ON p.revision_id = f.revision_id"+
			" JOIN slots s ON s.group_id = p.group_id AND s.api_id = p.api_id AND s.track = p.track AND s.revision_id IS NOT NULL")+
		" ORDER BY 1, 2, 3, 8", slices.Concat(args, args, args)...))
}
