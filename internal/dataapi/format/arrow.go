package format

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

// Limits of one record batch.
const (
	maxBatchRows  = 16 << 10
	maxBatchBytes = 1 << 20 // of texts and binary values, about
)

// The numbers of Arrow's metadata.
const (
	arrowVersion5    = 4
	arrowSchema      = 1
	arrowRecordBatch = 3
	arrowContinue    = 0xFFFFFFFF
)

// arrowType is a type of Arrow's, with its number in the metadata.
type arrowType uint8

const (
	arrowInt    arrowType = 2 // signed, 64 bits
	arrowFloat  arrowType = 3 // 64 bits
	arrowBinary arrowType = 4
	arrowText   arrowType = 5
	arrowBool   arrowType = 6
	arrowDate   arrowType = 8 // days in 32 bits
)

// arrow writes the streaming format of Apache Arrow: a schema, batches of rows
// in columns. Whole numbers are int64, dates date32; decimals, dates with times,
// JSON and what has no type are texts, which keep what the database says. It is
// written here, and not with Arrow's library, because of the little that is
// needed: six types and no nesting, against a tree of dependencies.
type arrow struct {
	columns []arrowColumn
	rows    int
	bytes   int
	err     error
	meta    flat
}

// arrowColumn is the cells of one column of the batch.
type arrowColumn struct {
	name    string
	typ     arrowType
	nulls   int64
	valid   []byte  // a bit for each row
	offsets []int32 // of texts and binary values: where each begins, and the end
	data    []byte
}

func (a *arrow) Head(dst []byte, columns []Column) []byte {
	for _, c := range columns {
		a.columns = append(a.columns, arrowColumn{name: c.Name, typ: arrowTypeOf(c.Type), offsets: []int32{0}})
	}
	m := &a.meta
	at := a.message(arrowSchema, 0)
	schema, slots := m.table(slot{2, 0}, reference())
	m.refer(at, schema)
	first := m.references(slots[1], len(a.columns))
	for i := range a.columns {
		c := &a.columns[i]
		field, places := m.table(reference(), slot{1, 1}, slot{1, uint64(c.typ)}, reference(), slot{}, reference())
		m.refer(first+4*i, field)
		m.text(places[0], c.name)
		kind, _ := m.table(c.typ.slots()...)
		m.refer(places[3], kind)
		m.references(places[5], 0)
	}
	return a.framed(dst)
}

func arrowTypeOf(t sqlsource.Type) arrowType {
	switch t {
	case sqlsource.TypeInt, sqlsource.TypeBigInt:
		return arrowInt
	case sqlsource.TypeDouble:
		return arrowFloat
	case sqlsource.TypeBinary:
		return arrowBinary
	case sqlsource.TypeBool:
		return arrowBool
	case sqlsource.TypeDate:
		return arrowDate
	}
	return arrowText
}

// slots returns the fields of the type's table.
func (t arrowType) slots() []slot {
	switch t {
	case arrowInt:
		return []slot{{4, 64}, {1, 1}}
	case arrowFloat:
		return []slot{{2, 2}} // double
	case arrowDate:
		return []slot{{2, 0}} // days
	}
	return nil
}

// message begins a message's metadata and returns the place of the reference to
// its header.
func (a *arrow) message(header uint8, body int64) int {
	a.meta.b = append(a.meta.b[:0], 0, 0, 0, 0)
	at, places := a.meta.table(slot{2, arrowVersion5}, slot{1, uint64(header)}, reference(), slot{8, uint64(body)}) //nolint:gosec // a length
	a.meta.refer(0, at)
	return places[2]
}

// framed appends the metadata as the stream has it.
func (a *arrow) framed(dst []byte) []byte {
	a.meta.pad(8, 0)
	dst = binary.LittleEndian.AppendUint32(dst, arrowContinue)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(a.meta.b))) //nolint:gosec // metadata is small
	return append(dst, a.meta.b...)
}

func (a *arrow) Row(dst []byte, row []sqlsource.Cell) []byte {
	for i := range row {
		c := &a.columns[i]
		if a.rows%8 == 0 {
			c.valid = append(c.valid, 0)
		}
		before := len(c.data)
		if !c.add(row[i], a.rows) && a.err == nil {
			a.err = fmt.Errorf("column %s has a value that its type cannot hold: %.40q is a %s", c.name, row[i].Bytes, row[i].Kind)
		}
		a.bytes += len(c.data) - before
	}
	if a.rows++; a.rows < maxBatchRows && a.bytes < maxBatchBytes {
		return dst
	}
	return a.batch(dst)
}

// Err returns what could not be written: a value that its column's type does
// not hold.
func (a *arrow) Err() error { return a.err }

