package sqlsource

import (
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mysqlCursor reads the rows of one statement.
type mysqlCursor struct {
	session   *mysqlSession
	rows      driver.Rows
	statement driver.Stmt // to be closed with the rows, if it is not kept
	described []Column
	kinds     []CellKind
	values    []driver.Value
}

// describe reads the columns. BIT is a number; BOOL is TINYINT to the server
// and a number as well.
func (c *mysqlCursor) describe() {
	names := c.rows.Columns()
	c.described, c.kinds, c.values = make([]Column, len(names)), make([]CellKind, len(names)), make([]driver.Value, len(names))
	typed, _ := c.rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i, name := range names {
		database := ""
		if typed != nil {
			database = typed.ColumnTypeDatabaseTypeName(i)
		}
		kind, wide := mysqlKind(database)
		c.kinds[i] = kind
		c.described[i] = Column{Name: name, Type: kind.field(wide), Database: strings.ToLower(database)}
	}
}

func mysqlKind(database string) (kind CellKind, wide bool) {
	switch database {
	case "UNSIGNED INT", "BIGINT", "UNSIGNED BIGINT", "BIT":
		return Integer, true
	case "TINYINT", "UNSIGNED TINYINT", "SMALLINT", "UNSIGNED SMALLINT", "MEDIUMINT", "UNSIGNED MEDIUMINT", "INT", "YEAR":
		return Integer, false
	case "DECIMAL":
		return Decimal, false
	case "FLOAT", "DOUBLE":
		return Float, false
	case "DATE":
		return Date, false
	case "TIME":
		return Time, false
	case "DATETIME":
		return DateTime, false
	case "TIMESTAMP":
		return Timestamp, false
	case "JSON":
		return JSON, false
	case "BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY", "VECTOR":
		return Bytes, false
	}
	return String, false
}

func (c *mysqlCursor) columns() []Column { return c.described }

func (c *mysqlCursor) next(row []Cell) (bool, error) {
	switch err := c.rows.Next(c.values); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, c.session.wrap(err)
	}
	spare := &c.session.spare
	spare.next()
	for i, value := range c.values {
		row[i] = c.cell(i, value, spare)
	}
	return true, nil
}

func (c *mysqlCursor) cell(i int, value driver.Value, spare *scratch) Cell {
	switch v := value.(type) {
	case nil:
		return Cell{}
	case int64:
		return Cell{Integer, spare.keep(strconv.AppendInt(spare.reserve(20), v, 10))}
	case float64:
		return Cell{Float, spare.keep(appendFloat(spare.reserve(32), v, 64))}
	case float32:
		return Cell{Float, spare.keep(appendFloat(spare.reserve(32), float64(v), 32))}
	case string:
		return c.text(i, append(spare.reserve(len(v)), v...), spare)
	case []byte:
		return c.text(i, v, spare)
	}
	return Cell{Kind: String}
}

func (c *mysqlCursor) text(i int, v []byte, spare *scratch) Cell {
	switch c.kinds[i] {
	case Integer:
		if c.described[i].Database != "bit" {
			return Cell{Integer, v}
		}
		var n uint64
		for _, b := range v {
			n = n<<8 | uint64(b)
		}
		return Cell{Integer, spare.keep(strconv.AppendUint(spare.reserve(20), n, 10))}
	case Time:
		return Cell{Time, trimFraction(v)}
	case DateTime:
		return Cell{DateTime, spare.keep(appendDateTime(spare.reserve(len(v)), v, ""))}
	case Timestamp:
		return Cell{Timestamp, spare.keep(appendDateTime(spare.reserve(len(v)+1), v, "Z"))}
	case String:
		if !utf8.Valid(v) {
			return Cell{String, spare.keep(appendValid(spare.reserve(3*len(v)), v))}
		}
	}
	return Cell{c.kinds[i], v}
}

func (c *mysqlCursor) close() error {
	err := c.rows.Close()
	if c.statement != nil {
		err = errors.Join(err, c.statement.Close())
	}
	if err != nil {
		return c.session.wrap(err)
	}
	return nil
}
