package gate

import "github.com/gatewright/gatewright"

// predicate takes [NOT] BETWEEN, IN, LIKE and their like.
func (p *parser) predicate(out *seq) bool {
	if p.dialect.name == ClickHouse && p.accept("GLOBAL") {
		*out = append(*out, fixed("GLOBAL"))
	}
	if p.accept("NOT") {
		*out = append(*out, fixed("NOT"))
	}
	if w, ok := p.acceptAny(p.matchOperators()...); ok {
		*out = append(*out, w)
		return true
	}
	switch {
	case p.dialect.name == PostgreSQL && p.accept("SIMILAR", "TO"):
		*out = append(*out, fixed("SIMILAR TO"))
		return true
	case p.accept("BETWEEN"):
		*out = append(*out, fixed("BETWEEN"))
		if p.dialect.name == PostgreSQL && p.accept("SYMMETRIC") {
			*out = append(*out, fixed("SYMMETRIC"))
		}
		p.simple(out)
		p.expect("AND")
		*out = append(*out, fixed("AND"))
		return true
	case p.accept("IN"):
		*out = append(*out, fixed("IN"))
		p.in(out)
		return p.operator(out)
	}
	p.unexpected("BETWEEN, IN or LIKE")
	return false
}

// in takes the list or query behind IN.
func (p *parser) in(out *seq) {
	offset := p.peek().offset
	if !p.is("(") {
		p.fail("IN needs a list of values or a sub-query in parentheses")
		return
	}
	p.expect("(")
	if p.queryFollows() {
		*out = append(*out, fixed("("), &subquery{p.query()}, fixed(")"))
		p.expect(")")
		return
	}
	list := p.list()
	p.expect(")")
	if p.dialect.name == ClickHouse && len(list) == 1 && bareColumn(list[0]) {
		p.failAt(offset, gatewright.Invalid, "IN over one name would be read as the name of a table; write = instead, or put several values in the list")
	}
	*out = append(*out, fixed("("), commas(list), fixed(")"))
}

// bareColumn reports whether an expression is a name, perhaps in parentheses.
func bareColumn(n node) bool {
	for {
		switch v := n.(type) {
		case *column:
			return true
		case seq:
			if len(v) == 1 {
				n = v[0]
				continue
			}
			if len(v) != 3 || v[0] != fixed("(") {
				return false
			}
			n = v[1]
		default:
			return false
		}
	}
}

// isTest takes what follows IS.
func (p *parser) isTest(out *seq) bool {
	words := fixed("IS")
	if p.accept("NOT") {
		words = "IS NOT"
	}
	if p.accept("DISTINCT", "FROM") {
		*out = append(*out, words+" DISTINCT FROM")
		return true
	}
	if w, ok := p.acceptAny("NULL", "TRUE", "FALSE", "UNKNOWN"); ok {
		*out = append(*out, words+" "+w)
		return p.operator(out)
	}
	if p.dialect.name != SQLite {
		p.unexpected("NULL, TRUE, FALSE or DISTINCT FROM")
	}
	*out = append(*out, words)
	return true
}
