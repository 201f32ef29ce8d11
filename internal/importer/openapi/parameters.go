package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// maxParameters bounds the parameters of one list.
const maxParameters = 256

// parameterCheck compares the parameters that operations declare with the
// templates of their paths. What does not fit is a warning: the gateway
// matches by the template alone.
type parameterCheck struct {
	*reader
	lists map[*doctree.Node][]parameter // read before
	told  map[mismatch]bool

	at       doctree.Place // of the path that was entered
	path     string
	template []string // names of its parameters
	shared   []parameter
}

type parameter struct {
	name, in string
	node     *doctree.Node // where it is defined
}

// mismatch is a warning given, about a path or about a parameter.
type mismatch struct {
	path, name string
	node       *doctree.Node
}

func newParameterCheck(r *reader) *parameterCheck {
	return &parameterCheck{reader: r, lists: map[*doctree.Node][]parameter{}, told: map[mismatch]bool{}}
}

// enter begins the operations of a path.
func (c *parameterCheck) enter(at doctree.Place, path string, item *doctree.Node) {
	c.at, c.path, c.template = at, path, nil
	if t, err := gatewright.ParseTemplate(path); err == nil {
		for _, segment := range t.Segments {
			c.template = append(c.template, segment.Params...)
		}
	}
	c.shared = c.list(item.Get("parameters"))
}

// operation checks one operation of the path.
func (c *parameterCheck) operation(n *doctree.Node) {
	declared := slices.Concat(c.shared, c.list(n.Get("parameters")))
	for _, name := range c.template {
		if !slices.ContainsFunc(declared, func(p parameter) bool { return p.in == "path" && p.name == name }) {
			c.tell(mismatch{path: c.path, name: name}, c.at, fmt.Sprintf("{%s} of the path is not declared as a parameter of every operation", name), "declare it with in: path and required: true")
		}
	}
	for _, p := range declared {
		if p.in == "path" && !slices.Contains(c.template, p.name) {
			c.tell(mismatch{path: c.path, name: p.name, node: p.node}, p.node.Place(), fmt.Sprintf("path parameter %q is not in the path %s", clip(p.name), c.path), "put it into the path, or remove it")
		}
	}
}

func (c *parameterCheck) tell(m mismatch, at doctree.Place, message, remedy string) {
	if !c.told[m] {
		c.told[m] = true
		c.report.Warn(at, checkParameters, message, remedy)
	}
}

// list reads one parameters member and checks what concerns it alone.
func (c *parameterCheck) list(n *doctree.Node) []parameter {
	if !n.Is(doctree.List) {
		return nil
	}
	if known, ok := c.lists[n]; ok {
		return known
	}
	if len(n.Items) > maxParameters {
		c.report.Errorf(n.Place(), "%d parameters; at most %d are allowed in one list", len(n.Items), maxParameters)
		c.lists[n] = nil
		return nil
	}
	var list []parameter
	for _, item := range n.Items {
		node := c.refs.follow(item)
		name, in := node.Get("name"), node.Get("in")
		if !name.Scalar() || !in.Scalar() {
			continue // reported with the structure
		}
		p := parameter{name: name.Text, in: in.Text, node: node}
		if slices.ContainsFunc(list, func(o parameter) bool { return o.in == p.in && sameName(p.in, o.name, p.name) }) {
			c.tell(mismatch{name: p.name, node: item}, item.Place(), fmt.Sprintf("%s parameter %q is listed twice", p.in, clip(p.name)), "remove one")
			continue
		}
		if required := node.Get("required"); p.in == "path" && (required == nil || required.Text != "true") {
			c.tell(mismatch{node: node}, node.Place(), fmt.Sprintf("path parameter %q is not required", clip(p.name)), "add required: true; a path has all its parameters or is another path")
		}
		list = append(list, p)
	}
	c.lists[n] = list
	return list
}

// sameName compares as HTTP does: names of headers have no case.
func sameName(in, a, b string) bool {
	return a == b || in == "header" && strings.EqualFold(a, b)
}
