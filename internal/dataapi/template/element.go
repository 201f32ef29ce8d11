package template

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// element reads the element at the present place, with its body. parent is the
// element around.
func (p *parser) element(parent *tag) []node {
	t, problem, at := readTag(p.src, p.pos)
	p.pos = t.end
	if problem != "" {
		p.fail(at, "%s", problem)
		return nil
	}
	p.code(t.start)
	if _, _, usable := attributes(t.name); !usable {
		p.fail(t.start, "<%s> cannot be used; %s", t.name, instead(t.name))
		p.stopped = true
		return nil
	}
	if t.name == "select" {
		p.fail(t.start, "<select> is around the whole script and nowhere else")
	}
	p.checkAttributes(&t)
	p.checkPlace(&t, parent)
	if p.depth++; p.depth > MaxNesting {
		p.fail(t.start, "elements are nested deeper than %d levels", MaxNesting)
		p.stopped = true
	}
	defer func() { p.depth-- }()
	p.push()
	n := p.build(&t)
	p.pop()
	if t.name == "bind" { // is for what follows, not for a body of its own
		return p.bind(&t)
	}
	if n == nil {
		return nil
	}
	return []node{n}
}

func instead(name string) string {
	switch name {
	case "set", "insert", "update", "delete", "selectkey":
		return "a data API only reads"
	case "sql", "include":
		return "write a <function>"
	}
	return "a script begins with <select>"
}

// checkAttributes tells of attributes that the element does not have, and of
// those it needs.
func (p *parser) checkAttributes(t *tag) {
	allowed, _, _ := attributes(t.name)
	for i := range t.attrs {
		a := &t.attrs[i]
		if t.name != "call" && !slices.ContainsFunc(allowed, func(n string) bool { return strings.EqualFold(n, a.name) }) {
			p.fail(a.start, "<%s> has no attribute %s", t.name, a.name)
		}
	}
	var required []string
	switch t.name {
	case "if", "when":
		required = []string{"test"}
	case "foreach":
		required = []string{"collection"}
	case "bind":
		required = []string{"name", "value"}
	case "function", "call":
		required = []string{"name"}
	}
	for _, n := range required {
		if t.attr(n) == nil {
			p.fail(t.start, "<%s> needs the attribute %s", t.name, n)
		}
	}
}

// checkPlace tells of elements that stand where they mean nothing.
func (p *parser) checkPlace(t, parent *tag) {
	inChoose := parent != nil && parent.name == "choose"
	branch := t.name == "when" || t.name == "otherwise"
	switch {
	case branch && !inChoose:
		p.fail(t.start, "<%s> stands outside of <choose>", t.name)
	case inChoose && !branch:
		p.fail(t.start, "<choose> contains <when> and <otherwise> only")
	case t.name == "function" && (parent == nil || parent.name != "select"):
		p.fail(t.start, "<function> stands directly in <select>")
	}
	if (t.name == "bind" || t.name == "call") && !t.single {
		if end := strings.Index(p.src[p.pos:], "<"); end >= 0 && strings.TrimSpace(p.src[p.pos:p.pos+end]) == "" {
			if name, closing, _ := tagName(p.src, p.pos+end); closing && name == t.name {
				return
			}
		}
		p.fail(t.start, "<%s> has no body; write <%s …/>", t.name, t.name)
	}
}

// children reads the body of t in a scope of its own.
func (p *parser) children(t *tag) []node {
	if t.single {
		return nil
	}
	return p.body(t)
}

func (p *parser) build(t *tag) node {
	switch t.name {
	case "if", "when":
		return &condition{test: p.test(t), body: p.children(t), offset: p.testOffset(t)}
	case "choose":
		return p.choose(t)
	case "where":
		return &trim{prefix: "WHERE", prefixOverrides: []string{"AND", "OR"}, body: p.children(t), offset: t.start}
	case "trim":
		return p.trim(t)
	case "foreach":
		return p.foreach(t)
	case "function":
		p.function(t)
		return nil
	case "call":
		n := p.call(t)
		p.children(t)
		return n
	case "bind":
		p.children(t)
		return nil
	}
	return &group{p.children(t)} // otherwise, and what is only there by mistake
}

