package match

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

// The alphabets are small, so that random routes and requests meet.
var (
	hostPatterns = []string{"a.test", "b.a.test", "*.test", "*.a.test", "test", "*.b.a.test"}
	requestHosts = []string{"", "a.test", "b.a.test", "c.b.a.test", "test", "x.test", "other"}
	words        = []string{"a", "b", "ab", "a-b", "b.a", "a.a-b", "-", "a--", "ba.ab"}
	mixed        = []string{"{%d}a", "a{%d}", "{%d}-{%d0}", "{%d}.a", "b{%d}b", "{%d}-{%d0}.{%d1}", "{%d}--", "{%d}a{%d0}b"}
	methods      = []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"}
)

func drawSpec(t *rapid.T, id int) Spec[string] {
	s := Spec[string]{
		Priority: rapid.SampledFrom([]int{0, 0, 0, 0, 1, -1, 7}).Draw(t, "priority"),
		Owner:    gatewright.Key(fmt.Sprintf("api/%d", id)),
		Value:    fmt.Sprint(id),

		Preflight: rapid.Bool().Draw(t, "preflight"),
		Hosts:     rapid.SliceOfNDistinct(rapid.SampledFrom(hostPatterns), 0, 2, rapid.ID).Draw(t, "hosts"),
		Methods:   rapid.SliceOfNDistinct(rapid.SampledFrom(methods), 0, 2, rapid.ID).Draw(t, "methods"),
		BasePath:  rapid.SampledFrom([]string{"", "/", "/a", "/a/b"}).Draw(t, "base"),
	}
	n := rapid.IntRange(0, 3).Draw(t, "segments")
	for i := range n {
		switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); kind {
		case 0, 1:
			s.Path += "/" + rapid.SampledFrom(words).Draw(t, "word")
		case 2:
			format := rapid.SampledFrom(mixed).Draw(t, "mixed")
			s.Path += "/" + numbered(format, i)
		case 3:
			s.Path += fmt.Sprintf("/{p%d}", i)
		}
	}
	s.Path += rapid.SampledFrom([]string{"", "", "", "/", "/*"}).Draw(t, "end")
	if s.Path == "" {
		s.Path = "/"
	}
	return s
}

// numbered makes the parameter names of a format unique to segment i.
func numbered(format string, i int) string {
	out := ""
	for _, r := range format {
		out += string(r)
		if r == '{' {
			out += fmt.Sprintf("s%d_", i)
		}
	}
	var args []any
	for range countVerbs(format) {
		args = append(args, i)
	}
	return fmt.Sprintf(out, args...)
}

func countVerbs(format string) int {
	n := 0
	for _, r := range format {
		if r == '%' {
			n++
		}
	}
	return n
}

func drawPath(t *rapid.T) string {
	path := ""
	for range rapid.IntRange(0, 5).Draw(t, "length") {
		path += "/" + rapid.SampledFrom(words).Draw(t, "segment")
	}
	if path == "" || rapid.IntRange(0, 4).Draw(t, "slash") == 0 {
		path += "/"
	}
	return path
}

func checkAgainstModel(t *rapid.T, table *Table[string], live model, host, path, method string) {
	want := live.find(host, path, method)
	var m Match[string]
	outcome := table.Find(host, path, method, nil, &m)
	if outcome != want.outcome {
		t.Fatalf("%s %s%s: outcome %d (%v), want %d (%s)", method, host, path, outcome, m.Entry(), want.outcome, want.value)
	}
	if outcome == Found {
		if got := m.Entry().Value(); got != want.value {
			t.Fatalf("%s %s%s: found %s (%v), want %s", method, host, path, got, m.Entry(), want.value)
		}
		var params []string
		for _, v := range m.Params() {
			params = append(params, v)
		}
		if !slices.Equal(params, want.params) {
			t.Fatalf("%s %s%s: %v has parameters %q, want %q", method, host, path, m.Entry(), params, want.params)
		}
	}
	if got := table.Allowed(host, path, nil); !slices.Equal(got, want.allowed) {
		t.Fatalf("%s%s: allowed %v, want %v", host, path, got, want.allowed)
	}
	cost := 0
	hosts := hostWalk[string]{table: table, rest: host}
	for root := hosts.next(); root != nil; root = hosts.next() {
		cost += root.cost
	}
	if m.steps > cost {
		t.Fatalf("%s %s%s: %d steps, more than the bound %d", method, host, path, m.steps, cost)
	}
}

