package template

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// node is a part of a script.
type node interface {
	render(r *renderer) error
}

// renderer is what rendering one statement needs; it is used again.
type renderer struct {
	script     *Script
	builder    sqltext.Builder
	machine    expr.Machine
	locals     []any
	iterations int
	calls      int
	sample     *sample // not nil when nothing is evaluated
}

func (r *renderer) nodes(list []node) error {
	for _, n := range list {
		r.builder.Seam()
		if err := n.render(r); err != nil {
			return err
		}
	}
	r.builder.Seam()
	return nil
}

// at says where in the script something is.
func (r *renderer) at(offset int) string { return "script " + place(r.script.source, offset) + ": " }

// failed makes a fault of an expression's error.
func (r *renderer) failed(offset int, name string, err error) error {
	reason := param.WrongType
	if r.machine.Exhausted() {
		reason = param.TooLarge
	}
	return param.Faultf(reason, name, "%s%s", r.at(offset), err)
}

type (
	// text is SQL of the author.
	text struct{ sql string }
	// value is "#{…}".
	value struct {
		prog   *expr.Program
		typ    gatewright.DataType
		name   string // of the parameter, if it is one
		offset int
		tested bool     // "IS" follows
		closed bool     // ")" follows
		from   []string // when parameters are to be found
	}
	condition struct {
		test   *expr.Program
		body   []node
		offset int
	}
	choose struct {
		when      []*condition
		otherwise []node
	}
	group struct{ body []node }
	trim  struct {
		prefix, suffix                   string
		prefixOverrides, suffixOverrides []string
		body                             []node
		offset                           int
	}
	foreach struct {
		over                     *expr.Program
		item, index              int // slots; -1 for none
		open, closing, separator string
		nullable                 bool
		body                     []node
		offset                   int
	}
	assign struct {
		slot   int
		prog   *expr.Program
		offset int
	}
	function struct {
		params []string
		locals int
		body   []node
	}
	argument struct {
		name   string
		prog   *expr.Program
		offset int
	}
	call struct {
		name     string
		named    []argument
		function *function
		args     []argument
		offset   int
	}
)

func (n *text) render(r *renderer) error { return r.builder.Text(n.sql) }

func (n *value) render(r *renderer) error {
	if r.sample != nil {
		return r.sample.value(r, n)
	}
	v, err := n.prog.Eval(&r.machine)
	if err != nil {
		return r.failed(n.offset, n.name, err)
	}
	if v == nil && n.typ.IsArray() { // so that a list that is null is still a list in the statement
		return r.placed(n.list(r, []any{nil}), n)
	}
	if list, ok := v.([]any); ok {
		return r.placed(n.list(r, list), n)
	}
	if n.tested {
		return r.placed(r.builder.BindTyped(v, n.typ), n)
	}
	return r.placed(r.builder.Bind(v, n.typ), n)
}

// placed adds to a builder's fault which parameter it is about.
func (r *renderer) placed(err error, n *value) error {
	f, ok := err.(*param.Fault) //nolint:errorlint // the builder's own, never wrapped
	if !ok || f.Reason == param.TooLarge && n.name == "" {
		return err
	}
	return param.Faultf(f.Reason, n.name, "%s%s", r.at(n.offset), f.Err.Message)
}

// list binds the elements. Within parentheses, a list or brackets they stand as
// they are, else they get parentheses. An empty list has a meaning behind IN
// only.
func (n *value) list(r *renderer, list []any) error {
	before := bytes.TrimRight(r.builder.From(0), " \t\r\n")
	inside := len(before) > 0 && strings.IndexByte("([,", before[len(before)-1]) >= 0
	if len(list) == 0 {
		if inside {
			before = bytes.TrimRight(before[:len(before)-1], " \t\r\n")
		}
		if !endsWithWord(before, "in") || inside && !n.closed {
			return param.Faultf(param.Refused, "", "the list is empty; only IN (…) and NOT IN (…) take an empty list")
		}
	}
	typ := n.typ
	if typ.IsArray() {
		typ = typ.Element()
	}
	return r.builder.BindList(list, typ, !inside)
}

func endsWithWord(s []byte, word string) bool {
	n := len(s) - len(word)
	return n >= 0 && strings.EqualFold(string(s[n:]), word) && (n == 0 || !sqltext.WordByte(s[n-1]))
}