func (p *parser) test(t *tag) *expr.Program {
	a := t.attr("test")
	if a == nil {
		return nil
	}
	return p.compile(a, false)
}

func (p *parser) testOffset(t *tag) int {
	if a := t.attr("test"); a != nil {
		return a.start
	}
	return t.start
}

func (p *parser) choose(t *tag) node {
	c := &choose{}
	otherwise := false
	for _, n := range p.children(t) {
		switch n := n.(type) {
		case *condition:
			if otherwise {
				p.fail(t.start, "in a <choose> every <when> comes before <otherwise>")
			}
			c.when = append(c.when, n)
		case *group:
			if otherwise {
				p.fail(t.start, "a <choose> has one <otherwise> at most")
			}
			otherwise = true
			c.otherwise = n.body
		case *text:
			if strings.TrimSpace(n.sql) != "" {
				p.fail(t.start, "<choose> contains <when> and <otherwise> only, no text between them")
			}
		default:
			p.fail(t.start, "<choose> contains <when> and <otherwise> only")
		}
	}
	if len(c.when) == 0 {
		p.fail(t.start, "a <choose> needs a <when>")
	}
	p.branches = max(p.branches, len(c.when)+1)
	return c
}

func (p *parser) trim(t *tag) node {
	n := &trim{prefix: p.affix(t, "prefix"), suffix: p.affix(t, "suffix"), offset: t.start}
	n.prefixOverrides = p.overrides(t.attr("prefixOverrides"))
	n.suffixOverrides = p.overrides(t.attr("suffixOverrides"))
	n.body = p.children(t)
	return n
}

// overrides splits "AND |OR ". Blanks around a word say that it is a whole
// word, which it is in any case. What could be part of a placeholder cannot be
// stripped.
func (p *parser) overrides(a *attribute) []string {
	if a == nil {
		return nil
	}
	var out []string
	for o := range strings.SplitSeq(a.value, "|") {
		if o = strings.TrimSpace(o); o == "" {
			continue
		}
		if strings.ContainsAny(o, "0123456789?${}:'\"`") {
			p.fail(a.start, "%q cannot be stripped; an override is a word or a sign such as a comma", o)
			continue
		}
		out = append(out, o)
	}
	return out
}

// affix reads an attribute that is SQL: words, names and signs.
func (p *parser) affix(t *tag, name string) string {
	a := t.attr(name)
	if a == nil {
		return ""
	}
	for i := 0; i < len(a.value); {
		tok := sqltext.Next(p.dialect, a.value, i)
		switch tok.Kind {
		case sqltext.Space, sqltext.Word, sqltext.Symbol, sqltext.Name, sqltext.String:
		default:
			p.fail(a.at(i), "attribute %s takes words and signs, neither comments nor semicolons nor parameters", name)
			return ""
		}
		if !tok.Closed || strings.HasPrefix(a.value[i:], "#{") || strings.HasPrefix(a.value[i:], "${") {
			p.fail(a.at(i), "attribute %s takes words and signs, no placeholders and no open quotes", name)
			return ""
		}
		i = tok.End
	}
	return a.value
}

func (p *parser) foreach(t *tag) node {
	n := &foreach{
		open: p.affix(t, "open"), closing: p.affix(t, "close"), separator: p.affix(t, "separator"),
		offset: t.start, item: -1, index: -1,
	}
	var over binding
	if a := t.attr("collection"); a != nil {
		n.offset = a.start
		n.over = p.compile(a, false)
		if n.over != nil {
			over, _ = p.variable(n.over)
		}
	}
	if a := t.attr("nullable"); a != nil {
		n.nullable = a.value == "true"
		if a.value != "true" && a.value != "false" {
			p.fail(a.start, "nullable is true or false")
		}
	}
	if a := t.attr("item"); a != nil && p.name(a) {
		b := binding{from: p.origins(n.over)}
		if over.typ.IsArray() || over.source != nil && p.names != nil {
			b.typ, b.source, b.item = over.typ.Element(), over.source, true
		}
		n.item = p.define(a.value, b).Slot
	}
	if a := t.attr("index"); a != nil && p.name(a) {
		if i := t.attr("item"); i != nil && i.value == a.value {
			p.fail(a.start, "item and index have the same name")
		}
		n.index = p.define(a.value, binding{}).Slot
	}
	n.body = p.children(t)
	return n
}

