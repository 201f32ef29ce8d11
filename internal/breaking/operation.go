package breaking

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// operation is one operation of a document, with what its path and the
// document give it.
type operation struct {
	spec   *spec
	path   string
	method string        // upper case
	node   *doctree.Node // of the operation
	item   *doctree.Node // path item
	where  spot          // its key
}

// label returns what to call the operation.
func (o *operation) label() string { return o.method + " " + clip(o.path) }

// endpoint is a path with its operations.
type endpoint struct {
	path       string
	where      spot
	operations map[string]*operation // by method
}

// methods returns the members of path items that are operations.
func methods() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
}

// endpoints returns the operations of a mapping of path items, by the key of
// their path, and the keys in the order of the document.
func (s *spec) endpoints(paths *doctree.Node, key func(string) string) (map[string]*endpoint, []string) {
	found := map[string]*endpoint{}
	var order []string
	for i := range members(paths) {
		m := &paths.Members[i]
		if isExtension(m.Key) || !s.budget.step() {
			continue
		}
		item := s.resolve(m.Value)
		if !item.Is(doctree.Mapping) {
			continue
		}
		shape := key(m.Key)
		e := found[shape]
		if e == nil {
			e = &endpoint{path: m.Key, where: spot{s, paths.KeyPlace(m)}, operations: map[string]*operation{}}
			found[shape] = e
			order = append(order, shape)
		}
		for _, method := range methods() {
			op := item.Member(method)
			if op == nil || op.Value.Kind != doctree.Mapping || e.operations[method] != nil {
				continue
			}
			s.budget.charge(schemaBytes)
			e.operations[method] = &operation{
				spec: s, path: m.Key, method: strings.ToUpper(method), node: op.Value, item: item,
				where: spot{s, item.KeyPlace(op)},
			}
		}
	}
	return found, order
}

// shape returns a path template without the names of its parameters, and the
// names.
func shape(path string) (string, []string) {
	var b strings.Builder
	var names []string
	for {
		before, after, found := strings.Cut(path, "{")
		b.WriteString(before)
		if !found {
			return b.String(), names
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			b.WriteString("{" + after)
			return b.String(), names
		}
		b.WriteString("{}")
		names = append(names, name)
		path = rest
	}
}

// parameter is one parameter of an operation.
type parameter struct {
	spec   *spec
	name   string
	in     string
	node   *doctree.Node
	schema *schema
}

// key is the same for the parameter's counterpart in another document. The
// names of path parameters are not part of requests; their order is.
func (p *parameter) key(path []string) string {
	switch p.in {
	case "path":
		if i := slices.Index(path, p.name); i >= 0 {
			return "path " + itoa(i)
		}
	case "header":
		return "header " + strings.ToLower(p.name)
	}
	return p.in + " " + p.name
}

// label returns what to call the parameter.
func (p *parameter) label() string { return p.in + " parameter " + clip(p.name) }

// parameters returns the parameters of the operation by key, those of its path
// included, and the keys in order. Parts of a 2.0 body are not among them.
func (o *operation) parameters() (map[string]*parameter, []string) {
	_, names := shape(o.path)
	found := map[string]*parameter{}
	var order []string
	for _, list := range []*doctree.Node{o.node.Get("parameters"), o.item.Get("parameters")} {
		for _, item := range items(list) {
			node := o.spec.resolve(item)
			p := &parameter{spec: o.spec, name: text(node.Get("name")), in: text(node.Get("in")), node: node}
			if p.name == "" || p.in == "" || p.in == "body" || p.in == "formData" || !o.spec.budget.step() {
				continue
			}
			key := p.key(names)
			if found[key] != nil {
				continue // the operation's own comes first and counts
			}
			p.schema = p.valueSchema()
			found[key] = p
			order = append(order, key)
		}
	}
	return found, order
}

// valueSchema returns the schema of the parameter's value. In version 2.0 the
// parameter is one itself.
func (p *parameter) valueSchema() *schema {
	if p.spec.swagger {
		return p.spec.schema(p.node)
	}
	if content := p.node.Get("content"); len(members(content)) > 0 {
		return p.spec.schema(content.Members[0].Value.Get("schema"))
	}
	return p.spec.schema(p.node.Get("schema"))
}

// required reports whether the parameter must be sent.
func (p *parameter) required() bool { return p.in == "path" || isTrue(p.node.Get("required")) }

// body is what a request or a response carries.
type body struct {
	spec     *spec
	node     *doctree.Node
	required bool
	media    []media
}

// media is one representation of a body.
type media struct {
	name   string // in lower case, without parameters
	where  spot
	schema *schema
	node   *doctree.Node // nil in version 2.0
}

// requestBody returns the body of requests, nil when there is none.
func (o *operation) requestBody() *body {
	if o.spec.swagger {
		return o.swaggerBody()
	}
	n := o.spec.resolve(o.node.Get("requestBody"))
	if n == nil {
		return nil
	}
	return &body{spec: o.spec, node: n, required: isTrue(n.Get("required")), media: o.spec.media(n.Get("content"))}
}

// media returns the representations that a content member lists.
func (s *spec) media(content *doctree.Node) []media {
	var list []media
	for i := range members(content) {
		m := &content.Members[i]
		list = append(list, media{mediaName(m.Key), spot{s, content.KeyPlace(m)}, s.schema(m.Value.Get("schema")), m.Value})
	}
	return list
}

// mediaName returns a media type in one notation.
func mediaName(name string) string {
	name, _, _ = strings.Cut(name, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// swaggerBody returns what the body and formData parameters of version 2.0
// make up.
func (o *operation) swaggerBody() *body {
	var form []*doctree.Node
	for _, list := range []*doctree.Node{o.node.Get("parameters"), o.item.Get("parameters")} {
		for _, item := range items(list) {
			n := o.spec.resolve(item)
			switch text(n.Get("in")) {
			case "body":
				return &body{
					spec: o.spec, node: n, required: isTrue(n.Get("required")),
					media: o.swaggerMedia("consumes", n, o.spec.schema(n.Get("schema")), "*/*"),
				}
			case "formData":
				form = append(form, n)
			}
		}
	}
	if form == nil {
		return nil
	}
	b := &body{spec: o.spec, node: o.node}
	object := &schema{spec: o.spec, nodes: []*doctree.Node{o.node}, done: true, types: typeObject, typed: true}
	fallback := "application/x-www-form-urlencoded"
	for _, n := range form {
		f := object.field(text(n.Get("name")))
		f.owner, f.nodes, f.schema = n, []*doctree.Node{n}, o.spec.schema(n)
		if isTrue(n.Get("required")) {
			f.required, f.requiredAt, b.required = true, n.Get("required"), true
		}
		if text(n.Get("type")) == "file" {
			fallback = "multipart/form-data"
		}
	}
	b.media = o.swaggerMedia("consumes", o.node, object, fallback)
	return b
}

// swaggerMedia returns the representations that consumes or produces lists,
// all of the same schema.
func (o *operation) swaggerMedia(keyword string, at *doctree.Node, value *schema, fallback string) []media {
	parent := o.node
	list := parent.Get(keyword)
	if list == nil {
		parent = o.spec.root
		list = parent.Get(keyword)
	}
	if len(items(list)) == 0 {
		return []media{{mediaName(fallback), o.spec.on(at), value, nil}}
	}
	var all []media
	for _, item := range list.Items {
		all = append(all, media{mediaName(item.Text), o.spec.on(item), value, nil})
	}
	return all
}
