package gate

import "github.com/gatewright/gatewright"

// placeholder takes ?, $1 or {name:Type}.
func (p *parser) placeholder() node {
	t := p.take()
	if len(p.params) >= MaxParams {
		p.failAt(t.offset, gatewright.LimitExceeded, "the statement has more than %d parameters", MaxParams)
		return fixed("")
	}
	if p.dialect.name == ClickHouse {
		return p.typedPlaceholder()
	}
	index := len(p.params)
	if p.dialect.name == PostgreSQL {
		index = 0
		for _, c := range t.value[1:] {
			index = index*10 + int(c-'0')
		}
		if index > MaxParams {
			p.failAt(t.offset, gatewright.LimitExceeded, "the statement has more than %d parameters", MaxParams)
			return fixed("")
		}
		index--
	}
	for len(p.params) <= index {
		p.params = append(p.params, "")
	}
	p.params[index] = t.value
	return &placeholder{index: index}
}

// typedPlaceholder takes name:Type} of ClickHouse, behind the brace.
func (p *parser) typedPlaceholder() node {
	t := p.take()
	if t.kind != word || !plainName(t.value) {
		p.failAt(t.offset, gatewright.Invalid, "a parameter is written {name:Type}")
		return fixed("")
	}
	p.expect(":")
	typeText := p.typeName()
	p.expect("}")
	if p.named == nil {
		p.named = map[string]int{}
	}
	index, known := p.named[t.value]
	if !known {
		index = len(p.params)
		p.named[t.value] = index
		p.params = append(p.params, t.value)
	}
	return &placeholder{index: index, name: t.value, typeText: typeText}
}

// checkParams refuses gaps in the numbers of PostgreSQL's placeholders.
func (p *parser) checkParams() {
	for i, used := range p.params {
		if used == "" {
			p.failAt(0, gatewright.Invalid, "parameter $%d is not used; number the parameters without gaps", i+1)
		}
	}
}
