package gate

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// parser reads one statement. The first refusal ends it: from then on every
// token is the end of the text, so that no loop goes on.
type parser struct {
	dialect    *dialect
	extra      map[string]string // functions of the rules
	source     string
	tokens     []token
	at         int
	depth      int
	references int
	params     []string
	named      map[string]int  // placeholders with names: → index into params
	functions  map[string]bool // called
	refusal    *refusal
}

// statement reads the whole text: one query and perhaps one semicolon.
func (p *parser) statement() *query {
	q := p.query()
	p.accept(";")
	if t := p.peek(); t.kind != end {
		switch {
		case p.tokens[p.at-1].value == ";":
			p.fail("a second statement begins here; send one statement")
		case t.upper == "INTO":
			p.fail("INTO is not allowed; a statement here only reads")
		case t.upper == "FOR" || t.upper == "LOCK":
			p.fail("locking clauses are not allowed; remove it")
		default:
			p.unexpected("")
		}
	}
	if p.checkParams(); p.refusal == nil {
		p.label(q)
	}
	return q
}

// peek returns the next token.
func (p *parser) peek() token { return p.peekAt(0) }

func (p *parser) peekAt(n int) token {
	last := len(p.tokens) - 1
	if p.refusal != nil || p.at+n > last {
		return p.tokens[last]
	}
	return p.tokens[p.at+n]
}

// take returns the next token and goes on behind it.
func (p *parser) take() token {
	t := p.peek()
	if t.kind != end {
		p.at++
	}
	return t
}

// is reports whether the next tokens are these words or signs.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if !p.peekAt(i).is(w) {
			return false
		}
	}
	return true
}

func (t token) is(w string) bool {
	return t.kind == word && t.upper == w || t.kind == sign && t.value == w
}

// accept takes the next tokens if they are these.
func (p *parser) accept(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	p.at += len(words)
	return true
}

// acceptAny takes the next token if it is one of these, and returns it.
func (p *parser) acceptAny(words ...string) (fixed, bool) {
	for _, w := range words {
		if p.accept(w) {
			return fixed(w), true
		}
	}
	return "", false
}

// expect takes the next tokens, which must be these.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.unexpected(w)
			return
		}
	}
}

// fail refuses the statement at the next token.
func (p *parser) fail(format string, args ...any) {
	p.failAt(p.peek().offset, gatewright.Invalid, format, args...)
}

func (p *parser) failAt(offset int, code gatewright.Code, format string, args ...any) {
	if p.refusal == nil {
		p.refusal = refuse(code, offset, format, args...)
	}
}

