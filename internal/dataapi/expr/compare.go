package expr

import (
	"bytes"
	"cmp"
	"time"
)

// equal compares any two values. Values of different kinds are not equal; a
// date and the text it is written as are.
func equal(m *Machine, a, b any, offset int) (bool, *Error) {
	if err := m.step(1, offset); err != nil {
		return false, err
	}
	switch x := a.(type) {
	case nil:
		return b == nil, nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y, nil
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y), nil
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for i := range x {
			if eq, err := equal(m, x[i], y[i], offset); !eq || err != nil {
				return false, err
			}
		}
		return true, nil
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for k := range x {
			other, there := y[k]
			if !there {
				return false, nil
			}
			if eq, err := equal(m, x[k], other, offset); !eq || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	order, ok, err := compare(m, a, b, offset)
	return ok && order == 0, err
}

// ordered applies < <= > >=. Nil is neither less nor greater than anything.
func ordered(m *Machine, op string, a, b any, offset int) (any, *Error) {
	if a == nil || b == nil {
		return false, nil
	}
	order, ok, err := compare(m, a, b, offset)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errorf(offset, "%s and %s have no order", typeName(a), typeName(b))
	}
	switch op {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	}
	return order >= 0, nil
}

// compare orders numbers by value, times as instants and texts by their bytes.
// It reports false for values that have no common order.
func compare(m *Machine, a, b any, offset int) (int, bool, *Error) {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y), true, nil
		}
	}
	if isNumber(a) && isNumber(b) {
		x, okX := number(a)
		y, okY := number(b)
		if !okX || !okY {
			return 0, false, nil
		}
		return x.Cmp(y), true, m.step(4, offset)
	}
	if x, ok := a.(time.Time); ok {
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), true, nil
		}
	}
	x, okX := text(a)
	y, okY := text(b)
	if !okX || !okY {
		return 0, false, nil
	}
	return cmp.Compare(x, y), true, m.step(1+min(len(x), len(y))/64, offset)
}

// member reports whether b contains a: an element of a list, a key of a
// structure, a part of a text. Nil contains nothing.
func member(m *Machine, a, b any, offset int) (any, *Error) {
	switch b := b.(type) {
	case nil:
		return false, nil
	case []any:
		for _, item := range b {
			if eq, err := equal(m, a, item, offset); eq || err != nil {
				return eq, err
			}
		}
		return false, nil
	case map[string]any:
		key, ok := text(a)
		if !ok {
			return false, nil
		}
		_, there := b[key]
		return there, nil
	case string:
		return affix(m, "contains", b, a, offset)
	}
	return nil, errorf(offset, "in looks into a list, a structure or a text, not into %s", typeName(b))
}
