package gate

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// Operator compares a field with values.
type Operator string

// The operators of a [Condition].
const (
	Equal          Operator = "="
	NotEqual       Operator = "!="
	Less           Operator = "<"
	LessOrEqual    Operator = "<="
	Greater        Operator = ">"
	GreaterOrEqual Operator = ">="
	Like           Operator = "LIKE"
	NotLike        Operator = "NOT LIKE"
	In             Operator = "IN"
	NotIn          Operator = "NOT IN"
)

// Condition is a rule about the rows of one table. It is one of three: a
// comparison (Column, Operator, Values), All of several, or Any of several.
type Condition struct {
	// Column is the physical column. It need not be a field: rows may be chosen
	// by what the caller cannot see.
	Column   string
	Operator Operator
	// Values are strings, bools, int64s, json.Numbers or nil: any number of them
	// for In and NotIn, one for the others. Nil goes with Equal and NotEqual only.
	// In of nothing is no row, NotIn of nothing every row.
	Values []any

	All []Condition
	Any []Condition
}

// conditionWriter writes a condition as SQL without placeholders.
type conditionWriter struct {
	dialect     *dialect
	table       *Table
	b           strings.Builder
	comparisons int
	values      int
}

func (w *conditionWriter) write(c *Condition, depth int) error {
	forms := 0
	for _, used := range []bool{c.Column != "", len(c.All) > 0, len(c.Any) > 0} {
		if used {
			forms++
		}
	}
	if forms != 1 {
		return w.invalid("a row condition is a comparison of a column, all of several conditions, or any of several; this one is %d of these", forms)
	}
	if w.comparisons++; w.comparisons > MaxConditions || depth > MaxDepth {
		return w.invalid("the row condition has more than %d parts or is nested deeper than %d", MaxConditions, MaxDepth)
	}
	if c.Column != "" {
		return w.compare(c)
	}
	parts, word := c.All, " AND "
	if len(c.Any) > 0 {
		parts, word = c.Any, " OR "
	}
	w.b.WriteByte('(')
	for i := range parts {
		if i > 0 {
			w.b.WriteString(word)
		}
		if err := w.write(&parts[i], depth+1); err != nil {
			return err
		}
	}
	w.b.WriteByte(')')
	return nil
}

func (w *conditionWriter) compare(c *Condition) error {
	if !w.dialect.printable(c.Column) {
		return w.invalid("the row condition's column %q has a name that %s cannot take", c.Column, w.dialect.name)
	}
	if w.values += len(c.Values); w.values > MaxValues {
		return w.invalid("the row condition has more than %d values", MaxValues)
	}
	column := w.dialect.quote(c.Column)
	switch c.Operator {
	case In, NotIn:
		return w.compareList(c, column)
	case Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Like, NotLike:
	default:
		return w.invalid("%q is no operator of a row condition", c.Operator)
	}
	if len(c.Values) != 1 {
		return w.invalid("the row condition %s %s needs one value; it has %d", c.Column, c.Operator, len(c.Values))
	}
	if c.Values[0] == nil {
		switch c.Operator {
		case Equal:
			w.b.WriteString(column + " IS NULL")
		case NotEqual:
			w.b.WriteString(column + " IS NOT NULL")
		default:
			return w.invalid("the row condition %s %s compares with null, which is never true", c.Column, c.Operator)
		}
		return nil
	}
	value, err := w.value(c.Values[0])
	if err != nil {
		return err
	}
	w.b.WriteString(column + " " + string(c.Operator) + " " + value)
	return nil
}

func (w *conditionWriter) compareList(c *Condition, column string) error {
	if len(c.Values) == 0 {
		w.b.WriteString(map[Operator]string{In: "1 = 0", NotIn: "1 = 1"}[c.Operator])
		return nil
	}
	w.b.WriteString(column + " " + string(c.Operator) + " (")
	for i, v := range c.Values {
		value, err := w.value(v)
		if err != nil {
			return err
		}
		if i > 0 {
			w.b.WriteString(", ")
		}
		w.b.WriteString(value)
	}
	w.b.WriteByte(')')
	return nil
}

// value writes one value as a literal.
func (w *conditionWriter) value(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if text, ok := w.dialect.literal(v); ok {
			return text, nil
		}
		return "", w.invalid("a value of the row condition is not valid UTF-8 or has a zero byte")
	case bool:
		return w.dialect.boolean(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case json.Number:
		digits := strings.TrimPrefix(v.String(), "-")
		if n := numberLength(digits); n > 0 && n == len(digits) {
			return v.String(), nil
		}
		return "", w.invalid("the row condition's value %q is no number", v)
	default:
		return "", w.invalid("a row condition cannot hold a value of type %T", v)
	}
}

func (w *conditionWriter) invalid(format string, args ...any) error {
	e := gatewright.FieldErrorf("tables", format, args...)
	e.Message = "logical table " + w.table.Name + ": " + e.Message
	return e
}
