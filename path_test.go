package gatewright_test

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

func TestCanonicalPath(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // "" when it is to be refused
	}{
		{"root", "/", "/"},
		{"plain", "/pets/1", "/pets/1"},
		{"trailing slash means something else", "/pets/", "/pets/"},
		{"every raw character a segment may hold", "/aZ09-._~!$&'()*+,;=:@", "/aZ09-._~!$&'()*+,;=:@"},

		{"two slashes", "/a//b", "/a/b"},
		{"many slashes at the start", "////a", "/a"},
		{"many slashes at the end", "/a///", "/a/"},
		{"only slashes", "///", "/"},

		{"dot", "/a/./b", "/a/b"},
		{"dot at the end keeps the slash", "/a/.", "/a/"},
		{"dot alone", "/.", "/"},
		{"dot and slash alone", "/./", "/"},
		{"dot after slashes", "/a//.//b", "/a/b"},
		{"dot-dot", "/a/../b", "/b"},
		{"dot-dot at the end keeps the slash", "/a/b/..", "/a/"},
		{"dot-dot and slash at the end", "/a/b/../", "/a/"},
		{"dot-dot down to the root", "/a/..", "/"},
		{"dot-dot twice", "/a/b/../../c", "/c"},
		{"dot-dot takes a name, not an empty segment", "/a//../b", "/b"},
		{"dot-dot out of the root", "/..", ""},
		{"dot-dot out of the root, in disguise", "/a/../../b", ""},
		{"dot-dot out of the root behind slashes", "//../a", ""},
		{"dot-dot out of the root and back", "/../a", ""},

		{"encoded dot", "/a/%2e/b", "/a/b"},
		{"encoded dot-dot", "/a/%2e%2e/b", "/b"},
		{"encoded dot-dot, upper case", "/a/%2E%2E/b", "/b"},
		{"half encoded dot-dot", "/a/%2E./b", "/b"},
		{"the other half encoded", "/a/.%2e/b", "/b"},
		{"encoded dot-dot out of the root", "/%2e%2e/a", ""},
		{"encoded dot inside a name", "/a%2ejson", "/a.json"},

		{"three dots are a name", "/a/.../b", "/a/.../b"},
		{"three dots, encoded", "/a/%2e%2e%2e/b", "/a/.../b"},
		{"hidden file", "/.well-known/x", "/.well-known/x"},
		{"dots and a name", "/..a/b", "/..a/b"},
		{"name and dots", "/a../b", "/a../b"},
		{"trailing dot in a segment", "/a./b.", "/a./b."},

		{"encoded slash", "/a%2fb", ""},
		{"encoded slash, upper case", "/a%2Fb", ""},
		{"encoded backslash", "/a%5cb", ""},
		{"encoded backslash, upper case", "/a%5Cb", ""},
		{"dot-dot with encoded slash", "/a/..%2fb", ""},
		{"dot-dot with encoded backslash", "/a/..%5cb", ""},
		{"backslash", `/a\b`, ""},
		{"backslash as first separator", `/\a`, ""},

		{"dot-dot with parameters", "/a/..;x/b", ""},
		{"dot-dot with empty parameters", "/a/..;/b", ""},
		{"dot-dot with parameters at the end", "/a/..;x=1", ""},
		{"dot with parameters", "/a/.;x/b", ""},
		{"encoded dot-dot with parameters", "/a/%2e%2e;x/b", ""},
		{"three dots with parameters are a name", "/a/...;x", "/a/...;x"},
		{"name with parameters", "/a;x=1/b", "/a;x=1/b"},
		{"parameters that hold dot-dot", "/a;../b", "/a;../b"},

		{"NUL", "/a\x00b", ""},
		{"encoded NUL", "/a%00b", ""},
		{"line feed", "/a\nb", ""},
		{"carriage return", "/a\rb", ""},
		{"tab", "/a\tb", ""},
		{"DEL", "/a\x7fb", ""},
		{"encoded line feed stays encoded", "/a%0ab", "/a%0Ab"},
		{"space", "/a b", ""},
		{"encoded space", "/a%20b", "/a%20b"},
		{"quote", `/a"b`, ""},
		{"braces", "/{a}", ""},
		{"query", "/a?b", ""},
		{"fragment", "/a#b", ""},
		{"encoded question mark stays encoded", "/a%3fb", "/a%3Fb"},
		{"encoded semicolon stays encoded", "/a%3bb", "/a%3Bb"},

		{"raw non-ASCII", "/é", ""},
		{"raw byte that is no UTF-8", "/\xff", ""},
		{"fullwidth dots", "/a/．．/b", ""},
		{"encoded non-ASCII", "/%c3%a9", "/%C3%A9"},
		{"overlong dot is no dot", "/a/%c0%ae%c0%ae/b", "/a/%C0%AE%C0%AE/b"},

		{"unreserved are decoded", "/%41%7a%30%2d%5f%7E", "/Az0-_~"},
		{"doubly encoded dots stay as they are", "/a/%252e%252e/b", "/a/%252e%252e/b"},
		{"doubly encoded slash stays as it is", "/a%252fb", "/a%252fb"},
		{"decoding once makes no new escape", "/%2541", "/%2541"},
		{"mixed case escape", "/%aF", "/%AF"},
		{"canonical escape", "/%AF", "/%AF"},

		{"broken escape: no digits", "/a%", ""},
		{"broken escape: one digit", "/a%4", ""},
		{"broken escape: no hex", "/a%zz", ""},
		{"broken escape: second digit", "/a%4g", ""},
		{"broken escape: escape within", "/a%%34", ""},
		{"broken escape: sign", "/a%+1", ""},
		{"broken escape: UTF-16", "/a%u002e", ""},

		{"empty", "", ""},
		{"no slash", "a", ""},
		{"asterisk form", "*", ""},
		{"absolute form", "http://a/b", ""},
		{"encoded first slash", "%2f", ""},
		{"what browsers do not encode", "/a[1]|b^c", "/a%5B1%5D%7Cb%5Ec"},
		{"parameters of nothing", "/a/;x/b", ""},
		{"parameters of nothing, first", "/;x/admin", ""},
		{"parameters of nothing, encoded", "/a/%3Bx/b", "/a/%3Bx/b"},
		{"parameters of a name", "/a;x/b", "/a;x/b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.CanonicalPath(tt.in)
			wantCode(t, err, accepted(tt.want != ""))
			if got != tt.want {
				t.Fatalf("CanonicalPath(%q) = %q, want %q", tt.in, got, tt.want)
			}
			checkCanonicalPath(t, tt.in)
		})
	}
}

