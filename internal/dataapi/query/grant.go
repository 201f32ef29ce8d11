package query

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/gate"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Limits of a grant.
const (
	MaxRowRules      = 100  // comparisons of all tables
	MaxRowRuleValues = 1000 // values in them
	MaxRowRuleDepth  = 8    // of rules within rules
)

// Rights are what a caller may see of a data API.
type Rights struct {
	// Clearance is the level up to which columns are shown; "" is the lowest.
	Clearance gatewright.SecurityLevel `json:"clearance,omitempty"`
	// Columns are the columns of the answer that are given, or the fields for an
	// API with SQL of the caller's ("field" or "table.field"); nil is all.
	Columns []string `json:"columns,omitempty"`
	// Rows choose rows of logical tables; a table that is in none has all.
	Rows []TableRows `json:"rows,omitempty"`
}

// TableRows says which rows of a logical table a caller may see.
type TableRows struct {
	Table string  `json:"table"`
	Where RowRule `json:"where"`
}

// RowRule is a condition on rows. It is one of three: a comparison (Field,
// Operator, Values), All of several, or Any of several.
type RowRule struct {
	Field    string              `json:"field,omitempty"` // of the logical table, whether callers see it or not
	Operator gatewright.Operator `json:"operator,omitempty"`
	// Values are texts of the field's type, as in a query string: any number for
	// IN and NOT IN, one for the others; none with = and != is null.
	Values []string `json:"values,omitempty"`

	All []RowRule `json:"all,omitempty"`
	Any []RowRule `json:"any,omitempty"`
}

// Grant is rights that were checked, immutable and made to be shared by all
// calls of an app. A nil Grant is the lowest clearance with all rows and
// columns.
type Grant struct {
	rights Rights
	key    [32]byte
}

// NewGrant checks the form of rights. Whether an API has the tables and columns
// shows when it is called with them.
func NewGrant(r Rights) (*Grant, error) {
	if r.Clearance != "" {
		if err := r.Clearance.Validate(); err != nil {
			return nil, err
		}
	}
	if len(r.Columns) > gatewright.MaxDataColumns {
		return nil, gatewright.FieldErrorf("columns", "%d columns; at most %d are allowed", len(r.Columns), gatewright.MaxDataColumns)
	}
	if r.Columns != nil && len(r.Columns) == 0 {
		return nil, gatewright.FieldErrorf("columns", "a grant of no column allows nothing; list columns, or leave the list out for all")
	}
	size := ruleSize{}
	for i := range r.Rows {
		if err := size.add(&r.Rows[i].Where, 0); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(r.Rows[:i], func(o TableRows) bool { return strings.EqualFold(o.Table, r.Rows[i].Table) }) {
			return nil, gatewright.FieldErrorf("rows", "table %s has two row rules; join them with all or any", r.Rows[i].Table)
		}
	}
	r.Clearance = max(r.Clearance, gatewright.SecurityPublic)
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write a grant: %w", err)
	}
	return &Grant{rights: r, key: sha256.Sum256(text)}, nil
}

// Key identifies what the grant allows: equal keys, equal answers.
func (g *Grant) Key() [32]byte {
	if g == nil {
		return [32]byte{}
	}
	return g.key
}

// of returns the rights of a grant, which may be nil.
func (g *Grant) of() Rights {
	if g == nil {
		return Rights{Clearance: gatewright.SecurityPublic}
	}
	return g.rights
}

// everything is the grant of who may see all, for checking scripts.
func everything() *Grant {
	return &Grant{rights: Rights{Clearance: gatewright.SecurityConfidential}, key: [32]byte{1}}
}

// column reports whether the grant gives a column of the answer.
func (r *Rights) column(names ...string) bool {
	return r.Columns == nil || slices.ContainsFunc(r.Columns, func(c string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(c, n) })
	})
}

// ruleSize counts what row rules are made of.
type ruleSize struct{ rules, values int }

func (s *ruleSize) add(r *RowRule, depth int) error {
	s.rules++
	s.values += len(r.Values)
	if s.rules > MaxRowRules || s.values > MaxRowRuleValues || depth >= MaxRowRuleDepth {
		return gatewright.Errorf(gatewright.LimitExceeded, "the row rules have more than %d comparisons, %d values or %d levels", MaxRowRules, MaxRowRuleValues, MaxRowRuleDepth)
	}
	forms := 0
	for _, used := range []bool{r.Field != "", len(r.All) > 0, len(r.Any) > 0} {
		if used {
			forms++
		}
	}
	if forms != 1 {
		return gatewright.FieldErrorf("rows", "a row rule is a comparison of a field, all of several rules, or any of several; this one is %d of these", forms)
	}
	for _, list := range [][]RowRule{r.All, r.Any} {
		for i := range list {
			if err := s.add(&list[i], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// condition returns the rule as the gate writes it.
func (t *table) condition(r *RowRule) (gate.Condition, error) {
	var out gate.Condition
	for _, part := range []struct {
		rules []RowRule
		into  *[]gate.Condition
	}{{r.All, &out.All}, {r.Any, &out.Any}} {
		for i := range part.rules {
			c, err := t.condition(&part.rules[i])
			if err != nil {
				return out, err
			}
			*part.into = append(*part.into, c)
		}
	}
	if r.Field == "" {
		return out, nil
	}
	f := t.logical.Field(r.Field)
	if f == nil {
		return out, gatewright.FieldErrorf("rows", "the row rule of table %s compares %s, which is no field of it", t.name, r.Field)
	}
	out.Column, out.Operator = f.ColumnName(), gate.Operator(r.Operator)
	if out.Operator == "" {
		out.Operator = gate.Equal
	}
	if len(r.Values) == 0 && (out.Operator == gate.Equal || out.Operator == gate.NotEqual) {
		out.Values = []any{nil}
	}
	for _, text := range r.Values {
		v, err := ruleValue(f.Type, text)
		if err != nil {
			return out, fmt.Errorf("row rule of %s.%s: %w", t.name, r.Field, err)
		}
		out.Values = append(out.Values, v)
	}
	return out, nil
}

// ruleValue returns a value as the gate takes it.
func ruleValue(typ gatewright.DataType, text string) (any, error) {
	v, err := param.Convert(typ, text)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string, bool, int64:
		return v, nil
	case uint64:
		return json.Number(strconv.FormatUint(v, 10)), nil
	case param.Decimal:
		return json.Number(v), nil
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64)), nil
	case param.Date:
		return string(v), nil
	case param.Time:
		return string(v), nil
	case param.DateTime:
		return string(v), nil
	case param.UUID:
		return string(v), nil
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999999") + "+00:00", nil
	}
	return nil, gatewright.FieldErrorf("rows", "values of type %s cannot choose rows", typ)
}
