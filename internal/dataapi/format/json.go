package format

import (
	"strconv"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

// array writes a JSON array of objects, or an object around it.
type array struct {
	total
	object bool
	keys   [][]byte
	more   bool // a row was written
}

func (a *array) Head(dst []byte, columns []Column) []byte {
	a.keys = keys(columns)
	if !a.object {
		return append(dst, '[')
	}
	dst = append(dst, `{"columns":[`...)
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = AppendText(dst, c.Name)
		dst = append(dst, `,"type":`...)
		dst = AppendText(dst, string(c.Type))
		dst = append(dst, '}')
	}
	return append(dst, `],"rows":[`...)
}

func (a *array) Row(dst []byte, row []sqlsource.Cell) []byte {
	if a.more {
		dst = append(dst, ',', '\n')
	}
	a.more = true
	return appendObject(dst, a.keys, row)
}

func (a *array) End(dst []byte) []byte { return append(dst, ']') }

func (a *array) Tail(dst []byte, s *Summary) []byte {
	if !a.object {
		return append(dst, '\n')
	}
	dst = append(dst, `,"rowCount":`...)
	dst = strconv.AppendInt(dst, s.Rows, 10)
	if s.Total >= 0 {
		dst = append(dst, `,"totalCount":`...)
		dst = strconv.AppendInt(dst, s.Total, 10)
	}
	if s.PageNum > 0 {
		dst = append(dst, `,"pageNum":`...)
		dst = strconv.AppendInt(dst, s.PageNum, 10)
		dst = append(dst, `,"pageSize":`...)
		dst = strconv.AppendInt(dst, s.PageSize, 10)
	}
	dst = append(dst, `,"truncated":`...)
	dst = strconv.AppendBool(dst, s.Truncated)
	return append(dst, "}\n"...)
}

// lines writes an object in each line.
type lines struct {
	total
	keys [][]byte
}

func (l *lines) Head(dst []byte, columns []Column) []byte {
	l.keys = keys(columns)
	return dst
}

func (l *lines) Row(dst []byte, row []sqlsource.Cell) []byte {
	return append(appendObject(dst, l.keys, row), '\n')
}

func (l *lines) End(dst []byte) []byte { return dst }

func (l *lines) Tail(dst []byte, _ *Summary) []byte { return dst }
