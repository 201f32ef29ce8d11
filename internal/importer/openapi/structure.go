package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// checkStructure compares the document with the grammar. What references lead
// to is compared too, with what is expected at the reference, wherever in the
// document it stands.
//
// It keeps a list of what is to be done instead of recursing, since a chain of
// references may be as long as the document.
func (r *reader) checkStructure(document *shape) {
	c := &structureCheck{reader: r, done: map[visit]bool{}}
	c.todo = append(c.todo, comparison{visit: visit{r.root, document}, label: "the document"})
	for len(c.todo) > 0 {
		next := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.compare(next)
		if len(c.todo) == 0 {
			c.todo, c.referred = c.referred, c.todo
		}
	}
}

type structureCheck struct {
	*reader
	todo     []comparison
	referred []comparison // to be done after all that is found without references
	done     map[visit]bool
}

// comparison is one node to be compared with one shape, and how messages call
// the node.
type comparison struct {
	visit
	label string
	entry bool          // the node is an entry of the list called label
	from  *doctree.Node // the $ref that leads to it, if one does
}

type visit struct {
	node  *doctree.Node
	shape *shape
}

// call returns the words for the node.
func (c *structureCheck) call(task comparison) string {
	words := task.label
	if task.entry {
		words = "an entry of " + words
	}
	if task.from != nil {
		words += " (referred to at " + c.report.At(task.from.Place()) + ")"
	}
	return words
}

// fault reports a deviation as an error if lax is false, else as a warning.
func (c *structureCheck) fault(lax bool, at doctree.Place, message, remedy string) {
	if lax {
		c.report.Warn(at, checkStructure, message, remedy)
		return
	}
	c.report.Errorf(at, "%s; %s", message, remedy)
}

func (c *structureCheck) compare(task comparison) {
	n, s := task.node, task.shape
	if n.Kind == doctree.Mapping || n.Kind == doctree.List {
		if c.done[task.visit] {
			return
		}
		c.done[task.visit] = true
	}
	if !s.kinds.has(n.Kind) {
		if n.Kind == doctree.Null && !s.strict {
			return // "description:" with nothing after it
		}
		c.fault(!s.strict, n.Place(), fmt.Sprintf("%s is %s", c.call(task), n.Kind), "it must be "+s.kinds.want())
		return
	}
	switch {
	case n.Kind == doctree.Mapping && s.ref && isReference(n):
		c.reference(task)
	case n.Kind == doctree.Mapping:
		c.mapping(task)
	case n.Kind == doctree.List && s.items != nil:
		for _, item := range n.Items {
			c.todo = append(c.todo, comparison{visit: visit{item, s.items}, label: task.label, entry: true})
		}
	case len(s.values) > 0 && n.Scalar() && !slices.Contains(s.values, n.Text):
		c.fault(!s.strict, n.Place(), fmt.Sprintf("%s is %q", c.call(task), clip(n.Text)), "it is one of "+strings.Join(s.values, ", "))
	}
}

func (c *structureCheck) reference(task comparison) {
	n, s := task.node, task.shape
	if target := c.refs.check(n, s.circles); target != nil {
		c.referred = append(c.referred, comparison{visit{target, s}, task.label, task.entry, n.Get("$ref")})
	}
	if s.siblings {
		c.mapping(task)
	}
}

func (c *structureCheck) mapping(task comparison) {
	n, s := task.node, task.shape
	for _, name := range s.required {
		m := n.Member(name)
		switch {
		case m == nil:
			c.fault(!s.strict, n.Place(), fmt.Sprintf("%s has no %s", c.call(task), name), "add it")
		case m.Value.Kind == doctree.Null:
			c.fault(!s.strict, n.KeyPlace(m), fmt.Sprintf("%s has no %s", c.call(task), name), "add it")
		}
	}
	for i := range n.Members {
		c.member(task, &n.Members[i])
	}
}

// member compares one member of a mapping.
func (c *structureCheck) member(task comparison, m *doctree.Member) {
	n, s := task.node, task.shape
	field, known := s.fields[m.Key]
	if !known {
		if !s.free && strings.HasPrefix(m.Key, "x-") {
			return
		}
		field = s.other
		if s.fit != nil {
			if remedy := s.fit(m.Key); remedy != "" {
				c.fault(!s.strict || s.lax, n.KeyPlace(m), fmt.Sprintf("%q in %s", clip(m.Key), c.call(task)), remedy)
				return
			}
		}
	}
	switch {
	case field != nil && m.Value.Kind == doctree.Null && slices.Contains(s.required, m.Key):
		// reported as missing
	case field != nil:
		c.todo = append(c.todo, comparison{visit: visit{m.Value, field}, label: clip(m.Key)})
	case m.Key == "$ref" && !s.ref && !s.open:
		c.fault(!s.strict, n.KeyPlace(m), c.call(task)+" cannot be a reference", "write out what it refers to")
	case m.Key != "$ref" && !s.open:
		c.fault(true, n.KeyPlace(m), fmt.Sprintf("%q is no member of %s and has no effect", clip(m.Key), s.name), "correct the name, or begin it with x-")
	}
}