// TestTableAgainstModel changes a table at random and compares each of its
// versions, the first ones again at the end, with the naive model.
func TestTableAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			table *Table[string]
			live  model
		}
		versions := []version{{table: &Table[string]{}}}
		id := 0
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			v := versions[len(versions)-1]
			live := slices.Clone(v.live)
			var remove, add []*Entry[string]
			for range rapid.IntRange(0, min(4, len(live))).Draw(t, "removals") {
				i := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				remove = append(remove, live[i])
				live = slices.Delete(live, i, i+1)
			}
			for range rapid.IntRange(0, 12).Draw(t, "additions") {
				spec := drawSpec(t, id)
				id++
				e, err := NewEntry(spec)
				if err != nil {
					t.Fatalf("new entry %+v: %v", spec, err)
				}
				if !live.conflicts(e) {
					live = append(live, e)
					add = append(add, e)
				} else if _, err := v.table.With(remove, append(slices.Clone(add), e)); gatewright.CodeOf(err) != gatewright.Conflict {
					t.Fatalf("%v conflicts, but the error is %v", e, err)
				}
			}
			next, err := v.table.With(remove, add)
			if err != nil {
				t.Fatalf("change: %v", err)
			}
			if next.Len() != len(live) {
				t.Fatalf("%d entries, want %d", next.Len(), len(live))
			}
			versions = append(versions, version{next, live})
		}
		for _, v := range versions {
			for range 6 {
				checkAgainstModel(t, v.table, v.live,
					rapid.SampledFrom(requestHosts).Draw(t, "host"), drawPath(t),
					rapid.SampledFrom(append([]string{"PATCH"}, methods...)).Draw(t, "method"))
			}
		}
		last := versions[len(versions)-1]
		empty, err := last.table.With(last.live, nil)
		if err != nil {
			t.Fatalf("remove everything: %v", err)
		}
		if *empty != (Table[string]{}) {
			t.Fatalf("the table without its entries is %+v", *empty)
		}
	})
}

// conflicts says the rule of [Table.With] in the simplest way.
func (m model) conflicts(e *Entry[string]) bool {
	return slices.ContainsFunc(m, func(o *Entry[string]) bool {
		shape := func(e *Entry[string]) string { return gatewright.TemplateShape(modelPath(&e.spec)) }
		overlap := func(a, b []string) bool {
			return len(a) == 0 && len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
		}
		return shape(o) == shape(e) && o.spec.Priority == e.spec.Priority &&
			overlap(o.spec.Methods, e.spec.Methods) && overlap(o.spec.Hosts, e.spec.Hosts)
	})
}

// TestChildrenAgainstMap drives the hash trie alone, far beyond one bucket.
func TestChildrenAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c *children[string]
		want := map[string]*node[string]{}
		var old *children[string]
		var oldWant map[string]*node[string]
		steps := rapid.IntRange(1, 400).Draw(t, "steps")
		names := rapid.IntRange(1, 300).Draw(t, "names")
		for i := range steps {
			name := fmt.Sprint("n", rapid.IntRange(0, names).Draw(t, "name"))
			var n *node[string]
			if rapid.IntRange(0, 3).Draw(t, "op") > 0 {
				n = &node[string]{summary: summary{top: i % 7, cost: i}}
				want[name] = n
			} else {
				delete(want, name)
			}
			c = c.with(name, n)
			if i == steps/2 {
				old, oldWant = c, map[string]*node[string]{}
				for k, v := range want {
					oldWant[k] = v
				}
			}
		}
		checkChildren(t, c, want)
		if old != nil {
			checkChildren(t, old, oldWant)
		}
		for name := range want {
			c = c.with(name, nil)
		}
		if c != nil {
			t.Fatalf("%d names are left of none", c.names)
		}
	})
}

func checkChildren(t *rapid.T, c *children[string], want map[string]*node[string]) {
	sum := emptySummary
	for name, n := range want {
		if c.get(name) != n {
			t.Fatalf("%s leads to %p, want %p", name, c.get(name), n)
		}
		sum.either(n.summary)
	}
	if c.get("other") != nil {
		t.Fatal("found a name that is not there")
	}
	if c == nil {
		if len(want) > 0 {
			t.Fatalf("empty, want %d names", len(want))
		}
		return
	}
	if c.names != len(want) || len(c.appendTo(nil)) != len(want) || c.summary != sum {
		t.Fatalf("%d names, summary %+v; want %d, %+v", c.names, c.summary, len(want), sum)
	}
}
