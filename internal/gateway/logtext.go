package gateway

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

const lowerHex = "0123456789abcdef"

// appendText appends s as a JSON string. What is not printable, terminal
// control sequences, line separators and direction marks among it, is written
// as an escape, and invalid UTF-8 as U+FFFD: nobody can forge a line or repaint
// a terminal. Of a longer s only the first limit bytes are written, then "…".
func appendText(dst []byte, s string, limit int) []byte {
	cut := len(s) > limit
	if cut {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	dst = append(dst, '"')
	plain := 0 // s[plain:i] needs no escape and is not yet appended
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[plain:i]...)
		if c < utf8.RuneSelf {
			dst = appendASCIIEscape(dst, c)
			i++
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError && unicode.IsPrint(r) {
				dst = append(dst, s[i:i+size]...)
			} else {
				dst = appendRuneEscape(dst, r)
			}
			i += size
		}
		plain = i
	}
	dst = append(dst, s[plain:]...)
	if cut {
		dst = append(dst, "…"...)
	}
	return append(dst, '"')
}

func appendASCIIEscape(dst []byte, c byte) []byte {
	if c == '"' || c == '\\' {
		return append(dst, '\\', c)
	}
	return append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
}

// appendRuneEscape appends r as JSON escapes it, by two surrogates if need be.
func appendRuneEscape(dst []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		dst = appendRuneEscape(dst, 0xd800+r>>10)
		return appendRuneEscape(dst, 0xdc00+r&0x3ff)
	}
	dst = append(dst, '\\', 'u')
	for shift := 12; shift >= 0; shift -= 4 {
		dst = append(dst, lowerHex[r>>shift&15])
	}
	return dst
}

// appendMillis appends d in milliseconds with three decimals.
func appendMillis(dst []byte, d time.Duration) []byte {
	us := max(0, d.Microseconds())
	dst = strconv.AppendInt(dst, us/1000, 10)
	return appendDigits(append(dst, '.'), int(us%1000), 3)
}

// appendTime appends t in RFC 3339 with microseconds, in UTC and quotes. The
// year is one of four digits.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	dst = appendDigits(dst, year, 4)
	dst = append(dst, '-')
	dst = appendDigits(dst, int(month), 2)
	dst = append(dst, '-')
	dst = appendDigits(dst, day, 2)
	dst = append(dst, 'T')
	dst = appendDigits(dst, hour, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, minute, 2)
	dst = append(dst, ':')
	dst = appendDigits(dst, second, 2)
	dst = append(dst, '.')
	dst = appendDigits(dst, t.Nanosecond()/1000, 6)
	return append(dst, 'Z', '"')
}

// appendDigits appends the last width digits of n, which is not negative.
func appendDigits(dst []byte, n, width int) []byte {
	end := len(dst) + width
	for range width {
		dst = append(dst, '0')
	}
	for i := end - 1; n > 0 && i >= end-width; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
