package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// maxServerURL bounds a server's URL in bytes, its variables replaced.
const maxServerURL = 4096

// servers returns the base path of the API and the upstream that the document
// proposes, nil when it names no usable server.
func (r *reader) servers() (string, *gatewright.Upstream) {
	if r.version == v20 {
		return r.swaggerBase(), r.swaggerUpstream()
	}
	c := &serverCollector{reader: r, base: "/"}
	list := r.root.Get("servers")
	if !list.Is(doctree.List) {
		return c.base, nil
	}
	for _, entry := range list.Items {
		if u, at, ok := r.serverURL(entry); ok {
			c.add(u, at)
		}
	}
	return c.base, c.result(r.root)
}

// serverURL returns the URL of one server with the defaults of its variables,
// and false after reporting.
func (r *reader) serverURL(entry *doctree.Node) (*url.URL, doctree.Place, bool) {
	member := entry.Get("url")
	if !member.Scalar() {
		return nil, doctree.Place{}, false // reported with the structure
	}
	text, ok := r.expand(member, entry.Get("variables"))
	if !ok {
		return nil, doctree.Place{}, false
	}
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Opaque != "":
		r.report.Errorf(member.Place(), "server %q is not a URL; write one like https://api.example.com/v1", clip(text))
		return nil, doctree.Place{}, false
	case u.User != nil:
		r.report.Errorf(member.Place(), "the server's URL holds credentials, which everybody who reads the document would see; remove them")
		return nil, doctree.Place{}, false
	case u.RawQuery != "" || u.Fragment != "":
		r.report.Warn(member.Place(), checkServers, "query and fragment of a server's URL are ignored", "remove them")
	}
	return u, member.Place(), true
}

// expand replaces the variables in a server's URL by their defaults.
func (r *reader) expand(member, variables *doctree.Node) (string, bool) {
	var b strings.Builder
	rest := member.Text
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if b.Len() > maxServerURL {
			r.report.Errorf(member.Place(), "the server's URL has more than %d bytes; shorten it or its variables", maxServerURL)
			return "", false
		}
		if !found {
			return b.String(), true
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			r.report.Errorf(member.Place(), "the server's URL %q has a { without its }", clip(member.Text))
			return "", false
		}
		variable := variables.Get(name)
		value := variable.Get("default")
		if !value.Scalar() {
			if variable == nil {
				r.report.Errorf(member.Place(), "variable {%s} of the server's URL is not defined; define it in variables, with a default", clip(name))
			}
			return "", false // without a default: reported with the structure
		}
		if allowed := variable.Get("enum"); allowed.Is(doctree.List) && len(allowed.Items) > 0 &&
			!slices.ContainsFunc(allowed.Items, func(n *doctree.Node) bool { return n.Text == value.Text }) {
			r.report.Warn(value.Place(), checkServers, fmt.Sprintf("the default %q of variable {%s} is not one of its enum", clip(value.Text), clip(name)), "add it to enum, or choose another default")
		}
		b.WriteString(value.Text)
		rest = tail
	}
}

// serverCollector puts servers together. The first one decides the base path,
// the first one with a host the scheme; others that differ are left out.
type serverCollector struct {
	*reader
	seen       bool
	base       string
	baseAt     doctree.Place
	upstream   gatewright.Upstream
	upstreamAt doctree.Place
}

