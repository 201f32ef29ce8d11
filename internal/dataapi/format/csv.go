package format

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

// table writes CSV by RFC 4180: a header, commas, CR LF, quotes where they are
// needed. Null is nothing and the empty text is "", except in a table of one
// column: many readers skip an empty line, so there both are "".
type table struct {
	total
	plain   bool
	single  bool // there is one column
	scratch []byte
}

func (t *table) Head(dst []byte, columns []Column) []byte {
	t.single = len(columns) == 1
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.text(dst, []byte(c.Name))
	}
	return append(dst, '\r', '\n')
}

func (t *table) Row(dst []byte, row []sqlsource.Cell) []byte {
	for i := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.cell(dst, row[i])
	}
	return append(dst, '\r', '\n')
}

func (t *table) End(dst []byte) []byte { return dst }

func (t *table) Tail(dst []byte, _ *Summary) []byte { return dst }

func (t *table) cell(dst []byte, c sqlsource.Cell) []byte {
	switch c.Kind {
	case sqlsource.Null:
		if t.single {
			return append(dst, '"', '"')
		}
		return dst
	case sqlsource.Bool, sqlsource.Integer, sqlsource.Decimal, sqlsource.Float:
		return append(dst, c.Bytes...)
	case sqlsource.Bytes:
		t.scratch = base64.StdEncoding.AppendEncode(t.scratch[:0], c.Bytes)
		return t.text(dst, t.scratch)
	case sqlsource.JSON, sqlsource.Array:
		t.scratch = appendFlat(t.scratch[:0], c.Bytes)
		return t.text(dst, t.scratch)
	}
	return t.text(dst, c.Bytes)
}

// text appends a text, in quotes if it has anything that needs them.
func (t *table) text(dst, b []byte) []byte {
	formula := t.plain && isFormula(b)
	valid := utf8.Valid(b)
	if len(b) > 0 && !formula && valid && !bytes.ContainsAny(b, "\",\r\n") && b[0] != ' ' && b[len(b)-1] != ' ' {
		return append(dst, b...)
	}
	dst = append(dst, '"')
	if formula {
		dst = append(dst, '\'')
	}
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '"':
			dst = append(dst, '"', '"')
		case r == utf8.RuneError && size == 1:
			dst = append(dst, "\uFFFD"...)
		default:
			dst = append(dst, b[:size]...)
		}
		b = b[size:]
	}
	return append(dst, '"')
}

// isFormula reports whether a spreadsheet would reckon with the text: it begins
// with = + - @ in one of their widths, or with what is skipped before them.
func isFormula(b []byte) bool {
	r, _ := utf8.DecodeRune(b)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '\uFF1D', '\uFF0B', '\uFF0D', '\uFF20':
		return true
	}
	return false
}