func (n *condition) render(r *renderer) error {
	if r.sample != nil {
		if r.sample.all() {
			return r.nodes(n.body)
		}
		return nil
	}
	yes, err := n.test.Test(&r.machine)
	if err != nil {
		return r.failed(n.offset, "", err)
	}
	if !yes {
		return nil
	}
	return r.nodes(n.body)
}

func (n *choose) render(r *renderer) error {
	if r.sample != nil {
		if i := r.sample.branch(len(n.when) + 1); i < len(n.when) {
			return r.nodes(n.when[i].body)
		}
		return r.nodes(n.otherwise)
	}
	for _, w := range n.when {
		yes, err := w.test.Test(&r.machine)
		if err != nil {
			return r.failed(w.offset, "", err)
		}
		if yes {
			return r.nodes(w.body)
		}
	}
	return r.nodes(n.otherwise)
}

func (n *group) render(r *renderer) error { return r.nodes(n.body) }

func (n *assign) render(r *renderer) error {
	if r.sample != nil {
		return nil
	}
	v, err := n.prog.Eval(&r.machine)
	if err != nil {
		return r.failed(n.offset, "", err)
	}
	r.machine.Locals[n.slot] = v
	return nil
}

func (n *call) render(r *renderer) error {
	if r.sample != nil {
		return r.sample.call(r, n)
	}
	if r.calls == MaxCalls {
		return param.Faultf(param.TooLarge, "", "%sfunctions call each other deeper than %d levels", r.at(n.offset), MaxCalls)
	}
	locals := make([]any, n.function.locals)
	for i, a := range n.args {
		v, err := a.prog.Eval(&r.machine)
		if err != nil {
			return r.failed(a.offset, "", err)
		}
		locals[i] = v
	}
	if err := r.iterate(n.offset); err != nil {
		return err
	}
	caller := r.machine.Locals
	r.machine.Locals = locals
	r.calls++
	err := r.nodes(n.function.body)
	r.calls--
	r.machine.Locals = caller
	return err
}

// iterate counts what is repeated: bodies of foreach, and of functions.
func (r *renderer) iterate(offset int) error {
	if r.iterations++; r.iterations > MaxIterations {
		return param.Faultf(param.TooLarge, "", "%sthe script repeats more than %d times", r.at(offset), MaxIterations)
	}
	return nil
}

func (n *foreach) render(r *renderer) error {
	if r.sample != nil {
		return r.sample.foreach(r, n)
	}
	v, err := n.over.Eval(&r.machine)
	if err != nil {
		return r.failed(n.offset, "", err)
	}
	wrote := false
	start := r.builder.Len()
	switch v := v.(type) {
	case nil:
		if !n.nullable {
			return param.Faultf(param.WrongType, "", "%sthe collection is null; add nullable=\"true\" if it may be", r.at(n.offset))
		}
	case []any:
		for i, item := range v {
			if err := n.once(r, int64(i), item, &wrote); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if err := n.once(r, k, v[k], &wrote); err != nil {
				return err
			}
		}
	default:
		return param.Faultf(param.WrongType, "", "%sthe collection is neither a list nor a structure", r.at(n.offset))
	}
	if !wrote {
		r.builder.Truncate(start)
		return nil
	}
	r.builder.Seam()
	return r.builder.Text(n.closing)
}

// once renders the body for one element. A body that says nothing gets no
// separator.
func (n *foreach) once(r *renderer, index, item any, wrote *bool) error {
	if err := r.iterate(n.offset); err != nil {
		return err
	}
	if n.item >= 0 {
		r.machine.Locals[n.item] = item
	}
	if n.index >= 0 {
		r.machine.Locals[n.index] = index
	}
	start := r.builder.Len()
	between := n.separator
	if !*wrote {
		between = n.open
	}
	r.builder.Seam()
	if err := r.builder.Text(between); err != nil {
		return err
	}
	body := r.builder.Len()
	if err := r.nodes(n.body); err != nil {
		return err
	}
	said, err := r.said(body, n.offset)
	if err != nil {
		return err
	}
	if !said {
		r.builder.Truncate(start)
		return nil
	}
	*wrote = true
	return nil
}

// said reports whether there is code from byte n on.
func (r *renderer) said(n, offset int) (bool, error) {
	body := bytes.TrimLeft(r.builder.From(n), " \t\r\n")
	if len(body) == 0 {
		return false, nil
	}
	if sqltext.WordByte(body[0]) || strings.IndexByte("(,.'\"`", body[0]) >= 0 {
		return true, nil
	}
	first, _, err := r.code(n, offset)
	return first >= 0, err
}
