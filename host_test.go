package gatewright_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestCanonicalHost(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	name253 := strings.Repeat(label63+".", 3) + strings.Repeat("b", 61)
	tests := []struct {
		name string
		in   string
		want string // "" when it is to be refused
	}{
		{"name", "pets.example.com", "pets.example.com"},
		{"single label", "localhost", "localhost"},
		{"upper case", "Pets.EXAMPLE.com", "pets.example.com"},
		{"underscore", "_dmarc.my_host", "_dmarc.my_host"},
		{"digits", "123", "123"},
		{"hyphen inside", "a-b.c", "a-b.c"},
		{"hyphen first", "-a.b", ""},
		{"hyphen first in a later label", "a.-b", ""},

		{"port", "a.b:8080", "a.b"},
		{"lowest port", "a:1", "a"},
		{"highest port", "a:65535", "a"},
		{"port 0", "a:0", ""},
		{"port too high", "a:65536", ""},
		{"port beyond any integer", "a:99999999999999999999", ""},
		{"port with a sign", "a:+80", ""},
		{"negative port", "a:-80", ""},
		{"port with space", "a: 80", ""},
		{"port that is a word", "a:http", ""},
		{"empty port", "a:", ""},
		{"two ports", "a:80:80", ""},
		{"only a port", ":80", ""},

		{"trailing dot", "a.b.", "a.b"},
		{"trailing dot and port", "A.b.:80", "a.b"},
		{"two trailing dots", "a.b..", ""},
		{"leading dot", ".a", ""},
		{"empty label", "a..b", ""},
		{"only a dot", ".", ""},
		{"only dots", "..", ""},
		{"empty", "", ""},

		{"label of 63", label63, label63},
		{"label of 64", label63 + "a", ""},
		{"name of 253", name253, name253},
		{"name of 253 and the dot of the root", name253 + ".", name253},
		{"name of 254", name253 + "b", ""},

		{"IPv4", "127.0.0.1", "127.0.0.1"},
		{"IPv4 and port", "127.0.0.1:80", "127.0.0.1"},
		{"IPv6", "[::1]", "[::1]"},
		{"IPv6 and port", "[::1]:443", "[::1]"},
		{"IPv6 in full", "[2001:0DB8:0:0:0:0:0:1]", "[2001:db8::1]"},
		{"IPv6 in upper case", "[2001:DB8::A]", "[2001:db8::a]"},
		{"IPv6 with IPv4 inside", "[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"},
		{"IPv6 with IPv4 in hex", "[::FFFF:0102:0304]", "[::ffff:1.2.3.4]"},
		{"IPv6 without brackets", "::1", ""},
		{"IPv6 without brackets, looks like a port", "a::80", ""},
		{"IPv6 with a zone", "[fe80::1%eth0]", ""},
		{"IPv6 with an encoded zone", "[fe80::1%25eth0]", ""},
		{"IPv4 in brackets", "[1.2.3.4]", ""},
		{"name in brackets", "[a.b]", ""},
		{"future address in brackets", "[v1.a:b]", ""},
		{"empty brackets", "[]", ""},
		{"bracket not closed", "[::1", ""},
		{"bracket not opened", "::1]", ""},
		{"two brackets", "[[::1]]", ""},
		{"text after the bracket", "[::1]x", ""},
		{"dot after the bracket", "[::1].", ""},
		{"empty port after the bracket", "[::1]:", ""},
		{"bad port after the bracket", "[::1]:0", ""},

		{"user", "user@a.b", ""},
		{"path", "a.b/c", ""},
		{"backslash", `a.b\c`, ""},
		{"list", "a.b,c.d", ""},
		{"space", "a b", ""},
		{"leading space", " a", ""},
		{"trailing line feed", "a\n", ""},
		{"NUL", "a\x00", ""},
		{"wildcard", "*.a", ""},
		{"escape", "a%2eb", ""},
		{"query", "a?b", ""},
		{"scheme", "http://a", ""},

		{"international name in its own script", "bücher.example", ""},
		{"international name as DNS has it", "XN--bcher-KVA.example", "xn--bcher-kva.example"},
		{"Kelvin sign, whose lower case is k", "\u212aong.example", ""},
		{"dotted capital I, whose lower case begins with i", "\u0130.example", ""},
		{"long s, whose upper case is S", "\u017f.example", ""},
		{"fullwidth letters", "ａ.example", ""},
		{"ideographic full stop", "a。b", ""},
		{"no UTF-8", "a\xff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.CanonicalHost(tt.in)
			wantCode(t, err, accepted(tt.want != ""))
			if got != tt.want {
				t.Fatalf("CanonicalHost(%q) = %q, want %q", tt.in, got, tt.want)
			}
			checkCanonicalHost(t, tt.in)
		})
	}
}