// TestCanonicalPathBytes puts every byte, raw and encoded, into a path.
func TestCanonicalPathBytes(t *testing.T) {
	const raw = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/[]^|"
	for c := range 256 {
		in := "/a" + string([]byte{byte(c)}) + "b"
		_, err := gatewright.CanonicalPath(in)
		if want := strings.IndexByte(raw, byte(c)) >= 0; (err == nil) != want {
			t.Errorf("raw byte %#02x: error %v, want accepted: %t", c, err, want)
		}
		for _, digits := range []string{"0123456789abcdef", "0123456789ABCDEF"} {
			in := "/a%" + string([]byte{digits[c>>4], digits[c&15]}) + "b"
			_, err := gatewright.CanonicalPath(in)
			if want := c != 0 && c != '/' && c != '\\'; (err == nil) != want {
				t.Errorf("encoded byte %s: error %v, want accepted: %t", in, err, want)
			}
			checkCanonicalPath(t, in)
		}
	}
}

func TestCanonicalPathOfGreatLength(t *testing.T) {
	const n = 100_000
	tests := []struct {
		name, in, want string
	}{
		{"name", "/" + strings.Repeat("a", n), "/" + strings.Repeat("a", n)},
		{"slashes", strings.Repeat("/", n), "/"},
		{"dots", "/" + strings.Repeat(".", n), "/" + strings.Repeat(".", n)},
		{"dot segments", strings.Repeat("/.", n), "/"},
		{"down and up", strings.Repeat("/a", n) + strings.Repeat("/..", n), "/"},
		{"down and up in turn", strings.Repeat("/a/%2e%2e", n), "/"},
		{"up once too often", strings.Repeat("/a", n) + strings.Repeat("/..", n+1), ""},
		{"escapes", "/" + strings.Repeat("%41", n), "/" + strings.Repeat("A", n)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.CanonicalPath(tt.in)
			wantCode(t, err, accepted(tt.want != ""))
			if got != tt.want {
				t.Fatalf("got %d bytes, want %d", len(got), len(tt.want))
			}
		})
	}
}

func TestCanonicalPathDoesNotAllocate(t *testing.T) {
	for _, path := range []string{"/", "/v2/pet/12", "/pets/", "/.well-known/x", "/a%20b/%C3%A9", "/a;x=1/...", "/..a"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = gatewright.CanonicalPath(path) }); n != 0 {
			t.Errorf("%s is canonical, yet costs %v allocations", path, n)
		}
	}
}