// add adds the cell of a row. It reports false for what the type cannot hold.
func (c *arrowColumn) add(cell sqlsource.Cell, row int) bool {
	if cell.Kind == sqlsource.Null {
		c.nulls++
		c.put(row, nil)
		return true
	}
	c.valid[row/8] |= 1 << (row % 8)
	switch c.typ {
	case arrowText, arrowBinary:
		c.put(row, cell.Bytes)
		return c.typ == arrowText == (cell.Kind != sqlsource.Bytes)
	case arrowBool:
		c.put(row, nil)
		if string(cell.Bytes) == "true" {
			c.data[row/8] |= 1 << (row % 8)
		}
		return cell.Kind == sqlsource.Bool
	case arrowDate:
		days, ok := daysOf(cell.Bytes)
		c.data = binary.LittleEndian.AppendUint32(c.data, uint32(days)) //nolint:gosec // two's complement is what is wanted
		return ok
	case arrowInt:
		n, err := strconv.ParseInt(string(cell.Bytes), 10, 64)
		c.data = binary.LittleEndian.AppendUint64(c.data, uint64(n)) //nolint:gosec // two's complement is what is wanted
		return err == nil
	default:
		f, err := strconv.ParseFloat(string(cell.Bytes), 64)
		c.data = binary.LittleEndian.AppendUint64(c.data, math.Float64bits(f))
		return err == nil
	}
}

// put appends a text or binary value, or the place of any other.
func (c *arrowColumn) put(row int, b []byte) {
	switch c.typ {
	case arrowText, arrowBinary:
		c.data = append(c.data, b...)
		c.offsets = append(c.offsets, int32(len(c.data))) //nolint:gosec // a batch has few bytes more than its limit
	case arrowBool:
		if row%8 == 0 {
			c.data = append(c.data, 0)
		}
	case arrowDate:
		c.data = append(c.data, 0, 0, 0, 0)
	default:
		c.data = append(c.data, 0, 0, 0, 0, 0, 0, 0, 0)
	}
}

// daysOf returns the days from 1970-01-01 to a date.
func daysOf(b []byte) (days int32, ok bool) {
	const form = "0000-00-00"
	if len(b) != len(form) || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	number := func(digits []byte) (n int) {
		for _, d := range digits {
			if d < '0' || d > '9' {
				return -1
			}
			n = n*10 + int(d-'0')
		}
		return n
	}
	year, month, day := number(b[:4]), number(b[5:7]), number(b[8:])
	if year < 0 || month < 1 || day < 1 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	const seconds = 24 * 60 * 60
	return int32(t.Unix() / seconds), t.Day() == day && int(t.Month()) == month //nolint:gosec // four digits of years fit
}

// batch writes the rows so far.
func (a *arrow) batch(dst []byte) []byte {
	var nodes, buffers [][2]int64
	size := int64(0)
	buffer := func(n int) {
		buffers = append(buffers, [2]int64{size, int64(n)})
		size += int64(n+7) &^ 7
	}
	for i := range a.columns {
		c := &a.columns[i]
		nodes = append(nodes, [2]int64{int64(a.rows), c.nulls})
		buffer(len(c.valid))
		if c.typ == arrowText || c.typ == arrowBinary {
			buffer(4 * len(c.offsets))
		}
		buffer(len(c.data))
	}
	at := a.message(arrowRecordBatch, size)
	batch, places := a.meta.table(slot{8, uint64(a.rows)}, reference(), reference()) //nolint:gosec // a number of rows
	a.meta.refer(at, batch)
	a.meta.pairs(places[1], nodes)
	a.meta.pairs(places[2], buffers)
	dst = a.framed(dst)
	for i := range a.columns {
		dst = a.columns[i].flush(dst)
	}
	a.rows, a.bytes = 0, 0
	return dst
}

// flush appends the buffers of a column and empties them.
func (c *arrowColumn) flush(dst []byte) []byte {
	dst = appendPadded(dst, c.valid)
	if c.typ == arrowText || c.typ == arrowBinary {
		for _, o := range c.offsets {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(o)) //nolint:gosec // never negative
		}
		if len(c.offsets)%2 == 1 {
			dst = append(dst, 0, 0, 0, 0)
		}
		c.offsets = c.offsets[:1]
	}
	dst = appendPadded(dst, c.data)
	c.nulls, c.valid, c.data = 0, c.valid[:0], c.data[:0]
	return dst
}

func appendPadded(dst, b []byte) []byte {
	dst = append(dst, b...)
	for n := len(b); n%8 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

func (a *arrow) End(dst []byte) []byte {
	if a.rows > 0 {
		dst = a.batch(dst)
	}
	dst = binary.LittleEndian.AppendUint32(dst, arrowContinue)
	return binary.LittleEndian.AppendUint32(dst, 0)
}

func (a *arrow) Tail(dst []byte, _ *Summary) []byte { return dst }
