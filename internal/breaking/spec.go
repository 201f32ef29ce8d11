package breaking

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/gatewright/gatewright/internal/doctree"
)

// spec is one document, read.
type spec struct {
	name    string
	root    *doctree.Node
	swagger bool // version 2.0
	v31     bool // version 3.1: members beside $ref count, null is a type
	old     bool // it is the document that callers know
	report  *doctree.Report
	budget  *budget

	targets map[string]*doctree.Node // by the text of a reference
	names   map[string]*doctree.Node // $id and $anchor; made when first needed
	schemas map[*doctree.Node]*schema
	unions  map[string]*schema // of several schemas that hold together
	ids     map[*doctree.Node]int32
}

// load reads a document. The error is one gatewright.Error of code invalid.
func load(d Document, b *budget) (*spec, error) {
	report := doctree.NewReport(d.Name)
	root := doctree.Parse(report, d.Text)
	if root == nil || report.Failed() {
		return nil, report.Err()
	}
	s := &spec{
		name: d.Name, root: root, report: report, budget: b,
		targets: map[string]*doctree.Node{}, schemas: map[*doctree.Node]*schema{},
		unions: map[string]*schema{}, ids: map[*doctree.Node]int32{},
	}
	swagger, openapi := root.Get("swagger"), root.Get("openapi")
	switch {
	case swagger.Scalar() && openapi == nil && strings.TrimSpace(swagger.Text) == "2.0":
		s.swagger = true
	case openapi.Scalar() && swagger == nil && isVersion(openapi.Text, "3.0"):
	case openapi.Scalar() && swagger == nil && isVersion(openapi.Text, "3.1"):
		s.v31 = true
	default:
		report.Errorf(root.Place(), "this is no OpenAPI document of version 2.0, 3.0 or 3.1; begin with openapi: 3.0.3")
		return nil, report.Err()
	}
	b.charge(len(d.Text))
	s.weigh(root)
	return s, nil
}

func isVersion(text, version string) bool {
	return text == version || strings.HasPrefix(text, version+".")
}

// weigh charges the tree to the budget.
func (s *spec) weigh(n *doctree.Node) {
	if !s.budget.step() {
		return
	}
	s.budget.charge(nodeBytes + memberBytes*len(n.Members))
	for _, item := range n.Items {
		s.weigh(item)
	}
	for i := range n.Members {
		s.weigh(n.Members[i].Value)
	}
}

// resolve follows references from n to what they stand for: n itself when it
// is none, nil when n is nil, when a reference leads nowhere, which is
// reported, and when references lead in a circle, which says nothing.
func (s *spec) resolve(n *doctree.Node) *doctree.Node {
	slow := n
	for i := 1; ; i++ {
		ref := n.Get("$ref")
		if ref == nil {
			return n
		}
		if n = s.target(ref); n == nil || n == slow {
			return nil
		}
		if i&(i-1) == 0 {
			slow = n
		}
	}
}

// target returns what the value of a $ref member leads to.
func (s *spec) target(ref *doctree.Node) *doctree.Node {
	if ref.Kind != doctree.String {
		s.report.Errorf(ref.Place(), "$ref is %s; it must be text like #/components/schemas/Pet", ref.Kind)
		return nil
	}
	target, known := s.targets[ref.Text]
	if !known {
		target = s.find(ref.Text)
		s.targets[ref.Text] = target
	}
	if target == nil {
		s.report.Errorf(ref.Place(), "$ref %q leads nowhere in this file; define it, correct the name, or bundle the document into one file", clip(ref.Text))
	}
	return target
}

func (s *spec) find(ref string) *doctree.Node {
	if fragment, local := strings.CutPrefix(ref, "#"); local && (fragment == "" || fragment[0] == '/') {
		pointer, err := url.PathUnescape(fragment)
		if err != nil {
			return nil
		}
		return s.root.Find(pointer)
	}
	if s.names == nil {
		s.names = map[string]*doctree.Node{}
		s.collectNames(s.root)
	}
	return s.names[ref]
}

// collectNames records the schemas that references may call by name. The tree
// is no larger than its reader allows, aliases followed.
func (s *spec) collectNames(n *doctree.Node) {
	for _, item := range n.Items {
		s.collectNames(item)
	}
	for i := range n.Members {
		m := &n.Members[i]
		if m.Value.Kind == doctree.String {
			switch m.Key {
			case "$anchor", "$dynamicAnchor":
				s.names["#"+m.Value.Text] = n
			case "$id":
				s.names[m.Value.Text] = n
			}
		}
		s.collectNames(m.Value)
	}
}

// id numbers nodes, to build keys of sets of them.
func (s *spec) id(n *doctree.Node) int32 {
	id, ok := s.ids[n]
	if !ok {
		id = int32(len(s.ids))
		s.ids[n] = id
	}
	return id
}

// spot is a place in one of the documents.
type spot struct {
	spec *spec
	at   doctree.Place
}

// on returns the spot of n, that of the whole document when n is nil.
func (s *spec) on(n *doctree.Node) spot {
	if n == nil {
		n = s.root
	}
	return spot{s, n.Place()}
}

// onKey returns the spot of a member's key, that of n when it has no such
// member.
func (s *spec) onKey(n *doctree.Node, key string) spot {
	if m := n.Member(key); m != nil {
		return spot{s, n.KeyPlace(m)}
	}
	return s.on(n)
}

// isTrue reports whether n is the boolean true.
func isTrue(n *doctree.Node) bool { return n.Is(doctree.Bool) && n.Text == "true" }

// text returns the content of a scalar, "" for anything else.
func text(n *doctree.Node) string {
	if n.Scalar() {
		return n.Text
	}
	return ""
}

// items returns the items of a list, none for anything else.
func items(n *doctree.Node) []*doctree.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// members returns the members of a mapping, none for anything else.
func members(n *doctree.Node) []doctree.Member {
	if n == nil {
		return nil
	}
	return n.Members
}

// maxText bounds values of documents in findings, in characters.
const maxText = 120

// clip shortens a text for a finding and brings it onto one line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	count := 0
	for i := range s {
		if count++; count > maxText {
			return s[:i] + "…"
		}
	}
	return s
}