// name checks the name of a variable.
func (p *parser) name(a *attribute) bool {
	if gatewright.CheckFieldName("name", a.value) != nil || reserved(a.value) {
		p.fail(a.start, "%q cannot be the name of a variable", a.value)
		return false
	}
	for i := range len(a.value) {
		if !sqltext.WordByte(a.value[i]) {
			p.fail(a.start, "%q cannot be the name of a variable", a.value)
			return false
		}
	}
	return true
}

// reserved are the words that an expression reads as something else.
func reserved(name string) bool {
	return slices.Contains([]string{"true", "false", "nil", "null", "not", "and", "or", "in"}, name)
}

// bind makes a name that what follows in the same body can use.
func (p *parser) bind(t *tag) []node {
	nameAttr, valueAttr := t.attr("name"), t.attr("value")
	if nameAttr == nil || valueAttr == nil {
		return nil
	}
	prog := p.compile(valueAttr, true)
	if prog == nil || !p.name(nameAttr) {
		return nil
	}
	b := binding{from: p.origins(prog)}
	if of, ok := p.variable(prog); ok {
		b.typ = of.typ
	}
	at := p.define(nameAttr.value, b)
	return []node{&assign{slot: at.Slot, prog: prog, offset: valueAttr.start}}
}

// function reads a definition. Its body sees the request's parameters and its
// own, nothing of where it is called.
func (p *parser) function(t *tag) {
	f := &function{}
	outerScope, outerFrame := p.scope, p.frame
	p.scope, p.frame = &scope{outer: p.globals}, &frame{}
	if a := t.attr("params"); a != nil {
		for name := range strings.SplitSeq(a.value, ",") {
			name = strings.TrimSpace(name)
			if slices.Contains(f.params, name) {
				p.fail(a.start, "parameter %q is there twice", name)
			}
			if p.name(&attribute{value: name, start: a.start}) {
				f.params = append(f.params, name)
				p.define(name, binding{})
			}
		}
	}
	if a := t.attr("name"); a != nil {
		if _, twice := p.functions[a.value]; twice {
			p.fail(a.start, "there are two functions %q", a.value)
		}
		p.functions[a.value] = f
	}
	f.body = p.children(t)
	f.locals = p.frame.size
	p.scope, p.frame = outerScope, outerFrame
}

// call reads a call; the function may be defined further down, see link.
func (p *parser) call(t *tag) node {
	c := &call{offset: t.start}
	for i := range t.attrs {
		a := &t.attrs[i]
		if strings.EqualFold(a.name, "name") {
			c.name = a.value
			continue
		}
		if prog := p.compile(a, false); prog != nil {
			c.named = append(c.named, argument{a.name, prog, a.start})
		}
	}
	p.calls = append(p.calls, c)
	return c
}

// link finds the function of a call and puts the arguments in its order.
func (p *parser) link(c *call) {
	f, ok := p.functions[c.name]
	if !ok {
		p.fail(c.offset, "there is no <function name=%q>", c.name)
		return
	}
	c.function = f
	c.args = make([]argument, len(f.params))
	for _, a := range c.named {
		i := slices.Index(f.params, a.name)
		if i < 0 {
			p.fail(c.offset, "function %q has no parameter %q", c.name, a.name)
			continue
		}
		c.args[i] = a
	}
	for i, a := range c.args {
		if a.prog == nil {
			p.fail(c.offset, "function %q needs the parameter %q", c.name, f.params[i])
		}
	}
}
