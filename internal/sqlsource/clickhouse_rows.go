package sqlsource

import (
	"errors"
	"io"
	"strings"
	"time"
)

// clickhouseCursor reads the rows of one statement.
type clickhouseCursor struct {
	session   *clickhouseSession
	body      io.ReadCloser
	stream    *compactStream
	described []Column
	kinds     []clickhouseKind
	raw       []bool
	spare     scratch
}

// clickhouseKind says how the cells of a column are read.
type clickhouseKind struct {
	kind CellKind
	zone *time.Location // of a Timestamp; nil is not known
}

// describe reads the columns.
func (c *clickhouseCursor) describe() error {
	if err := c.stream.head(); err != nil {
		return c.wrap(err)
	}
	if c.stream.failure != "" {
		return c.session.opener.refusal(0, c.stream.failure)
	}
	for i, name := range c.stream.names {
		k, field := clickhouseType(c.stream.types[i], c.session.zone)
		c.described = append(c.described, Column{Name: name, Type: field, Database: c.stream.types[i]})
		c.kinds, c.raw = append(c.kinds, k), append(c.raw, k.kind == JSON || k.kind == Array)
	}
	return nil
}

// clickhouseType returns how a type of ClickHouse is read and what it is to
// us. Times are in the zone of their type or else of the server.
func clickhouseType(declared string, server *time.Location) (clickhouseKind, Type) {
	name := declared
	for {
		inner, ok := strings.CutPrefix(name, "Nullable(")
		if !ok {
			if inner, ok = strings.CutPrefix(name, "LowCardinality("); !ok {
				break
			}
		}
		name = strings.TrimSuffix(inner, ")")
	}
	base, arguments, _ := strings.Cut(name, "(")
	plain := func(k CellKind, t Type) (clickhouseKind, Type) { return clickhouseKind{kind: k}, t }
	switch base {
	case "Bool":
		return plain(Bool, TypeBool)
	case "UInt8", "UInt16", "Int8", "Int16", "Int32":
		return plain(Integer, TypeInt)
	case "UInt32", "Int64", "UInt64":
		return plain(Integer, TypeBigInt)
	case "Int128", "Int256", "UInt128", "UInt256":
		return plain(Integer, TypeDecimal)
	case "Float32", "Float64", "BFloat16":
		return plain(Float, TypeDouble)
	case "Decimal", "Decimal32", "Decimal64", "Decimal128", "Decimal256":
		return plain(Decimal, TypeDecimal)
	case "Date", "Date32":
		return plain(Date, TypeDate)
	case "DateTime", "DateTime64":
		return clickhouseKind{kind: Timestamp, zone: clickhouseZone(arguments, server)}, TypeDateTime
	case "UUID":
		return plain(UUID, TypeString)
	case "Array":
		return plain(Array, TypeArray)
	case "Tuple", "Nested":
		return plain(JSON, TypeStruct)
	case "Map", "JSON", "Object", "Variant", "Dynamic", "Point", "Ring", "Polygon", "MultiPolygon":
		return plain(JSON, TypeJSON)
	}
	return plain(String, TypeString)
}

// clickhouseZone returns the zone that is named among the arguments of a type.
func clickhouseZone(arguments string, server *time.Location) *time.Location {
	_, name, ok := strings.Cut(arguments, "'")
	if !ok {
		return server
	}
	name, _, _ = strings.Cut(name, "'")
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

func (c *clickhouseCursor) columns() []Column { return c.described }

func (c *clickhouseCursor) next(row []Cell) (bool, error) {
	more, err := c.stream.row(c.raw)
	if err != nil {
		return false, c.wrap(err)
	}
	if !more {
		if c.stream.failure != "" {
			return false, c.session.opener.refusal(0, c.stream.failure)
		}
		return false, nil
	}
	c.spare.next()
	for i, s := range c.stream.spans {
		row[i] = c.cell(c.kinds[i], s.form, c.stream.text[s.from:s.to:s.to])
	}
	return true, nil
}

func (c *clickhouseCursor) cell(k clickhouseKind, form byte, text []byte) Cell {
	if form == 'n' {
		return Cell{}
	}
	switch k.kind {
	case Bool:
		if form == '0' || form == '1' {
			return Cell{Integer, text}
		}
	case Decimal:
		if !jsonNumber(text) {
			return Cell{String, text}
		}
	case Float:
		switch string(text) {
		case "nan", "-nan":
			return Cell{Float, c.spare.keep(append(c.spare.reserve(9), "NaN"...))}
		case "inf":
			return Cell{Float, c.spare.keep(append(c.spare.reserve(9), "Infinity"...))}
		case "-inf":
			return Cell{Float, c.spare.keep(append(c.spare.reserve(9), "-Infinity"...))}
		}
	case Timestamp:
		return c.instant(k.zone, text)
	}
	return Cell{k.kind, text}
}

// instant returns a time as an instant, if its zone is known. An hour that
// comes twice when clocks are set back is the first of the two with servers
// that do not write instants.
func (c *clickhouseCursor) instant(zone *time.Location, text []byte) Cell {
	if len(text) < 19 {
		return Cell{String, text}
	}
	if text[len(text)-1] == 'Z' && text[10] == 'T' {
		b := c.spare.reserve(len(text))
		return Cell{Timestamp, c.spare.keep(append(append(b, trimFraction(text[:len(text)-1])...), 'Z'))}
	}
	if zone == time.UTC || zone != nil && zone.String() == "UTC" {
		return Cell{Timestamp, c.spare.keep(appendDateTime(c.spare.reserve(len(text)+1), text, "Z"))}
	}
	if zone == nil {
		return Cell{DateTime, c.spare.keep(appendDateTime(c.spare.reserve(len(text)), text, ""))}
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", string(text), zone)
	if err != nil {
		return Cell{String, text}
	}
	return Cell{Timestamp, c.spare.keep(t.UTC().AppendFormat(c.spare.reserve(32), "2006-01-02T15:04:05.999999999Z"))}
}

// wrap returns an error of the stream as what it means.
func (c *clickhouseCursor) wrap(err error) *Error {
	var network interface{ Timeout() bool }
	switch {
	case c.stream.failure != "":
		return c.session.opener.refusal(0, c.stream.failure)
	case errors.Is(err, errCompactSize):
		return fail(TooLarge, "one row has more than %d bytes", c.stream.maxRow)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return c.session.broken(err)
	}
	return &Error{Reason: Broken, Message: c.session.opener.credentials.hide(err.Error())}
}

// close gives the connection back if the result was read to its end.
func (c *clickhouseCursor) close() error {
	err := c.body.Close()
	if !c.stream.ended {
		return fail(Broken, "the rest of the result was not read")
	}
	if err != nil {
		return c.session.broken(err)
	}
	return nil
}
