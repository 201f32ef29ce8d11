package condition

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// Condition compares a column with the parameter of that index.
type Condition struct {
	Column string // as it is written in SQL, quoted where that is needed
	Param  int
}

// Where appends " WHERE " and the conditions joined by AND, or nothing when all
// are dropped. The values must have been read with set. Errors are
// [param.Fault]s that name the parameter.
func Where(b *sqltext.Builder, set *param.Set, conditions []Condition, values param.Values) error {
	if !values.Of(set) {
		return gatewright.Errorf(gatewright.Internal, "the parameters were read for another API")
	}
	word := " WHERE "
	for _, c := range conditions {
		value, state := values.At(c.Param)
		if state == param.Absent {
			continue
		}
		if err := b.Text(word); err != nil {
			return err
		}
		word = " AND "
		p := set.Param(c.Param)
		if err := Append(b, c.Column, p.Operator, p.Type, value); err != nil {
			return named(err, p.Name)
		}
	}
	return nil
}

// named adds the parameter's name to a fault.
func named(err error, name string) error {
	if f, ok := err.(*param.Fault); ok { //nolint:errorlint // made here or by the builder, never wrapped
		e := *f.Err
		e.Field, e.Message = name, "parameter "+name+": "+e.Message
		return &param.Fault{Reason: f.Reason, Err: &e}
	}
	return err
}

// Append appends one condition: the column, which is SQL, compared with the
// value, which is bound. typ is the type of the column. A nil value is null.
func Append(b *sqltext.Builder, column string, op gatewright.Operator, typ gatewright.DataType, value any) error {
	if op == "" {
		op = gatewright.OpEqual
	}
	if value == nil {
		return appendNull(b, column, op)
	}
	switch op {
	case gatewright.OpIn, gatewright.OpNotIn:
		return appendList(b, column, op, typ, value)
	case gatewright.OpLike, gatewright.OpNotLike:
		return appendLike(b, column, op, value)
	case gatewright.OpEqual, gatewright.OpNotEqual, gatewright.OpGreater, gatewright.OpLess, gatewright.OpGreaterOrEqual, gatewright.OpLessOrEqual:
		if err := b.Text(column + " " + sign(op) + " "); err != nil {
			return err
		}
		return b.Bind(value, typ)
	}
	return gatewright.Errorf(gatewright.Invalid, "operator %q is not known", op)
}

// sign is the operator as all dialects write it.
func sign(op gatewright.Operator) string {
	if op == gatewright.OpNotEqual {
		return "<>"
	}
	return string(op)
}

func appendNull(b *sqltext.Builder, column string, op gatewright.Operator) error {
	switch op {
	case gatewright.OpEqual:
		return b.Text(column + " IS NULL")
	case gatewright.OpNotEqual:
		return b.Text(column + " IS NOT NULL")
	}
	return param.Faultf(param.WrongType, "", "null can be compared with %s and %s only, not with %s", gatewright.OpEqual, gatewright.OpNotEqual, op)
}

func appendList(b *sqltext.Builder, column string, op gatewright.Operator, typ gatewright.DataType, value any) error {
	list, ok := value.([]any)
	if !ok {
		return param.Faultf(param.WrongType, "", "%s compares with a list", op)
	}
	if len(list) == 0 {
		if op == gatewright.OpIn {
			return b.Text("1 = 0")
		}
		return b.Text("1 = 1")
	}
	if typ.IsArray() {
		typ = typ.Element()
	}
	if err := b.Text(column + " " + string(op) + " "); err != nil {
		return err
	}
	return b.BindList(list, typ, true)
}

func appendLike(b *sqltext.Builder, column string, op gatewright.Operator, value any) error {
	pattern, ok := value.(string)
	if !ok {
		return param.Faultf(param.WrongType, "", "%s compares texts", op)
	}
	escape := byte('!')
	if b.Dialect() == gatewright.ClickHouse { // has no ESCAPE
		escape = '\\'
	}
	encoded, err := encodePattern(pattern, escape)
	if err != nil {
		return err
	}
	if err := b.Text(column + " " + string(op) + " "); err != nil {
		return err
	}
	if err := b.Bind(encoded, gatewright.TypeString); err != nil {
		return err
	}
	if b.Dialect() == gatewright.ClickHouse {
		return nil
	}
	return b.Text(" ESCAPE '!'")
}
