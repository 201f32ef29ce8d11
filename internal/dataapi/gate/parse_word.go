package gate

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

const (
	// maxPadding is how long a function may make a string that it fills.
	maxPadding = 1000
	// maxTypeNumber bounds lengths and precisions in types.
	maxTypeNumber = 65_535
)

// word takes what begins with a word.
func (p *parser) word() node {
	t := p.peek()
	call := p.peekAt(1).is("(")
	switch t.upper {
	case "NULL", "TRUE", "FALSE":
		p.take()
		return fixed(t.upper)
	case "CASE":
		return p.caseOf()
	case "EXISTS":
		p.take()
		p.expect("(")
		q := p.query()
		p.expect(")")
		return seq{fixed("EXISTS ("), &subquery{q}, fixed(")")}
	case "INTERVAL":
		return p.interval()
	case "ARRAY":
		if p.dialect.name == PostgreSQL {
			return p.arrayOf()
		}
	case "ANY", "ALL", "SOME":
		if call && (p.dialect.name == PostgreSQL || p.dialect.name == MySQL) {
			p.take()
			return append(seq{fixed(t.upper)}, p.parenthesised())
		}
	case "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ":
		if p.peekAt(1).kind == text && (p.dialect.name == PostgreSQL || p.dialect.name == MySQL) {
			p.take()
			return seq{fixed(t.upper), p.primary()}
		}
	}
	if call {
		return p.call()
	}
	if p.dialect.constants[t.upper] {
		p.take()
		return fixed(t.upper)
	}
	return p.column()
}

func (p *parser) caseOf() node {
	p.expect("CASE")
	out := seq{fixed("CASE")}
	if !p.is("WHEN") {
		out = append(out, p.expression())
	}
	for first := true; first || p.is("WHEN"); first = false {
		p.expect("WHEN")
		out = append(out, fixed("WHEN"), p.expression())
		p.expect("THEN")
		out = append(out, fixed("THEN"), p.expression())
	}
	if p.accept("ELSE") {
		out = append(out, fixed("ELSE"), p.expression())
	}
	p.expect("END")
	return append(out, fixed("END"))
}

// interval takes INTERVAL '1 day' of PostgreSQL and INTERVAL x DAY of others.
func (p *parser) interval() node {
	p.expect("INTERVAL")
	out := seq{fixed("INTERVAL")}
	if p.dialect.name == PostgreSQL {
		if p.peek().kind != text {
			p.unexpected("a string such as '1 day'")
		}
		return append(out, p.primary())
	}
	if p.dialect.name == SQLite {
		p.fail("SQLite has no INTERVAL; use a modifier such as date(x, '+1 day')")
	}
	out = append(out, p.primary())
	return append(out, p.unit())
}

func (p *parser) unit() node {
	t := p.take()
	if t.kind != word || !p.dialect.units[t.upper] {
		p.failAt(t.offset, gatewright.Invalid, "a unit of time such as DAY is expected")
	}
	return fixed(t.upper)
}

func (p *parser) arrayOf() node {
	p.expect("ARRAY")
	if p.is("[") {
		return seq{fixed("ARRAY"), p.array()}
	}
	p.expect("(")
	q := p.query()
	p.expect(")")
	return seq{fixed("ARRAY("), &subquery{q}, fixed(")")}
}

// call takes a call of a function that is allowed.
func (p *parser) call() node {
	t := p.take()
	lower := strings.ToLower(t.value)
	if special := p.specialCall(lower); special != nil {
		return special
	}
	spelled, ok := p.dialect.functions[lower]
	if !ok {
		spelled, ok = p.extra[lower]
	}
	if !ok {
		if p.dialect.dangerous(lower) {
			p.failAt(t.offset, gatewright.Forbidden, "function %s is not allowed: it reaches beyond its arguments; remove it", clip(lower))
		} else {
			p.failAt(t.offset, gatewright.Forbidden, "function %s is not on the list of allowed functions; use another, or ask the owner of the data source to allow it", clip(lower))
		}
		return fixed("")
	}
	p.functions[spelled] = true
	p.expect("(")
	out := seq{fixed(spelled + "(")}
	if p.dialect.parametric[spelled] && p.parametersFollow() {
		out = append(out, commas(p.list()), fixed(")("))
		p.expect(")", "(")
	}
	out = append(out, p.arguments(lower)...)
	p.expect(")")
	out = append(out, fixed(")"))
	return p.aggregate(out)
}

