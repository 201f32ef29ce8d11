package gate

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// expression takes operands with operators between them.
func (p *parser) expression() node {
	if !p.enter() {
		return fixed("")
	}
	defer p.leave()
	if l := p.lambda(); l != nil {
		return l
	}
	var out seq
	for {
		p.operand(&out)
		if !p.operator(&out) {
			break
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// simple takes operands with signs between them: what may stand before the AND
// of BETWEEN and the IN of POSITION.
func (p *parser) simple(out *seq) {
	for {
		p.operand(out)
		if t := p.peek(); t.kind != sign || !p.dialect.infix[t.value] {
			return
		}
		*out = append(*out, fixed(p.take().value))
	}
}

// lambda takes x -> body or (x, y) -> body of ClickHouse, nil for none.
func (p *parser) lambda() node {
	if p.dialect.name != ClickHouse {
		return nil
	}
	l := &lambda{}
	switch {
	case p.nameFollows() && p.peekAt(1).is("->"):
		l.params = []name{p.name("a parameter")}
	case p.is("("):
		n := 1
		for p.peekAt(n).kind == word && p.peekAt(n+1).is(",") {
			n += 2
		}
		if p.peekAt(n).kind != word || !p.peekAt(n+1).is(")") || !p.peekAt(n+2).is("->") {
			return nil
		}
		l.params = p.names("a parameter")
	default:
		return nil
	}
	p.expect("->")
	l.body = p.expression()
	return l
}

// operator takes what joins two operands and reports whether an operand must
// follow.
func (p *parser) operator(out *seq) bool {
	t := p.peek()
	if t.kind == sign && p.dialect.infix[t.value] {
		*out = append(*out, fixed(p.take().value))
		return true
	}
	if t.kind != word {
		return false
	}
	if w, ok := p.acceptAny(p.wordOperators()...); ok {
		*out = append(*out, w)
		return true
	}
	switch {
	case p.accept("IS"):
		return p.isTest(out)
	case p.accept("AT", "TIME", "ZONE"):
		*out = append(*out, fixed("AT TIME ZONE"))
		return true
	case p.is("NOT") || p.is("GLOBAL") || p.is("IN") || p.is("BETWEEN") || p.is("LIKE") || p.is("SIMILAR"):
		return p.predicate(out)
	}
	if w, ok := p.acceptAny(p.matchOperators()...); ok {
		*out = append(*out, w)
		return true
	}
	return false
}

// wordOperators are the operators that are words and cannot be negated.
func (p *parser) wordOperators() []string {
	switch p.dialect.name {
	case MySQL:
		return []string{"AND", "OR", "XOR", "DIV", "MOD", "ESCAPE"}
	case PostgreSQL:
		return []string{"AND", "OR", "ESCAPE", "OVERLAPS"}
	default:
		return []string{"AND", "OR", "ESCAPE"}
	}
}

// matchOperators are those that NOT may precede.
func (p *parser) matchOperators() []string {
	switch p.dialect.name {
	case MySQL:
		return []string{"LIKE", "REGEXP", "RLIKE"}
	case SQLite:
		return []string{"LIKE", "GLOB"}
	default:
		return []string{"LIKE", "ILIKE"}
	}
}

// operand takes one operand with the signs before and behind it.
func (p *parser) operand(out *seq) {
	for {
		switch {
		case p.is("-"), p.is("+"), p.is("~") && p.dialect.name != ClickHouse, p.is("!") && p.dialect.name == MySQL, p.is("NOT"):
			t := p.take()
			if t.kind == word {
				t.value = t.upper
			}
			*out = append(*out, fixed(t.value))
			continue
		case p.is("BINARY") && p.dialect.name == MySQL && !p.peekAt(1).is("("):
			p.take()
			*out = append(*out, fixed("BINARY"))
			continue
		}
		break
	}
	*out = append(*out, p.primary())
	for p.refusal == nil && p.postfix(out) {
	}
}

// postfix takes a cast, a subscript, a collation or a null test.
func (p *parser) postfix(out *seq) bool {
	postgres, clickhouse := p.dialect.name == PostgreSQL, p.dialect.name == ClickHouse
	switch {
	case (postgres || clickhouse) && p.accept("::"):
		*out = append(*out, fixed("::"), fixed(p.typeName()))
	case (postgres || clickhouse) && p.accept("["):
		*out = append(*out, fixed("["), p.expression())
		if postgres && p.accept(":") {
			*out = append(*out, fixed(":"), p.expression())
		}
		p.expect("]")
		*out = append(*out, fixed("]"))
	case p.accept("COLLATE"):
		*out = append(*out, fixed("COLLATE"), p.collation())
	case (postgres || p.dialect.name == SQLite) && (p.is("ISNULL") || p.is("NOTNULL")):
		*out = append(*out, fixed(p.take().upper))
	default:
		return false
	}
	return true
}

func (p *parser) collation() node {
	t := p.take()
	plain := strings.IndexFunc(t.value, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
	if t.kind != word && t.kind != quoted || !plain {
		p.failAt(t.offset, gatewright.Invalid, "this is no name of a collation")
	}
	if t.kind == word && p.dialect.name != PostgreSQL {
		return fixed(t.value)
	}
	if t.kind == word {
		t.value = strings.ToLower(t.value)
	}
	return fixed(p.dialect.quote(t.value))
}

// primary takes a literal, a placeholder, a column, a call or something in
// parentheses.
func (p *parser) primary() node {
	t := p.peek()
	switch {
	case t.kind == text:
		p.take()
		literal, ok := p.dialect.literal(t.value)
		if !ok {
			p.failAt(t.offset, gatewright.Invalid, "the string cannot be written for %s; pass it as a parameter", p.dialect.name)
		}
		return fixed(literal)
	case t.kind == number:
		p.take()
		return fixed(t.value)
	case t.kind == marker, t.is("{") && p.dialect.name == ClickHouse:
		return p.placeholder()
	case t.is("("):
		return p.parenthesised()
	case t.is("[") && p.dialect.name == ClickHouse:
		return p.array()
	case t.kind == word:
		return p.word()
	case t.kind == quoted:
		return p.column()
	}
	p.unexpected("a value, a field or a function")
	return fixed("")
}

// parenthesised takes a query or a list in parentheses.
func (p *parser) parenthesised() node {
	if p.peekAt(1).kind == end {
		p.unexpected("a value in parentheses")
		return fixed("")
	}
	p.expect("(")
	if p.queryFollows() {
		q := p.query()
		p.expect(")")
		return seq{fixed("("), &subquery{q}, fixed(")")}
	}
	list := p.list()
	p.expect(")")
	return append(append(seq{fixed("(")}, commas(list)...), fixed(")"))
}

// array takes [a, b] of ClickHouse and of PostgreSQL behind ARRAY.
func (p *parser) array() node {
	if !p.enter() {
		return fixed("")
	}
	defer p.leave()
	p.expect("[")
	out := seq{fixed("[")}
	for !p.is("]") && p.refusal == nil {
		if p.is("[") {
			out = append(out, p.array())
		} else {
			out = append(out, p.expression())
		}
		if !p.accept(",") {
			break
		}
		out = append(out, fixed(","))
	}
	p.expect("]")
	return append(out, fixed("]"))
}

// column takes name or relation.name.
func (p *parser) column() node {
	c := &column{name: p.name("a field")}
	if p.accept(".") {
		c.relation = c.name
		c.name = p.name("a field")
		if p.is(".") {
			p.fail("a field has at most one name of a table before it")
		}
	}
	if p.is("(") {
		p.failAt(c.name.offset, gatewright.Forbidden, "functions with a schema or in quotes are not allowed; write the function's plain name")
	}
	return c
}