func TestCanonicalPathProperties(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"/", "/", "/", ".", "..", "%2e", "%2E", "...", ";", "%3b", "a", "b", "%41", "%7e", "%20", "%c3%A9",
		"%25", "%252e", "%2f", "%5C", "%00", "%", "%4", "%zz", `\`, "\x00", "é", " ", "~", "*", "?",
	})
	rapid.Check(t, func(t *rapid.T) {
		checkCanonicalPath(t, "/"+strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), ""))
	})
}

func FuzzCanonicalPath(f *testing.F) {
	for _, s := range []string{"/", "/a/../b", "/%2e%2E/x", "/a//b/.", "/..;x", "/a%2fb", "/%C3%a9", "/a\\b", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) { checkCanonicalPath(t, path) })
}

// fataler is what checkCanonicalPath needs of *testing.T and *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkCanonicalPath checks what holds for every path.
func checkCanonicalPath(t fataler, path string) {
	t.Helper()
	got, err := gatewright.CanonicalPath(path)
	slow, slowErr := gatewright.CanonicalPathSlow(path)
	if got != slow || (err == nil) != (slowErr == nil) {
		t.Fatalf("%q: %q (%v), but %q (%v) by the slow way", path, got, err, slow, slowErr)
	}
	if fast, canonical := gatewright.IsCanonicalPath(path), err == nil && got == path; fast != canonical {
		t.Fatalf("%q: the fast path says canonical %t, the slow path %t", path, fast, canonical)
	}
	if err != nil {
		if got != "" {
			t.Fatalf("%q: refused, yet %q was returned", path, got)
		}
		return
	}
	if again, err := gatewright.CanonicalPath(got); err != nil || again != got {
		t.Fatalf("%q: canonical %q, whose canonical form is %q (%v)", path, got, again, err)
	}
	decoded, err := url.PathUnescape(got)
	if err != nil {
		t.Fatalf("%q: the result %q does not decode: %v", path, got, err)
	}
	for _, p := range []string{got, decoded} {
		if p[0] != '/' || strings.Contains(p, "//") {
			t.Fatalf("%q: the result %q has an empty segment or no leading slash", path, p)
		}
		for _, seg := range strings.Split(p, "/") {
			if name, _, _ := strings.Cut(seg, ";"); p == got && (name == "." || name == "..") {
				t.Fatalf("%q: the result %q has a dot segment", path, p)
			}
			if seg == "." || seg == ".." {
				t.Fatalf("%q: the decoded result %q has a dot segment", path, p)
			}
		}
	}
	if want := resolveDecoded(path); decoded != want {
		t.Fatalf("%q: the result says %q, the path %q", path, decoded, want)
	}
}

// resolveDecoded is another way to the meaning of an accepted path: decode
// first, then resolve. Encoded slashes being refused, the order is free.
func resolveDecoded(path string) string {
	decoded, _ := url.PathUnescape(path)
	segments := strings.Split(decoded[1:], "/")
	var kept []string
	for _, s := range segments {
		switch s {
		case "", ".":
		case "..":
			kept = kept[:len(kept)-1]
		default:
			kept = append(kept, s)
		}
	}
	last := segments[len(segments)-1]
	if directory := last == "" || last == "." || last == ".."; directory && len(kept) > 0 {
		kept = append(kept, "")
	}
	return "/" + strings.Join(kept, "/")
}

func TestCanonicalBasePath(t *testing.T) {
	long := "/" + strings.Repeat("a", gatewright.MaxPathLength-1)
	tests := []struct {
		name string
		in   string
		want string
	}{
		{"empty is the root", "", "/"},
		{"root", "/", "/"},
		{"slashes are the root", "//", "/"},
		{"plain", "/v2", "/v2"},
		{"trailing slash goes", "/v2/", "/v2"},
		{"trailing slashes go", "/v2//", "/v2"},
		{"trailing dot goes", "/v2/.", "/v2"},
		{"dot-dot is resolved", "/a/../v2/", "/v2"},
		{"dot-dot to the root", "/a/..", "/"},
		{"escape", "/%7ejo/", "/~jo"},
		{"no slash", "v2", ""},
		{"variable", "/{version}", ""},
		{"encoded slash", "/a%2fb", ""},
		{"as long as allowed", long, long},
		{"one too long", long + "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.CanonicalBasePath(tt.in)
			wantCode(t, err, accepted(tt.want != ""))
			if got != tt.want {
				t.Fatalf("CanonicalBasePath(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if err != nil {
				return
			}
			if again, err := gatewright.CanonicalBasePath(got); err != nil || again != got {
				t.Fatalf("the base path of %q is %q (%v)", got, again, err)
			}
		})
	}
}

func TestJoinPath(t *testing.T) {
	tests := []struct {
		name, base, path, want string
	}{
		{"root", "/", "/pets", "/pets"},
		{"none", "", "/pets", "/pets"},
		{"base", "/v2", "/pets", "/v2/pets"},
		{"base and root", "/v2", "/", "/v2/"},
		{"root and root", "/", "/", "/"},
		{"tail", "/v2", "/*", "/v2/*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gatewright.JoinPath(tt.base, tt.path); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}
