package query

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Column is one column of an answer.
type Column struct {
	Name string
	Type gatewright.DataType
	// Result is the name of the database's column that it shows, or "" with
	// Position telling its place: what the wizard selects is known by its place.
	Result   string
	Position int  // from 0; -1 when Result is to be looked for, or nothing shown
	Masked   bool // whatever the value is, it is not shown
	Optional bool // the result need not have it
	Default  any  // instead of null, of the types that package param lists; nil is null
}

// column is a column as it is declared.
type column struct {
	Column
	level gatewright.SecurityLevel // "" is that of what the statement reads
	field *field                   // nil for a computed one
	sort  gatewright.SortOrder
}

// readColumns prepares the declared columns.
func (q *Query) readColumns() error {
	for i := range q.def.Columns {
		d := &q.def.Columns[i]
		c := column{
			Column: Column{Name: d.Name, Type: d.Type, Result: d.Name, Position: -1, Optional: d.Optional},
			level:  d.Security, sort: d.Sort,
		}
		if d.Field != "" {
			t, f, err := q.field(d.Field)
			if err != nil {
				return err
			}
			c.field, c.level = f, max(d.Security, t.level(f))
		}
		if d.Default != "" {
			v, err := param.Convert(d.Type, d.Default)
			if err != nil {
				return gatewright.FieldErrorf("columns", "column %s: the default is not valid: %s", d.Name, gatewright.AsError(err).Message)
			}
			c.Default = v
		}
		q.columns = append(q.columns, c)
	}
	return nil
}

// shown returns the columns of an answer for a caller, where the statement
// reads fields up to the level read. It returns nil when the API declares no
// columns: then the answer is what the database says.
func (q *Query) shown(r *Rights, read gatewright.SecurityLevel) ([]Column, error) {
	if len(q.columns) == 0 {
		return nil, nil
	}
	var out []Column
	open := false
	for i := range q.columns {
		c := &q.columns[i]
		if !r.column(c.Name) {
			continue
		}
		level := c.level
		if level == "" {
			level = read
		}
		shown := c.Column
		if !r.Clearance.Covers(level) {
			shown.Masked, shown.Result, shown.Position = true, "", -1
		}
		open = open || !shown.Masked
		out = append(out, shown)
	}
	if !open {
		return nil, refuse(Denied, "the grant gives none of the API's columns: its clearance is %s", r.Clearance)
	}
	return out, nil
}

// sortTerm is one term of ORDER BY.
func sortTerm(quoted string, order gatewright.SortOrder) string {
	if order == gatewright.SortDescending {
		return quoted + " DESC"
	}
	return quoted
}
