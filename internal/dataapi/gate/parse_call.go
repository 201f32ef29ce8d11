package gate

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// specialCall takes the calls with words between their arguments, behind the
// function's name; nil for others.
func (p *parser) specialCall(lower string) node {
	switch {
	case lower == "cast":
		p.expect("(")
		out := seq{fixed("CAST("), p.expression(), fixed("AS")}
		p.expect("AS")
		out = append(out, fixed(p.typeName()), fixed(")"))
		p.expect(")")
		return out
	case lower == "extract" && p.peekAt(1).kind == word && p.peekAt(2).is("FROM"):
		p.functions["extract"] = true
		p.expect("(")
		out := seq{fixed("EXTRACT("), p.unit(), fixed("FROM")}
		p.expect("FROM")
		out = append(out, p.expression(), fixed(")"))
		p.expect(")")
		return out
	case lower == "row" && (p.dialect.name == PostgreSQL || p.dialect.name == MySQL):
		return append(seq{fixed("ROW")}, p.parenthesised())
	case lower == "convert" && p.dialect.name == MySQL:
		return p.convert()
	case lower == "position" && p.dialect.name != SQLite:
		return p.position()
	case lower == "trim":
		return p.trim()
	case (lower == "substring" || lower == "substr") && p.dialect.name != SQLite && p.dialect.name != ClickHouse:
		return p.substring()
	default:
		return nil
	}
}

// convert takes CONVERT(x, type) and CONVERT(x USING utf8mb4).
func (p *parser) convert() node {
	p.expect("(")
	out := seq{fixed("CONVERT("), p.expression()}
	if p.accept("USING") {
		t := p.take()
		if t.upper != "UTF8MB4" && t.upper != "UTF8" && t.upper != "BINARY" && t.upper != "LATIN1" {
			p.failAt(t.offset, gatewright.Invalid, "convert to utf8mb4, utf8, latin1 or binary")
		}
		out = append(out, fixed("USING "+strings.ToLower(t.value)))
	} else {
		p.expect(",")
		out = append(out, fixed(","), fixed(p.typeName()))
	}
	p.expect(")")
	return append(out, fixed(")"))
}

// position takes POSITION(a IN b) and, for ClickHouse, position(a, b).
func (p *parser) position() node {
	p.functions["position"] = true
	p.expect("(")
	out := seq{fixed("position(")}
	p.simple(&out)
	switch {
	case p.accept("IN"):
		out = append(out, fixed("IN"))
		p.simple(&out)
	case p.dialect.name == ClickHouse && p.accept(","):
		out = append(out, fixed(","), commas(p.list()))
	default:
		p.unexpected("IN")
	}
	p.expect(")")
	return append(out, fixed(")"))
}

// trim takes TRIM([LEADING] [x FROM] y).
func (p *parser) trim() node {
	p.functions["trim"] = true
	p.expect("(")
	out := seq{fixed("trim(")}
	side, sided := p.acceptAny("LEADING", "TRAILING", "BOTH")
	if sided {
		out = append(out, side)
	}
	if !p.is("FROM") {
		out = append(out, commas(p.list()))
	}
	if p.dialect.name != SQLite && p.accept("FROM") {
		out = append(out, fixed("FROM"), p.expression())
	}
	p.expect(")")
	return append(out, fixed(")"))
}

// substring takes SUBSTRING(x FROM a FOR b) and SUBSTRING(x, a, b).
func (p *parser) substring() node {
	p.functions["substring"] = true
	p.expect("(")
	out := seq{fixed("substring("), commas(p.list())}
	if p.accept("FROM") {
		out = append(out, fixed("FROM"), p.expression())
	}
	if p.accept("FOR") {
		out = append(out, fixed("FOR"), p.expression())
	}
	p.expect(")")
	return append(out, fixed(")"))
}

// typeName takes a type that is on the dialect's list.
func (p *parser) typeName() string {
	if !p.enter() {
		return ""
	}
	defer p.leave()
	t := p.take()
	lower := strings.ToLower(t.value)
	if t.kind != word || !p.dialect.types[lower] {
		p.failAt(t.offset, gatewright.Forbidden, "%q is no type that is allowed here", clip(t.value))
		return ""
	}
	if p.dialect.name == ClickHouse {
		return t.value + p.typeArguments()
	}
	switch {
	case lower == "double" && p.dialect.name == PostgreSQL:
		p.expect("PRECISION")
		lower = "double precision"
	case lower == "character" && p.accept("VARYING"):
		lower = "character varying"
	case lower == "signed" || lower == "unsigned":
		_, _ = p.acceptAny("INTEGER", "INT")
	}
	lower += p.typeArguments()
	if lower[0] == 't' && p.dialect.name == PostgreSQL {
		if zone, ok := p.acceptAny("WITH", "WITHOUT"); ok {
			p.expect("TIME", "ZONE")
			lower += " " + strings.ToLower(string(zone)) + " time zone"
		}
	}
	for dimensions := 0; p.dialect.name == PostgreSQL && dimensions < 6 && p.accept("[", "]"); dimensions++ {
		lower += "[]"
	}
	return lower
}

// typeArguments takes (10, 2) and, for ClickHouse, types in types.
func (p *parser) typeArguments() string {
	if !p.accept("(") {
		return ""
	}
	var list []string
	for {
		t := p.peek()
		switch {
		case t.kind == number && len(t.value) <= 5 && digits(t.value) == len(t.value) && (len(t.value) < 5 || t.value <= "65535"):
			list = append(list, p.take().value)
		case t.kind == text && p.dialect.name == ClickHouse:
			literal, _ := p.dialect.literal(p.take().value)
			list = append(list, literal)
		case t.kind == word && p.dialect.name == ClickHouse:
			list = append(list, p.typeName())
		default:
			p.fail("a number up to %d is expected in the type", maxTypeNumber)
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return "(" + strings.Join(list, ", ") + ")"
}
