package match

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// route makes an entry out of "host METHOD,METHOD /path"; host "-" is any
// host, method "*" every method. The text itself is its value.
func route(t testing.TB, text string, priority int) *Entry[string] {
	t.Helper()
	f := strings.Fields(text)
	s := Spec[string]{Path: f[2], Priority: priority, Owner: gatewright.Key("api/" + text), Value: text}
	if f[0] != "-" {
		s.Hosts = strings.Split(f[0], ",")
	}
	if f[1] != "*" {
		s.Methods = strings.Split(f[1], ",")
	}
	return entry(t, s)
}

func entry(t testing.TB, s Spec[string]) *Entry[string] {
	t.Helper()
	e, err := NewEntry(s)
	if err != nil {
		t.Fatalf("new entry %+v: %v", s, err)
	}
	return e
}

func routes(t testing.TB, texts ...string) []*Entry[string] {
	t.Helper()
	list := make([]*Entry[string], len(texts))
	for i, text := range texts {
		list[i] = route(t, text, 0)
	}
	return list
}

func tableOf(t testing.TB, entries ...*Entry[string]) *Table[string] {
	t.Helper()
	table, err := (*Table[string])(nil).With(nil, entries)
	if err != nil {
		t.Fatalf("build table: %v", err)
	}
	return table
}

