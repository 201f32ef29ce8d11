package breaking

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// typeSet is a set of the types that a value may have. null stands apart.
type typeSet uint8

const (
	typeBoolean typeSet = 1 << iota
	typeInteger
	typeFraction // numbers that are no integers
	typeString
	typeArray
	typeObject

	anyType = typeBoolean | typeInteger | typeFraction | typeString | typeArray | typeObject
)

// schema is what a value must be, with allOf and references followed. It
// stands for one or several nodes of a document that hold together.
type schema struct {
	spec  *spec
	nodes []*doctree.Node // as declared; nil ones are left out
	done  bool

	// Filled in by expand.
	parts   []*doctree.Node // that hold together, outermost first
	types   typeSet
	typed   bool // the types are said, not only possible
	null    bool
	choices []*choice
	fields  []*field // in the order of the document
	byName  map[string]*field

	plain *schema // the same without null; made when first needed
}

// choice is a oneOf or anyOf.
type choice struct {
	keyword string
	node    *doctree.Node // that has it
	options []option
}

// option is one alternative of a choice.
type option struct {
	name   string // of the component it refers to, else its title, else ""
	ref    bool   // it refers to a component
	node   *doctree.Node
	schema *schema
}

// field is a property of an object.
type field struct {
	name       string
	owner      *doctree.Node   // the properties member it stands in; nil when it is only required
	nodes      []*doctree.Node // of its schema
	schema     *schema
	required   bool
	requiredAt *doctree.Node // the item of the required list
}

// schema returns the schema of a node, the same one for the same node. A nil
// node allows anything.
func (s *spec) schema(n *doctree.Node) *schema {
	end := n
	if n.Get("$ref") != nil && (!s.v31 || len(n.Members) == 1) {
		end = s.resolve(n)
	}
	known, ok := s.schemas[end]
	if !ok {
		s.budget.charge(schemaBytes)
		known = &schema{spec: s, nodes: []*doctree.Node{end}}
		s.schemas[end] = known
	}
	return known
}

// union returns the schema of nodes that hold together.
func (s *spec) union(nodes []*doctree.Node) *schema {
	switch len(nodes) {
	case 0:
		return s.schema(nil)
	case 1:
		return s.schema(nodes[0])
	}
	ids := make([]int32, len(nodes))
	for i, n := range nodes {
		ids[i] = s.id(n)
	}
	slices.Sort(ids)
	var key strings.Builder
	for _, id := range slices.Compact(ids) {
		key.WriteString(itoa(int(id)))
		key.WriteByte(' ')
	}
	known, ok := s.unions[key.String()]
	if !ok {
		s.budget.charge(schemaBytes + len(nodes)*pointerBytes + 2*key.Len())
		known = &schema{spec: s, nodes: nodes}
		s.unions[key.String()] = known
	}
	return known
}

// expand follows references and allOf, once.
func (c *schema) expand() {
	if c.done {
		return
	}
	c.done = true
	seen := map[*doctree.Node]bool{}
	for _, n := range c.nodes {
		c.collect(n, seen)
	}
	c.readTypes()
	c.readFields()
	c.settleChoices()
	c.spec.budget.charge(len(c.parts) * pointerBytes)
	for _, f := range c.fields {
		c.spec.budget.charge(fieldBytes + len(f.nodes)*pointerBytes)
	}
}

// collect adds n and everything it is joined with to the parts.
func (c *schema) collect(n *doctree.Node, seen map[*doctree.Node]bool) {
	if n == nil || seen[n] || !c.spec.budget.step() {
		return
	}
	seen[n] = true
	if ref := n.Get("$ref"); ref != nil {
		if c.spec.v31 && len(n.Members) > 1 {
			c.parts = append(c.parts, n)
		}
		c.collect(c.spec.target(ref), seen)
		return
	}
	c.parts = append(c.parts, n)
	for _, item := range items(n.Get("allOf")) {
		c.collect(item, seen)
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		list := n.Get(keyword)
		if list == nil {
			continue
		}
		ch := &choice{keyword: keyword, node: n}
		for _, item := range items(list) {
			if onlyNull(item) {
				c.null = true
				continue
			}
			ch.options = append(ch.options, option{node: item})
		}
		switch len(ch.options) {
		case 0:
		case 1: // a choice of one is none
			c.collect(ch.options[0].node, seen)
		default:
			c.choices = append(c.choices, ch)
		}
	}
}

// onlyNull reports whether a schema allows null and nothing else.
func onlyNull(n *doctree.Node) bool {
	t := n.Get("type")
	switch {
	case t.Is(doctree.String):
		return t.Text == "null"
	case t.Is(doctree.List):
		return len(t.Items) == 1 && t.Items[0].Text == "null"
	}
	values := n.Get("enum")
	return values.Is(doctree.List) && len(values.Items) == 1 && values.Items[0].Kind == doctree.Null ||
		n.Get("const").Is(doctree.Null)
}