// unexpected refuses the next token, naming what was expected.
func (p *parser) unexpected(wanted string) {
	t := p.peek()
	found := "the end of the statement"
	if t.kind != end {
		found = "\"" + clip(p.source[t.offset:t.to]) + "\""
	}
	if wanted != "" {
		p.fail("%s stands where %s is expected", found, wanted)
		return
	}
	p.fail("%s is not possible here", found)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// enter goes one level down and reports whether that was possible. Each true
// needs a leave.
func (p *parser) enter() bool {
	if p.depth == MaxDepth {
		p.failAt(p.peek().offset, gatewright.LimitExceeded, "the statement is nested deeper than %d levels", MaxDepth)
	}
	if p.refusal != nil {
		return false
	}
	p.depth++
	return true
}

func (p *parser) leave() { p.depth-- }

// name takes an identifier.
func (p *parser) name(what string) name {
	t := p.peek()
	switch {
	case t.kind == quoted:
		p.take()
		return name{text: t.value, exact: true, offset: t.offset}
	case t.kind == word && p.dialect.reserved[t.upper]:
		p.fail("%s is a word of SQL; put it in quotes if it is the name of %s", t.upper, what)
	case t.kind == word:
		p.take()
		text := t.value
		if p.dialect.name == PostgreSQL {
			text = strings.ToLower(text)
		}
		return name{text: text, offset: t.offset}
	default:
		p.unexpected("the name of " + what)
	}
	return name{offset: t.offset}
}

// nameFollows reports whether the next token can be a name.
func (p *parser) nameFollows() bool {
	t := p.peek()
	return t.kind == quoted || t.kind == word && !p.dialect.reserved[t.upper]
}

// alias takes AS name, or a name without AS.
func (p *parser) alias(what string) name {
	if p.accept("AS") || p.nameFollows() {
		return p.name(what)
	}
	return name{}
}

// names takes (name, …).
func (p *parser) names(what string) []name {
	p.expect("(")
	list := []name{p.name(what)}
	for p.accept(",") {
		list = append(list, p.name(what))
	}
	p.expect(")")
	return list
}

// query takes a query without its parentheses.
func (p *parser) query() *query {
	q := &query{offset: p.peek().offset}
	if !p.enter() {
		return q
	}
	defer p.leave()
	if p.accept("WITH") {
		p.with(q)
	}
	q.terms = []term{p.term("")}
	for {
		operator := p.setOperator()
		if operator == "" {
			break
		}
		q.terms = append(q.terms, p.term(operator))
	}
	if p.accept("ORDER", "BY") {
		q.order = p.ordering()
	}
	p.limitBy(q)
	p.limit(q)
	return q
}

// with takes the common table expressions.
func (p *parser) with(q *query) {
	if p.is("RECURSIVE") {
		p.fail("recursive queries are not allowed; nothing bounds what they read")
	}
	for {
		c := &common{}
		if p.dialect.name == ClickHouse && !(p.nameFollows() && p.peekAt(1).is("AS") && p.peekAt(2).is("(")) {
			c.scalar = p.expression()
			p.expect("AS")
			c.name = p.name("an expression")
		} else {
			p.common(c)
		}
		q.with = append(q.with, c)
		if len(q.with) > MaxReferences {
			p.failAt(c.name.offset, gatewright.LimitExceeded, "the query has more than %d common table expressions", MaxReferences)
		}
		if !p.accept(",") {
			return
		}
	}
}

func (p *parser) common(c *common) {
	c.name = p.name("a common table expression")
	if p.is("(") {
		c.columns = p.names("a column")
	}
	p.expect("AS")
	if p.dialect.name == PostgreSQL {
		if p.accept("MATERIALIZED") {
			c.hint = "MATERIALIZED"
		} else if p.accept("NOT", "MATERIALIZED") {
			c.hint = "NOT MATERIALIZED"
		}
	}
	p.expect("(")
	c.query = p.query()
	p.expect(")")
}

func (p *parser) setOperator() fixed {
	operator, ok := p.acceptAny("UNION", "INTERSECT", "EXCEPT")
	if !ok {
		return ""
	}
	if quantifier, ok := p.acceptAny("ALL", "DISTINCT"); ok {
		operator += " " + quantifier
	}
	return operator
}

func (p *parser) term(operator fixed) term {
	t := term{operator: operator}
	switch {
	case p.is("(") && p.dialect.name == SQLite:
		p.fail("SQLite has no parentheses around the parts of a set operation; use SELECT * FROM (…)")
	case p.accept("("):
		t.nested = p.query()
		p.expect(")")
	case p.is("VALUES"):
		t.values, t.width = p.values()
	default:
		t.selected = p.selection()
	}
	return t
}

// values takes VALUES (…), (…).
func (p *parser) values() (seq, int) {
	if p.dialect.name != PostgreSQL && p.dialect.name != SQLite {
		p.fail("VALUES is not supported for %s; use SELECT … UNION ALL SELECT …", p.dialect.name)
	}
	p.expect("VALUES")
	out := seq{fixed("VALUES")}
	width := 0
	for {
		p.expect("(")
		row := p.list()
		p.expect(")")
		width = len(row)
		out = append(out, fixed("("), commas(row), fixed(")"))
		if !p.accept(",") {
			return out, width
		}
		out = append(out, fixed(","))
	}
}

// commas joins parts by commas.
func commas(parts []node) seq {
	var out seq
	for i, part := range parts {
		if i > 0 {
			out = append(out, fixed(","))
		}
		out = append(out, part)
	}
	return out
}

// list takes expressions with commas between them.
func (p *parser) list() []node {
	list := []node{p.expression()}
	for p.accept(",") {
		list = append(list, p.expression())
	}
	return list
}

// ordering takes what follows ORDER BY.
func (p *parser) ordering() seq {
	var out seq
	for {
		out = append(out, p.expression())
		if direction, ok := p.acceptAny("ASC", "DESC"); ok {
			out = append(out, direction)
		}
		if p.accept("NULLS") {
			place, ok := p.acceptAny("FIRST", "LAST")
			if !ok {
				p.unexpected("FIRST or LAST")
			}
			if p.dialect.name == MySQL {
				p.fail("%s has no NULLS %s; order by an expression such as x IS NULL first", p.dialect.name, place)
			}
			out = append(out, "NULLS "+place)
		}
		if !p.accept(",") {
			return out
		}
		out = append(out, fixed(","))
	}
}

// called returns the functions that were called.
func (p *parser) called() []string {
	var list []string
	for name := range p.functions {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
