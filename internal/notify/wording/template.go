package wording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/gatewright/gatewright"
)

// MaxTemplate bounds the text of one template, in bytes.
const MaxTemplate = 8 << 10

// maxNodes bounds the parsed nodes of one template, and with them the work of
// filling it in.
const maxNodes = 2000

// Template words one event in one language.
type Template struct {
	Title string `json:"title"` // one line
	Text  string `json:"text"`
}

// fields are the facts a template may place, besides .Data.name.
func fields() []string {
	return []string{"Event", "Subject", "Actor", "API", "Track", "Group", "Change", "At", "Link"}
}

// Check reports whether t may word an event: {{.Fact}}, {{.Data.name}},
// {{if}}, {{else}} and comparisons, nothing else. The error says what is wrong
// and in which line.
func Check(t Template) error {
	if _, err := compile("title", t.Title); err != nil {
		return err
	}
	_, err := compile("text", t.Text)
	return err
}

// compile parses and checks one template; field names it in errors.
func compile(field, text string) (*template.Template, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, gatewright.FieldErrorf(field, "the %s is empty", field)
	case len(text) > MaxTemplate:
		return nil, gatewright.FieldErrorf(field, "the %s has %d bytes; at most %d are allowed", field, len(text), MaxTemplate)
	}
	t, err := template.New(field).Option("missingkey=zero").Parse(text)
	if err != nil {
		return nil, gatewright.FieldErrorf(field, "%s", strings.TrimPrefix(err.Error(), "template: "))
	}
	c := checker{tree: t.Tree, left: maxNodes}
	if len(t.Templates()) != 1 || t.Tree == nil {
		err = errors.New("templates inside of templates are not allowed")
	} else {
		err = c.list(t.Root)
	}
	if err != nil {
		return nil, gatewright.FieldErrorf(field, "the %s: %s; allowed are {{.%s}}, {{.Data.name}}, {{if}}, {{else}}, eq, ne, and, or, not",
			field, err, strings.Join(fields(), "}}, {{."))
	}
	return t, nil
}

// checker walks a parsed template and refuses what is not named in it.
type checker struct {
	tree *parse.Tree
	left int // nodes
}

func (c *checker) list(l *parse.ListNode) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := c.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node) error {
	if c.left--; c.left < 0 {
		return fmt.Errorf("it has more than %d parts", maxNodes)
	}
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode, *parse.StringNode:
		return nil
	case *parse.ActionNode:
		return c.pipe(n.Pipe)
	case *parse.IfNode:
		if err := c.pipe(n.Pipe); err != nil {
			return err
		}
		if err := c.list(n.List); err != nil {
			return err
		}
		return c.list(n.ElseList)
	case *parse.PipeNode:
		return c.pipe(n)
	case *parse.FieldNode:
		return c.field(n)
	}
	return c.refuse(n)
}

// pipe accepts one command: a value, or a comparison of values.
func (c *checker) pipe(p *parse.PipeNode) error {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return c.refuse(p)
	}
	args := p.Cmds[0].Args
	if f, ok := args[0].(*parse.IdentifierNode); ok {
		args = args[1:]
		if !callable(f.Ident, args) {
			return c.refuse(p)
		}
	} else if len(args) > 1 {
		return c.refuse(p)
	}
	for _, arg := range args {
		if err := c.node(arg); err != nil {
			return err
		}
	}
	return nil
}

// callable reports whether a function takes these arguments, so that filling
// in cannot fail. Equality is for facts and texts; what and, or and not say
// about others is no text.
func callable(function string, args []parse.Node) bool {
	switch function {
	case "eq", "ne":
		for _, arg := range args {
			if kind := arg.Type(); kind != parse.NodeField && kind != parse.NodeString {
				return false
			}
		}
		return len(args) == 2 || len(args) > 2 && function == "eq"
	case "and", "or":
		return len(args) > 0
	case "not":
		return len(args) == 1
	}
	return false
}

func (c *checker) field(f *parse.FieldNode) error {
	switch {
	case len(f.Ident) == 1 && slices.Contains(fields(), f.Ident[0]):
		return nil
	case len(f.Ident) == 2 && f.Ident[0] == "Data":
		return nil
	}
	return c.refuse(f)
}

func (c *checker) refuse(n parse.Node) error {
	place, _ := c.tree.ErrorContext(n)
	_, place, _ = strings.Cut(place, ":")
	return fmt.Errorf("line %s has %s", place, clip(n.String(), 80))
}