func TestCanonicalHostDoesNotAllocate(t *testing.T) {
	for _, host := range []string{"pets.example.com", "127.0.0.1", "[2001:db8::1]", "[::ffff:1.2.3.4]"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = gatewright.CanonicalHost(host) }); n != 0 {
			t.Errorf("%s is canonical, yet costs %v allocations", host, n)
		}
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, s := range []string{"a.b", "A.b.:80", "[::1]:80", "[::ffff:1.2.3.4]", "\u212a", "a..b", "-a", "::1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) { checkCanonicalHost(t, host) })
}

// checkCanonicalHost checks what holds for every host.
func checkCanonicalHost(t *testing.T, host string) {
	t.Helper()
	got, err := gatewright.CanonicalHost(host)
	if err != nil {
		if got != "" {
			t.Fatalf("%q: refused, yet %q was returned", host, got)
		}
		return
	}
	if again, err := gatewright.CanonicalHost(got); err != nil || again != got {
		t.Fatalf("%q: canonical %q, whose canonical form is %q (%v)", host, got, again, err)
	}
	if withPort, err := gatewright.CanonicalHost(got + ":8443"); err != nil || withPort != got {
		t.Fatalf("%q: canonical %q, but %q (%v) with a port", host, got, withPort, err)
	}
	if err := gatewright.CheckHostPattern(got); err != nil {
		t.Fatalf("%q: canonical %q, which cannot be listened to: %v", host, got, err)
	}
	for i := range len(host) {
		if host[i] >= 0x80 {
			t.Fatalf("%q: accepted, though it has bytes outside ASCII", host)
		}
	}
	if inner, ok := strings.CutPrefix(got, "["); ok {
		if addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err != nil || !addr.Is6() {
			t.Fatalf("%q: %q is no IPv6 address in brackets", host, got)
		}
		return
	}
	if strings.ContainsAny(got, ":[]*/\\@ ") || strings.ToLower(got) != got || strings.HasSuffix(got, ".") {
		t.Fatalf("%q: %q is not canonical", host, got)
	}
	if got != strings.ToLower(strings.TrimSuffix(strings.SplitN(host, ":", 2)[0], ".")) {
		t.Fatalf("%q: became another host: %q", host, got)
	}
}

func TestCheckHostPattern(t *testing.T) {
	tests := []struct {
		name string
		in   string
		ok   bool
	}{
		{"name", "a.example", true},
		{"wildcard", "*.a.example", true},
		{"wildcard below a top-level domain", "*.com", true},
		{"address", "10.0.0.1", true},
		{"IPv6 address", "[::1]", true},
		{"empty", "", false},
		{"wildcard alone", "*", false},
		{"wildcard and dot", "*.", false},
		{"wildcard of a wildcard", "*.*.a", false},
		{"wildcard in the middle", "a.*.b", false},
		{"wildcard at the end", "a.*", false},
		{"wildcard within a label", "a*.b", false},
		{"wildcard without a dot", "*a.b", false},
		{"wildcard of an IPv6 address", "*.[::1]", false},
		{"wildcard of an IPv4 address", "*.10.0.0.1", false},
		{"upper case", "A.example", false},
		{"upper case below a wildcard", "*.A.example", false},
		{"port", "a.example:80", false},
		{"trailing dot", "a.example.", false},
		{"IPv6 not in short form", "[0::1]", false},
		{"regular expression", "~^a$", false},
		{"international name", "bücher.example", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCode(t, gatewright.CheckHostPattern(tt.in), accepted(tt.ok))
		})
	}
}

func TestCheckHostPatternSaysWhatToWrite(t *testing.T) {
	err := gatewright.CheckHostPattern("*.Pets.example:80")
	if err == nil || !strings.Contains(err.Error(), `"*.pets.example"`) {
		t.Fatalf("error %v does not say to write *.pets.example", err)
	}
}
