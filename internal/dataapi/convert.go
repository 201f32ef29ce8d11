package dataapi

import (
	"encoding/json"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// as returns the cell as a declared type says it, where databases without that
// type keep such values as something else: truth values as numbers, moments
// and JSON as texts. What does not have the form of the type stays as it is.
func (p *projection) as(c sqlsource.Cell, t gatewright.DataType) sqlsource.Cell {
	switch t {
	case gatewright.TypeString:
		if c.Kind != sqlsource.Bytes {
			c.Kind = sqlsource.String
		}
	case gatewright.TypeBool:
		return p.asBool(c)
	case gatewright.TypeInt, gatewright.TypeDecimal, gatewright.TypeFloat:
		if c.Kind == sqlsource.String && isPlainNumber(c.Bytes) {
			c.Kind = sqlsource.Decimal
		}
	case gatewright.TypeDate:
		return asDate(c)
	case gatewright.TypeDateTime:
		return p.asDateTime(c)
	case gatewright.TypeJSON:
		if c.Kind == sqlsource.String && json.Valid(c.Bytes) {
			c.Kind = sqlsource.JSON
		}
	case gatewright.TypeBinary:
		if c.Kind == sqlsource.String {
			c.Kind = sqlsource.Bytes
		}
	default:
		if t.IsArray() && (c.Kind == sqlsource.String || c.Kind == sqlsource.JSON) && len(c.Bytes) > 0 && c.Bytes[0] == '[' && json.Valid(c.Bytes) {
			c.Kind = sqlsource.Array
		}
	}
	return c
}

func (p *projection) asBool(c sqlsource.Cell) sqlsource.Cell {
	if c.Kind != sqlsource.Integer && c.Kind != sqlsource.Decimal && c.Kind != sqlsource.String {
		return c
	}
	switch string(c.Bytes) {
	case "1", "true":
		return sqlsource.Cell{Kind: sqlsource.Bool, Bytes: p.yes}
	case "0", "false":
		return sqlsource.Cell{Kind: sqlsource.Bool, Bytes: p.no}
	}
	return c
}

// isPlainNumber reports whether b is digits, with at most a sign before and a
// point between them.
func isPlainNumber(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) == 0 || b[0] == '.' || b[len(b)-1] == '.' || len(b) > 1 && b[0] == '0' && b[1] != '.' {
		return false
	}
	points := 0
	for _, c := range b {
		if c == '.' {
			points++
		} else if c < '0' || c > '9' {
			return false
		}
	}
	return points <= 1
}

const dateForm, clockForm = "0000-00-00", "00:00:00"

// has reports whether b begins with the form, in which 0 is any digit.
func has(b []byte, form string) bool {
	if len(b) < len(form) {
		return false
	}
	for i := range len(form) {
		if form[i] == '0' {
			if b[i] < '0' || b[i] > '9' {
				return false
			}
		} else if b[i] != form[i] {
			return false
		}
	}
	return true
}

// asDate takes the day of a text, and of a moment at midnight.
func asDate(c sqlsource.Cell) sqlsource.Cell {
	if !has(c.Bytes, dateForm) {
		return c
	}
	rest := c.Bytes[len(dateForm):]
	switch c.Kind {
	case sqlsource.String, sqlsource.DateTime, sqlsource.Timestamp:
		if len(rest) == 0 || string(rest) == "T00:00:00" || string(rest) == " 00:00:00" || string(rest) == "T00:00:00Z" {
			return sqlsource.Cell{Kind: sqlsource.Date, Bytes: c.Bytes[:len(dateForm)]}
		}
	}
	return c
}

// asDateTime writes a text that is a date and time as all others are.
func (p *projection) asDateTime(c sqlsource.Cell) sqlsource.Cell {
	const length = len(dateForm) + 1 + len(clockForm)
	b := c.Bytes
	if c.Kind != sqlsource.String || len(b) < length || !has(b, dateForm) || !has(b[len(dateForm)+1:], clockForm) {
		return c
	}
	for i, digit := range b[length:] {
		if i == 0 && digit != '.' || i > 0 && (digit < '0' || digit > '9') {
			return c
		}
	}
	switch b[len(dateForm)] {
	case 'T':
		c.Kind = sqlsource.DateTime
	case ' ':
		from := len(p.scratch)
		p.scratch = append(p.scratch, b...)
		p.scratch[from+len(dateForm)] = 'T'
		c = sqlsource.Cell{Kind: sqlsource.DateTime, Bytes: p.scratch[from:len(p.scratch):len(p.scratch)]}
	}
	return c
}
