package template

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// FindParams reads the parameters out of a script: each name that an expression
// uses, with the field it is compared with and the operator, as far as the SQL
// next to it shows them. It is a proposal for people to correct. What is not
// seen is left as it is by default: a required text, compared with =. The field
// is "table.field" where the SQL says which table.
//
// A parameter that only tests use, or only what tests enclose, is optional.
func FindParams(d gatewright.Dialect, source string) ([]gatewright.DataParam, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	p := newParser(source, d)
	p.names = &found{}
	p.scope = &scope{}
	p.globals = p.scope
	body := p.parse()
	if err := p.err(); err != nil {
		return nil, err
	}
	f := &finder{dialect: d}
	f.walk(body, false)
	f.readTables()
	out := make([]gatewright.DataParam, 0, len(p.names.list))
	for _, n := range p.names.list {
		out = append(out, f.param(n.Name))
	}
	return out, nil
}

// piece is a token of the SQL, or a place where values go.
type piece struct {
	text     string // of a token; words in upper case
	name     string // of a name, without quotes
	literal  bool   // a string
	from     []string
	place    bool // a placeholder
	fragment bool // "${…}"
	optional bool // within a test
}

// finder looks at a script as one row of tokens, all branches in their order.
type finder struct {
	dialect gatewright.Dialect
	pieces  []piece
	tables  map[string]string // alias or name, in lower case → name
}

func (f *finder) walk(nodes []node, optional bool) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *text:
			f.tokens(n.sql)
		case *value:
			f.pieces = append(f.pieces, piece{place: true, from: n.from, optional: optional})
		case *fragment:
			f.pieces = append(f.pieces, piece{place: true, fragment: true, from: n.from, optional: optional})
		case *condition:
			f.walk(n.body, true)
		case *choose:
			for _, w := range n.when {
				f.walk(w.body, true)
			}
			f.walk(n.otherwise, true)
		case *group:
			f.walk(n.body, optional)
		case *trim:
			f.tokens(n.prefix)
			f.walk(n.body, optional)
			f.tokens(n.suffix)
		case *foreach:
			f.tokens(n.open)
			f.walk(n.body, optional || n.nullable)
			f.tokens(n.closing)
		}
	}
}

// tokens splits SQL. Signs of comparison that stand together are one token.
func (f *finder) tokens(sql string) {
	joined := -1 // where the token before ended, if that was such a sign
	for i := 0; i < len(sql); {
		t := sqltext.Next(f.dialect, sql, i)
		raw := sql[i:t.End]
		switch {
		case t.Kind == sqltext.Symbol && strings.Contains("=<>!|", raw):
			if joined == i {
				f.pieces[len(f.pieces)-1].text += raw
			} else {
				f.pieces = append(f.pieces, piece{text: raw})
			}
			joined = t.End
		case t.Kind == sqltext.Word:
			f.pieces = append(f.pieces, piece{text: strings.ToUpper(raw), name: raw})
		case t.Kind == sqltext.Name:
			f.pieces = append(f.pieces, piece{text: "\x00name", name: raw[1 : len(raw)-1]})
		case t.Kind == sqltext.String:
			f.pieces = append(f.pieces, piece{text: "\x00text", literal: true})
		case t.Code():
			f.pieces = append(f.pieces, piece{text: raw})
		}
		i = t.End
	}
}

func (f *finder) at(i int) piece {
	if i < 0 || i >= len(f.pieces) {
		return piece{}
	}
	return f.pieces[i]
}

// readTables learns the names and aliases behind FROM and JOIN.
func (f *finder) readTables() {
	f.tables = map[string]string{}
	for i := range f.pieces {
		if f.pieces[i].text != "FROM" && f.pieces[i].text != "JOIN" {
			continue
		}
		for j := i + 1; ; j++ {
			table, next := f.path(j)
			if table == "" {
				break
			}
			_, table, _ = cutLast(table)
			f.tables[strings.ToLower(table)] = table
			if f.at(next).text == "AS" {
				next++
			}
			if alias := f.at(next); alias.name != "" && !keyword(alias.text) {
				f.tables[strings.ToLower(alias.name)] = table
				next++
			}
			if f.at(next).text != "," {
				break
			}
			j = next
		}
	}
}

// path reads "a.b.c" from i on and returns where it ends.
func (f *finder) path(i int) (string, int) {
	var parts []string
	for {
		n := f.at(i)
		if n.name == "" || keyword(n.text) {
			return strings.Join(parts, "."), i
		}
		parts = append(parts, n.name)
		if f.at(i+1).text != "." {
			return strings.Join(parts, "."), i + 1
		}
		i += 2
	}
}

func cutLast(path string) (before, last string, found bool) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:], true
	}
	return "", path, false
}

// keyword reports words that are no names where a column or an alias may be.
func keyword(word string) bool {
	return slices.Contains([]string{
		"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "BETWEEN", "ON", "USING", "JOIN", "LEFT",
		"RIGHT", "INNER", "OUTER", "FULL", "CROSS", "NATURAL", "GROUP", "ORDER", "BY", "HAVING", "LIMIT", "OFFSET", "UNION",
		"CASE", "WHEN", "THEN", "ELSE", "END", "AS", "ASC", "DESC", "EXISTS", "ANY", "ALL", "DISTINCT", "FINAL", "PREWHERE",
	}, word) || word != "" && word[0] >= '0' && word[0] <= '9'
}

