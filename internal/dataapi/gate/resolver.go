package gate

import (
	"slices"
	"strconv"

	"github.com/gatewright/gatewright"
)

// resolver gives each name in a tree its meaning, or refuses it.
type resolver struct {
	gate    *Gate
	dialect *dialect
	read    map[*table][]bool // fields that are read
	commons int
	refusal *refusal
}

func newResolver(g *Gate) *resolver {
	return &resolver{gate: g, dialect: g.dialect, read: map[*table][]bool{}}
}

func (r *resolver) fail(code gatewright.Code, offset int, format string, args ...any) {
	if r.refusal == nil {
		r.refusal = refuse(code, offset, format, args...)
	}
}

// reads returns what was read, in the order of the rules.
func (r *resolver) reads() []Read {
	var list []Read
	for _, t := range r.gate.tables {
		fields, ok := r.read[t]
		if !ok {
			continue
		}
		read := Read{Table: t.Name}
		for i, used := range fields {
			if used {
				read.Fields = append(read.Fields, t.columns[i])
			}
		}
		list = append(list, read)
	}
	return list
}

// query resolves a query and returns the names of its columns.
func (r *resolver) query(q *query, outer *scope, env *environment) []string {
	var scalars []*common
	for _, c := range q.with {
		if c.scalar != nil {
			scalars = append(scalars, c)
			continue
		}
		c.outputs = r.rename(r.query(c.query, outer, env), c.columns)
		r.commons++
		c.printed = "gw_" + strconv.Itoa(r.commons)
		env = &environment{env, c}
	}
	var outputs []string
	var inner *scope
	for i, t := range q.terms {
		var columns []string
		switch {
		case t.selected != nil:
			columns, inner = r.selection(t.selected, outer, env, scalars)
			scalars = nil
		case t.nested != nil:
			columns = r.query(t.nested, outer, env)
		default:
			columns = r.values(t, outer, env)
		}
		if i == 0 {
			outputs = columns
		}
	}
	if len(scalars) > 0 {
		r.fail(gatewright.Invalid, scalars[0].name.offset, "an expression in WITH needs a SELECT behind it")
	}
	if len(q.terms) > 1 || inner == nil {
		inner = &scope{outer: outer, relations: []*relation{{columns: outputs, index: newIndex(outputs)}}}
	}
	r.expression(q.order, inner, env)
	r.expression(q.limitBy, inner, env)
	return outputs
}

// rename returns the columns with new names for the first ones.
func (r *resolver) rename(columns []string, list []name) []string {
	if len(list) > len(columns) {
		r.fail(gatewright.Invalid, list[0].offset, "%d columns are named, but there are %d", len(list), len(columns))
		return columns
	}
	columns = slices.Clone(columns)
	for i, n := range list {
		columns[i] = n.text
	}
	return columns
}

func (r *resolver) values(t term, outer *scope, env *environment) []string {
	r.expression(t.values, outer, env)
	columns := make([]string, t.width)
	for i := range columns {
		columns[i] = "column" + strconv.Itoa(i+1)
	}
	return columns
}

// selection resolves a selection and returns the names of its columns, and the
// scope in which ORDER BY is resolved.
func (r *resolver) selection(s *selection, outer *scope, env *environment, scalars []*common) ([]string, *scope) {
	sc := &scope{outer: outer}
	if s.from != nil {
		r.source(s.from, sc, env)
	}
	for _, c := range scalars {
		sc.aliases = append(sc.aliases, c.name.text)
	}
	for _, it := range s.items {
		if it.alias.text != "" {
			sc.aliases = append(sc.aliases, it.alias.text)
		}
	}
	sc.visible = r.dialect.name == ClickHouse || r.dialect.name == SQLite
	for _, c := range scalars {
		r.expression(c.scalar, sc, env)
	}
	columns := r.items(s.items, sc, env)
	r.expression(s.where, sc, env)
	sc.visible = true
	r.expression(s.distinct, sc, env)
	for _, g := range s.group {
		r.expression(g, sc, env)
	}
	r.expression(s.having, sc, env)
	for _, w := range s.windows {
		r.expression(w.spec, sc, env)
	}
	return columns, sc
}

// items resolves the results and returns their names.
func (r *resolver) items(items []item, sc *scope, env *environment) []string {
	var columns []string
	for i := range items {
		it := &items[i]
		switch {
		case it.star:
			columns = append(columns, r.star(it, sc)...)
		default:
			r.expression(it.expr, sc, env)
			columns = append(columns, outputName(it))
		}
		if len(columns) > MaxColumns {
			r.fail(gatewright.LimitExceeded, it.alias.offset, "a result has more than %d columns", MaxColumns)
			return nil
		}
	}
	return columns
}

