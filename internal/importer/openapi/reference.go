package openapi

import (
	"net/url"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// references finds what the $ref members of a document stand for.
type references struct {
	report  *doctree.Report
	root    *doctree.Node
	targets map[string]*doctree.Node        // by the text of the reference; nil: leads nowhere
	final   map[*doctree.Node]*doctree.Node // end of the chain from a node; nil: a circle
	names   map[string]*doctree.Node        // $id, $anchor and $dynamicAnchor; made when first needed
}

func newReferences(report *doctree.Report, root *doctree.Node) *references {
	return &references{
		report:  report,
		root:    root,
		targets: map[string]*doctree.Node{},
		final:   map[*doctree.Node]*doctree.Node{},
	}
}

// isReference reports whether n is a mapping that stands for another one.
func isReference(n *doctree.Node) bool { return n.Get("$ref") != nil }

// target returns what n refers to in one step, nil when there is no such
// thing in the document.
func (r *references) target(n *doctree.Node) *doctree.Node {
	ref := n.Get("$ref")
	if !ref.Is(doctree.String) {
		return nil
	}
	target, known := r.targets[ref.Text]
	if !known {
		target = r.find(ref.Text)
		r.targets[ref.Text] = target
	}
	return target
}

func (r *references) find(ref string) *doctree.Node {
	if fragment, local := strings.CutPrefix(ref, "#"); local && (fragment == "" || fragment[0] == '/') {
		pointer, err := url.PathUnescape(fragment)
		if err != nil {
			return nil
		}
		return r.root.Find(pointer)
	}
	if r.names == nil {
		r.names = map[string]*doctree.Node{}
		r.collectNames(r.root, map[*doctree.Node]bool{})
	}
	return r.names[ref]
}

// collectNames records the schemas that JSON Schema lets references name.
func (r *references) collectNames(n *doctree.Node, seen map[*doctree.Node]bool) {
	if seen[n] {
		return
	}
	switch n.Kind {
	case doctree.List:
		seen[n] = true
		for _, item := range n.Items {
			r.collectNames(item, seen)
		}
	case doctree.Mapping:
		seen[n] = true
		for _, m := range n.Members {
			if m.Value.Kind == doctree.String {
				switch m.Key {
				case "$anchor", "$dynamicAnchor":
					r.names["#"+m.Value.Text] = n
				case "$id":
					r.names[m.Value.Text] = n
				}
			}
			r.collectNames(m.Value, seen)
		}
	}
}

// follow returns the end of the chain of references that begins with n: n
// itself when it is no reference, nil when the chain is broken or a circle.
func (r *references) follow(n *doctree.Node) *doctree.Node {
	var chain []*doctree.Node
	for n != nil && isReference(n) {
		end, known := r.final[n]
		if known {
			n = end
			break
		}
		r.final[n] = nil // until the end is known, coming back here is a circle
		chain = append(chain, n)
		n = r.target(n)
	}
	for _, link := range chain {
		r.final[link] = n
	}
	return n
}

// check reports a reference that leads nowhere, out of the document or, where
// circles are no sense, back to itself. It returns what n refers to.
func (r *references) check(n *doctree.Node, circles bool) *doctree.Node {
	ref := n.Get("$ref")
	if !ref.Is(doctree.String) {
		r.report.Errorf(ref.Place(), "$ref is %s; it must be text like #/components/schemas/Pet", ref.Kind)
		return nil
	}
	target := r.target(n)
	switch {
	case target == nil && ref.Text != "" && ref.Text[0] != '#':
		r.report.Errorf(ref.Place(), "$ref %q leads out of this file, and other files are never fetched; bundle the document into one file", clip(ref.Text))
	case target == nil:
		r.report.Errorf(ref.Place(), "$ref %q leads nowhere; define it, or correct the name", clip(ref.Text))
	case !circles && r.follow(n) == nil && r.circular(n):
		r.report.Errorf(ref.Place(), "$ref %q leads back to itself; one of the circle must say what it stands for", clip(ref.Text))
	}
	return target
}

// circular reports whether the chain that begins with n comes back to a link
// it has passed, and not merely to a link that is broken.
func (r *references) circular(n *doctree.Node) bool {
	slow, fast := n, n
	for {
		for range 2 {
			if fast = r.target(fast); fast == nil {
				return false
			}
		}
		if slow = r.target(slow); slow == fast {
			return true
		}
	}
}
