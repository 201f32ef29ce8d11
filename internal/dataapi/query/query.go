package query

import (
	"fmt"
	"reflect"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/condition"
	"github.com/gatewright/gatewright/internal/dataapi/gate"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/template"
)

// Limits of what one API keeps.
const (
	MaxViews        = 64       // of different grants, with a gate each
	MaxVerdicts     = 256      // of different statements, for each view
	MaxVerdictBytes = 16 << 10 // of a statement whose verdict is kept
	DefaultPageSize = 100      // rows of a page when the caller does not say
)

// Options are what a group adds to a definition.
type Options struct {
	// MaxRows is how many rows an answer has at most: the smaller of what API
	// and group say. 0 is [gatewright.DefaultDataRows].
	MaxRows int
	// Schema is where physical tables are that name none. "" is public for
	// PostgreSQL and main for SQLite; MySQL and ClickHouse have no such word.
	Schema string
	// Functions are functions of the database that statements may call beside
	// the known ones.
	Functions []string
	// Environment is what the date functions of scripts know.
	Environment template.Environment
}

// Query makes the statements of one data API in one group. It is immutable but
// for what it remembers, and safe for concurrent use.
type Query struct {
	def     *gatewright.DataDefinition
	dialect gatewright.Dialect
	options Options
	tables  []table
	params  *param.Set
	guards  []guard // of the parameters
	paging  paging
	script  *template.Script      // of a script
	where   []condition.Condition // of a wizard
	columns []column              // that are declared
	views   *lru.Cache[[32]byte, *view]
}

// New prepares a definition for a group whose logical tables are tables and
// whose source speaks dialect. The error is a [gatewright.Error] that lists
// everything that is missing or different in the group.
func New(def *gatewright.DataDefinition, tables []gatewright.Table, dialect gatewright.Dialect, o Options) (*Query, error) {
	if err := def.Validate(); err != nil {
		return nil, err
	}
	if err := dialect.Validate(); err != nil {
		return nil, err
	}
	if o.MaxRows == 0 {
		o.MaxRows = gatewright.DefaultDataRows
	}
	if o.MaxRows < 1 || o.MaxRows > gatewright.MaxDataRows {
		return nil, gatewright.FieldErrorf("maxRows", "%d rows are not between 1 and %d", o.MaxRows, gatewright.MaxDataRows)
	}
	q := &Query{def: def, dialect: dialect, options: o}
	var err error
	if q.views, err = lru.New[[32]byte, *view](MaxViews); err != nil {
		return nil, fmt.Errorf("make room for views: %w", err)
	}
	if q.tables, err = bindTables(def, tables, dialect, o.Schema); err != nil {
		return nil, err
	}
	if err := q.readParams(); err != nil {
		return nil, err
	}
	if err := q.readColumns(); err != nil {
		return nil, err
	}
	if err := q.readMode(); err != nil {
		return nil, err
	}
	_, err = q.view(everything()) // so that rules the gate refuses show here
	return q, err
}

// readParams makes the set of parameters, with those of paging.
func (q *Query) readParams() error {
	params := slices.Clone(q.def.Params)
	if q.def.Paging {
		params = append(params,
			gatewright.DataParam{Name: gatewright.ParamPageNum, Type: gatewright.TypeInt, Optional: true},
			gatewright.DataParam{Name: gatewright.ParamPageSize, Type: gatewright.TypeInt, Optional: true})
	}
	set, err := param.NewSet(params)
	if err != nil {
		return err
	}
	q.params = set
	q.paging = newPaging(set)
	q.guards = make([]guard, set.Len())
	for i := range q.def.Params {
		p := &q.def.Params[i]
		q.guards[i].level = p.Security
		if p.Default != "" {
			if q.guards[i].own, err = param.Convert(set.Type(i), p.Default); err != nil {
				return err
			}
		}
		if p.Field == "" {
			continue
		}
		t, f, err := q.field(p.Field)
		if err != nil {
			return err
		}
		q.guards[i].level = max(p.Security, t.level(f))
	}
	return nil
}

// guard says who may send a parameter.
type guard struct {
	level gatewright.SecurityLevel
	own   any // the default, which is the author's doing and tells a caller nothing; nil for none
}

// admits reports whether a caller may have the parameter be the value.
func (g *guard) admits(clearance gatewright.SecurityLevel, value any, state param.State) bool {
	return state == param.Absent || clearance.Covers(g.level) || state == param.Given && g.own != nil && reflect.DeepEqual(value, g.own)
}

// readMode prepares what the three modes differ in.
func (q *Query) readMode() error {
	switch q.def.Mode {
	case gatewright.DataWizard:
		return q.readWizard()
	case gatewright.DataScript:
		script, err := template.Parse(q.def.Script, template.Options{Dialect: q.dialect, Params: q.params, Fields: q.fieldNames()})
		if err != nil {
			return err
		}
		q.script = script
	case gatewright.DataNative:
		for i := range q.tables {
			if len(q.tables[i].logical.Constraints) > 0 {
				return gatewright.FieldErrorf("tables", "table %s may only be read with conditions on certain fields, which cannot be assured for the SQL of callers; use a script or a wizard", q.tables[i].name)
			}
		}
	}
	return nil
}

// Paged reports whether the API has pages, and so pageNum and pageSize.
func (q *Query) Paged() bool { return q.paging.there() }

// Params returns the parameters of the API, with those of paging.
func (q *Query) Params() *param.Set { return q.params }

// Check has the statements that the script can become read by the gate, before
// anybody calls them. Not every combination of branches makes sense, so that
// what it finds is a warning. Other modes have nothing to check.
func (q *Query) Check() error {
	if q.script == nil {
		return nil
	}
	samples, err := q.script.Samples()
	if err != nil {
		return err
	}
	v, err := q.view(everything())
	if err != nil {
		return err
	}
	for _, s := range samples {
		if _, err := v.check(s.SQL); err != nil {
			return err
		}
	}
	return nil
}

// maxGateRows is the limit that the gate writes: one more than an answer has,
// so that it shows when there are more.
func (q *Query) maxGateRows() int { return min(q.options.MaxRows+1, gate.MaxRowLimit) }
