package expr

import (
	"fmt"
	"regexp"
)

// node is a part of an expression.
type node interface {
	eval(m *Machine) (any, *Error)
}

type (
	literal  struct{ value any }
	variable struct{ at Var }
	it       struct{}
	not      struct {
		operand node
		offset  int
	}
	logic struct {
		op          string
		left, right node
		offset      int
	}
	operation struct {
		op          string
		left, right node
		offset      int
	}
	match struct {
		operand node
		pattern *regexp.Regexp
		offset  int
	}
	conditional struct {
		test, yes, no node
		offset        int
	}
	index struct {
		of, at node
		offset int
	}
	slice struct {
		of, from, to node // from and to may be nil
		offset       int
	}
	length struct {
		of     node
		offset int
	}
	list struct {
		items  []node
		offset int
	}
	object struct {
		keys   []string
		values []node
		offset int
	}
	closure struct {
		name       string
		over, body node
		offset     int
	}
)

func (n *literal) eval(*Machine) (any, *Error) { return n.value, nil }

func (n *variable) eval(m *Machine) (any, *Error) {
	if n.at.Local {
		return m.Locals[n.at.Slot], nil
	}
	return m.Globals[n.at.Slot], nil
}

func (n *it) eval(m *Machine) (any, *Error) { return m.elements[len(m.elements)-1], nil }

func (n *not) eval(m *Machine) (any, *Error) {
	v, err := n.operand.eval(m)
	if err != nil {
		return nil, err
	}
	b, err := truth(v, n.offset)
	return !b, err
}

func (n *logic) eval(m *Machine) (any, *Error) {
	if err := m.step(1, n.offset); err != nil {
		return nil, err
	}
	left, err := n.left.eval(m)
	if err != nil {
		return nil, err
	}
	if n.op == "??" {
		if left != nil {
			return left, nil
		}
		return n.right.eval(m)
	}
	b, err := truth(left, n.offset)
	if err != nil || b == (n.op == "||") {
		return b, err
	}
	right, err := n.right.eval(m)
	if err != nil {
		return nil, err
	}
	return truth(right, n.offset)
}

func (n *match) eval(m *Machine) (any, *Error) {
	v, err := n.operand.eval(m)
	if err != nil {
		return nil, err
	}
	s, ok := text(v)
	if !ok {
		return false, nil
	}
	if err := m.step(1+len(s)/8, n.offset); err != nil {
		return nil, err
	}
	return n.pattern.MatchString(s), nil
}

func (n *conditional) eval(m *Machine) (any, *Error) {
	v, err := n.test.eval(m)
	if err != nil {
		return nil, err
	}
	b, err := truth(v, n.offset)
	if err != nil {
		return nil, err
	}
	if b {
		return n.yes.eval(m)
	}
	return n.no.eval(m)
}

func (n *operation) eval(m *Machine) (any, *Error) {
	if err := m.step(1, n.offset); err != nil {
		return nil, err
	}
	a, err := n.left.eval(m)
	if err != nil {
		return nil, err
	}
	b, err := n.right.eval(m)
	if err != nil {
		return nil, err
	}
	switch n.op {
	case "==", "!=":
		eq, err := equal(m, a, b, n.offset)
		return eq == (n.op == "=="), err
	case "<", "<=", ">", ">=":
		return ordered(m, n.op, a, b, n.offset)
	case "in":
		return member(m, a, b, n.offset)
	case "contains", "startsWith", "endsWith":
		return affix(m, n.op, a, b, n.offset)
	case "..":
		return span(m, a, b, n.offset)
	case "+":
		if !isNumber(a) || !isNumber(b) {
			return concat(m, a, b, n.offset)
		}
	}
	return calculate(n.op, a, b, n.offset)
}

func (n *length) eval(m *Machine) (any, *Error) {
	v, err := n.of.eval(m)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return int64(0), nil
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	}
	s, ok := text(v)
	if !ok {
		return nil, errorf(n.offset, "%s has no length", typeName(v))
	}
	if err := m.step(1+len(s)/64, n.offset); err != nil {
		return nil, err
	}
	count := 0
	for range s {
		count++
	}
	return int64(count), nil
}

