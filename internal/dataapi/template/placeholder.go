package template

import (
	"strings"

	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// placeholder reads "#{…}" or "${…}".
func (p *parser) placeholder(glued bool) node {
	start := p.pos
	raw := p.src[start] == '$'
	p.code(start)
	end := placeholderEnd(p.src, start+2)
	if end < 0 {
		p.fail(start, "the placeholder that begins here has no \"}\"")
		p.stopped = true
		return nil
	}
	inner := p.src[start+2 : end]
	p.pos = end + 1
	switch {
	case strings.TrimSpace(inner) == "":
		p.fail(start, "the placeholder is empty")
		return nil
	case strings.Contains(inner, "#{") || strings.Contains(inner, "${"):
		p.fail(start, "a placeholder cannot contain another")
		return nil
	case raw && (glued || p.pos < len(p.src) && sqltext.WordByte(p.src[p.pos])):
		p.fail(start, "${} stands for a whole name or number, not for a part of one")
		return nil
	}
	a := attribute{value: inner, start: start + 2}
	prog := p.compile(&a, true)
	if prog == nil {
		return nil
	}
	if raw {
		return p.fragment(prog, start)
	}
	n := &value{prog: prog, offset: start + 2, from: p.origins(prog)}
	if b, ok := p.variable(prog); ok {
		n.typ = b.typ
		if b.source != nil {
			n.name = b.source.Name
		}
	}
	n.tested, n.closed = p.ahead()
	return n
}

// variable returns the binding of a program that is nothing but a name.
func (p *parser) variable(prog *expr.Program) (binding, bool) {
	if _, ok := prog.Variable(); !ok {
		return binding{}, false
	}
	return p.lookup(prog.Names()[0])
}

// ahead looks at what follows a placeholder: "IS", or ")".
func (p *parser) ahead() (tested, closed bool) {
	for i := p.pos; i < len(p.src); {
		t := sqltext.Next(p.dialect, p.src, i)
		if t.Code() {
			next := p.src[i:t.End]
			return t.Kind == sqltext.Word && strings.EqualFold(next, "is"), next == ")"
		}
		i = t.End
	}
	return false, false
}

// placeholderEnd finds the brace that closes a placeholder, behind closures and
// texts.
func placeholderEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		case '\'', '"':
			q := s[i]
			for i++; i < len(s) && s[i] != q; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		}
	}
	return -1
}

// compile compiles the expression in an attribute's value. It returns nil when
// there is none, having noted why.
func (p *parser) compile(a *attribute, dates bool) *expr.Program {
	prog, err := expr.Compile(a.value, p, dates)
	if err == nil {
		return prog
	}
	at := 0
	if e, ok := err.(*expr.Error); ok { //nolint:errorlint // Compile returns this type only, never wrapped
		at = e.Offset
	}
	p.fail(a.at(at), "%s", err)
	return nil
}
