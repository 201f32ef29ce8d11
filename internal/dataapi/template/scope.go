package template

import (
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// binding is what a name stands for in a part of a script.
type binding struct {
	at     expr.Var
	typ    gatewright.DataType   // "" when it is not known
	source *gatewright.DataParam // the parameter it is, or is an element of; nil for others
	item   bool                  // it is an element of the parameter
	from   []string              // when parameters are to be found: those it is made of
}

// frame counts the slots of a script's body or of a function.
type frame struct{ size int }

// scope is the names of one element's body. What is not there is looked for in
// the body around.
type scope struct {
	outer *scope
	names map[string]binding
}

func (p *parser) push() { p.scope = &scope{outer: p.scope} }
func (p *parser) pop()  { p.scope = p.scope.outer }

// define gives a name to a new slot.
func (p *parser) define(name string, b binding) expr.Var {
	b.at = expr.Var{Local: true, Slot: p.frame.size}
	p.frame.size++
	if p.scope.names == nil {
		p.scope.names = map[string]binding{}
	}
	p.scope.names[name] = b
	return b.at
}

// declare makes the parameters known.
func (p *parser) declare(set *param.Set) {
	p.scope = &scope{names: make(map[string]binding, set.Len())}
	for i := range set.Len() {
		d := set.Param(i)
		if reserved(d.Name) {
			p.fail(0, "a parameter named %q cannot be used in a script; name it otherwise", d.Name)
		}
		p.scope.names[d.Name] = binding{at: expr.Var{Slot: i}, typ: set.Type(i), source: d}
	}
	p.globals = p.scope
}

func (p *parser) lookup(name string) (binding, bool) {
	for s := p.scope; s != nil; s = s.outer {
		if b, ok := s.names[name]; ok {
			return b, true
		}
	}
	if p.names != nil { // whatever is not defined is a parameter to be found
		return binding{source: p.found(name)}, true
	}
	return binding{}, false
}

// found notes a name that only reading the script for parameters meets.
func (p *parser) found(name string) *gatewright.DataParam {
	for _, d := range p.names.list {
		if d.Name == name {
			return d
		}
	}
	d := &gatewright.DataParam{Name: name}
	p.names.list = append(p.names.list, d)
	return d
}

// Resolve implements [expr.Scope].
func (p *parser) Resolve(name string) (expr.Var, bool) {
	b, ok := p.lookup(name)
	if ok && b.source != nil && !b.item && !slices.Contains(p.used, name) {
		p.used = append(p.used, name)
	}
	return b.at, ok
}

// origins returns the parameters an expression is made of, when parameters are
// to be found.
func (p *parser) origins(prog *expr.Program) []string {
	if p.names == nil || prog == nil {
		return nil
	}
	var out []string
	for _, name := range prog.Names() {
		b, _ := p.lookup(name)
		if b.at.Local {
			out = append(out, b.from...)
		} else {
			out = append(out, name)
		}
	}
	return out
}
