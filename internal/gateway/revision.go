package gateway

import "strconv"

// RevisionHeader is the field of a response that names the revision that gave
// it. The package comment has its syntax.
const RevisionHeader = "Gatewright-Revision"

// revisionField returns the field's value for a revision and its version, ""
// for none.
func revisionField(number int, version string) string {
	b := strconv.AppendInt(nil, int64(number), 10)
	if version == "" {
		return string(b)
	}
	b = append(b, ";version="...)
	ascii := true
	for i := range len(version) {
		ascii = ascii && version[i] >= ' ' && version[i] < 0x7f
	}
	if ascii {
		return string(appendSFString(b, version))
	}
	return string(appendSFDisplayString(b, version))
}

// appendSFString appends s as a String of RFC 9651 §3.3.3. s is printable
// ASCII.
func appendSFString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// appendSFDisplayString appends s as a Display String of RFC 9651 §3.3.8.
func appendSFDisplayString(b []byte, s string) []byte {
	b = append(b, `%"`...)
	for i := range len(s) {
		if c := s[i]; c == '%' || c == '"' || c < ' ' || c >= 0x7f {
			b = append(b, '%', lowerHex[c>>4], lowerHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return append(b, '"')
}