func (n *list) eval(m *Machine) (any, *Error) {
	if err := m.step(1+len(n.items), n.offset); err != nil {
		return nil, err
	}
	out := make([]any, len(n.items))
	for i, item := range n.items {
		v, err := item.eval(m)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (n *object) eval(m *Machine) (any, *Error) {
	if err := m.step(1+len(n.keys), n.offset); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(n.keys))
	for i, k := range n.keys {
		v, err := n.values[i].eval(m)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

func (n *index) eval(m *Machine) (any, *Error) {
	of, err := n.of.eval(m)
	if err != nil {
		return nil, err
	}
	at, err := n.at.eval(m)
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		key, ok := text(at)
		if !ok {
			return nil, errorf(n.offset, "%s is no key", typeName(at))
		}
		return of[key], nil
	case []any:
		i, ok := at.(int64)
		if ok && i < 0 {
			i += int64(len(of))
		}
		if !ok || i < 0 || i >= int64(len(of)) {
			return nil, errorf(n.offset, "the list of %d elements has no element %s", len(of), show(at))
		}
		return of[i], nil
	}
	return nil, errorf(n.offset, "%s has no members", typeName(of))
}

func show(v any) string {
	if isNumber(v) {
		return fmt.Sprint(v)
	}
	return typeName(v)
}

func (n *slice) eval(m *Machine) (any, *Error) {
	of, err := n.of.eval(m)
	if err != nil {
		return nil, err
	}
	all, isList := of.([]any)
	s, isText := of.(string)
	size := len(all)
	if isText {
		if err := m.step(1+len(s)/64, n.offset); err != nil {
			return nil, err
		}
		size = len([]rune(s))
	}
	from, err := n.bound(m, n.from, 0, size)
	if err != nil {
		return nil, err
	}
	to, err := n.bound(m, n.to, size, size)
	if err != nil {
		return nil, err
	}
	from = min(from, to)
	switch {
	case of == nil:
		return nil, nil
	case isList:
		return all[from:to:to], nil
	case isText:
		return string([]rune(s)[from:to]), nil
	}
	return nil, errorf(n.offset, "%s has no slices", typeName(of))
}

// bound evaluates one end of a slice; what is outside is brought to the edge.
func (n *slice) bound(m *Machine, at node, missing, size int) (int, *Error) {
	if at == nil {
		return missing, nil
	}
	v, err := at.eval(m)
	if err != nil {
		return 0, err
	}
	i, ok := v.(int64)
	if !ok {
		return 0, errorf(n.offset, "%s is no position", typeName(v))
	}
	if i < 0 {
		i += int64(size)
	}
	return int(min(max(i, 0), int64(size))), nil
}

func (n *closure) eval(m *Machine) (any, *Error) {
	over, err := n.over.eval(m)
	if err != nil {
		return nil, err
	}
	items, ok := over.([]any)
	if !ok && over != nil {
		return nil, errorf(n.offset, "%s goes over a list, not over %s", n.name, typeName(over))
	}
	depth := len(m.elements)
	m.elements = append(m.elements, nil)
	hits := 0
	var out []any
	for _, item := range items {
		if err := m.step(1, n.offset); err != nil {
			return nil, err
		}
		m.elements[depth] = item
		v, err := n.body.eval(m)
		if err != nil {
			return nil, err
		}
		if n.name == "map" {
			out = append(out, v)
			continue
		}
		hit, err := truth(v, n.offset)
		if err != nil {
			return nil, err
		}
		if hit {
			hits++
			if n.name == "filter" {
				out = append(out, item)
			}
		}
	}
	m.elements = m.elements[:depth]
	switch n.name {
	case "all":
		return hits == len(items), nil
	case "none":
		return hits == 0, nil
	case "any":
		return hits > 0, nil
	case "one":
		return hits == 1, nil
	}
	if out == nil {
		out = []any{}
	}
	return out, nil
}
