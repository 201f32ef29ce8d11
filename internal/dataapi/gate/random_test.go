package gate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// writer makes random statements that every database accepts: well typed, and
// deterministic in their answers. Names are chosen to mislead: aliases and
// common table expressions have the names of tables, also of forbidden ones.
type writer struct {
	r       *rand.Rand
	dialect gate.Dialect
	depth   int
	made    int
	common  []relation   // common table expressions in sight
	scopes  [][]relation // from the outside to the inside
}

// field is a column with its type: n for numbers, t for text.
type field struct {
	name string
	kind byte
}

type relation struct {
	name   string
	fields []field
}

func tables() []relation {
	return []relation{
		{"orders", []field{{"id", 'n'}, {"customer_id", 'n'}, {"amount", 'n'}, {"status", 't'}, {"note", 't'}}},
		{"customers", []field{{"id", 'n'}, {"name", 't'}}},
		{"secured", []field{{"id", 'n'}}},
	}
}

func (w *writer) one(list ...string) string { return list[w.r.IntN(len(list))] }

func (w *writer) chance(percent int) bool { return w.r.IntN(100) < percent }

// name writes an identifier in one of the ways that mean the same.
func (w *writer) name(s string) string {
	switch {
	case w.chance(60):
		return s
	case w.chance(50):
		return strings.ToUpper(s)
	case w.dialect == gate.MySQL:
		return "`" + s + "`"
	default:
		return `"` + s + `"`
	}
}

// qualifier writes the name of a relation before a column. MariaDB's have a
// case.
func (w *writer) qualifier(s string) string {
	if w.dialect == gate.MySQL {
		return w.one(s, "`"+s+"`")
	}
	return w.name(s)
}

// space is blank in one of its forms.
func (w *writer) space() string {
	return w.one(" ", " ", " ", "\n", "\t ", " /* from secrets */ ", " -- x'\n")
}

// alias returns a name that is not yet used in the innermost scope.
func (w *writer) alias() string {
	w.made++
	name := w.one("a", "b", "orders", "customers", "secured", "t_secrets", "t_orders", "secrets", "gw_1")
	for _, rel := range w.scopes[len(w.scopes)-1] {
		if rel.name == name {
			return fmt.Sprintf("x%d", w.made)
		}
	}
	return name
}

// statement is a whole statement.
func (w *writer) statement() string {
	kinds := make([]byte, 1+w.r.IntN(3))
	for i := range kinds {
		kinds[i] = "nt"[w.r.IntN(2)]
	}
	return w.query(kinds)
}

// query is a query with columns c1, c2 … of the kinds.
func (w *writer) query(kinds []byte) string {
	w.depth++
	defer func() { w.depth-- }()
	saved := len(w.common)
	defer func() { w.common = w.common[:saved] }()
	with := ""
	if w.depth < 3 && w.chance(25) {
		with = w.with()
	}
	text := w.selection(kinds)
	if w.depth < 3 && w.chance(20) {
		text += w.space() + w.one("UNION ALL", "union", "EXCEPT", "intersect") + w.space() + w.selection(kinds)
	}
	if w.chance(25) {
		var order []string
		for i := range kinds {
			order = append(order, fmt.Sprint(i+1))
		}
		text += " ORDER BY " + strings.Join(order, ", ")
		if w.chance(50) && !(w.dialect == gate.MySQL && w.depth > 1) {
			text += fmt.Sprintf(" LIMIT %d", w.r.IntN(20))
			if w.chance(50) {
				text += fmt.Sprintf(" OFFSET %d", w.r.IntN(5))
			}
		}
	}
	return with + text
}

func (w *writer) with() string {
	var list []string
	for range 1 + w.r.IntN(2) {
		// Tables keep their names for what comes before: a common table expression
		// of the name of a table may read that table.
		w.made++
		name := w.one("secrets", "t_secrets", "c1", fmt.Sprintf("w%d", w.made))
		switch {
		case w.dialect == gate.SQLite:
			// It looks among later siblings, too, and would find a circle.
			name = fmt.Sprintf("%s%d", name, w.made)
		case w.chance(50):
			name = w.one("orders", "customers", "secured")
		}
		rel := relation{name, []field{{"c1", 'n'}, {"c2", 't'}}}
		if strings.Contains(strings.Join(list, ","), rel.name+" AS") {
			continue
		}
		body := w.query([]byte{'n', 't'})
		list = append(list, rel.name+" AS ("+body+")")
		w.common = append(w.common, rel)
	}
	return "WITH " + strings.Join(list, ", ") + " "
}

