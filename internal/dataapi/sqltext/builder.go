package sqltext

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Limits of a statement. The limit of placeholders is below what each database
// takes (32,766 in SQLite, 65,535 in PostgreSQL and MySQL).
const (
	MaxStatementBytes = 256 << 10
	MaxArgs           = 10_000
	MaxListArgs       = 1000 // values of one list
)

// Builder puts a statement together: text of the author, and values, which
// become placeholders and never text. The zero value is not usable; see Reset.
type Builder struct {
	dialect gatewright.Dialect
	buf     []byte
	args    []any
	seam    bool // what was written last and what comes next were not neighbours in the script
}

// Reset empties the builder for a statement in dialect d. The memory is kept,
// the values are let go.
func (b *Builder) Reset(d gatewright.Dialect) {
	clear(b.args)
	b.dialect, b.buf, b.args, b.seam = d, b.buf[:0], b.args[:0], false
}

// Dialect returns the dialect of the statement.
func (b *Builder) Dialect() gatewright.Dialect { return b.dialect }

// Len returns how many bytes there are.
func (b *Builder) Len() int { return len(b.buf) }

// From returns the text from byte n on; it is valid until the next call.
func (b *Builder) From(n int) []byte { return b.buf[n:] }

// Truncate drops the text from byte n on. No value may have been bound there.
func (b *Builder) Truncate(n int) { b.buf = b.buf[:n] }

// Splice replaces the bytes from to to with text. No placeholder may be among
// them. It returns a [param.Fault] when the statement becomes too large.
func (b *Builder) Splice(from, to int, text string) error {
	if err := b.room(len(text)); err != nil {
		return err
	}
	tail := len(b.buf) - to
	b.buf = append(b.buf, text...)
	copy(b.buf[from+len(text):], b.buf[to:to+tail])
	copy(b.buf[from:], text)
	b.buf = b.buf[:from+len(text)+tail]
	return nil
}

// Statement returns the text without blanks around it, and the values in the
// order of their placeholders.
func (b *Builder) Statement() (string, []any) {
	args := make([]any, len(b.args))
	copy(args, b.args)
	return strings.TrimSpace(string(b.buf)), args
}

// Seam says that what comes next stood elsewhere than what was written last:
// the two must not melt into one token.
func (b *Builder) Seam() { b.seam = true }

// Text appends text of the author. It returns a [param.Fault] when the
// statement becomes too large.
func (b *Builder) Text(text string) error {
	if text == "" {
		return nil
	}
	if err := b.room(len(text) + 1); err != nil {
		return err
	}
	if b.seam {
		b.join(text[0])
	}
	b.buf = append(b.buf, text...)
	return nil
}

// join keeps apart what would melt: "1" and "AND", "'a'" and "'b'", "-" and "-".
func (b *Builder) join(next byte) {
	b.seam = false
	if len(b.buf) == 0 {
		return
	}
	last := b.buf[len(b.buf)-1]
	if isSpace(last) || isSpace(next) || strings.IndexByte("([,.", last) >= 0 || strings.IndexByte(")],.;(", next) >= 0 {
		return
	}
	b.buf = append(b.buf, ' ')
}

func (b *Builder) room(n int) error {
	if len(b.buf)+n > MaxStatementBytes {
		return param.Faultf(param.TooLarge, "", "the statement has more than %d bytes", MaxStatementBytes)
	}
	return nil
}

// Bind appends a placeholder for one value, which is of a type that package
// param lists, but no list and no structure. typ is the declared type, "" when
// it is not known; it matters for null and in the text of ClickHouse.
func (b *Builder) Bind(v any, typ gatewright.DataType) error {
	if err := b.bindable(v); err != nil {
		return err
	}
	b.seam = true
	b.join('?')
	n := len(b.args) + 1
	if n > MaxArgs {
		return param.Faultf(param.TooLarge, "", "the statement binds more than %d values", MaxArgs)
	}
	if err := b.room(64); err != nil {
		return err
	}
	if err := b.placeholder(n, v, typ); err != nil {
		return err
	}
	b.args = append(b.args, v)
	b.seam = true
	return nil
}

// bindable refuses what cannot be bound as it is.
func (b *Builder) bindable(v any) error {
	switch v := v.(type) {
	case []any, map[string]any:
		return param.Faultf(param.Refused, "", "a structure cannot be bound; name one of its members")
	case string:
		if b.dialect == gatewright.PostgreSQL && strings.IndexByte(v, 0) >= 0 {
			return param.Faultf(param.WrongType, "", "PostgreSQL keeps no text with a NUL character")
		}
	}
	return nil
}

