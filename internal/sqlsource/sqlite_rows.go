package sqlsource

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// sqliteCursor reads the rows of one statement. In SQLite values have types
// and columns merely prefer some: the kind of a cell is that of its value.
type sqliteCursor struct {
	session   *sqliteSession
	rows      driver.Rows
	statement driver.Stmt // to be closed with the rows, if it is not kept
	described []Column
	values    []driver.Value
}

func (c *sqliteCursor) describe() {
	names := c.rows.Columns()
	c.described, c.values = make([]Column, len(names)), make([]driver.Value, len(names))
	typed, _ := c.rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i, name := range names {
		declared := ""
		if typed != nil {
			declared = typed.ColumnTypeDatabaseTypeName(i)
		}
		c.described[i] = Column{Name: name, Type: sqliteType(declared), Database: strings.ToLower(declared)}
	}
}

// sqliteType returns the type of a declared one, by SQLite's own rules of
// affinity where it is none that has a type of ours.
func sqliteType(declared string) Type {
	declared, _, _ = strings.Cut(strings.ToUpper(strings.TrimSpace(declared)), "(")
	has := func(part string) bool { return strings.Contains(declared, part) }
	switch {
	case declared == "":
		return TypeUnknown
	case has("BOOL"):
		return TypeBool
	case declared == "DATE":
		return TypeDate
	case has("DATETIME"), has("TIMESTAMP"):
		return TypeDateTime
	case has("JSON"):
		return TypeJSON
	case has("INT"):
		return TypeBigInt
	case has("CHAR"), has("CLOB"), has("TEXT"), has("UUID"):
		return TypeString
	case has("BLOB"), has("BINARY"):
		return TypeBinary
	case has("REAL"), has("FLOA"), has("DOUBLE"):
		return TypeDouble
	case has("DEC"), has("NUM"):
		return TypeDecimal
	}
	return TypeUnknown
}

func (c *sqliteCursor) columns() []Column { return c.described }

func (c *sqliteCursor) next(row []Cell) (bool, error) {
	defer c.session.work.end()
	if !c.session.work.begin() {
		return false, errInterrupted()
	}
	err := c.rows.Next(c.values)
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, sqliteError(err)
	}
	spare := &c.session.spare
	spare.next()
	for i, value := range c.values {
		row[i] = c.cell(c.described[i].Type, value, spare)
	}
	return true, nil
}

func (c *sqliteCursor) cell(declared Type, value driver.Value, spare *scratch) Cell {
	switch v := value.(type) {
	case nil:
		return Cell{}
	case int64:
		if declared == TypeBool && (v == 0 || v == 1) {
			return Cell{Bool, spare.keep(strconv.AppendBool(spare.reserve(5), v == 1))}
		}
		return Cell{Integer, spare.keep(strconv.AppendInt(spare.reserve(20), v, 10))}
	case float64:
		return Cell{Float, spare.keep(appendFloat(spare.reserve(32), v, 64))}
	case string:
		if !utf8.ValidString(v) {
			return Cell{String, spare.keep(appendValid(spare.reserve(3*len(v)), []byte(v)))}
		}
		text := spare.keep(append(spare.reserve(len(v)), v...))
		if declared == TypeJSON && json.Valid(text) { // the column promises nothing
			return Cell{JSON, text}
		}
		return Cell{String, text}
	case []byte:
		return Cell{Bytes, v}
	case time.Time: // the driver's doing, by the declared type of the column
		return sqliteTime(declared, v, spare)
	}
	return Cell{Kind: String}
}

// sqliteTime writes down a time that the driver made of a text. One without
// zone is UTC to it, as is one with Z: both are times without a zone here.
func sqliteTime(declared Type, t time.Time, spare *scratch) Cell {
	b := spare.reserve(len(time.RFC3339Nano))
	if declared == TypeDate && t.Equal(t.Truncate(24*time.Hour)) {
		return Cell{Date, spare.keep(t.AppendFormat(b, time.DateOnly))}
	}
	if _, offset := t.Zone(); offset != 0 {
		return Cell{Timestamp, spare.keep(t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999999999Z"))}
	}
	return Cell{DateTime, spare.keep(t.AppendFormat(b, "2006-01-02T15:04:05.999999999"))}
}

func (c *sqliteCursor) close() error {
	err := c.rows.Close()
	if c.statement != nil {
		err = errors.Join(err, c.statement.Close())
	}
	if err != nil {
		return sqliteError(err)
	}
	return nil
}