func TestPrecedence(t *testing.T) {
	pets := []string{
		"- GET /pet/{id}", "- GET /pet/findByStatus", "- GET /pet/{id}/x", "- POST /pet/findByStatus/x",
		"- GET /pet/{name}.json", "- GET /pet/v{n}.json", "- GET /pet/*", "- GET /", "- DELETE /pet/{a}-{b}",
		"- GET /files/*", "- * /files/readme",
	}
	hosts := []string{
		"a.example.com GET /only-exact", "*.example.com GET /only-wild", "*.b.example.com GET /deep/{id}",
		"*.example.com GET /deep/x", "- GET /only-any", "- GET /deep/x", "a.example.com POST /only-any",
	}
	heads := []string{
		"- GET /pet/{id}", "- * /*", "- HEAD /h/{id}", "- GET /h/{id}", "- HEAD /pet/*", "- POST /p",
	}
	tests := []struct {
		name   string
		routes []string
		host   string
		method string
		path   string
		want   string // value, "405" or "404"
		params string // name=value, in order
	}{
		{name: "literal before parameter", routes: pets, method: "GET", path: "/pet/findByStatus", want: "- GET /pet/findByStatus"},
		{name: "parameter", routes: pets, method: "GET", path: "/pet/17", want: "- GET /pet/{id}", params: "id=17"},
		{name: "back-tracks out of a literal", routes: pets, method: "GET", path: "/pet/findByStatus/x", want: "- GET /pet/{id}/x", params: "id=findByStatus"},
		{name: "literal with its own method", routes: pets, method: "POST", path: "/pet/findByStatus/x", want: "- POST /pet/findByStatus/x"},
		{name: "mixed before parameter", routes: pets, method: "GET", path: "/pet/rex.json", want: "- GET /pet/{name}.json", params: "name=rex"},
		{name: "more literal bytes first", routes: pets, method: "GET", path: "/pet/v1.json", want: "- GET /pet/v{n}.json", params: "n=1"},
		{name: "mixed needs one character", routes: pets, method: "GET", path: "/pet/.json", want: "- GET /pet/{id}", params: "id=.json"},
		{name: "mixed gives back to the next", routes: pets, method: "GET", path: "/pet/v.json", want: "- GET /pet/{name}.json", params: "name=v"},
		{name: "mixed takes little first", routes: pets, method: "DELETE", path: "/pet/x-y-z", want: "- DELETE /pet/{a}-{b}", params: "a=x b=y-z"},
		{name: "mixed skips an empty parameter", routes: pets, method: "DELETE", path: "/pet/--z", want: "- DELETE /pet/{a}-{b}", params: "a=- b=z"},
		{name: "tail behind all", routes: pets, method: "GET", path: "/pet/1/y/z", want: "- GET /pet/*", params: "*=1/y/z"},
		{name: "tail takes a trailing slash", routes: pets, method: "GET", path: "/pet/", want: "- GET /pet/*", params: "*="},
		{name: "tail does not fit without the slash", routes: pets, method: "GET", path: "/files", want: "404"},
		{name: "literal for every method below a tail", routes: pets, method: "PATCH", path: "/files/readme", want: "- * /files/readme"},
		{name: "root", routes: pets, method: "GET", path: "/", want: "- GET /"},
		{name: "trailing slash is another path", routes: pets, method: "GET", path: "/pet/17/x/", want: "- GET /pet/*", params: "*=17/x/"},
		{name: "no such path", routes: pets, method: "GET", path: "/dog", want: "404"},
		{name: "no such method", routes: pets, method: "PATCH", path: "/pet/17", want: "405"},
		{name: "methods are case sensitive", routes: pets, method: "get", path: "/pet/17", want: "405"},
		{name: "paths are case sensitive", routes: pets, method: "GET", path: "/PET/17", want: "404"},
		{name: "no leading slash", routes: pets, method: "GET", path: "pet/17", want: "404"},
		{name: "asterisk form", routes: pets, method: "OPTIONS", path: "*", want: "404"},
		{name: "empty path", routes: pets, method: "GET", path: "", want: "404"},
		{name: "empty segment is no parameter", routes: []string{"- GET /a/{x}/b"}, method: "GET", path: "/a//b", want: "404"},
		{name: "braces in a request are text", routes: pets, method: "GET", path: "/pet/{id}", want: "- GET /pet/{id}", params: "id={id}"},

		{name: "exact host", routes: hosts, host: "a.example.com", method: "GET", path: "/only-exact", want: "a.example.com GET /only-exact"},
		{name: "falls through to the wildcard", routes: hosts, host: "a.example.com", method: "GET", path: "/only-wild", want: "*.example.com GET /only-wild"},
		{name: "falls through to any, for the method too", routes: hosts, host: "a.example.com", method: "GET", path: "/only-any", want: "- GET /only-any"},
		{name: "exact host has the method", routes: hosts, host: "a.example.com", method: "POST", path: "/only-any", want: "a.example.com POST /only-any"},
		{name: "wildcard stands for several labels", routes: hosts, host: "x.y.example.com", method: "GET", path: "/only-wild", want: "*.example.com GET /only-wild"},
		{name: "wildcard does not stand for none", routes: hosts, host: "example.com", method: "GET", path: "/only-wild", want: "404"},
		{name: "wildcard ends at a dot", routes: hosts, host: "badexample.com", method: "GET", path: "/only-wild", want: "404"},
		{name: "longest suffix before a better path", routes: hosts, host: "q.b.example.com", method: "GET", path: "/deep/x", want: "*.b.example.com GET /deep/{id}", params: "id=x"},
		{name: "unknown host gets any", routes: hosts, host: "other.test", method: "GET", path: "/deep/x", want: "- GET /deep/x"},
		{name: "empty host gets any", routes: hosts, method: "GET", path: "/deep/x", want: "- GET /deep/x"},
		{name: "unknown host, route of another", routes: hosts, host: "other.test", method: "GET", path: "/only-exact", want: "404"},
		{name: "405 over all hosts", routes: hosts, host: "a.example.com", method: "PUT", path: "/only-any", want: "405"},

		{name: "HEAD goes where GET goes", routes: heads[:2], method: "HEAD", path: "/pet/1", want: "- GET /pet/{id}", params: "id=1"},
		{name: "HEAD prefers its own route", routes: heads, method: "HEAD", path: "/h/1", want: "- HEAD /h/{id}", params: "id=1"},
		{name: "GET does not get the HEAD route", routes: heads, method: "GET", path: "/h/1", want: "- GET /h/{id}", params: "id=1"},
		{name: "HEAD on a catch-all", routes: heads[:2], method: "HEAD", path: "/q", want: "- * /*", params: "*=q"},
		{name: "HEAD does not go to POST", routes: heads[5:], method: "HEAD", path: "/p", want: "405"},
		{name: "named method before every method", routes: []string{"- * /a", "- GET /a"}, method: "GET", path: "/a", want: "- GET /a"},
		{name: "every method for the others", routes: []string{"- * /a", "- GET /a"}, method: "PUT", path: "/a", want: "- * /a"},
		{name: "empty table", method: "GET", path: "/", want: "404"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m Match[string]
			got := answer(tableOf(t, routes(t, tt.routes...)...), tt.host, tt.path, tt.method, &m)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			var params []string
			for name, value := range m.Params() {
				params = append(params, name+"="+value)
			}
			if got := strings.Join(params, " "); got != tt.params {
				t.Errorf("params %q, want %q", got, tt.params)
			}
		})
	}
}

