package query

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/condition"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// wizard is the parts of a wizard's statement that are the same for all calls
// with the same rights.
type wizard struct {
	head  string // SELECT … FROM …
	order string // ORDER BY …, or nothing
	shown []Column
}

// readWizard prepares the conditions.
func (q *Query) readWizard() error {
	for i := range q.def.Params {
		_, f, err := q.field(q.def.Params[i].Field)
		if err != nil {
			return err
		}
		quoted, err := sqltext.QuoteName(q.dialect, f.name)
		if err != nil {
			return err
		}
		q.where = append(q.where, condition.Condition{Column: quoted, Param: i})
	}
	return nil
}

// readWizard prepares the statement. Only what is shown is selected, and what
// is not shown does not sort.
func (v *view) readWizard() error {
	q := v.query
	shown, err := v.query.shown(&v.rights, "")
	if err != nil {
		return err
	}
	var selected, order []string
	for i := range shown {
		c := &shown[i]
		if c.Masked {
			continue
		}
		item, err := q.selectItem(q.declared(c.Name), len(selected))
		if err != nil {
			return err
		}
		c.Result, c.Position = "", len(selected)
		selected = append(selected, item)
	}
	sorted := map[string]bool{}
	sortBy := func(f *field, o gatewright.SortOrder) error {
		if sorted[f.name] || !v.rights.Clearance.Covers(q.tables[0].level(f)) {
			return nil
		}
		sorted[f.name] = true
		quoted, err := sqltext.QuoteName(q.dialect, f.name)
		order = append(order, sortTerm(quoted, o))
		return err
	}
	for i := range q.columns {
		if c := &q.columns[i]; c.sort != gatewright.SortNone && v.rights.Clearance.Covers(c.level) {
			if err := sortBy(c.field, c.sort); err != nil {
				return err
			}
		}
	}
	for i := range q.tables[0].fields { // pages need an order that is complete
		if f := &q.tables[0].fields[i]; q.def.Paging && f.logical.Primary {
			if err := sortBy(f, gatewright.SortAscending); err != nil {
				return err
			}
		}
	}
	from, err := sqltext.QuoteName(q.dialect, q.tables[0].name)
	if err != nil {
		return err
	}
	v.wizard = wizard{head: "SELECT " + strings.Join(selected, ", ") + " FROM " + from, shown: shown}
	if len(order) > 0 {
		v.wizard.order = " ORDER BY " + strings.Join(order, ", ")
	}
	return nil
}

// selectItem returns the n-th item of SELECT. It has the column's name, for
// people to read, unless that is a field's name as well: ClickHouse would take
// the field for the column in every condition.
func (q *Query) selectItem(c *column, n int) (string, error) {
	quoted, err := sqltext.QuoteName(q.dialect, c.field.name)
	if err != nil {
		return "", err
	}
	label := c.Name
	if q.tables[0].logical.Field(label) != nil && label != c.field.name {
		label = "gw_column_" + strconv.Itoa(n+1)
	}
	alias, err := sqltext.QuoteName(q.dialect, label)
	if err != nil || alias == quoted {
		return quoted, err
	}
	return quoted + " AS " + alias, nil
}

// declared returns the declared column of that name.
func (q *Query) declared(name string) *column {
	for i := range q.columns {
		if q.columns[i].Name == name {
			return &q.columns[i]
		}
	}
	return nil
}

// render writes the statement for one call. The number of rows is in digits, so
// that the gate need not wrap the statement; what is skipped is bound, so that
// all pages are one text.
func (v *view) render(values param.Values, page Page, maxRows int) (string, []any, error) {
	var b sqltext.Builder
	b.Reset(v.query.dialect)
	if err := b.Text(v.wizard.head); err != nil {
		return "", nil, err
	}
	if err := condition.Where(&b, v.query.params, v.query.where, values); err != nil {
		return "", nil, err
	}
	rows := int64(maxRows) + 1
	if page.Size > 0 {
		rows = page.Size
	}
	if err := b.Text(v.wizard.order + " LIMIT " + strconv.FormatInt(rows, 10)); err != nil {
		return "", nil, err
	}
	if page.Size > 0 {
		if err := b.Text(" OFFSET "); err != nil {
			return "", nil, err
		}
		if err := b.Bind(page.offset(), gatewright.TypeInt); err != nil {
			return "", nil, err
		}
	}
	text, args := b.Statement()
	return text, args, nil
}