func (w *writer) selection(kinds []byte) string {
	w.scopes = append(w.scopes, nil)
	defer func() { w.scopes = w.scopes[:len(w.scopes)-1] }()
	from := w.from()
	text := "SELECT" + w.space()
	grouped := w.chance(20)
	if !grouped && w.chance(20) {
		text += "DISTINCT "
	}
	key := w.expression('n', 1)
	for i, kind := range kinds {
		if i > 0 {
			text += ", "
		}
		switch {
		case grouped && kind == 'n':
			text += w.one("count(*)", "sum("+w.plain('n')+")", "count(distinct "+w.plain('t')+")", "max("+w.expression('n', 2)+")")
		case grouped:
			text += "min(" + w.plain('t') + ")"
		default:
			text += w.expression(kind, 0)
		}
		text += " AS " + fmt.Sprintf("c%d", i+1)
	}
	text += w.space() + "FROM " + from
	if w.chance(60) {
		text += w.space() + "WHERE " + w.condition(0)
	}
	if grouped {
		// An expression of constants would be taken for the number of a column.
		text += " GROUP BY coalesce(" + key + ", 0)"
		if w.chance(30) {
			text += " HAVING count(*) > 1"
		}
	}
	return text
}

// from writes one to three sources and puts them in the innermost scope.
func (w *writer) from() string {
	text := w.source()
	for w.chance(30) && len(w.scopes[len(w.scopes)-1]) < 4-w.depth {
		switch w.r.IntN(4) {
		case 0:
			text += " CROSS JOIN " + w.source()
		case 1:
			before := w.scopes[len(w.scopes)-1]
			right := w.source()
			all := w.scopes[len(w.scopes)-1]
			text += " LEFT JOIN " + right + " ON " + w.number(before) + " = " + w.number(all[len(all)-1:])
		default:
			right := w.source()
			text += " JOIN " + right + " ON " + w.condition(2)
		}
	}
	return text
}

// number returns a number of one of the relations.
func (w *writer) number(list []relation) string {
	rel := list[w.r.IntN(len(list))]
	for _, f := range rel.fields {
		if f.kind == 'n' {
			return w.qualifier(rel.name) + "." + w.name(f.name)
		}
	}
	return "1"
}

func (w *writer) source() string {
	scope := len(w.scopes) - 1
	var text string
	var rel relation
	switch {
	case w.depth < 3 && w.chance(20):
		rel = relation{fields: []field{{"c1", 'n'}, {"c2", 't'}}}
		// A sub-query in FROM does not see its siblings.
		saved := w.scopes[scope]
		w.scopes[scope] = nil
		outer := w.scopes
		w.scopes = nil
		text = "(" + w.query([]byte{'n', 't'}) + ")"
		w.scopes = outer
		w.scopes[scope] = saved
		rel.name = w.alias()
		text += " AS " + w.qualifier(rel.name)
	case len(w.common) > 0 && w.chance(40):
		rel = w.common[w.r.IntN(len(w.common))]
		rel = w.nearest(rel.name)
		text = w.name(rel.name)
		rel.name = w.alias()
		text += " " + rel.name
	default:
		rel = tables()[w.r.IntN(3)]
		rel = w.nearest(rel.name)
		text = w.name(rel.name)
		if w.dialect == gate.MySQL {
			text = strings.ToLower(text) // names of tables have a case there
		}
		rel.name = w.alias()
		text += w.one(" AS ", " ") + rel.name
	}
	if w.dialect == gate.MySQL {
		text = lowerFirst(text)
	}
	w.scopes[scope] = append(w.scopes[scope], rel)
	return text
}

// lowerFirst lowers the first word, the name of a table.
func lowerFirst(s string) string {
	if strings.HasPrefix(s, "(") {
		return s
	}
	name, rest, _ := strings.Cut(s, " ")
	return strings.ToLower(name) + " " + rest
}

// nearest returns what a name means here.
func (w *writer) nearest(name string) relation {
	for i := len(w.common) - 1; i >= 0; i-- {
		if w.common[i].name == name {
			return w.common[i]
		}
	}
	for _, t := range tables() {
		if t.name == name {
			return t
		}
	}
	panic("no relation " + name)
}

