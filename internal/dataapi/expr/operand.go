package expr

import (
	"slices"
	"strings"
)

// postfix reads an operand with its members, elements, slices and methods.
func (p *parser) postfix() (node, *Error) {
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	for count := 0; ; count++ {
		if count > MaxNesting {
			return nil, errorf(p.peek().offset, "the members are nested deeper than %d levels", MaxNesting)
		}
		t := p.peek()
		switch {
		case p.accept("."), p.accept("?."):
			if n, err = p.member(n); err != nil {
				return nil, err
			}
		case p.accept("["):
			if n, err = p.index(n, t.offset); err != nil {
				return nil, err
			}
		default:
			return n, nil
		}
	}
}

func (p *parser) member(of node) (node, *Error) {
	t := p.next()
	if t.kind != tokName {
		return nil, errorf(t.offset, "%s stands where the name of a member is expected", t)
	}
	if !p.accept("(") {
		return &index{of, &literal{t.text}, t.offset}, nil
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	switch t.text {
	case "size", "length":
		return &length{of, t.offset}, nil
	case "isEmpty":
		return &operation{"==", &length{of, t.offset}, &literal{int64(0)}, t.offset}, nil
	}
	return nil, errorf(t.offset, "there is no method %s(); there are size(), length() and isEmpty()", t.text)
}

func (p *parser) index(of node, offset int) (node, *Error) {
	var from, to node
	var err *Error
	if !p.accept(":") {
		if from, err = p.expression(0); err != nil {
			return nil, err
		}
		if p.accept("]") {
			return &index{of, from, offset}, nil
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
	}
	if !p.accept("]") {
		if to, err = p.expression(0); err != nil {
			return nil, err
		}
		if err := p.expect("]"); err != nil {
			return nil, err
		}
	}
	return &slice{of, from, to, offset}, nil
}

func (p *parser) primary() (node, *Error) {
	t := p.next()
	switch t.kind {
	case tokNumber:
		return &literal{t.value}, nil
	case tokString:
		return &literal{t.text}, nil
	case tokName:
		return p.name(t)
	case tokPunct:
		switch t.text {
		case "(":
			n, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			return n, p.expect(")")
		case "[":
			return p.list(t.offset)
		case "{":
			return p.object(t.offset)
		case "#":
			if p.closure == 0 {
				return nil, errorf(t.offset, "# stands for an element, which there is only within all, none, any, one, filter and map")
			}
			return &it{}, nil
		case ".":
			if p.closure > 0 {
				return p.member(&it{})
			}
		}
	}
	return nil, errorf(t.offset, "%s stands where a value is expected", t)
}

func (p *parser) list(offset int) (node, *Error) {
	l := &list{offset: offset}
	for !p.accept("]") {
		if len(l.items) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, n)
	}
	return l, nil
}

func (p *parser) object(offset int) (node, *Error) {
	o := &object{offset: offset}
	for !p.accept("}") {
		if len(o.keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		k := p.next()
		if k.kind != tokName && k.kind != tokString {
			return nil, errorf(k.offset, "%s stands where a key is expected", k)
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		o.keys, o.values = append(o.keys, k.text), append(o.values, n)
	}
	return o, nil
}

func (p *parser) name(t token) (node, *Error) {
	switch t.text {
	case "true":
		return &literal{true}, nil
	case "false":
		return &literal{false}, nil
	case "nil", "null":
		return &literal{nil}, nil
	}
	if p.accept("(") {
		return p.call(t)
	}
	if follows := p.peek(); t.text == "new" && follows.kind == tokName {
		return nil, errorf(t.offset, "an expression makes no objects")
	}
	at, ok := p.scope.Resolve(t.text)
	if !ok {
		return nil, errorf(t.offset, "%q is not declared", t.text)
	}
	if !slices.Contains(p.names, t.text) {
		p.names = append(p.names, t.text)
	}
	return &variable{at}, nil
}

func (p *parser) call(t token) (node, *Error) {
	switch t.text {
	case "len":
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return &length{n, t.offset}, p.expect(")")
	case "all", "none", "any", "one", "filter", "map":
		return p.closureCall(t)
	}
	if name := strings.ToUpper(t.text); isDateFunction(name) {
		if !p.dates {
			return nil, errorf(t.offset, "%s can only be called within #{} and ${}", name)
		}
		return p.dateCall(name, t.offset)
	}
	return nil, errorf(t.offset, "there is no function %q", t.text)
}

func (p *parser) closureCall(t token) (node, *Error) {
	over, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	braces := p.accept("{")
	p.closure++
	body, err := p.expression(0)
	p.closure--
	if err != nil {
		return nil, err
	}
	if braces {
		if err := p.expect("}"); err != nil {
			return nil, err
		}
	}
	return &closure{t.text, over, body, t.offset}, p.expect(")")
}
