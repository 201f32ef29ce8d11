package expr

import (
	"regexp"
)

// Limits of one expression.
const (
	MaxBytes        = 4096
	MaxNesting      = 64 // of brackets, operators and closures
	MaxPatternBytes = 256
)

// Var is where an evaluation finds a variable.
type Var struct {
	Local bool // among the locals, not the globals
	Slot  int
}

// Scope knows the names an expression may use.
type Scope interface {
	Resolve(name string) (Var, bool)
}

// Program is a compiled expression, immutable and safe for use by several
// goroutines.
type Program struct {
	root  node
	names []string
}

// Names returns the variables the expression reads, each once, in order.
func (p *Program) Names() []string { return p.names }

// Variable returns the variable if the expression is nothing but one.
func (p *Program) Variable() (Var, bool) {
	v, ok := p.root.(*variable)
	if !ok {
		return Var{}, false
	}
	return v.at, true
}

// Digits reports whether the expression is a call of TO_YYYYMMDD, whose result
// has digits only.
func (p *Program) Digits() bool {
	d, ok := p.root.(*dateCall)
	return ok && d.name == toCompact
}

// Compile reads an expression. dates says whether the date functions may be
// called, as they may in placeholders. Errors are *[Error].
func Compile(src string, scope Scope, dates bool) (*Program, error) {
	if len(src) > MaxBytes {
		return nil, errorf(0, "the expression has %d bytes; at most %d are allowed", len(src), MaxBytes)
	}
	tokens, err := scan(src)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, scope: scope, dates: dates}
	root, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, errorf(t.offset, "%s is not expected here", t)
	}
	return &Program{root: root, names: p.names}, nil
}

// String names the token in a message.
func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokNumber:
		return "a number"
	case tokString:
		return "a text"
	}
	return "\"" + t.text + "\""
}

type parser struct {
	tokens  []token
	pos     int
	depth   int
	closure int // how many closures are around
	scope   Scope
	dates   bool
	names   []string
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

func (p *parser) accept(text string) bool {
	if t := p.peek(); t.kind == tokPunct && t.text == text {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(text string) *Error {
	if !p.accept(text) {
		t := p.peek()
		return errorf(t.offset, "%s stands where %q is expected", t, text)
	}
	return nil
}

// binary are the operators of two operands, with how tightly they bind. The
// words of OGNL mean the same as the signs.
func binary(word string) (op string, power int) {
	switch word {
	case "||", "or":
		return "||", 10
	case "&&", "and":
		return "&&", 15
	case "==", "eq":
		return "==", 20
	case "!=", "neq":
		return "!=", 20
	case "<", "lt":
		return "<", 20
	case "<=", "lte":
		return "<=", 20
	case ">", "gt":
		return ">", 20
	case ">=", "gte":
		return ">=", 20
	case "in", "contains", "startsWith", "endsWith", "matches":
		return word, 20
	case "..":
		return "..", 25
	case "+", "-":
		return word, 30
	case "*", "/", "%":
		return word, 60
	case "**":
		return word, 100
	case "??":
		return word, 110
	}
	return "", 0
}

const (
	powerNot   = 50
	powerMinus = 90
)

// enter counts nesting; every call goes with a "defer p.leave()".
func (p *parser) enter() *Error {
	p.depth++
	if p.depth > MaxNesting {
		return errorf(p.peek().offset, "the expression is nested deeper than %d levels", MaxNesting)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// expression reads operators that bind more tightly than power; 0 reads a
// whole expression with its conditional.
func (p *parser) expression(power int) (node, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	for count := 0; ; count++ {
		if count > MaxNesting*4 {
			return nil, errorf(p.peek().offset, "the expression has too many operators in one row; use a list and \"in\"")
		}
		t := p.peek()
		op, binds := p.operator()
		if op == "" || binds <= power {
			break
		}
		p.pos++
		negate := t.text == "not"
		if negate {
			p.pos++
		}
		side := binds
		if op == "**" {
			side-- // binds to the right
		}
		right, err := p.expression(side)
		if err != nil {
			return nil, err
		}
		if left, err = p.combine(op, t.offset, left, right); err != nil {
			return nil, err
		}
		if negate {
			left = &not{left, t.offset}
		}
	}
	if power == 0 && p.peek().kind == tokPunct && p.peek().text == "?" {
		return p.conditional(left)
	}
	return left, nil
}

// operator looks at what follows an operand, "not in" included.
func (p *parser) operator() (string, int) {
	t := p.peek()
	if t.kind != tokPunct && t.kind != tokName {
		return "", 0
	}
	if t.kind == tokName && t.text == "not" {
		after := p.tokens[p.pos+1] // there is always the end
		switch after.text {
		case "in", "contains", "startsWith", "endsWith", "matches":
			if after.kind == tokName {
				return binary(after.text)
			}
		}
		return "", 0
	}
	return binary(t.text)
}

func (p *parser) combine(op string, offset int, left, right node) (node, *Error) {
	switch op {
	case "&&", "||", "??":
		return &logic{op, left, right, offset}, nil
	case "matches":
		pattern, ok := right.(*literal)
		text, isText := "", false
		if ok {
			text, isText = pattern.value.(string)
		}
		if !isText || len(text) > MaxPatternBytes {
			return nil, errorf(offset, "matches needs a pattern written in quotes, of at most %d bytes", MaxPatternBytes)
		}
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, errorf(offset, "the pattern is not valid: %v", err)
		}
		return &match{left, re, offset}, nil
	}
	return &operation{op, left, right, offset}, nil
}

func (p *parser) conditional(test node) (node, *Error) {
	offset := p.next().offset
	yes, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	no, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return &conditional{test, yes, no, offset}, nil
}

func (p *parser) unary() (node, *Error) {
	t := p.peek()
	power := 0
	switch {
	case t.kind == tokPunct && t.text == "!", t.kind == tokName && t.text == "not":
		power = powerNot
	case t.kind == tokPunct && (t.text == "-" || t.text == "+"):
		power = powerMinus
	default:
		return p.postfix()
	}
	p.pos++
	operand, err := p.expression(power)
	if err != nil {
		return nil, err
	}
	switch t.text {
	case "-":
		return &operation{"-", &literal{int64(0)}, operand, t.offset}, nil
	case "+":
		return operand, nil
	}
	return &not{operand, t.offset}, nil
}
