package gate

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// maxLabel is how long a text may be that becomes a name; every database takes
// names of this length.
const maxLabel = 63

// selection takes SELECT up to WINDOW.
func (p *parser) selection() *selection {
	s := &selection{}
	if !p.is("SELECT") {
		p.notSelect()
		return s
	}
	p.expect("SELECT")
	p.distinct(s)
	s.items = p.items()
	if p.is("INTO") {
		p.fail("INTO is not allowed; a statement here only reads")
	}
	if p.accept("FROM") {
		s.from = p.from()
	}
	p.where(s)
	if p.accept("GROUP", "BY") {
		s.group = p.grouping()
	}
	if p.accept("HAVING") {
		s.having = p.expression()
	}
	if p.accept("WINDOW") {
		p.windows(s)
	}
	return s
}

// where takes WHERE and ClickHouse's PREWHERE. Sub-selects have no PREWHERE, so
// it becomes a part of WHERE; the database moves it back by itself.
func (p *parser) where(s *selection) {
	if p.dialect.name == ClickHouse && p.accept("PREWHERE") {
		s.where = p.expression()
	}
	if !p.accept("WHERE") {
		return
	}
	condition := p.expression()
	if s.where != nil {
		condition = seq{fixed("("), s.where, fixed(") AND ("), condition, fixed(")")}
	}
	s.where = condition
}

// notSelect refuses what begins with another word.
func (p *parser) notSelect() {
	t := p.peek()
	if t.kind == word && !p.is("TABLE") {
		p.fail("%s is not allowed; a statement must be one SELECT, perhaps with WITH or UNION", clip(t.upper))
		return
	}
	p.unexpected("SELECT")
}

func (p *parser) distinct(s *selection) {
	switch {
	case p.accept("ALL"):
	case p.accept("DISTINCT"):
		s.distinct = seq{fixed("DISTINCT")}
		if p.dialect.name == PostgreSQL && p.accept("ON") {
			p.expect("(")
			s.distinct = append(s.distinct, fixed("ON ("), commas(p.list()), fixed(")"))
			p.expect(")")
		}
	}
}

// items takes the list of results.
func (p *parser) items() []item {
	var items []item
	for {
		items = append(items, p.item())
		if !p.accept(",") {
			return items
		}
	}
}

func (p *parser) item() item {
	start := p.peek()
	if p.accept("*") {
		return item{star: true}
	}
	if p.nameFollows() && p.peekAt(1).is(".") && p.peekAt(2).is("*") {
		relation := p.name("a table")
		p.expect(".", "*")
		return item{star: true, relation: relation}
	}
	it := item{expr: p.expression()}
	it.source = strings.TrimSpace(p.source[start.offset:p.behind(start)])
	it.alias = p.alias("a column")
	return it
}

// label names the results of the statement that have no name, for databases
// that name them by their text: it would be our text instead of the caller's.
func (p *parser) label(q *query) {
	s := q.terms[0].selected
	if s == nil || p.dialect.name == PostgreSQL {
		return
	}
	for i := range s.items {
		it := &s.items[i]
		c, isColumn := it.expr.(*column)
		switch {
		case it.star || it.alias.text != "":
		case isColumn:
			if p.dialect.name == ClickHouse && c.relation.text != "" {
				it.alias = c.name
			}
		case len(it.source) <= maxLabel && !strings.ContainsAny(it.source, "\n\r\t") && p.dialect.printable(it.source):
			it.alias = name{text: it.source}
		}
	}
}

// behind returns the offset behind the last token that was taken.
func (p *parser) behind(start token) int {
	if p.refusal != nil || p.at == 0 {
		return start.offset
	}
	return max(start.offset, p.tokens[p.at-1].to)
}

// grouping takes what follows GROUP BY.
func (p *parser) grouping() []node {
	var list []node
	for {
		list = append(list, p.groupingItem())
		if !p.accept(",") {
			break
		}
	}
	if p.dialect.name == MySQL || p.dialect.name == ClickHouse {
		if p.accept("WITH", "ROLLUP") {
			list[len(list)-1] = seq{list[len(list)-1], fixed("WITH ROLLUP")}
		}
	}
	return list
}

