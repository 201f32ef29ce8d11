package exchange

import "strings"

// Field is one header field.
type Field struct{ Name, Value string }

// Header is a list of fields in the order they were received. Names compare
// without regard to ASCII case. The zero value is empty and ready to use.
type Header struct{ fields []Field }

// Len returns the number of fields.
func (h *Header) Len() int { return len(h.fields) }

// At returns field i, 0 ≤ i < Len.
func (h *Header) At(i int) Field { return h.fields[i] }

// Reset removes all fields and keeps the memory.
func (h *Header) Reset() {
	clear(h.fields) // lets go of the buffers the strings alias
	h.fields = h.fields[:0]
}

// Truncate removes all fields but the first n.
func (h *Header) Truncate(n int) {
	clear(h.fields[n:])
	h.fields = h.fields[:n]
}

// Get returns the value of the first field called name, "" if there is none.
func (h *Header) Get(name string) string {
	v, _ := h.Lookup(name)
	return v
}

// Lookup is Get that tells an empty value from none.
func (h *Header) Lookup(name string) (string, bool) {
	for i := range h.fields {
		if EqualName(h.fields[i].Name, name) {
			return h.fields[i].Value, true
		}
	}
	return "", false
}

// Has reports whether there is a field called name.
func (h *Header) Has(name string) bool {
	_, ok := h.Lookup(name)
	return ok
}

// Values appends the value of every field called name to dst.
func (h *Header) Values(dst []string, name string) []string {
	for i := range h.fields {
		if EqualName(h.fields[i].Name, name) {
			dst = append(dst, h.fields[i].Value)
		}
	}
	return dst
}

// Each calls f for every field in order until it returns false. f must not
// change h.
func (h *Header) Each(f func(name, value string) bool) {
	for i := range h.fields {
		if !f(h.fields[i].Name, h.fields[i].Value) {
			return
		}
	}
}

// Set replaces all fields called name by one. It reports whether name and
// value may stand in a message (see [ValidName], [ValidValue]); when not,
// nothing is changed.
func (h *Header) Set(name, value string) bool {
	if !ValidName(name) || !ValidValue(value) {
		return false
	}
	for i := range h.fields {
		if EqualName(h.fields[i].Name, name) {
			h.fields[i].Value = value
			h.del(name, i+1)
			return true
		}
	}
	h.fields = append(h.fields, Field{name, value})
	return true
}

// Add appends a field. It reports whether name and value may stand in a
// message; when not, nothing is changed.
func (h *Header) Add(name, value string) bool {
	if !ValidName(name) || !ValidValue(value) {
		return false
	}
	h.fields = append(h.fields, Field{name, value})
	return true
}

// AddParsed appends a field that a transport has checked already.
func (h *Header) AddParsed(name, value string) { h.fields = append(h.fields, Field{name, value}) }

// Del removes all fields called name.
func (h *Header) Del(name string) { h.del(name, 0) }

// DelFrom removes the fields called name that stand at position i or later.
func (h *Header) DelFrom(i int, name string) { h.del(name, i) }

// DelLoose removes all fields whose name is name to a server that does not
// tell "_" from "-". Who sets a field that upstreams trust (an identity, for
// example) removes the client's variants with it first.
func (h *Header) DelLoose(name string) {
	h.delFunc(0, func(n string) bool { return EqualLoose(n, name) })
}

func (h *Header) del(name string, from int) {
	for i := from; i < len(h.fields); i++ {
		if EqualName(h.fields[i].Name, name) {
			h.delFunc(i, func(n string) bool { return EqualName(n, name) })
			return
		}
	}
}

func (h *Header) delFunc(from int, match func(name string) bool) {
	w := from
	for r := from; r < len(h.fields); r++ {
		if !match(h.fields[r].Name) {
			h.fields[w] = h.fields[r]
			w++
		}
	}
	clear(h.fields[w:])
	h.fields = h.fields[:w]
}

// EqualName reports whether a and b name the same field: equal but for ASCII
// case.
func EqualName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// EqualLoose is EqualName that also takes "_" for "-", as servers do that
// turn names into variables.
func EqualLoose(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if loose(a[i]) != loose(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func loose(c byte) byte {
	if c == '_' {
		return '-'
	}
	return lower(c)
}

// ValidName reports whether name is a token (RFC 9110 §5.6.2).
func ValidName(name string) bool {
	for i := range len(name) {
		if !IsToken(name[i]) {
			return false
		}
	}
	return name != ""
}

// IsToken reports whether c may stand in a token.
func IsToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c != 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// ValidValue reports whether value may stand in a field: no control character
// but the tab, and no space or tab at either end (RFC 9110 §5.5).
func ValidValue(value string) bool {
	if n := len(value); n > 0 && (blank(value[0]) || blank(value[n-1])) {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
