package gatewright

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a route.
const (
	MaxPathLength   = 2048 // bytes of a route's template
	MaxPathSegments = 64
	MaxMethodLength = 32
)

// Route is one entry of an API: requests with one of its methods whose path
// fits its template.
//
// A template is a sequence of segments. A segment is literal ("pet"), holds
// parameters ("{id}", "{name}.json", "{a}-{b}") which match one or more
// characters other than "/", or is "*", allowed as the last one only, which
// matches the rest of the path, be it empty.
//
// Several routes may fit a path. The one whose first differing segment is the
// more specific wins: literal before mixed before "{id}" before "*". A route
// that lacks the request's method does not take part. Priority, when it
// differs, goes before all that.
type Route struct {
	Name     string   `json:"name"`               // unique in its API: the operationId, else "GET /pet/{id}"
	Methods  []string `json:"methods,omitempty"`  // upper case, sorted; empty means every method
	Path     string   `json:"path"`               // template below the API's base path
	Priority int      `json:"priority,omitempty"` // higher goes first, 0 unless given
	Policies []Policy `json:"policies,omitempty"` // of its requests, after those of the whole API
}

// Validate checks the form of the route alone.
func (r *Route) Validate() error {
	if err := CheckName("route name", r.Name); err != nil {
		return err
	}
	for _, m := range r.Methods {
		if !validMethod(m) {
			return FieldErrorf("methods", "%q is not an HTTP method", m)
		}
	}
	if !slices.IsSorted(r.Methods) || len(slices.Compact(slices.Clone(r.Methods))) != len(r.Methods) {
		return FieldErrorf("methods", "methods %v are not sorted or repeat", r.Methods)
	}
	if err := checkPolicies(r.Policies); err != nil {
		return err
	}
	_, err := ParseTemplate(r.Path)
	return err
}

// keys returns one string per method, equal for two routes of one API exactly
// when they claim the same requests with the same priority.
func (r *Route) keys() []string {
	shape := r.Shape()
	if len(r.Methods) == 0 {
		return []string{shape + " " + itoa(r.Priority)}
	}
	keys := make([]string, len(r.Methods))
	for i, m := range r.Methods {
		keys[i] = m + shape + " " + itoa(r.Priority)
	}
	return keys
}

// Shape returns the template with its parameter names left out: templates
// of one shape match the same paths.
func (r *Route) Shape() string { return TemplateShape(r.Path) }

// TemplateShape returns template with every "{name}" replaced by "{}".
func TemplateShape(template string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(template, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(template[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(template[:open])
		b.WriteString("{}")
		template = template[open+end+1:]
	}
	b.WriteString(template)
	return b.String()
}

func validMethod(m string) bool {
	if m == "" || len(m) > MaxMethodLength {
		return false
	}
	for i := range len(m) {
		if c := m[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Template is a parsed path template.
type Template struct {
	Segments []Segment
}

// SegmentKind orders segments from the most to the least specific.
type SegmentKind uint8

// The kinds of segment.
const (
	SegmentLiteral SegmentKind = iota // "pet"
	SegmentMixed                      // "{name}.json"
	SegmentParam                      // "{id}"
	SegmentTail                       // "*"
)

// Segment is the part of a template between two slashes.
type Segment struct {
	Kind     SegmentKind
	Literals []string // for literal: the text; for mixed: the text before, between and after the parameters
	Params   []string // parameter names, in order
}

// ParseTemplate parses a route's path template. Literals must be in canonical
// form (see [CanonicalPath]).
func ParseTemplate(path string) (Template, error) {
	if !strings.HasPrefix(path, "/") {
		return Template{}, FieldErrorf("path", "path %q does not begin with /", path)
	}
	if len(path) > MaxPathLength {
		return Template{}, FieldErrorf("path", "path has %d bytes; at most %d are allowed", len(path), MaxPathLength)
	}
	parts := strings.Split(path[1:], "/")
	if len(parts) > MaxPathSegments {
		return Template{}, FieldErrorf("path", "path has %d segments; at most %d are allowed", len(parts), MaxPathSegments)
	}
	t := Template{Segments: make([]Segment, 0, len(parts))}
	names := map[string]bool{}
	for i, part := range parts {
		if part == "" && i < len(parts)-1 {
			return Template{}, FieldErrorf("path", "path %q has an empty segment", path)
		}
		if part == "*" {
			if i < len(parts)-1 {
				return Template{}, FieldErrorf("path", "path %q has * before its last segment", path)
			}
			t.Segments = append(t.Segments, Segment{Kind: SegmentTail})
			continue
		}
		seg, err := parseSegment(path, part)
		if err != nil {
			return Template{}, err
		}
		for _, n := range seg.Params {
			if names[n] {
				return Template{}, FieldErrorf("path", "path %q names parameter {%s} twice", path, n)
			}
			names[n] = true
		}
		t.Segments = append(t.Segments, seg)
	}
	return t, nil
}

func parseSegment(path, part string) (Segment, error) {
	seg := Segment{Kind: SegmentLiteral}
	rest := part
	for {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest, '}')
		if end < open {
			return seg, FieldErrorf("path", "path %q has a { without its }", path)
		}
		name := rest[open+1 : end]
		if name == "" || strings.ContainsAny(name, "{*?#") || !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable) {
			return seg, FieldErrorf("path", "path %q has the unusable parameter name {%s}", path, name)
		}
		if len(seg.Params) > 0 && open == 0 {
			return seg, FieldErrorf("path", "path %q has two parameters with nothing between them", path)
		}
		seg.Literals = append(seg.Literals, rest[:open])
		seg.Params = append(seg.Params, name)
		rest = rest[end+1:]
	}
	if strings.ContainsAny(rest, "{}") {
		return seg, FieldErrorf("path", "path %q has an unbalanced brace", path)
	}
	seg.Literals = append(seg.Literals, rest)
	for _, l := range seg.Literals {
		if l == "" {
			continue
		}
		lead := "/"
		if len(seg.Params) > 0 {
			lead = "/x" // beside a parameter, "." is a character and no dot segment
		}
		canonical, err := CanonicalPath(lead + l)
		if err != nil {
			return seg, FieldErrorf("path", "path %q: %s", path, err)
		}
		if canonical != lead+l {
			return seg, FieldErrorf("path", "path %q: %q is not canonical; write %q", path, l, canonical[len(lead):])
		}
	}
	switch {
	case len(seg.Params) == 0:
	case len(seg.Params) == 1 && seg.Literals[0] == "" && seg.Literals[1] == "":
		seg.Kind = SegmentParam
	default:
		seg.Kind = SegmentMixed
	}
	return seg, nil
}