// plain returns a column of the innermost scope, or a literal.
func (w *writer) plain(kind byte) string {
	var list []string
	for _, rel := range w.scopes[len(w.scopes)-1] {
		for _, f := range rel.fields {
			if f.kind == kind {
				list = append(list, w.qualifier(rel.name)+"."+w.name(f.name))
			}
		}
	}
	if len(list) == 0 {
		return w.literal(kind)
	}
	return list[w.r.IntN(len(list))]
}

// column returns a column of any scope. One of an outer scope must not be
// hidden by a relation of the same name in between.
func (w *writer) column(kind byte) string {
	hidden := map[string]bool{}
	var list []string
	for i := len(w.scopes) - 1; i >= 0; i-- {
		for _, rel := range w.scopes[i] {
			if hidden[rel.name] {
				continue
			}
			for _, f := range rel.fields {
				if f.kind == kind {
					list = append(list, w.qualifier(rel.name)+"."+w.name(f.name))
				}
			}
		}
		for _, rel := range w.scopes[i] {
			hidden[rel.name] = true
		}
	}
	if len(list) == 0 {
		return w.literal(kind)
	}
	return list[w.r.IntN(len(list))]
}

func (w *writer) literal(kind byte) string {
	if kind == 'n' {
		return fmt.Sprint(w.r.IntN(12))
	}
	return w.one("'new'", "'it''s'", "'Note a'", "''", "'-- select'", "'größe'", "';'", "'/*'")
}

func (w *writer) expression(kind byte, level int) string {
	if level > 2 || w.chance(45) {
		return w.plain(kind)
	}
	next := level + 1
	if kind == 't' {
		switch w.r.IntN(4) {
		case 0:
			return "upper(" + w.expression('t', next) + ")"
		case 1:
			return "coalesce(" + w.expression('t', next) + ", " + w.literal('t') + ")"
		case 2:
			return "CASE WHEN " + w.condition(next) + " THEN " + w.expression('t', next) + " ELSE " + w.literal('t') + " END"
		default:
			return "replace(" + w.expression('t', next) + ", 'a', 'b')"
		}
	}
	switch w.r.IntN(6) {
	case 0:
		return w.expression('n', next) + w.one(" + ", " - ", "*") + w.expression('n', next)
	case 1:
		return "-(" + w.expression('n', next) + ")"
	case 2:
		return "CASE WHEN " + w.condition(next) + " THEN " + w.expression('n', next) + " END"
	case 3:
		return "length(" + w.expression('t', next) + ")"
	case 4:
		if w.depth < 3 {
			return "(" + w.scalar() + ")"
		}
		return "abs(" + w.expression('n', next) + ")"
	default:
		return "coalesce(" + w.expression('n', next) + ", 0)"
	}
}

// scalar is a query of one number.
func (w *writer) scalar() string {
	w.depth++
	w.scopes = append(w.scopes, nil)
	defer func() { w.depth--; w.scopes = w.scopes[:len(w.scopes)-1] }()
	from := w.source()
	return "SELECT count(*) FROM " + from + " WHERE " + w.column('n') + " <= " + w.column('n')
}

func (w *writer) condition(level int) string {
	next := level + 1
	if level > 2 {
		return w.plain('n') + w.one(" = ", " <> ", " < ", ">=") + w.plain('n')
	}
	switch w.r.IntN(10) {
	case 0:
		return "(" + w.condition(next) + w.one(" AND ", " or ") + w.condition(next) + ")"
	case 1:
		return "NOT (" + w.condition(next) + ")"
	case 2:
		return w.plain('t') + w.one(" IS NULL", " is not null")
	case 3:
		return w.expression('n', next) + w.one(" IN (1, 2, 3, 5)", " not in (4, 7)")
	case 4:
		return w.plain('n') + " BETWEEN " + w.expression('n', next) + " AND 9"
	case 5:
		return w.plain('t') + w.one(" LIKE 'N%'", " not like '%a'")
	case 6:
		if w.depth < 2 {
			return w.plain('n') + " IN (SELECT c1 FROM (" + w.query([]byte{'n'}) + ") q)"
		}
	case 7:
		if w.depth < 3 {
			return "(" + w.scalar() + ") > 2"
		}
	case 8:
		return w.expression('t', next) + " = " + w.expression('t', next)
	}
	return w.expression('n', next) + w.one(" = ", " <> ", " < ", ">=") + w.expression('n', next)
}