// outputName returns the name of a result, "" where the database makes one.
func outputName(it *item) string {
	if it.alias.text != "" {
		return it.alias.text
	}
	if c, ok := it.expr.(*column); ok {
		return c.name.text
	}
	return ""
}

// star returns the columns of a star. Its tables hold nothing but what may be
// read, so the database may expand it.
func (r *resolver) star(it *item, sc *scope) []string {
	var columns []string
	if it.relation.text != "" {
		rel := r.relation(it.relation, sc)
		if rel == nil {
			r.fail(gatewright.Forbidden, it.relation.offset, "there is no table %s in this FROM; use a selected logical table or its alias", clip(it.relation.text))
			return nil
		}
		it.printed = rel.name
		r.readAll(rel)
		return rel.columns
	}
	if len(sc.relations) == 0 {
		r.fail(gatewright.Invalid, it.relation.offset, "a star needs a table; add FROM")
	}
	columns = append(columns, sc.merged...)
	for _, rel := range sc.relations {
		r.readAll(rel)
		for _, c := range rel.columns {
			if !slices.Contains(sc.merged, c) {
				columns = append(columns, c)
			}
		}
	}
	return columns
}

// relation finds a relation of one scope by name.
func (r *resolver) relation(n name, sc *scope) *relation {
	for _, rel := range sc.relations {
		if rel.name != "" && r.dialect.same(n, rel.name) {
			return rel
		}
	}
	return nil
}

func (r *resolver) readAll(rel *relation) {
	for i := range rel.columns {
		r.readColumn(rel, i)
	}
}

func (r *resolver) readColumn(rel *relation, i int) {
	if rel.table != nil {
		r.read[rel.table][i] = true
	}
}

// expression resolves the names in an expression. A nil expression is fine.
func (r *resolver) expression(n node, sc *scope, env *environment) {
	if r.refusal != nil {
		return
	}
	switch v := n.(type) {
	case seq:
		for _, part := range v {
			r.expression(part, sc, env)
		}
	case *column:
		r.column(v, sc)
	case *subquery:
		r.query(v.query, sc, env)
	case *lambda:
		var params []string
		for _, p := range v.params {
			params = append(params, p.text)
		}
		r.expression(v.body, &scope{outer: sc, relations: []*relation{{columns: params, index: newIndex(params)}}}, env)
	}
}

// column resolves a reference to a column, from the inside to the outside.
func (r *resolver) column(c *column, sc *scope) {
	for s := sc; s != nil; s = s.outer {
		if c.relation.text != "" {
			if r.qualified(c, s) {
				return
			}
		} else if r.unqualified(c, s) {
			return
		}
	}
	if c.relation.text != "" {
		r.fail(gatewright.Forbidden, c.relation.offset, "there is no table %s in reach; use a selected logical table or its alias", clip(c.relation.text))
		return
	}
	r.fail(gatewright.Forbidden, c.name.offset, "there is no field %s in the tables that are read here; use the fields of the selected logical tables", clip(c.name.text))
}

func (r *resolver) qualified(c *column, s *scope) bool {
	rel := r.relation(c.relation, s)
	if rel == nil {
		return false
	}
	i, ok := rel.index.find(r.dialect, c.name)
	switch {
	case !ok:
		r.fail(gatewright.Forbidden, c.name.offset, "there is no field %s in %s; use the fields of the selected logical tables", clip(c.name.text), clip(rel.name))
	case i == twice:
		r.fail(gatewright.Invalid, c.name.offset, "%s has two columns %s; give each a name of its own with AS", clip(rel.name), clip(c.name.text))
	default:
		r.readColumn(rel, i)
		c.name.text = rel.columns[i]
		c.printed = r.dialect.quote(rel.name) + "." + r.dialect.quote(c.name.text)
	}
	return true
}

func (r *resolver) unqualified(c *column, s *scope) bool {
	found := ""
	matches := 0
	for _, rel := range s.relations {
		i, ok := rel.index.find(r.dialect, c.name)
		if !ok {
			continue
		}
		matches++
		if i == twice {
			matches++
			continue
		}
		r.readColumn(rel, i)
		found = rel.columns[i]
	}
	if matches > 1 && !slices.ContainsFunc(s.merged, func(m string) bool { return r.dialect.same(c.name, m) }) {
		r.fail(gatewright.Invalid, c.name.offset, "the field %s is in several tables; write table.%s", clip(c.name.text), clip(c.name.text))
		return true
	}
	if matches == 0 && s.visible {
		for _, a := range s.aliases {
			if r.dialect.same(c.name, a) {
				found, matches = a, 1
			}
		}
	}
	if matches == 0 {
		return false
	}
	c.name.text = found
	c.printed = r.dialect.quote(found)
	return true
}
