package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// routes makes a route of every operation, ordered by path and method.
func (r *reader) routes() []gatewright.Route {
	m := r.root.Member("paths")
	if m == nil || m.Value.Kind != doctree.Mapping {
		return nil // reported with the structure
	}
	c := &routeCollector{
		reader:     r,
		methods:    r.version.methods(),
		told:       map[*doctree.Node]bool{},
		names:      map[string]claim{},
		shapes:     map[string]claim{},
		parameters: newParameterCheck(r),
	}
	for i := range m.Value.Members {
		if entry := &m.Value.Members[i]; strings.HasPrefix(entry.Key, "/") {
			c.path(m.Value.KeyPlace(entry), entry.Key, entry.Value)
		}
		if len(c.routes) > gatewright.MaxRoutes {
			r.report.Errorf(r.root.KeyPlace(m), "more than %d operations; split the API", gatewright.MaxRoutes)
			return nil
		}
	}
	if c.declared == 0 {
		r.report.Errorf(r.root.KeyPlace(m), "paths has no operation; an API needs at least one, like get: below /pets:")
	}
	if hooks := r.root.Member("webhooks"); hooks != nil && r.version == v31 {
		r.report.Info(r.root.KeyPlace(hooks), checkPaths, "webhooks are requests that the backend makes; the gateway has no routes for them", "")
	}
	slices.SortFunc(c.routes, func(a, b gatewright.Route) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Methods[0], b.Methods[0]))
	})
	return c.routes
}

type routeCollector struct {
	*reader
	methods    []string // lower case, sorted
	declared   int      // operations met, and broken path items, which may have some
	told       map[*doctree.Node]bool
	routes     []gatewright.Route
	names      map[string]claim // by route name
	shapes     map[string]claim // by method and template shape
	parameters *parameterCheck
}

// claim is who had a name or a shape first.
type claim struct {
	operation string // "GET /pet/{id}"
	at        doctree.Place
}

// path adds the operations of one entry of paths, whose key is at the place.
func (c *routeCollector) path(at doctree.Place, path string, entry *doctree.Node) {
	item := c.refs.follow(entry)
	if !item.Is(doctree.Mapping) {
		c.declared++
		return // reported with the structure
	}
	probe := gatewright.Route{Name: "path", Path: path}
	if err := probe.Validate(); err != nil {
		c.report.Errorf(at, "%s", pathMessage(path, err))
		c.declared++
		return
	}
	if strings.HasSuffix(path, "/*") {
		c.report.Warn(at, checkPaths, "the last segment * matches the rest of a request's path, whatever it is", "name a parameter, like {name}, when it stands for one segment")
	}
	c.warnOfServers(item)
	if item != entry {
		c.checkSiblings(entry)
	}
	c.parameters.enter(at, path, item)
	shared := c.policies(item)
	for _, method := range c.methods {
		if m := item.Member(method); m != nil {
			c.declared++
			c.operation(strings.ToUpper(method), path, at, item, m, shared)
		}
	}
}

// pathMessage says what is wrong with a path, and more about what is common.
func pathMessage(path string, err error) string {
	if strings.ContainsAny(path, "?#") {
		return fmt.Sprintf("path %q goes on after ? or #; end it there and declare query parameters as parameters", clip(path))
	}
	if escaped := escapeNonASCII(path); escaped != path {
		return fmt.Sprintf("path %q has characters outside ASCII; write %q", clip(path), clip(escaped))
	}
	return err.Error()
}

// escapeNonASCII returns path with all bytes outside ASCII percent-encoded.
func escapeNonASCII(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if path[i] < utf8.RuneSelf {
			b.WriteByte(path[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", path[i])
		}
	}
	return b.String()
}

// checkSiblings refuses operations beside a reference to a path item: the
// specification leaves open which of them count.
func (c *routeCollector) checkSiblings(entry *doctree.Node) {
	for i := range entry.Members {
		m := &entry.Members[i]
		if m.Key == "parameters" || slices.Contains(c.methods, m.Key) {
			c.report.Errorf(entry.KeyPlace(m), "%s beside $ref: which of them counts is not defined; move it to the path item that $ref names", m.Key)
		}
	}
}

// operation adds one route. m is the operation's member of the path item,
// path and at are the entry of paths that leads to it, shared the policies of
// the path item.
func (c *routeCollector) operation(method, path string, at doctree.Place, item *doctree.Node, m *doctree.Member, shared []gatewright.Policy) {
	if m.Value.Kind != doctree.Mapping {
		return // reported with the structure
	}
	c.warnOfServers(m.Value)
	here := claim{operation: method + " " + path, at: item.KeyPlace(m)}
	route := gatewright.Route{Name: here.operation, Methods: []string{method}, Path: path}
	named := here.at
	if id := m.Value.Get("operationId"); id.Scalar() {
		route.Name, named = id.Text, id.Place()
		if err := gatewright.CheckName("operationId", id.Text); err != nil {
			c.report.Errorf(named, "%s; it names the route of %s", err, here.operation)
			return
		}
	} else if err := route.Validate(); err != nil {
		c.report.Errorf(named, "%s is too long or has characters that cannot name a route; give it an operationId", clip(here.operation))
		return
	}
	switch first, taken := c.names[route.Name]; {
	case taken && first.at == named:
		c.report.Errorf(at, "%s is the very operation of %s, and so has the same operationId %q; write it out, with its own", here.operation, first.operation, clip(route.Name))
	case taken:
		c.report.Errorf(named, "operationId %q of %s is that of %s at %s already; give each its own", clip(route.Name), here.operation, first.operation, c.report.At(first.at))
	default:
		c.names[route.Name] = claim{here.operation, named}
	}
	shape := method + " " + route.Shape()
	if first, taken := c.shapes[shape]; taken {
		c.report.Errorf(at, "%s matches the same requests as %s at %s, since parameter names do not tell paths apart; remove one or make them differ", here.operation, first.operation, c.report.At(first.at))
	} else {
		c.shapes[shape] = claim{here.operation, at}
	}
	c.parameters.operation(m.Value)
	if route.Policies = slices.Concat(shared, c.policies(m.Value)); len(route.Policies) > gatewright.MaxPolicies {
		c.report.Errorf(here.at, "%s has %d policies together with those of its path; at most %d are allowed", here.operation, len(route.Policies), gatewright.MaxPolicies)
	}
	c.routes = append(c.routes, route)
}

// warnOfServers tells that the servers of a path item or operation are not
// followed: an API has one upstream.
func (c *routeCollector) warnOfServers(n *doctree.Node) {
	if m := n.Member("servers"); m != nil && c.version != v20 && !c.told[m.Value] {
		c.told[m.Value] = true
		c.report.Warn(n.KeyPlace(m), checkServers, "servers of a path or operation are ignored: all requests of an API go to one upstream", "publish what has servers of its own as an API of its own")
	}
}
