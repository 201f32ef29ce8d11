package gatewright

import "strconv"

func itoa(n int) string { return strconv.Itoa(n) }

const upperHex = "0123456789ABCDEF"

// CanonicalPath returns the one form of a request path that routing, policies
// and the upstream all see:
//
//   - percent-encoded unreserved characters are decoded, all other
//     percent-encodings get upper-case digits;
//   - the characters "[]^|", which browsers send as they are, are encoded;
//   - "." and ".." segments, encoded or not, are resolved;
//   - runs of slashes become one.
//
// A path with more than one plausible meaning is refused: an encoded slash,
// backslash or NUL, a raw backslash, a control character, a byte outside
// ASCII, a broken percent-encoding, a ".." that leaves the root, and an empty
// or dot segment that carries parameters (";x", "..;x"), which some servers
// strip. So is any other character that a path cannot hold as it is (RFC 3986:
// space and "<>?#`{}).
//
// path must begin with "/" and hold no query. When path is canonical already
// it is returned as it is, without allocating.
func CanonicalPath(path string) (string, error) {
	if isCanonicalPath(path) {
		return path, nil
	}
	return canonicalPath(path)
}

// isCanonicalPath reports whether path is canonical already.
func isCanonicalPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case pathClass[c] == 0:
			if !canonicalEscape(path[i:]) {
				return false
			}
			i += 2
		case c == '/' && i+1 < len(path) && (path[i+1] == '/' || beginsWithDots(path[i+1:])):
			return false
		}
	}
	return true
}

// canonicalEscape reports whether s begins with a percent-encoding that
// [CanonicalPath] keeps as it is.
func canonicalEscape(s string) bool {
	if len(s) < 3 || s[0] != '%' || s[1] >= 'a' || s[2] >= 'a' {
		return false
	}
	hi, lo := unhex(s[1]), unhex(s[2])
	if hi < 0 || lo < 0 {
		return false
	}
	d := byte(hi<<4 | lo)
	return !unreserved(d) && d != '/' && d != '\\' && d != 0
}

// beginsWithDots reports whether s begins with a dot segment, or with an empty
// or dot segment that has parameters.
func beginsWithDots(s string) bool {
	n := 0
	for n < len(s) && s[n] == '.' {
		n++
	}
	return (n == 1 || n == 2) && (n == len(s) || s[n] == '/') || n <= 2 && n < len(s) && s[n] == ';'
}

func canonicalPath(path string) (string, error) {
	if path == "" || path[0] != '/' {
		return "", FieldErrorf("path", "path does not begin with /")
	}
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) {
				return "", FieldErrorf("path", "path ends within a percent-encoding")
			}
			hi, lo := unhex(path[i+1]), unhex(path[i+2])
			if hi < 0 || lo < 0 {
				return "", FieldErrorf("path", "path has the broken percent-encoding %q", path[i:i+3])
			}
			d := byte(hi<<4 | lo)
			i += 2
			switch {
			case unreserved(d):
				out = append(out, d)
			case d == '/' || d == '\\' || d == 0:
				return "", FieldErrorf("path", "path has an encoded slash, backslash or NUL")
			default:
				out = append(out, '%', upperHex[d>>4], upperHex[d&15])
			}
		case pathClass[c] != 0:
			out = append(out, c)
		case c == '[' || c == ']' || c == '^' || c == '|':
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		default:
			return "", FieldErrorf("path", "path has the character %q, which must be percent-encoded", c)
		}
	}
	return resolveDots(out)
}

// resolveDots removes empty and dot segments from p in place.
func resolveDots(p []byte) (string, error) {
	w := 0 // p[:w] is the result so far; it never ends with "/"
	for r := 0; r < len(p); {
		end := r + 1 // p[r] is "/"
		for end < len(p) && p[end] != '/' {
			end++
		}
		seg := p[r+1 : end]
		last := end == len(p)
		switch {
		case len(seg) == 0 || len(seg) == 1 && seg[0] == '.':
			if last {
				p[w] = '/'
				w++
			}
		case len(seg) == 2 && seg[0] == '.' && seg[1] == '.':
			if w == 0 {
				return "", FieldErrorf("path", "path leaves the root with \"..\"")
			}
			for w--; p[w] != '/'; w-- {
			}
			if last {
				p[w] = '/'
				w++
			}
		case bareParameters(seg):
			return "", FieldErrorf("path", "path has the ambiguous segment %q", seg)
		default:
			w += copy(p[w:], p[r:end])
		}
		r = end
	}
	if w == 0 {
		return "/", nil
	}
	return string(p[:w]), nil
}

// bareParameters reports whether seg is an empty or dot segment followed by
// ";…", which some servers strip before they resolve dots.
func bareParameters(seg []byte) bool {
	n := 0
	for n < len(seg) && seg[n] == '.' {
		n++
	}
	return n <= 2 && n < len(seg) && seg[n] == ';'
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// pathClass is 1 for the bytes that may stand in a path as they are (RFC 3986
// pchar and "/").
var pathClass = func() (t [256]byte) {
	for c := range 256 {
		if unreserved(byte(c)) {
			t[c] = 1
		}
	}
	for _, c := range []byte("!$&'()*+,;=:@/") {
		t[c] = 1
	}
	return t
}()

// CanonicalBasePath returns base in canonical form: "/" or a canonical path
// without a trailing slash. "" is taken for "/".
func CanonicalBasePath(base string) (string, error) {
	if base == "" {
		return "/", nil
	}
	p, err := CanonicalPath(base)
	if err != nil {
		return "", err
	}
	if len(p) > MaxPathLength {
		return "", FieldErrorf("path", "base path has %d bytes; at most %d are allowed", len(p), MaxPathLength)
	}
	if len(p) > 1 && p[len(p)-1] == '/' {
		p = p[:len(p)-1]
	}
	return p, nil
}

// JoinPath puts a canonical base path in front of a path or template.
func JoinPath(base, path string) string {
	if base == "/" || base == "" {
		return path
	}
	return base + path
}