func (p *parser) groupingItem() node {
	if p.dialect.name != PostgreSQL {
		return p.expression()
	}
	if word, ok := p.acceptAny("ROLLUP", "CUBE"); ok {
		p.expect("(")
		list := p.list()
		p.expect(")")
		return seq{word + " (", commas(list), fixed(")")}
	}
	if p.accept("GROUPING", "SETS") {
		if !p.enter() {
			return fixed("")
		}
		defer p.leave()
		p.expect("(")
		var sets []node
		for {
			sets = append(sets, p.groupingItem())
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		return seq{fixed("GROUPING SETS ("), commas(sets), fixed(")")}
	}
	if p.accept("(", ")") {
		return fixed("()")
	}
	return p.expression()
}

// from takes what follows FROM.
func (p *parser) from() source {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	left := p.joined()
	for p.is(",") {
		offset := p.take().offset
		left = &join{left: left, right: p.joined(), words: ",", offset: offset}
	}
	return left
}

// joined takes one source and what is joined to it.
func (p *parser) joined() source {
	left := p.single()
	for {
		if next, ok := p.arrayJoin(left); ok {
			left = next
			continue
		}
		j, ok := p.joinWords()
		if !ok {
			return left
		}
		j.left, j.right = left, p.single()
		switch {
		case p.accept("ON"):
			j.on = p.expression()
		case p.is("USING"):
			p.expect("USING")
			if p.dialect.name == ClickHouse && !p.is("(") {
				j.using = append(j.using, p.name("a column"))
			} else {
				j.using = p.names("a column")
			}
		}
		left = j
	}
}

// joinWords takes NATURAL LEFT OUTER JOIN and the like.
func (p *parser) joinWords() (*join, bool) {
	j := &join{offset: p.peek().offset}
	start := p.at
	var words []string
	add := func(list ...string) {
		if w, ok := p.acceptAny(list...); ok {
			words = append(words, string(w))
		}
	}
	if p.dialect.name == ClickHouse {
		add("GLOBAL")
		add("ANY", "ALL", "ASOF", "SEMI", "ANTI")
	} else if p.accept("NATURAL") {
		j.natural = true
		words = append(words, "NATURAL")
	}
	add("INNER", "LEFT", "RIGHT", "FULL", "CROSS")
	add("OUTER")
	if p.dialect.name == ClickHouse {
		add("ANY", "ALL", "ASOF", "SEMI", "ANTI")
	}
	if p.accept("JOIN") {
		j.words = fixed(strings.Join(append(words, "JOIN"), " "))
		return j, true
	}
	if p.at > start {
		p.unexpected("JOIN")
	}
	return nil, false
}

// arrayJoin takes ClickHouse's [LEFT] ARRAY JOIN.
func (p *parser) arrayJoin(left source) (source, bool) {
	if p.dialect.name != ClickHouse {
		return nil, false
	}
	words := fixed("ARRAY JOIN")
	switch {
	case p.accept("ARRAY", "JOIN"):
	case p.accept("LEFT", "ARRAY", "JOIN"):
		words = "LEFT ARRAY JOIN"
	default:
		return nil, false
	}
	p.reference()
	a := &arrayJoin{left: left, words: words}
	for _, it := range p.items() {
		if it.star {
			p.fail("ARRAY JOIN needs the name of an array")
		}
		a.items = append(a.items, it)
	}
	return a, true
}

// single takes one table, sub-query or join in parentheses.
func (p *parser) single() source {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	p.reference()
	lateral := false
	if p.is("LATERAL") {
		if p.dialect.name != PostgreSQL && p.dialect.name != MySQL {
			p.fail("%s has no LATERAL", p.dialect.name)
		}
		lateral = p.accept("LATERAL")
	}
	if !p.accept("(") {
		if lateral {
			p.unexpected("a sub-query in parentheses")
		}
		return p.table()
	}
	if !lateral && !p.queryFollows() {
		inner := p.from()
		p.expect(")")
		return &parentheses{inner}
	}
	s := &querySource{lateral: lateral, query: p.query()}
	p.expect(")")
	offset := p.peek().offset
	s.alias = p.alias("a sub-query")
	if s.alias.text == "" && p.dialect.name != ClickHouse && p.dialect.name != SQLite {
		p.failAt(offset, gatewright.Invalid, "the sub-query needs a name: (SELECT …) AS name")
	}
	s.columns = p.columnNames(s.alias)
	return s
}

// reference counts what is read from.
func (p *parser) reference() {
	if p.references++; p.references > MaxReferences {
		p.failAt(p.peek().offset, gatewright.LimitExceeded, "the statement reads from more than %d tables and sub-queries", MaxReferences)
	}
}

// columnNames takes the names of columns behind an alias.
func (p *parser) columnNames(alias name) []name {
	if alias.text == "" || !p.is("(") {
		return nil
	}
	if p.dialect.name != PostgreSQL && p.dialect.name != MySQL {
		p.fail("%s has no names of columns behind the name of a table; name them inside the sub-query", p.dialect.name)
	}
	return p.names("a column")
}

// queryFollows reports whether a query begins here, perhaps behind
// parentheses of its own.
func (p *parser) queryFollows() bool {
	n := 0
	for p.peekAt(n).is("(") {
		n++
	}
	t := p.peekAt(n)
	if !t.is("SELECT") && !t.is("WITH") && !t.is("VALUES") {
		return false
	}
	return n == 0 || p.dialect.name != SQLite && p.closesQuery(n)
}

// closesQuery reports whether the n parentheses that open here hold queries
// only: "((SELECT …) UNION …)" and not "((SELECT …) AS a JOIN b)".
func (p *parser) closesQuery(n int) bool {
	depth := n
	for i := n; ; i++ {
		t := p.peekAt(i)
		switch {
		case t.kind == end:
			return true
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
			if depth == n-1 {
				next := p.peekAt(i + 1)
				return next.is(")") || next.is("UNION") || next.is("INTERSECT") || next.is("EXCEPT") || next.is("ORDER") || next.is("LIMIT")
			}
		}
	}
}

// table takes the name of a table and its alias.
func (p *parser) table() source {
	t := &tableSource{name: p.name("a table")}
	switch {
	case p.is("."):
		p.failAt(t.name.offset, gatewright.Forbidden, "%q is no selected logical table; name logical tables without a schema", clip(p.source[t.name.offset:p.peekAt(1).to]))
	case p.is("("):
		p.failAt(t.name.offset, gatewright.Forbidden, "functions in place of tables are not allowed; read from the selected logical tables")
	}
	final := func() { t.final = t.final || p.dialect.name == ClickHouse && p.accept("FINAL") }
	final()
	t.alias = p.alias("a table")
	t.columns = p.columnNames(t.alias)
	final()
	return t
}
