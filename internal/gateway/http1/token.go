package http1

import (
	"unsafe"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// Classes of bytes in a head.
const (
	classToken  = 1 << iota // may stand in a token: methods and field names
	classTarget             // may stand in a request target
	classValue              // may stand in a field's value
	classDigit
)

var byteClass = func() (t [256]uint8) {
	for c := range 256 {
		if exchange.IsToken(byte(c)) {
			t[c] |= classToken
		}
		if c > ' ' && c < 0x7f && c != '#' {
			t[c] |= classTarget
		}
		if c >= ' ' && c != 0x7f || c == '\t' {
			t[c] |= classValue
		}
		if c >= '0' && c <= '9' {
			t[c] |= classDigit
		}
	}
	return t
}()

// allOf reports whether every byte of b is of the class.
func allOf(b []byte, class uint8) bool {
	for _, c := range b {
		if byteClass[c]&class == 0 {
			return false
		}
	}
	return true
}

// alias returns b as a string that shares its memory. It stays right only as
// long as nobody writes to b.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// trimBlanks returns b without the spaces and tabs at its ends.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// eachElement calls f for every non-empty element of the comma-separated
// list until it returns false, and reports whether it got to the end.
func eachElement(list string, f func(element string) bool) bool {
	for start := 0; start <= len(list); {
		end := start
		for end < len(list) && list[end] != ',' {
			end++
		}
		lo, hi := start, end
		for lo < hi && (list[lo] == ' ' || list[lo] == '\t') {
			lo++
		}
		for hi > lo && (list[hi-1] == ' ' || list[hi-1] == '\t') {
			hi--
		}
		if lo < hi && !f(list[lo:hi]) {
			return false
		}
		start = end + 1
	}
	return true
}