func (b *Builder) placeholder(n int, v any, typ gatewright.DataType) error {
	if b.dialect == gatewright.ClickHouse {
		t, err := clickHouseType(v, typ)
		if err != nil {
			return err
		}
		b.buf = append(b.buf, "{p"...)
		b.buf = strconv.AppendInt(b.buf, int64(n), 10)
		b.buf = append(b.buf, ':')
		b.buf = append(b.buf, t...)
		b.buf = append(b.buf, '}')
		return nil
	}
	d, decimal := v.(param.Decimal)
	if decimal { // bound as text, which some databases would compare as a double
		b.buf = append(b.buf, "CAST("...)
	}
	if b.dialect == gatewright.PostgreSQL {
		b.buf = append(b.buf, '$')
		b.buf = strconv.AppendInt(b.buf, int64(n), 10)
	} else {
		b.buf = append(b.buf, '?')
	}
	if !decimal {
		return nil
	}
	if b.dialect != gatewright.MySQL {
		b.buf = append(b.buf, " AS NUMERIC)"...)
		return nil
	}
	const digits, scale = 65, 30 // what MySQL has room for
	if d.Scale() > scale || d.Digits()-d.Scale() > digits-d.Scale() {
		return param.Faultf(param.WrongType, "", "%s has more digits than a decimal of MySQL: %d, %d of them after the point", d, digits, scale)
	}
	b.buf = fmt.Appendf(b.buf, " AS DECIMAL(%d,%d))", digits, d.Scale())
	return nil
}

// clickHouseType returns the type of a placeholder, which ClickHouse wants in
// the text.
func clickHouseType(v any, typ gatewright.DataType) (string, error) {
	switch v := v.(type) {
	case nil:
		return "Nullable(" + clickHouseName(typ) + ")", nil
	case bool:
		return "Bool", nil
	case int64:
		return "Int64", nil
	case uint64:
		return "UInt64", nil
	case float64:
		return "Float64", nil
	case param.Decimal:
		const digits = 76
		if v.Digits() > digits {
			return "", param.Faultf(param.WrongType, "", "%s has more than %d digits, all a decimal of ClickHouse has room for", v, digits)
		}
		return fmt.Sprintf("Decimal(%d,%d)", digits, v.Scale()), nil
	case param.Date:
		return "Date32", nil
	case param.DateTime, time.Time:
		return "DateTime64(9)", nil
	case param.UUID:
		return "UUID", nil
	}
	return "String", nil
}

func clickHouseName(typ gatewright.DataType) string {
	switch typ {
	case gatewright.TypeBool:
		return "Bool"
	case gatewright.TypeInt:
		return "Int64"
	case gatewright.TypeFloat:
		return "Float64"
	case gatewright.TypeDecimal:
		return "Decimal(76,20)"
	case gatewright.TypeDate:
		return "Date32"
	case gatewright.TypeDateTime:
		return "DateTime64(9)"
	case gatewright.TypeUUID:
		return "UUID"
	}
	return "String"
}

// BindList appends placeholders for all values, with commas, in parentheses if
// wrapped says so. An empty list is a query without rows, so that IN is false
// and NOT IN is true; it is only allowed behind IN. A [param.Fault] tells of
// more than [MaxListArgs] values and of what cannot be bound.
func (b *Builder) BindList(list []any, typ gatewright.DataType, wrapped bool) error {
	if len(list) > MaxListArgs {
		return param.Faultf(param.TooLarge, "", "the list has %d values; at most %d are compared", len(list), MaxListArgs)
	}
	b.seam = true
	if wrapped {
		if err := b.Text("("); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		if err := b.Text(emptyList(b.dialect, typ)); err != nil {
			return err
		}
	}
	for i, v := range list {
		if i > 0 {
			if err := b.Text(", "); err != nil {
				return err
			}
		}
		if err := b.Bind(v, typ); err != nil {
			return err
		}
		b.seam = false
	}
	if wrapped {
		if err := b.Text(")"); err != nil {
			return err
		}
	}
	b.seam = true
	return nil
}

// emptyList is a query without rows, whose column has a type where the
// database asks for one.
func emptyList(d gatewright.Dialect, typ gatewright.DataType) string {
	switch d {
	case gatewright.PostgreSQL:
		return "SELECT CAST(NULL AS " + postgreSQLType(typ) + ") WHERE FALSE"
	case gatewright.MySQL:
		return "SELECT NULL FROM (SELECT 1) AS nothing WHERE FALSE" // the gate knows no DUAL
	case gatewright.ClickHouse:
		return "SELECT CAST(NULL AS Nullable(" + clickHouseName(typ) + ")) WHERE 0"
	}
	return "SELECT NULL WHERE 0"
}

// postgreSQLType returns the name of a type in PostgreSQL.
func postgreSQLType(typ gatewright.DataType) string {
	switch typ {
	case gatewright.TypeBool:
		return "boolean"
	case gatewright.TypeInt:
		return "bigint"
	case gatewright.TypeFloat:
		return "double precision"
	case gatewright.TypeDecimal:
		return "numeric"
	case gatewright.TypeDate:
		return "date"
	case gatewright.TypeTime:
		return "time"
	case gatewright.TypeDateTime:
		return "timestamp"
	case gatewright.TypeUUID:
		return "uuid"
	case gatewright.TypeJSON:
		return "jsonb"
	case gatewright.TypeBinary:
		return "bytea"
	}
	return "text"
}

// BindTyped is [Builder.Bind] for a place that tells PostgreSQL nothing of the
// value's type, such as "IS NULL".
func (b *Builder) BindTyped(v any, typ gatewright.DataType) error {
	if b.dialect != gatewright.PostgreSQL {
		return b.Bind(v, typ)
	}
	if err := b.Text("CAST("); err != nil {
		return err
	}
	if err := b.Bind(v, typ); err != nil {
		return err
	}
	return b.Text(" AS " + postgreSQLType(typ) + ")")
}
