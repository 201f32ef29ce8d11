package expr

import (
	"fmt"
	"strings"
	"time"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// concat puts texts together. Numbers and dates take part as they are written.
func concat(m *Machine, a, b any, offset int) (any, *Error) {
	x, okX := written(a)
	y, okY := written(b)
	if !okX || !okY {
		return nil, errorf(offset, "+ adds numbers or joins texts, not %s and %s", typeName(a), typeName(b))
	}
	if len(x)+len(y) > MaxTextBytes {
		return nil, errorf(offset, "the text has more than %d bytes", MaxTextBytes)
	}
	if err := m.step(1+(len(x)+len(y))/64, offset); err != nil {
		return nil, err
	}
	return x + y, nil
}

// written returns what can be part of a text.
func written(v any) (string, bool) {
	switch v := v.(type) {
	case int64, uint64, float64:
		return fmt.Sprint(v), true
	case param.Decimal:
		return string(v), true
	}
	return text(v)
}

// text returns the text of texts, dates, times and UUIDs.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case param.Date:
		return string(v), true
	case param.Time:
		return string(v), true
	case param.DateTime:
		return string(v), true
	case param.UUID:
		return string(v), true
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	}
	return "", false
}

// span is a list of whole numbers, both ends included.
func span(m *Machine, a, b any, offset int) (any, *Error) {
	from, okA := a.(int64)
	to, okB := b.(int64)
	if !okA || !okB {
		return nil, errorf(offset, ".. takes whole numbers")
	}
	if to < from {
		return []any{}, nil
	}
	if count := uint64(to) - uint64(from); count >= MaxListItems {
		return nil, errorf(offset, "the range has more than %d numbers", MaxListItems)
	}
	n := int(to-from) + 1
	if err := m.step(n, offset); err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = from + int64(i)
	}
	return out, nil
}

// affix looks for one text in another. Nil and what is no text contain nothing.
func affix(m *Machine, op string, a, b any, offset int) (any, *Error) {
	if l, ok := a.([]any); ok && op == "contains" {
		return member(m, b, l, offset)
	}
	x, okX := text(a)
	y, okY := text(b)
	if !okX || !okY {
		return false, nil
	}
	if err := m.step(1+len(x)/64, offset); err != nil {
		return nil, err
	}
	switch op {
	case "startsWith":
		return strings.HasPrefix(x, y), nil
	case "endsWith":
		return strings.HasSuffix(x, y), nil
	}
	return strings.Contains(x, y), nil
}