// readTypes intersects what the parts say about types.
func (c *schema) readTypes() {
	types, null, said := anyType, true, false
	for _, n := range c.parts {
		if n.Is(doctree.Bool) && n.Text == "false" {
			c.types, c.typed = 0, true
			return
		}
		t, tNull, ok := typesOf(n)
		if ok {
			types, null, said = types&t, null && tNull, true
		}
	}
	if !said {
		types, said = c.guessTypes()
		null = !said && len(c.choices) == 0
	}
	for _, n := range c.parts {
		if isTrue(n.Get("nullable")) || isTrue(n.Get("x-nullable")) {
			null = true // of a part too: that is how people write it with allOf
		}
	}
	c.types, c.typed, c.null = types, said, c.null || null
}

// typesOf returns what the type member of n says; false when it says nothing.
func typesOf(n *doctree.Node) (types typeSet, null, ok bool) {
	t := n.Get("type")
	if t == nil {
		return 0, false, false
	}
	names := t.Items
	if t.Scalar() {
		names = []*doctree.Node{t}
	}
	for _, name := range names {
		switch name.Text {
		case "null":
			null = true
		case "boolean":
			types |= typeBoolean
		case "integer":
			types |= typeInteger
		case "number":
			types |= typeInteger | typeFraction
		case "string", "file":
			types |= typeString
		case "array":
			types |= typeArray
		case "object":
			types |= typeObject
		}
	}
	return types, null, true
}

// guessTypes returns the type that keywords only make sense for.
func (c *schema) guessTypes() (typeSet, bool) {
	for _, n := range c.parts {
		switch {
		case n.Get("properties") != nil:
			return typeObject, true
		case n.Get("items") != nil:
			return typeArray, true
		}
	}
	return anyType, false
}

// readFields joins the properties of all parts. The required member of a
// parameter or a header is none of these lists.
func (c *schema) readFields() {
	for _, n := range c.parts {
		properties := n.Get("properties")
		for i := range members(properties) {
			m := &properties.Members[i]
			f := c.field(m.Key)
			if f.owner == nil {
				f.owner = properties
			}
			f.nodes = append(f.nodes, m.Value)
		}
	}
	for _, n := range c.parts {
		for _, item := range items(n.Get("required")) {
			f := c.field(item.Text)
			f.required = true
			if f.requiredAt == nil {
				f.requiredAt = item
			}
		}
	}
	for _, f := range c.fields {
		f.schema = c.spec.union(f.nodes)
	}
}

// field returns the field of the name, new if need be.
func (c *schema) field(name string) *field {
	if f := c.byName[name]; f != nil {
		return f
	}
	if c.byName == nil {
		c.byName = map[string]*field{}
	}
	f := &field{name: name}
	c.byName[name] = f
	c.fields = append(c.fields, f)
	return f
}

// settleChoices names the options.
func (c *schema) settleChoices() {
	for _, ch := range c.choices {
		for i := range ch.options {
			o := &ch.options[i]
			o.schema = c.spec.schema(o.node)
			if ref := o.node.Get("$ref"); ref.Is(doctree.String) {
				o.ref, o.name = true, ref.Text[strings.LastIndexByte(ref.Text, '/')+1:]
			} else {
				o.name = text(o.node.Get("title"))
			}
			c.spec.budget.charge(fieldBytes)
		}
	}
}

// withoutNull returns what the schema allows besides null, the same schema at
// each call.
func (c *schema) withoutNull() *schema {
	if c.plain == nil {
		c.spec.budget.charge(schemaBytes)
		plain := *c
		plain.null = false
		c.plain = &plain
	}
	return c.plain
}

// first returns the first part that has the keyword, and the keyword's value;
// nil when none has.
func (c *schema) first(keyword string) (part, value *doctree.Node) {
	for _, n := range c.parts {
		if v := n.Get(keyword); v != nil {
			return n, v
		}
	}
	return nil, nil
}

// flag reports whether a part has the keyword as true.
func (c *schema) flag(keyword string) bool {
	return slices.ContainsFunc(c.parts, func(n *doctree.Node) bool { return isTrue(n.Get(keyword)) })
}

// node returns the node that stands for the schema in messages.
func (c *schema) node() *doctree.Node {
	if len(c.parts) > 0 {
		return c.parts[0]
	}
	if len(c.nodes) > 0 {
		return c.nodes[0]
	}
	return nil
}

// spotOf returns where the keyword stands, where the schema begins when it has
// no such keyword.
func (c *schema) spotOf(keyword string) spot {
	if n, _ := c.first(keyword); n != nil {
		return c.spec.onKey(n, keyword)
	}
	return c.spec.on(c.node())
}

// bare reports whether the schema is a choice and nothing else.
func (c *schema) bare() bool {
	return len(c.choices) == 1 && !c.typed && len(c.fields) == 0
}

// String returns the types in words.
func (t typeSet) String() string {
	if t == 0 {
		return "nothing"
	}
	if t == anyType {
		return "any type"
	}
	var names []string
	add := func(of typeSet, name string) {
		if t&of != 0 {
			names = append(names, name)
		}
	}
	add(typeBoolean, "boolean")
	if t&typeFraction != 0 {
		names = append(names, "number")
	} else {
		add(typeInteger, "integer")
	}
	add(typeString, "string")
	add(typeArray, "array")
	add(typeObject, "object")
	return strings.Join(names, " or ")
}