// answer returns the value found, "404" or "405".
func answer(table *Table[string], host, path, method string, m *Match[string]) string {
	switch table.Find(host, path, method, nil, m) {
	case Found:
		return m.Entry().Value()
	case NoMethod:
		return "405"
	default:
		return "404"
	}
}

func TestPriority(t *testing.T) {
	table := tableOf(t,
		route(t, "- GET /pet/findByStatus", 0),
		route(t, "- GET /pet/{id}", 5),
		route(t, "- POST /pet/*", 9),
		route(t, "- GET /pet/x{y}", 5),
		route(t, "a.test GET /*", -3),
		route(t, "- PUT /one", 1),
		route(t, "- * /one", 2),
	)
	tests := []struct{ name, host, method, path, want string }{
		{"higher priority beats a literal", "", "GET", "/pet/findByStatus", "- GET /pet/{id}"},
		{"equal priority: mixed first", "", "GET", "/pet/x1", "- GET /pet/x{y}"},
		{"highest takes part with its method only", "", "POST", "/pet/findByStatus", "- POST /pet/*"},
		{"host goes before priority", "a.test", "GET", "/pet/1", "a.test GET /*"},
		{"priority goes before a named method", "", "PUT", "/one", "- * /one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := answer(table, tt.host, tt.path, tt.method, new(Match[string])); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAllowed(t *testing.T) {
	table := tableOf(t, routes(t,
		"- GET /pet/{id}", "- DELETE,PUT /pet/{id}", "- POST /pet/17", "a.test OPTIONS /pet/*", "- POST /post", "- * /all", "- GET /all")...)
	tests := []struct {
		name, host, path string
		want             []string
	}{
		{"all templates that fit", "", "/pet/17", []string{"DELETE", "GET", "HEAD", "POST", "PUT"}},
		{"all hosts that fit", "a.test", "/pet/17", []string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}},
		{"HEAD only with GET", "", "/post", []string{"POST"}},
		{"nothing fits", "", "/none", nil},
		{"every method", "", "/all", nil},
		{"no path", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := table.Allowed(tt.host, tt.path, nil); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			var m Match[string]
			for _, method := range table.Allowed(tt.host, tt.path, nil) {
				if table.Find(tt.host, tt.path, method, nil, &m) != Found {
					t.Errorf("%s is allowed but finds nothing", method)
				}
			}
		})
	}
}

