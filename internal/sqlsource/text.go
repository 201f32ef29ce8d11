package sqlsource

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendJSONString appends text as a JSON string. Bytes that are not UTF-8
// become U+FFFD.
func appendJSONString(b, text []byte) []byte {
	b = append(b, '"')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRune(text[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}

// appendValid appends text with U+FFFD for what is not UTF-8.
func appendValid(b, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		b = utf8.AppendRune(b, r)
		text = text[size:]
	}
	return b
}

// appendFloat appends the shortest digits that give the same number of the
// given bits.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

// jsonNumber reports whether text is a number as JSON writes them.
func jsonNumber(text []byte) bool {
	i, n := 0, len(text)
	digits := func() bool {
		from := i
		for i < n && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < n && text[i] == '-' {
		i++
	}
	if i+1 < n && text[i] == '0' && '0' <= text[i+1] && text[i+1] <= '9' {
		return false
	}
	if !digits() {
		return false
	}
	if i < n && text[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < n && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < n && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == n
}

// trimFraction returns a time of day or more without zeros at the end of its
// fraction.
func trimFraction(text []byte) []byte {
	point := -1
	for i, c := range text {
		if c == '.' {
			point = i
		}
	}
	if point < 0 {
		return text
	}
	end := len(text)
	for end > point+1 && text[end-1] == '0' {
		end--
	}
	if end == point+1 {
		end = point
	}
	return text[:end]
}

// appendDateTime appends the text of a date and time as SQL writes it in our
// form, and zone after it.
func appendDateTime(b, text []byte, zone string) []byte {
	from := len(b)
	b = append(b, trimFraction(text)...)
	if len(b) > from+10 && b[from+10] == ' ' {
		b[from+10] = 'T'
	}
	return append(b, zone...)
}
