package breaking

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// where says at what addresses a document's API is called.
type where struct {
	bases   []string // canonical base paths, "/" when the document names none
	hosts   []string // in lower case
	schemes []string
	at      func(keyword string) spot // of "basePath", "host" or "schemes"
}

// where returns the addresses of the document. Servers that are no URLs are
// left out: nobody can call them.
func (s *spec) where() where {
	if !s.swagger {
		return s.servers(s.root)
	}
	w := where{at: func(keyword string) spot { return s.onKey(s.root, keyword) }}
	add(&w.hosts, strings.ToLower(text(s.root.Get("host"))))
	add(&w.bases, basePath(text(s.root.Get("basePath"))))
	for _, item := range items(s.root.Get("schemes")) {
		add(&w.schemes, strings.ToLower(item.Text))
	}
	w.schemes = missing(w.schemes, nil)
	return w
}

// add appends a value unless it is empty.
func add(list *[]string, value string) {
	if value != "" {
		*list = append(*list, value)
	}
}

// servers returns the addresses that the servers member of n tells: of the
// document, of a path or of an operation.
func (s *spec) servers(n *doctree.Node) where {
	w := where{at: func(string) spot { return s.onKey(n, "servers") }}
	for _, item := range items(n.Get("servers")) {
		raw := text(item.Get("url"))
		variables := item.Get("variables")
		for i := range members(variables) {
			v := &variables.Members[i]
			if len(raw) > maxServerURL {
				break
			}
			raw = strings.ReplaceAll(raw, "{"+v.Key+"}", text(v.Value.Get("default")))
		}
		if len(raw) > maxServerURL {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(raw))
		if err != nil || u.Opaque != "" {
			continue
		}
		add(&w.hosts, strings.ToLower(u.Host))
		add(&w.schemes, strings.ToLower(u.Scheme))
		add(&w.bases, basePath(u.EscapedPath()))
	}
	if len(w.bases) == 0 {
		w.bases = []string{"/"}
	}
	w.bases, w.hosts, w.schemes = missing(w.bases, nil), missing(w.hosts, nil), missing(w.schemes, nil)
	return w
}

// maxServerURL bounds the URL of a server in bytes, its variables replaced.
const maxServerURL = 4096

// basePath returns a base path in one notation.
func basePath(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + strings.TrimPrefix(path, "./")
	}
	if canonical, err := gatewright.CanonicalBasePath(path); err == nil {
		return canonical
	}
	return path
}

// missing returns what is in old and not in new, each once.
func missing(old, new []string) []string {
	seen := make(map[string]bool, len(old)+len(new))
	for _, s := range new {
		seen[s] = true
	}
	var gone []string
	for _, s := range old {
		if !seen[s] {
			seen[s] = true
			gone = append(gone, s)
		}
	}
	return gone
}

// keeps reports whether callers of old reach the API at new.
func (w where) keeps(old where) bool {
	return len(missing(old.bases, w.bases)) == 0 && len(missing(old.hosts, w.hosts)) == 0
}

// chooseCounterpart looks for the document that answers the callers of the old
// one: the new one, unless it leaves their address and one beside it keeps it.
func (c *comparer) chooseCounterpart(beside []Document) error {
	old := c.was.where()
	if c.now.where().keeps(old) {
		return nil
	}
	for _, d := range beside {
		s, err := load(d, c.budget)
		if err != nil {
			return err
		}
		if s.where().keeps(old) {
			c.notes = append(c.notes, fmt.Sprintf("%s keeps base path %s and is what callers of %s meet; %s opens base path %s beside it",
				d.Name, list(old.bases), c.was.name, c.now.name, list(c.now.where().bases)))
			c.now = s
			return nil
		}
	}
	return nil
}

// compareServers compares the addresses. It returns what to put before the
// paths of both documents to tell them apart: nothing, unless a part of the
// base path moved into the paths or out of them.
func (c *comparer) compareServers() [2]string {
	old, new := c.was.where(), c.now.where()
	site := c.graph.whole("document")
	bases := [2]string{}
	if gone := missing(old.bases, new.bases); len(gone) > 0 {
		bases = [2]string{old.bases[0], new.bases[0]}
		if !c.samePaths(bases) {
			bases = [2]string{}
			c.find(site, "base-path-changed", c.nowOrWas(new, old, "basePath"), list(old.bases), list(new.bases))
		}
	} else if more := missing(new.bases, old.bases); len(more) > 0 {
		c.find(site, "server-added", new.at("basePath"), list(old.bases), list(new.bases))
	}
	if gone := missing(old.hosts, new.hosts); len(gone) > 0 {
		c.find(site, "host-changed", c.nowOrWas(new, old, "host"), list(old.hosts), orNone(list(new.hosts)))
	} else if more := missing(new.hosts, old.hosts); len(more) > 0 {
		c.find(site, "server-added", new.at("host"), orNone(list(old.hosts)), list(new.hosts))
	}
	if gone := missing(old.schemes, new.schemes); len(gone) > 0 && len(new.schemes) > 0 {
		c.find(site, "scheme-removed", new.at("schemes"), list(old.schemes), list(new.schemes))
	}
	return bases
}

// nowOrWas returns the spot of the keyword in the new document, in the old one
// when the new one has none.
func (c *comparer) nowOrWas(new, old where, keyword string) spot {
	if c.now.root.Get(keyword) == nil && c.now.root.Get("servers") == nil {
		return old.at(keyword)
	}
	return new.at(keyword)
}

// samePaths reports whether most paths are the same when the base paths are
// put before them.
func (c *comparer) samePaths(bases [2]string) bool {
	full := func(s *spec, base string) map[string]bool {
		found := map[string]bool{}
		for _, m := range members(s.root.Get("paths")) {
			path, _ := shape(strings.TrimSuffix(base, "/") + m.Key)
			found[path] = true
		}
		return found
	}
	old, new := full(c.was, bases[0]), full(c.now, bases[1])
	same := 0
	for path := range old {
		if new[path] {
			same++
		}
	}
	return same > 0 && 2*same >= len(old)
}
