package gateway

import "strings"

// query walks through the parameters of a query as the client sent it.
type query struct{ rest string }

// next returns the next parameter, not decoded.
func (q *query) next() (name, value string, ok bool) {
	if q.rest == "" {
		return "", "", false
	}
	var pair string
	pair, q.rest, _ = strings.Cut(q.rest, "&")
	name, value, _ = strings.Cut(pair, "=")
	return name, value, true
}

// withoutParam returns a query without the parameters of that name.
func withoutParam(raw, name string) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		if n, _, _ := strings.Cut(pair, "="); !equalDecoded(n, name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// decodeByte decodes what begins at raw[i] and returns where the next begins.
// What is no percent-encoding stands for itself.
func decodeByte(raw string, i int) (c byte, next int) {
	switch c = raw[i]; c {
	case '+':
		return ' ', i + 1
	case '%':
		if i+2 < len(raw) {
			high, low := unhex(raw[i+1]), unhex(raw[i+2])
			if high < 16 && low < 16 {
				return high<<4 | low, i + 3
			}
		}
	}
	return c, i + 1
}

// unhex returns the value of a hexadecimal digit, 16 if c is none.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// equalDecoded reports whether raw means text.
func equalDecoded(raw, text string) bool {
	n := 0
	for i := 0; i < len(raw); n++ {
		var c byte
		if c, i = decodeByte(raw, i); n >= len(text) || text[n] != c {
			return false
		}
	}
	return n == len(text)
}

// decoded returns what raw means.
func decoded(raw string) string {
	if !strings.ContainsAny(raw, "%+") {
		return raw
	}
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		var c byte
		c, i = decodeByte(raw, i)
		b = append(b, c)
	}
	return string(b)
}
