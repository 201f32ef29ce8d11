package format

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

// appendCell appends a cell as JSON.
func appendCell(dst []byte, c sqlsource.Cell) []byte {
	switch c.Kind {
	case sqlsource.Null:
		return append(dst, "null"...)
	case sqlsource.Bool:
		return append(dst, c.Bytes...)
	case sqlsource.Integer, sqlsource.Decimal, sqlsource.Float:
		return appendNumber(dst, c.Bytes)
	case sqlsource.Bytes:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, c.Bytes)
		return append(dst, '"')
	case sqlsource.JSON, sqlsource.Array:
		return appendFlat(dst, c.Bytes)
	}
	return AppendText(dst, c.Bytes)
}

// appendNumber appends a number as it is. What is no number of JSON becomes
// one, if nothing but zeros in front is in the way, or else a text.
func appendNumber(dst, b []byte) []byte {
	if isNumber(b) {
		return append(dst, b...)
	}
	digits, sign := b, 0
	if len(b) > 0 && b[0] == '-' {
		digits, sign = b[1:], 1
	}
	for len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		digits = digits[1:]
	}
	if len(digits) < len(b)-sign && isNumber(digits) {
		dst = append(dst, b[:sign]...)
		return append(dst, digits...)
	}
	return AppendText(dst, b)
}

// isNumber reports whether b is a number of JSON.
func isNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	from := i
	if !digits() || b[from] == '0' && i-from > 1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// appendFlat appends a JSON value on one line: line breaks are blanks between
// its parts and cannot be within a text.
func appendFlat(dst, b []byte) []byte {
	from := len(dst)
	dst = append(dst, b...)
	for i := from; i < len(dst); i++ {
		if dst[i] < ' ' {
			dst[i] = ' '
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendText appends a text as a JSON string. Bytes that are no UTF-8 become
// U+FFFD each; U+2028 and U+2029 are escaped, for readers that take them for
// the end of a line.
func AppendText[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = appendEscape(dst, c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\uFFFD"...)
			from = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(dst, s[from:i]...)
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			from = i + size
		}
		i += size
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}

// keys returns `"name":` for each column.
func keys(columns []Column) [][]byte {
	out := make([][]byte, len(columns))
	for i, c := range columns {
		out[i] = append(AppendText(nil, c.Name), ':')
	}
	return out
}

// appendObject appends a row as an object.
func appendObject(dst []byte, keys [][]byte, row []sqlsource.Cell) []byte {
	dst = append(dst, '{')
	for i := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, keys[i]...)
		dst = appendCell(dst, row[i])
	}
	return append(dst, '}')
}

// appendArray appends a row as an array.
func appendArray(dst []byte, row []sqlsource.Cell) []byte {
	dst = append(dst, '[')
	for i := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, row[i])
	}
	return append(dst, ']')
}