// parametersFollow reports whether another pair of parentheses stands behind
// the one that begins here.
func (p *parser) parametersFollow() bool {
	depth := 1
	for i := 0; ; i++ {
		t := p.peekAt(i)
		switch {
		case t.kind == end:
			return false
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return p.peekAt(i + 1).is("(")
			}
		}
	}
}

// arguments takes what is inside the parentheses of a call.
func (p *parser) arguments(lower string) seq {
	if p.is(")") {
		return nil
	}
	if p.is("*", ")") && lower == "count" {
		p.take()
		return seq{fixed("*")}
	}
	var out seq
	if quantifier, ok := p.acceptAny("DISTINCT", "ALL"); ok {
		out = append(out, quantifier)
	}
	if p.dialect.name == MySQL && (lower == "timestampdiff" || lower == "timestampadd") {
		out = append(out, p.unit(), fixed(","))
		p.expect(",")
	}
	offset := p.peek().offset
	list := p.list()
	p.padding(lower, offset, list)
	out = append(out, commas(list))
	if p.accept("ORDER", "BY") {
		out = append(out, fixed("ORDER BY"), p.ordering())
	}
	if p.dialect.name == MySQL && p.accept("SEPARATOR") {
		if p.peek().kind != text {
			p.unexpected("a string")
		}
		out = append(out, fixed("SEPARATOR"), p.primary())
	}
	return out
}

// padding refuses to fill strings to a length that is not in the text.
func (p *parser) padding(lower string, offset int, list []node) {
	switch lower {
	case "lpad", "rpad", "leftpad", "rightpad", "tofixedstring":
	default:
		return
	}
	if len(list) > 1 {
		if length, ok := list[1].(fixed); ok {
			if n, err := strconv.Atoi(string(length)); err == nil && n <= maxPadding {
				return
			}
		}
	}
	p.failAt(offset, gatewright.Forbidden, "%s needs a length in digits, at most %d", lower, maxPadding)
}

// aggregate takes what may follow a call.
func (p *parser) aggregate(out seq) node {
	if p.is("WITHIN", "GROUP") {
		p.expect("WITHIN", "GROUP", "(", "ORDER", "BY")
		out = append(out, fixed("WITHIN GROUP (ORDER BY"), p.ordering(), fixed(")"))
		p.expect(")")
	}
	if p.is("FILTER", "(") {
		p.expect("FILTER", "(", "WHERE")
		out = append(out, fixed("FILTER (WHERE"), p.expression(), fixed(")"))
		p.expect(")")
	}
	if p.accept("OVER") {
		if p.is("(") {
			return append(out, fixed("OVER"), p.window())
		}
		return append(out, fixed("OVER "+p.dialect.quote(p.name("a window").text)))
	}
	return out
}

// windows takes name AS (…), ….
func (p *parser) windows(s *selection) {
	for {
		w := window{name: p.name("a window")}
		p.expect("AS")
		w.spec = p.window()
		s.windows = append(s.windows, w)
		if !p.accept(",") {
			return
		}
	}
}

// window takes a window in parentheses.
func (p *parser) window() seq {
	p.expect("(")
	out := seq{fixed("(")}
	if p.nameFollows() && !p.is("RANGE") && !p.is("GROUPS") {
		out = append(out, fixed(p.dialect.quote(p.name("a window").text)))
	}
	if p.accept("PARTITION", "BY") {
		out = append(out, fixed("PARTITION BY"), commas(p.list()))
	}
	if p.accept("ORDER", "BY") {
		out = append(out, fixed("ORDER BY"), p.ordering())
	}
	if mode, ok := p.acceptAny("ROWS", "RANGE", "GROUPS"); ok {
		out = append(out, mode)
		if p.accept("BETWEEN") {
			out = append(out, fixed("BETWEEN"), p.bound(), fixed("AND"))
			p.expect("AND")
		}
		out = append(out, p.bound())
	}
	p.expect(")")
	return append(out, fixed(")"))
}

// bound takes one end of a window's frame.
func (p *parser) bound() node {
	switch {
	case p.accept("CURRENT", "ROW"):
		return fixed("CURRENT ROW")
	case p.accept("UNBOUNDED", "PRECEDING"):
		return fixed("UNBOUNDED PRECEDING")
	case p.accept("UNBOUNDED", "FOLLOWING"):
		return fixed("UNBOUNDED FOLLOWING")
	}
	distance := p.primary()
	side, ok := p.acceptAny("PRECEDING", "FOLLOWING")
	if !ok {
		p.unexpected("PRECEDING or FOLLOWING")
	}
	return seq{distance, side}
}