func TestConflict(t *testing.T) {
	tests := []struct {
		name     string
		a, b     string
		pa, pb   int
		conflict bool
	}{
		{name: "same", a: "- GET /a/{id}", b: "- GET /a/{id}", conflict: true},
		{name: "same shape", a: "- GET /a/{id}", b: "- GET /a/{name}", conflict: true},
		{name: "one common method", a: "- GET,PUT /a", b: "- POST,PUT /a", conflict: true},
		{name: "one common host", a: "x.test,y.test GET /a", b: "y.test GET /a", conflict: true},
		{name: "same wildcard", a: "*.test GET /a", b: "*.test GET /a", conflict: true},
		{name: "both for every method", a: "- * /a", b: "- * /a", conflict: true},
		{name: "mixed of one shape", a: "- GET /{a}.{b}", b: "- GET /{c}.{d}", conflict: true},
		{name: "tail", a: "- GET /a/*", b: "- GET /a/*", conflict: true},
		{name: "other method", a: "- GET /a", b: "- HEAD /a"},
		{name: "every method and one", a: "- * /a", b: "- GET /a"},
		{name: "other priority", a: "- GET /a", b: "- GET /a", pb: 1},
		{name: "other host", a: "x.test GET /a", b: "y.test GET /a"},
		{name: "wildcard and exact", a: "*.test GET /a", b: "test GET /a"},
		{name: "trailing slash", a: "- GET /a", b: "- GET /a/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := route(t, tt.a, tt.pa), route(t, tt.b, tt.pb)
			a.spec.Owner, b.spec.Owner = "api/first/v1", "api/second/v2"
			before := tableOf(t, a)
			after, err := before.With(nil, []*Entry[string]{b})
			if !tt.conflict {
				if err != nil || after.Len() != 2 {
					t.Fatalf("got %d entries and error %v", after.Len(), err)
				}
				return
			}
			if gatewright.CodeOf(err) != gatewright.Conflict {
				t.Fatalf("got error %v, want a conflict", err)
			}
			for _, owner := range []string{"api/first/v1", "api/second/v2"} {
				if !strings.Contains(err.Error(), owner) {
					t.Errorf("%q does not name %s", err, owner)
				}
			}
			if after != nil || before.Len() != 1 {
				t.Errorf("the refused change left a mark: %v, %d", after, before.Len())
			}
			// Replacing the one by the other in a single step is no conflict.
			if _, err := before.With([]*Entry[string]{a}, []*Entry[string]{b}); err != nil {
				t.Errorf("replace: %v", err)
			}
		})
	}
}

func TestRemoveUnknown(t *testing.T) {
	known, unknown := route(t, "- GET /a", 0), route(t, "- GET /a", 0)
	for _, table := range []*Table[string]{nil, {}, tableOf(t, known)} {
		if _, err := table.With([]*Entry[string]{unknown}, nil); gatewright.CodeOf(err) != gatewright.Internal {
			t.Errorf("got error %v, want internal", err)
		}
	}
}

func TestNewEntryRefuses(t *testing.T) {
	tests := []struct {
		name string
		spec Spec[string]
	}{
		{"bad template", Spec[string]{Path: "pets"}},
		{"bad host", Spec[string]{Path: "/", Hosts: []string{"Example.com"}}},
		{"host twice", Spec[string]{Path: "/", Hosts: []string{"a.test", "a.test"}}},
		{"method twice", Spec[string]{Path: "/", Methods: []string{"GET", "GET"}}},
		{"empty method", Spec[string]{Path: "/", Methods: []string{""}}},
		{"base with a trailing slash", Spec[string]{Path: "/", BasePath: "/a/"}},
		{"base not canonical", Spec[string]{Path: "/", PathPrefix: "/%61"}},
		{"base with a parameter", Spec[string]{Path: "/", BasePath: "/{x}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewEntry(tt.spec); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("got error %v, want invalid", err)
			}
		})
	}
}

func TestBasePath(t *testing.T) {
	star := entry(t, Spec[string]{PathPrefix: "/eu", BasePath: "/v2/*", Path: "/{id}", Value: "star"})
	root := entry(t, Spec[string]{PathPrefix: "", BasePath: "/", Path: "/", Value: "root"})
	table := tableOf(t, star, root)
	var m Match[string]
	for path, want := range map[string]string{
		"/eu/v2/*/1": "star", "/eu/v2/x/1": "404", "/": "root", "/eu": "404",
	} {
		if got := answer(table, "", path, "GET", &m); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := star.String(); got != "* /eu/v2/*/{id}" {
		t.Errorf("String() = %q", got)
	}
}

func TestMatchDoesNotKeepOldResults(t *testing.T) {
	table := tableOf(t, routes(t, "- GET /a/{id}")...)
	var m Match[string]
	if table.Find("", "/a/1", "GET", nil, &m) != Found {
		t.Fatal("not found")
	}
	if v, ok := m.Param("id"); v != "1" || !ok {
		t.Errorf("id = %q, %v", v, ok)
	}
	if _, ok := m.Param("other"); ok {
		t.Error("there is no parameter of that name")
	}
	if table.Find("", "/b", "GET", nil, &m) != NoRoute || m.Entry() != nil {
		t.Errorf("entry %v after a miss", m.Entry())
	}
	if _, ok := m.Param("id"); ok {
		t.Error("a parameter outlived its lookup")
	}
}
