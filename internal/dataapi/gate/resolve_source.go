package gate

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// source resolves a source, adds its relations to the scope, and returns them.
func (r *resolver) source(src source, sc *scope, env *environment) []*relation {
	if r.refusal != nil {
		return nil
	}
	switch s := src.(type) {
	case *tableSource:
		return r.tableSource(s, sc, env)
	case *querySource:
		outer := sc.outer
		if s.lateral {
			outer = sc
		}
		columns := r.rename(r.query(s.query, outer, env), s.columns)
		return r.add(sc, s.alias, &relation{name: s.alias.text, columns: columns, index: newIndex(columns)})
	case *join:
		return r.join(s, sc, env)
	case *parentheses:
		return r.source(s.inner, sc, env)
	case *arrayJoin:
		relations := r.source(s.left, sc, env)
		sc.visible = true
		for i := range s.items {
			r.expression(s.items[i].expr, sc, env)
			if alias := s.items[i].alias.text; alias != "" {
				sc.aliases = append(sc.aliases, alias)
			}
		}
		return relations
	default:
		return nil
	}
}

// tableSource finds a common table expression or a logical table.
func (r *resolver) tableSource(s *tableSource, sc *scope, env *environment) []*relation {
	rel := &relation{}
	for e := env; e != nil; e = e.outer {
		if r.dialect.same(s.name, e.common.name.text) {
			s.common = e.common
			rel.name, rel.columns = e.common.name.text, e.common.outputs
			break
		}
	}
	if s.common == nil {
		s.table = r.logical(s.name)
		if s.table == nil {
			r.fail(gatewright.Forbidden, s.name.offset, "%s is no selected logical table; select it for this API, or read from a selected one", clip(s.name.text))
			return nil
		}
		rel.name, rel.columns, rel.table = s.table.Name, s.table.columns, s.table
		if r.read[s.table] == nil {
			r.read[s.table] = make([]bool, len(s.table.columns))
		}
	}
	if s.final && s.common != nil {
		r.fail(gatewright.Invalid, s.name.offset, "FINAL is possible behind a logical table only")
	}
	if s.alias.text != "" {
		rel.name = s.alias.text
	} else {
		s.alias = name{text: rel.name, offset: s.name.offset}
	}
	if rel.table != nil && len(s.columns) == 0 {
		rel.index = rel.table.index
	} else {
		rel.columns = r.rename(rel.columns, s.columns)
		rel.index = newIndex(rel.columns)
	}
	return r.add(sc, s.alias, rel)
}

// logical returns the selected table of a name, nil for none. An exact name
// goes before one that differs in case.
func (r *resolver) logical(n name) *table {
	for _, t := range r.gate.tables {
		if r.dialect.same(n, t.Name) {
			return t
		}
	}
	return nil
}

// add puts a relation in the scope.
func (r *resolver) add(sc *scope, alias name, rel *relation) []*relation {
	for _, other := range sc.relations {
		if rel.name != "" && r.dialect.same(name{text: rel.name}, other.name) {
			r.fail(gatewright.Invalid, alias.offset, "two tables are named %s; give one an alias", clip(rel.name))
		}
	}
	sc.relations = append(sc.relations, rel)
	return []*relation{rel}
}

// join resolves both sides and what joins them.
func (r *resolver) join(j *join, sc *scope, env *environment) []*relation {
	left := r.source(j.left, sc, env)
	right := r.source(j.right, sc, env)
	if r.refusal != nil {
		return nil
	}
	if j.natural {
		for _, n := range shared(r.dialect, left, right) {
			r.merge(sc, name{text: n, exact: true, offset: j.offset}, left, right)
		}
	}
	for i, n := range j.using {
		j.using[i].text = r.merge(sc, n, left, right)
	}
	r.expression(j.on, sc, env)
	return append(slices.Clip(left), right...)
}

// merge notes a column that both sides of a join share, and returns its name.
func (r *resolver) merge(sc *scope, n name, left, right []*relation) string {
	found := ""
	for _, side := range [][]*relation{left, right} {
		matches := 0
		for _, rel := range side {
			i, ok := rel.index.find(r.dialect, n)
			if !ok {
				continue
			}
			if i == twice {
				r.fail(gatewright.Invalid, n.offset, "%s has two columns %s; give each a name of its own with AS", clip(rel.name), clip(n.text))
				return n.text
			}
			matches++
			r.readColumn(rel, i)
			found = rel.columns[i]
		}
		if matches == 0 {
			r.fail(gatewright.Forbidden, n.offset, "the field %s is not in both tables that are joined; use ON", clip(n.text))
			return n.text
		}
	}
	sc.merged = append(sc.merged, found)
	return found
}

// shared returns the columns that both sides of a natural join have.
func shared(d *dialect, left, right []*relation) []string {
	var list []string
	for _, l := range left {
		for _, c := range l.columns {
			for _, rel := range right {
				if _, ok := rel.index.find(d, name{text: c, exact: true}); ok && c != "" && !slices.Contains(list, c) {
					list = append(list, c)
				}
			}
		}
	}
	return list
}
