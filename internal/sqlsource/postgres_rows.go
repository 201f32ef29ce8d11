package sqlsource

import (
	"bytes"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgresKind says how a type of PostgreSQL is read.
type postgresKind struct {
	kind   CellKind
	name   string
	wide   bool     // 64 bits
	format int16    // 0 is text, 1 binary
	array  CellKind // the kind of an array's elements, if it is one
}

// postgresKinds returns how the type of the given OID is read. Types that are
// not listed are read as their text.
func postgresKinds(oid uint32) postgresKind {
	switch oid {
	case 16:
		return postgresKind{kind: Bool, name: "boolean"}
	case 17:
		return postgresKind{kind: Bytes, name: "bytea", format: 1}
	case 20:
		return postgresKind{kind: Integer, name: "bigint", wide: true}
	case 21:
		return postgresKind{kind: Integer, name: "smallint"}
	case 23:
		return postgresKind{kind: Integer, name: "integer"}
	case 26:
		return postgresKind{kind: Integer, name: "oid", wide: true}
	case 25:
		return postgresKind{kind: String, name: "text"}
	case 1043:
		return postgresKind{kind: String, name: "character varying"}
	case 1042:
		return postgresKind{kind: String, name: "character"}
	case 114:
		return postgresKind{kind: JSON, name: "json"}
	case 3802:
		return postgresKind{kind: JSON, name: "jsonb"}
	case 700:
		return postgresKind{kind: Float, name: "real"}
	case 701:
		return postgresKind{kind: Float, name: "double precision"}
	case 1700:
		return postgresKind{kind: Decimal, name: "numeric"}
	case 1082:
		return postgresKind{kind: Date, name: "date"}
	case 1083:
		return postgresKind{kind: Time, name: "time"}
	case 1114:
		return postgresKind{kind: DateTime, name: "timestamp"}
	case 1184:
		return postgresKind{kind: Timestamp, name: "timestamp with time zone"}
	case 2950:
		return postgresKind{kind: UUID, name: "uuid"}
	}
	return postgresArrays(oid)
}

func postgresArrays(oid uint32) postgresKind {
	element := String
	switch oid {
	case 1000:
		element = Bool
	case 1005, 1007, 1016, 1028:
		element = Integer
	case 1231:
		element = Decimal
	case 1021, 1022:
		element = Float
	case 1115:
		element = DateTime
	case 1185:
		element = Timestamp
	case 199, 3807:
		element = JSON
	case 1001, 1002, 1003, 1009, 1014, 1015, 1041, 1182, 1183, 2951:
	default:
		return postgresKind{kind: String, name: "other"}
	}
	return postgresKind{kind: Array, name: "array", array: element}
}

// postgresCursor reads the rows of one statement.
type postgresCursor struct {
	session   *postgresSession
	sql       string
	described []Column
	kinds     []postgresKind
	reader    *pgconn.ResultReader // nil after the end
	ahead     bool                 // a row was read already
}

func (c *postgresCursor) columns() []Column { return c.described }

func (c *postgresCursor) next(row []Cell) (bool, error) {
	if c.reader == nil {
		return false, nil
	}
	defer c.session.work.end()
	if !c.session.work.begin() {
		return false, errInterrupted()
	}
	if !c.ahead && !c.reader.NextRow() {
		_, err := c.reader.Close()
		c.reader = nil
		if err != nil {
			return false, c.session.wrap(err)
		}
		return false, nil
	}
	c.ahead = false
	values := c.reader.Values()
	if len(values) != len(row) { // the table changed under a prepared statement
		return false, fail(Broken, "the row has %d cells instead of %d", len(values), len(row))
	}
	c.session.spare.next()
	for i, value := range values {
		row[i] = c.cell(c.kinds[i], value)
	}
	return true, nil
}

func (c *postgresCursor) cell(k postgresKind, value []byte) Cell {
	if value == nil {
		return Cell{}
	}
	spare := &c.session.spare
	switch k.kind {
	case Bool:
		if len(value) == 1 && value[0] == 't' {
			return Cell{Bool, spare.keep(append(spare.reserve(4), "true"...))}
		}
		return Cell{Bool, spare.keep(append(spare.reserve(5), "false"...))}
	case Decimal:
		if last := value[len(value)-1]; last < '0' || last > '9' { // NaN, Infinity
			return Cell{Float, value}
		}
	case Date:
		if len(value) != len("2006-01-02") { // infinity, before Christ, after the year 9999
			return Cell{String, value}
		}
	case DateTime:
		if len(value) < 19 || value[10] != ' ' || value[len(value)-1] > '9' {
			return Cell{String, value}
		}
		return Cell{DateTime, spare.keep(appendDateTime(spare.reserve(len(value)), value, ""))}
	case Timestamp:
		text, ok := bytes.CutSuffix(value, []byte("+00"))
		if !ok || len(text) < 19 || text[10] != ' ' {
			return Cell{String, value}
		}
		return Cell{Timestamp, spare.keep(appendDateTime(spare.reserve(len(value)), text, "Z"))}
	case Array:
		return Cell{Array, spare.keep(appendPostgresArray(spare.reserve(2*len(value)), value, k.array))}
	}
	return Cell{k.kind, value}
}

// close reads what is left. After an interrupt that is little.
func (c *postgresCursor) close() error {
	if c.reader != nil {
		if _, err := c.reader.Close(); err != nil {
			return c.session.wrap(err)
		}
		c.reader = nil
	}
	if !c.session.clean() {
		return fail(Broken, "the statement changed the settings of its connection")
	}
	return nil
}

// maxArrayDepth is how deep PostgreSQL nests arrays.
const maxArrayDepth = 6

// appendPostgresArray appends the text of an array as JSON. Text that is no
// array becomes a JSON string, so that the cell is JSON whatever it is.
func appendPostgresArray(b, text []byte, element CellKind) []byte {
	from := len(b)
	at := 0
	if len(text) > 0 && text[0] == '[' { // [0:2]={…}: not counted from one
		at = bytes.IndexByte(text, '=') + 1
	}
	out, end, ok := appendArrayLevel(b, text, at, element, 1)
	if !ok || end != len(text) {
		return appendJSONString(out[:from], text)
	}
	return out
}

func appendArrayLevel(b, text []byte, at int, element CellKind, depth int) ([]byte, int, bool) {
	if at >= len(text) || text[at] != '{' || depth > maxArrayDepth {
		return b, at, false
	}
	b = append(b, '[')
	at++
	if at < len(text) && text[at] == '}' {
		return append(b, ']'), at + 1, true
	}
	for at < len(text) {
		ok := true
		switch text[at] {
		case '{':
			b, at, ok = appendArrayLevel(b, text, at, element, depth+1)
		case '"':
			b, at, ok = appendQuotedElement(b, text, at+1, element)
		default:
			end := at
			for end < len(text) && text[end] != ',' && text[end] != '}' {
				end++
			}
			if word := text[at:end]; string(word) == "NULL" {
				b = append(b, "null"...)
			} else {
				b = appendElement(b, word, element)
			}
			at = end
		}
		if !ok || at >= len(text) {
			return b, at, false
		}
		if text[at] == '}' {
			return append(b, ']'), at + 1, true
		}
		if text[at] != ',' {
			return b, at, false
		}
		b = append(b, ',')
		at++
	}
	return b, at, false
}

func appendQuotedElement(b, text []byte, at int, element CellKind) ([]byte, int, bool) {
	var plain []byte
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			return appendElement(b, plain, element), at + 1, true
		case '\\':
			at++
			if at == len(text) {
				return b, at, false
			}
		}
		plain = append(plain, text[at])
	}
	return b, at, false
}

func appendElement(b, text []byte, element CellKind) []byte {
	switch element {
	case Bool:
		if string(text) == "t" {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case Integer, Decimal, Float:
		if jsonNumber(text) {
			return append(b, text...)
		}
	case JSON:
		return append(b, text...)
	case DateTime:
		if len(text) >= 19 && text[10] == ' ' {
			b = append(b, '"')
			return append(appendDateTime(b, text, ""), '"')
		}
	case Timestamp:
		if instant, ok := bytes.CutSuffix(text, []byte("+00")); ok && len(instant) >= 19 {
			b = append(b, '"')
			return append(appendDateTime(b, instant, "Z"), '"')
		}
	}
	return appendJSONString(b, text)
}
