package gatewright_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
)

func TestParseTemplate(t *testing.T) {
	literal := func(s string) gatewright.Segment {
		return gatewright.Segment{Kind: gatewright.SegmentLiteral, Literals: []string{s}}
	}
	param := func(name string) gatewright.Segment {
		return gatewright.Segment{Kind: gatewright.SegmentParam, Literals: []string{"", ""}, Params: []string{name}}
	}
	tail := gatewright.Segment{Kind: gatewright.SegmentTail}
	tests := []struct {
		name string
		in   string
		want []gatewright.Segment
	}{
		{"root", "/", []gatewright.Segment{literal("")}},
		{"literals", "/pets/all", []gatewright.Segment{literal("pets"), literal("all")}},
		{"trailing slash", "/pets/", []gatewright.Segment{literal("pets"), literal("")}},
		{"parameter", "/pets/{petId}", []gatewright.Segment{literal("pets"), param("petId")}},
		{"parameters", "/{a}/{b}", []gatewright.Segment{param("a"), param("b")}},
		{"parameter before a trailing slash", "/{a}/", []gatewright.Segment{param("a"), literal("")}},
		{"tail", "/files/*", []gatewright.Segment{literal("files"), tail}},
		{"tail of everything", "/*", []gatewright.Segment{tail}},
		{"suffix", "/{name}.json", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"", ".json"}, Params: []string{"name"}}}},
		{"prefix", "/v{major}", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"v", ""}, Params: []string{"major"}}}},
		{"two in a segment", "/{a}.{b}", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"", ".", ""}, Params: []string{"a", "b"}}}},
		{"three in a segment", "/x{a}-{b}..{c}y", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"x", "-", "..", "y"}, Params: []string{"a", "b", "c"}}}},
		{"custom verb", "/{id}:cancel", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"", ":cancel"}, Params: []string{"id"}}}},
		{"dots beside a parameter are characters", "/..{a}.", []gatewright.Segment{{Kind: gatewright.SegmentMixed, Literals: []string{"..", "."}, Params: []string{"a"}}}},
		{"star within a segment is a character", "/a*b/*c", []gatewright.Segment{literal("a*b"), literal("*c")}},
		{"escape", "/a%20b", []gatewright.Segment{literal("a%20b")}},
		{"name in another script", "/{größe}", []gatewright.Segment{param("größe")}},
		{"name with a space", "/{pet id}", []gatewright.Segment{param("pet id")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.ParseTemplate(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Segments); diff != "" {
				t.Fatal(diff)
			}
			checkTemplate(t, tt.in)
		})
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	tests := []struct {
		name string
		in   string
		says string
	}{
		{"empty", "", "does not begin with /"},
		{"no slash", "pets", "does not begin with /"},
		{"empty segment", "/a//b", "empty segment"},
		{"empty first segment", "//a", "empty segment"},
		{"two trailing slashes", "/a//", "empty segment"},
		{"tail not last", "/*/a", "before its last segment"},
		{"tail before a trailing slash", "/*/", "before its last segment"},
		{"brace not closed", "/{a", "without its }"},
		{"brace not opened", "/a}", "unbalanced"},
		{"braces crossed", "/}a{", "without its }"},
		{"closed twice", "/{a}}", "unbalanced"},
		{"opened twice", "/{{a}}", "unusable parameter name"},
		{"brace across segments", "/{a/b}", "without its }"},
		{"no name", "/{}", "unusable parameter name"},
		{"wildcard parameter", "/{path*}", "unusable parameter name"},
		{"query parameter", "/{?q}", "unusable parameter name"},
		{"fragment parameter", "/{#q}", "unusable parameter name"},
		{"name with a line feed", "/{a\n}", "unusable parameter name"},
		{"name with a direction mark", "/{a\u202eb}", "unusable parameter name"},
		{"name that is no UTF-8", "/{\xff}", "unusable parameter name"},
		{"parameters that touch", "/{a}{b}", "nothing between"},
		{"same name in two segments", "/{a}/{a}", "twice"},
		{"same name in one segment", "/{a}.{a}", "twice"},
		{"dot", "/a/./b", "not canonical"},
		{"dot-dot", "/a/../b", "leaves the root"},
		{"encoded dot-dot", "/a/%2e%2e/b", "leaves the root"},
		{"dot with parameters", "/..;x", "ambiguous"},
		{"encoded slash", "/a%2fb", "encoded slash"},
		{"encoded slash beside a parameter", "/{a}%2F", "encoded slash"},
		{"escape in lower case", "/%c3", `write "%C3"`},
		{"escape nobody needs", "/%41", `write "A"`},
		{"escape nobody needs beside a parameter", "/{a}%41", `write "A"`},
		{"escape cut by a parameter", "/%4{a}", "percent-encoding"},
		{"space", "/a b", "must be percent-encoded"},
		{"non-ASCII", "/é", "must be percent-encoded"},
		{"query", "/a?b={b}", "must be percent-encoded"},
		{"fragment", "/a#b", "must be percent-encoded"},
		{"backslash", `/a\b`, "must be percent-encoded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gatewright.ParseTemplate(tt.in)
			wantCode(t, err, gatewright.Invalid)
			if !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestParseTemplateLimits(t *testing.T) {
	tests := []struct {
		name string
		in   string
		ok   bool
	}{
		{"as long as allowed", "/" + strings.Repeat("a", gatewright.MaxPathLength-1), true},
		{"one byte too long", "/" + strings.Repeat("a", gatewright.MaxPathLength), false},
		{"as many segments as allowed", strings.Repeat("/a", gatewright.MaxPathSegments), true},
		{"one segment too many", strings.Repeat("/a", gatewright.MaxPathSegments+1), false},
		{"one segment too many, empty", strings.Repeat("/a", gatewright.MaxPathSegments) + "/", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gatewright.ParseTemplate(tt.in)
			wantCode(t, err, accepted(tt.ok))
		})
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{"/", "/a/{b}", "/{a}.{b}", "/{name}.json", "/files/*", "/..{a}", "/{a}{b}", "/%41", "/}a{", "/a{/}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) { checkTemplate(t, path) })
}

// checkTemplate checks what holds for every template.
func checkTemplate(t *testing.T, path string) {
	t.Helper()
	parsed, err := gatewright.ParseTemplate(path)
	if err != nil {
		return
	}
	var text, shape, renamed strings.Builder
	names := map[string]bool{}
	for _, seg := range parsed.Segments {
		for _, b := range []*strings.Builder{&text, &shape, &renamed} {
			b.WriteByte('/')
		}
		if seg.Kind == gatewright.SegmentTail {
			for _, b := range []*strings.Builder{&text, &shape, &renamed} {
				b.WriteByte('*')
			}
			continue
		}
		if len(seg.Literals) != len(seg.Params)+1 {
			t.Fatalf("%q: %d literals around %d parameters", path, len(seg.Literals), len(seg.Params))
		}
		for i, l := range seg.Literals {
			for _, b := range []*strings.Builder{&text, &shape, &renamed} {
				b.WriteString(l)
			}
			if i == len(seg.Params) {
				break
			}
			text.WriteString("{" + seg.Params[i] + "}")
			shape.WriteString("{}")
			fmt.Fprintf(&renamed, "{p%d}", len(names))
			names[seg.Params[i]] = true
		}
		if whole := len(seg.Params) == 1 && seg.Literals[0] == "" && seg.Literals[1] == ""; whole != (seg.Kind == gatewright.SegmentParam) {
			t.Fatalf("%q: segment %+v is not of its kind", path, seg)
		}
		if (len(seg.Params) == 0) != (seg.Kind == gatewright.SegmentLiteral) {
			t.Fatalf("%q: segment %+v is not of its kind", path, seg)
		}
	}
	if text.String() != path {
		t.Fatalf("%q parses to what is written %q", path, text.String())
	}
	if got := gatewright.TemplateShape(path); got != shape.String() {
		t.Fatalf("%q has shape %q, want %q", path, got, shape.String())
	}
	if _, err := gatewright.ParseTemplate(renamed.String()); err != nil {
		t.Fatalf("%q is fine, but not with other names: %v", path, err)
	}
	if gatewright.TemplateShape(renamed.String()) != shape.String() {
		t.Fatalf("%q: other names give another shape", path)
	}
	if len(names) == 0 {
		if canonical, err := gatewright.CanonicalPath(path); err != nil || canonical != path {
			t.Fatalf("%q is a template without parameters, yet no canonical path: %q (%v)", path, canonical, err)
		}
	}
}

func TestTemplateShape(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"root", "/", "/"},
		{"literal", "/pets", "/pets"},
		{"parameter", "/pets/{petId}", "/pets/{}"},
		{"mixed", "/{a}.{b}/x{c}", "/{}.{}/x{}"},
		{"tail", "/{a}/*", "/{}/*"},
		{"below a base path", "/v2/pets/{id}", "/v2/pets/{}"},
		{"text that is no template is kept", "/a{b", "/a{b"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gatewright.TemplateShape(tt.in); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			r := gatewright.Route{Path: tt.in}
			if got := r.Shape(); got != tt.want {
				t.Fatalf("the route's shape is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRouteValidate(t *testing.T) {
	tests := []struct {
		name  string
		route gatewright.Route
		ok    bool
	}{
		{"every method", gatewright.Route{Name: "a", Path: "/"}, true},
		{"methods", gatewright.Route{Name: "a", Methods: []string{"GET", "PUT"}, Path: "/"}, true},
		{"extension method", gatewright.Route{Name: "a", Methods: []string{"M-SEARCH"}, Path: "/"}, true},
		{"negative priority", gatewright.Route{Name: "a", Path: "/", Priority: -1}, true},
		{"method as long as allowed", gatewright.Route{Name: "a", Methods: []string{strings.Repeat("A", gatewright.MaxMethodLength)}, Path: "/"}, true},
		{"method too long", gatewright.Route{Name: "a", Methods: []string{strings.Repeat("A", gatewright.MaxMethodLength+1)}, Path: "/"}, false},
		{"no name", gatewright.Route{Path: "/"}, false},
		{"name that cannot be seen", gatewright.Route{Name: "\u200b", Path: "/"}, false},
		{"empty method", gatewright.Route{Name: "a", Methods: []string{""}, Path: "/"}, false},
		{"method in lower case", gatewright.Route{Name: "a", Methods: []string{"get"}, Path: "/"}, false},
		{"method with a space", gatewright.Route{Name: "a", Methods: []string{"GET "}, Path: "/"}, false},
		{"any method by star", gatewright.Route{Name: "a", Methods: []string{"*"}, Path: "/"}, false},
		{"methods out of order", gatewright.Route{Name: "a", Methods: []string{"PUT", "GET"}, Path: "/"}, false},
		{"method twice", gatewright.Route{Name: "a", Methods: []string{"GET", "GET"}, Path: "/"}, false},
		{"bad template", gatewright.Route{Name: "a", Path: "/{"}, false},
		{"no path", gatewright.Route{Name: "a"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCode(t, tt.route.Validate(), accepted(tt.ok))
		})
	}
}
