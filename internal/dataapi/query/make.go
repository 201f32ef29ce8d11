package query

import (
	"net/url"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Call is what a caller asks for.
type Call struct {
	// One of these holds the parameters; none is no parameters.
	JSON  []byte        // an object, or a string that holds one
	Query url.Values    // of a query string or a browser's form
	Form  []param.Field // of a test form

	SQL     string // of a native API
	MaxRows int    // that the caller wants at most; 0 or anything above is the API's limit
	Total   bool   // the number of rows without limit and page is asked for
	Grant   *Grant
}

// Plan is the statement that answers a call.
type Plan struct {
	SQL     string   // with the placeholders of the dialect
	Args    []any    // of the types that package param lists, without lists and structures
	MaxRows int      // of the answer; one more may come and tells that there are more
	Columns []Column // nil: whatever the database returns
	Page    Page     // the zero value when the API has no pages
	Total   *Total   // nil when it was not asked for
}

// Total is the statement that counts all rows.
type Total struct {
	SQL  string
	Args []any
}

// Plan makes the statement for a call. Errors are [param.Fault] and [Error].
func (q *Query) Plan(call *Call) (*Plan, error) {
	v, err := q.view(call.Grant)
	if err != nil {
		return nil, err
	}
	values, err := q.readValues(call)
	if err != nil {
		return nil, err
	}
	plan := &Plan{MaxRows: q.options.MaxRows}
	if call.MaxRows > 0 {
		plan.MaxRows = min(plan.MaxRows, call.MaxRows)
	}
	if err := v.admit(values); err != nil {
		return nil, err
	}
	if plan.Page, err = q.paging.read(values, plan.MaxRows); err != nil {
		return nil, err
	}
	text, args, err := v.write(call, values, plan)
	if err != nil {
		return nil, err
	}
	made, err := v.check(text)
	if err != nil {
		if q.def.Mode == gatewright.DataNative {
			return nil, &Error{CallerText, err}
		}
		return nil, &Error{Statement, err}
	}
	if len(args) != len(made.statement.Params) {
		return nil, q.misbound(len(made.statement.Params), len(args))
	}
	plan.SQL, plan.Args = made.statement.SQL, args
	if err := v.present(plan, made); err != nil {
		return nil, err
	}
	if call.Total {
		return plan, plan.count(made)
	}
	return plan, nil
}

// readValues reads the parameters.
func (q *Query) readValues(call *Call) (param.Values, error) {
	native := q.def.Mode == gatewright.DataNative
	switch {
	case native && strings.TrimSpace(call.SQL) == "":
		return param.Values{}, param.Faultf(param.Missing, "sql", "the API answers SQL of its callers, and none was sent")
	case !native && call.SQL != "":
		return param.Values{}, param.Faultf(param.Malformed, "sql", "the API has its own SQL and takes none")
	case call.Query != nil:
		return q.params.FromQuery(call.Query)
	case call.Form != nil:
		body, err := q.params.FormBody(call.Form)
		if err != nil {
			return param.Values{}, err
		}
		return q.params.FromJSON(body)
	}
	return q.params.FromJSON(call.JSON)
}

// admit refuses parameters above the caller's clearance, and calls without the
// conditions that a table asks for.
func (v *view) admit(values param.Values) error {
	q := v.query
	for i := range q.guards {
		if value, state := values.At(i); !q.guards[i].admits(v.rights.Clearance, value, state) {
			return refuse(Denied, "parameter %s is for callers with clearance %s; the grant has %s", q.params.Param(i).Name, q.guards[i].level, v.rights.Clearance)
		}
	}
	for i := range q.tables {
		t := &q.tables[i]
		if sets := t.logical.Constraints; len(sets) > 0 && !q.constrained(t, sets, values) {
			return refuse(Unconstrained, "table %s may only be read with conditions on %s; send the parameters for them", t.name, describeSets(sets))
		}
	}
	return nil
}

// constrained reports whether every field of one of the sets has a parameter
// that was sent. Null counts: it is a condition.
func (q *Query) constrained(t *table, sets [][]string, values param.Values) bool {
	compared := map[string]bool{}
	for i := range q.def.Params {
		p := &q.def.Params[i]
		if _, state := values.At(i); state == param.Absent || p.Field == "" {
			continue
		}
		if of, f, err := q.field(p.Field); err == nil && of == t {
			compared[strings.ToLower(f.logical.Name)] = true
		}
	}
	for _, set := range sets {
		whole := true
		for _, name := range set {
			whole = whole && compared[strings.ToLower(name)]
		}
		if whole {
			return true
		}
	}
	return false
}

func describeSets(sets [][]string) string {
	parts := make([]string, len(sets))
	for i, s := range sets {
		parts[i] = strings.Join(s, " and ")
	}
	return strings.Join(parts, ", or on ")
}

// write writes the statement over logical tables.
func (v *view) write(call *Call, values param.Values, plan *Plan) (string, []any, error) {
	switch v.query.def.Mode {
	case gatewright.DataWizard:
		return v.render(values, plan.Page, plan.MaxRows)
	case gatewright.DataNative:
		return call.SQL, nil, nil
	}
	s, err := v.query.script.Render(values, v.query.options.Environment)
	return s.SQL, s.Args, err
}

// misbound tells of placeholders that the parameters are not for.
func (q *Query) misbound(placeholders, args int) error {
	if q.def.Mode == gatewright.DataNative {
		return &Error{CallerText, gatewright.FieldErrorf("sql", "the statement has %d placeholders, and nothing is bound to them; write the values into it", placeholders)}
	}
	return &Error{Statement, gatewright.Errorf(gatewright.Invalid, "the statement has %d placeholders for %d values; write #{name} where a value is, and no placeholder of the database", placeholders, args)}
}

// present plans the columns.
func (v *view) present(plan *Plan, made *verdict) error {
	if v.query.def.Mode == gatewright.DataWizard {
		plan.Columns = v.wizard.shown
		return nil
	}
	columns, err := v.query.shown(&v.rights, made.level)
	if err != nil {
		return err
	}
	plan.Columns = columns
	if columns == nil && v.query.def.Mode == gatewright.DataScript && (!v.rights.Clearance.Covers(made.level) || v.rights.Columns != nil) {
		return refuse(Denied, "the API declares no columns, so that none can be told from those that the grant does not give")
	}
	return nil
}

// count adds the statement that counts.
func (p *Plan) count(made *verdict) error {
	c := made.statement.Count
	if c.SQL == "" {
		return param.Faultf(param.Refused, "", "the rows cannot be counted while two columns of the result have the same name; name them apart")
	}
	p.Total = &Total{SQL: c.SQL, Args: make([]any, len(c.Params))}
	for i, at := range c.Params {
		p.Total.Args[i] = p.Args[at]
	}
	return nil
}