func (c *serverCollector) add(u *url.URL, at doctree.Place) {
	path := u.EscapedPath()
	if u.Host == "" && path != "" && path[0] != '/' {
		if path[0] != '.' {
			c.report.Warn(at, checkServers, fmt.Sprintf("%s is a path without a host", clip(path)), "begin with https:// when it is a host, else with /")
		}
		path = "/" + strings.TrimPrefix(path, "./")
	}
	base, err := gatewright.CanonicalBasePath(path)
	if err != nil {
		c.report.Errorf(at, "the base path of the server: %s", err)
		return
	}
	if !c.seen {
		c.seen, c.base, c.baseAt = true, base, at
	}
	if base != c.base {
		c.report.Warn(at, checkServers, fmt.Sprintf("base path %s is not the %s of the first server at %s; this server is ignored", base, c.base, c.report.At(c.baseAt)), "import the API once for each base path, from documents of their own")
		return
	}
	if u.Host == "" && u.Scheme == "" {
		return // relative: below wherever the document was found
	}
	node, err := upstreamNode(u.Scheme, u.Hostname(), u.Port())
	switch {
	case err != nil:
		c.report.Warn(at, checkServers, fmt.Sprintf("no upstream can be made of this server: %s", err), "name the upstream's nodes when you publish")
	case len(c.upstream.Nodes) == 0:
		c.upstream.Scheme, c.upstreamAt = u.Scheme, at
		c.upstream.Nodes = []gatewright.Node{node}
	case u.Scheme != c.upstream.Scheme:
		c.report.Warn(at, checkServers, fmt.Sprintf("scheme %s is not the %s of the server at %s; this server is ignored", u.Scheme, c.upstream.Scheme, c.report.At(c.upstreamAt)), "")
	case slices.Contains(c.upstream.Nodes, node):
	case len(c.upstream.Nodes) == gatewright.MaxNodes:
		c.report.Warn(at, checkServers, fmt.Sprintf("more than %d servers; the rest is ignored", gatewright.MaxNodes), "")
	default:
		c.upstream.Nodes = append(c.upstream.Nodes, node)
	}
}

func (c *serverCollector) result(root *doctree.Node) *gatewright.Upstream {
	if len(c.upstream.Nodes) == 0 {
		return nil
	}
	if n := len(c.upstream.Nodes); n > 1 {
		c.report.Warn(root.KeyPlace(root.Member("servers")), checkServers,
			fmt.Sprintf("requests would be spread over %d servers, %s first", n, c.upstream.Nodes[0].Address()),
			"name the upstream's nodes when you publish, unless the servers all do the same")
	}
	return &c.upstream
}

// upstreamNode returns the node that a server stands for.
func upstreamNode(scheme, host, port string) (gatewright.Node, error) {
	node := gatewright.Node{Host: strings.ToLower(host), Weight: gatewright.DefaultWeight}
	switch scheme {
	case "http":
		node.Port = 80
	case "https":
		node.Port = 443
	case "":
		return node, fmt.Errorf("its URL has no scheme, http or https")
	default:
		return node, fmt.Errorf("its scheme is %s, not http or https", clip(scheme))
	}
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			return node, fmt.Errorf("its port %q is not a number", clip(port))
		}
		node.Port = n
	}
	return node, node.Validate()
}

// swaggerBase returns the base path of a 2.0 document.
func (r *reader) swaggerBase() string {
	member := r.root.Get("basePath")
	if !member.Scalar() {
		return "/"
	}
	base, err := gatewright.CanonicalBasePath(member.Text)
	if err != nil {
		r.report.Errorf(member.Place(), "basePath: %s", err)
		return "/"
	}
	return base
}

// swaggerUpstream returns the upstream of a 2.0 document: its host with the
// first of its schemes that a gateway can speak, https when it lists none.
func (r *reader) swaggerUpstream() *gatewright.Upstream {
	host := r.root.Get("host")
	if !host.Scalar() {
		return nil
	}
	u, err := url.Parse("//" + host.Text)
	if err != nil || u.Host != host.Text || u.Hostname() == "" {
		r.report.Errorf(host.Place(), "host %q is not a host name with or without a port; scheme and path belong into schemes and basePath", clip(host.Text))
		return nil
	}
	scheme := "https"
	if list := r.root.Get("schemes"); list.Is(doctree.List) && len(list.Items) > 0 {
		i := slices.IndexFunc(list.Items, func(n *doctree.Node) bool { return n.Text == "http" || n.Text == "https" })
		if i < 0 {
			r.report.Warn(list.Place(), checkServers, "no upstream can be made of the host: its schemes are neither http nor https", "name the upstream's nodes when you publish")
			return nil
		}
		scheme = list.Items[i].Text
	} else {
		r.report.Warn(host.Place(), checkServers, "schemes does not say how to reach the host; https is assumed", "add schemes: [https], or [http]")
	}
	node, err := upstreamNode(scheme, u.Hostname(), u.Port())
	if err != nil {
		r.report.Warn(host.Place(), checkServers, fmt.Sprintf("no upstream can be made of the host: %s", err), "name the upstream's nodes when you publish")
		return nil
	}
	return &gatewright.Upstream{Scheme: scheme, Nodes: []gatewright.Node{node}}
}