// param describes one parameter by the first place that shows a comparison.
func (f *finder) param(name string) gatewright.DataParam {
	out := gatewright.DataParam{Name: name, Type: gatewright.TypeString, Operator: gatewright.OpEqual, Optional: true}
	seen := false
	for i, p := range f.pieces {
		if !p.place || !slices.Contains(p.from, name) {
			continue
		}
		if !p.optional {
			out.Optional = false
		}
		if seen {
			continue
		}
		switch f.clause(i) {
		case "LIMIT", "OFFSET":
			out.Type, seen = gatewright.TypeInt, true
			if p.fragment {
				out.Fragment = gatewright.FragmentInteger
			}
			continue
		case "ORDER":
			if p.fragment {
				out.Fragment, seen = gatewright.FragmentSort, true
				continue
			}
		}
		if op, column := f.comparison(i); op != "" {
			out.Operator, out.Field, seen = op, f.field(column), true
		}
	}
	return out
}

// clause returns the clause whose first or second value the place is.
func (f *finder) clause(i int) string {
	for j := i - 1; j >= 0; j-- {
		switch t := f.pieces[j].text; t {
		case "LIMIT", "OFFSET":
			return t
		case "BY":
			return f.at(j - 1).text
		case ",":
		default:
			if !f.pieces[j].place {
				return ""
			}
		}
	}
	return ""
}

// comparison finds the operator at the place, with the column on its other
// side.
func (f *finder) comparison(i int) (gatewright.Operator, string) {
	if op := flip(operator(f.at(i + 1).text)); op != "" {
		if column, _ := f.path(i + 2); column != "" {
			return op, column
		}
	}
	j := i - 1
	for f.at(j).text == "||" || f.at(j).literal { // '%' || #{x}
		j--
	}
	if f.at(j).text == "AND" && f.at(j-2).text == "BETWEEN" {
		return gatewright.OpLessOrEqual, f.column(j - 3)
	}
	if f.at(j).text == "(" || f.at(j).text == "," { // an argument, or in a list
		j = f.open(j) - 1
		if w := f.at(j); w.name != "" && !keyword(w.text) {
			j-- // LIKE concat('%', #{x})
			if f.at(j).text != "LIKE" {
				return operator(f.at(j).text), f.column(j - 1)
			}
		} else if w.text != "IN" {
			return "", ""
		}
	}
	before := j - 1
	negated := f.at(before).text == "NOT"
	if negated {
		before--
	}
	switch f.at(j).text {
	case "IN":
		return pick(negated, gatewright.OpNotIn, gatewright.OpIn), f.column(before)
	case "LIKE", "ILIKE":
		return pick(negated, gatewright.OpNotLike, gatewright.OpLike), f.column(before)
	case "BETWEEN":
		return gatewright.OpGreaterOrEqual, f.column(before)
	}
	return operator(f.at(j).text), f.column(j - 1)
}

func pick(negated bool, no, yes gatewright.Operator) gatewright.Operator {
	if negated {
		return no
	}
	return yes
}

// open returns the parenthesis that is open at j.
func (f *finder) open(j int) int {
	depth := 0
	for ; j >= 0; j-- {
		switch f.pieces[j].text {
		case ")":
			depth++
		case "(":
			if depth == 0 {
				return j
			}
			depth--
		}
	}
	return -1
}

// column reads the column that ends at j, one within a function's parentheses
// too: date(created) is about created.
func (f *finder) column(j int) string {
	if f.at(j).text == ")" {
		open := f.open(j - 1)
		column, end := f.path(open + 1)
		if open < 0 || end != j {
			return ""
		}
		return column
	}
	if n := f.at(j); n.name == "" || keyword(n.text) {
		return ""
	}
	for f.at(j-1).text == "." && f.at(j-2).name != "" {
		j -= 2
	}
	column, _ := f.path(j)
	return column
}

// field names a column with its table, if the SQL says which that is.
func (f *finder) field(column string) string {
	qualifier, name, qualified := cutLast(column)
	if !qualified {
		return name
	}
	_, qualifier, _ = cutLast(qualifier)
	if table, ok := f.tables[strings.ToLower(qualifier)]; ok {
		return table + "." + name
	}
	return qualifier + "." + name
}

func operator(sign string) gatewright.Operator {
	switch sign {
	case "=", "==":
		return gatewright.OpEqual
	case "!=", "<>":
		return gatewright.OpNotEqual
	case "<", ">", "<=", ">=":
		return gatewright.Operator(sign)
	}
	return ""
}

// flip turns an operator around: 5 < a is a > 5.
func flip(op gatewright.Operator) gatewright.Operator {
	switch op {
	case gatewright.OpLess:
		return gatewright.OpGreater
	case gatewright.OpGreater:
		return gatewright.OpLess
	case gatewright.OpLessOrEqual:
		return gatewright.OpGreaterOrEqual
	case gatewright.OpGreaterOrEqual:
		return gatewright.OpLessOrEqual
	}
	return op
}
