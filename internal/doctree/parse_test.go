package doctree_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/gatewright/gatewright/internal/doctree"
)

func parse(t testing.TB, name, text string) *doctree.Node {
	t.Helper()
	report := doctree.NewReport(name)
	root := doctree.Parse(report, []byte(text))
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return root
}

func canonical(t testing.TB, name, text string) string {
	t.Helper()
	return string(parse(t, name, text).AppendCanonical(nil))
}

// TestPlaces looks at every value and key of a document in both notations:
// where it says it is, its text must stand.
func TestPlaces(t *testing.T) {
	tests := []struct {
		name, file, text string
	}{
		{"JSON", "a.json", "{\n  \"é😀\": [1, \"b\", {\"c\": null}],\r\n\t\"d\":true , \"e\":\n-2.5}"},
		{"JSON after a byte order mark", "a.json", "\uFEFF{\"a\": \"b\", \"c\": [true]}"},
		{"YAML", "a.yaml", "é😀: [1, \"b\", {c: null}]\nd:\n  - true\n  - é: 'x'\n    'f': -2.5\n"},
		{"YAML flow", "a.yaml", "{é: [b, 'c'], \"d\": {e: -1}} # f\n"},
		{"YAML with line ends of another system", "a.yaml", "a: 1\r\nb:\r\n- 'c'\r\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := strings.Split(strings.TrimPrefix(test.text, "\uFEFF"), "\n")
			check := func(line, column int32, want string) {
				t.Helper()
				rest := []rune(lines[line-1])[column-1:]
				if got := strings.TrimLeft(string(rest), `"'`); !strings.HasPrefix(got, want) {
					t.Errorf("at %d:%d stands %q, not %q", line, column, string(rest), want)
				}
			}
			count := 0
			var walk func(n *doctree.Node)
			walk = func(n *doctree.Node) {
				count++
				if n.Scalar() || n.Kind == doctree.Null {
					check(n.Line, n.Column, n.Text)
				}
				for i := range n.Members {
					m := &n.Members[i]
					check(m.Line, m.Column, m.Key)
					if got := n.KeyPlace(m).Pointer(); got != m.Value.Place().Pointer() {
						t.Errorf("pointer of the key %s, of the value %s", got, m.Value.Place().Pointer())
					}
					walk(m.Value)
				}
				for _, item := range n.Items {
					walk(item)
				}
			}
			root := parse(t, test.file, test.text)
			walk(root)
			if count < 4 {
				t.Errorf("%d values", count)
			}
			var found func(n *doctree.Node)
			found = func(n *doctree.Node) {
				if got := root.Find(n.Place().Pointer()); got != n {
					t.Errorf("%s does not lead back", n.Place().Pointer())
				}
				for i := range n.Members {
					found(n.Members[i].Value)
				}
				for _, item := range n.Items {
					found(item)
				}
			}
			found(root)
		})
	}
}

func TestFind(t *testing.T) {
	root := parse(t, "a.yaml", "a/b: {~c: [x, y]}\n'': {'': z}\n")
	tests := []struct {
		name, pointer, want string
	}{
		{"escapes", "/a~1b/~0c/1", "y"},
		{"empty keys", "//", "z"},
		{"no such key", "/a", ""},
		{"beyond the list", "/a~1b/~0c/2", ""},
		{"leading zero", "/a~1b/~0c/01", ""},
		{"sign", "/a~1b/~0c/+1", ""},
		{"end of the list", "/a~1b/~0c/-", ""},
		{"below a scalar", "/a~1b/~0c/1/x", ""},
		{"no slash", "a~1b", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := root.Find(test.pointer)
			if got := fmt.Sprint(n != nil); got != fmt.Sprint(test.want != "") {
				t.Fatalf("found: %s", got)
			}
			if n != nil && n.Text != test.want {
				t.Errorf("found %q", n.Text)
			}
		})
	}
}

func TestCanonicalScalars(t *testing.T) {
	tests := []struct {
		name, yaml, want string
	}{
		{"integer", "12", "12"},
		{"zeros at the end", "1200", "12e2"},
		{"zero", "0", "0"},
		{"negative zero", "-0.0", "0"},
		{"zero with an exponent", "0e99999999999999999999999", "0e99999999999999999999999"},
		{"plus", "+7", "7"},
		{"fraction", "1.50", "15e-1"},
		{"fraction only", ".5", "5e-1"},
		{"point only", "5.", "5"},
		{"exponent", "1.5E+3", "15e2"},
		{"exponent with zeros", "1e0000000000000000000000003", "1e3"},
		{"beyond 64 bits", "123456789012345678901234567891", "123456789012345678901234567891"},
		{"beyond floats", "1e400", "1e400"},
		{"very large exponent", "1E123456789012345678", "1e123456789012345678"},
		{"hexadecimal", "0x1F", "31"},
		{"octal", "0o17", "15"},
		{"octal of old", "017", "15"},
		{"not octal", "089", "89"},
		{"binary", "-0b11", "-3"},
		{"underscores", "1_000_001", "1000001"},
		{"infinity", ".inf", `".inf"`},
		{"not a number", ".NaN", `".NaN"`},
		{"quoted number", "'12'", `"12"`},
		{"tagged text", "!!str 12", `"12"`},
		{"tagged number", "!!int '12'", "12"},
		{"booleans", "[true, False, TRUE, yes, off, n]", `[true,false,true,"yes","off","n"]`},
		{"nulls", "[null, ~, Null, '', nil]", `[null,null,null,"","nil"]`},
		{"no value", "", "null"},
		{"date", "2001-12-14", `"2001-12-14"`},
		{"base 60", "12:30:45", `"12:30:45"`},
		{"address", "1.2.3.4", `"1.2.3.4"`},
		{"control characters", `"\0\t\n\x1f\"\\\x7f"`, `"\u0000\u0009\u000a\u001f\"\\` + "\x7f" + `"`},
		{"line separators", `"\L\P\N"`, "\"\u2028\u2029\u0085\""},
		{"binary data", "!!binary aGk=", `"aGk="`},
		{"keys", "{b: 1, a: 2, 10: 3, ~: 4, true: 5, 1.0: 6, é: 7}", `{"1.0":6,"10":3,"a":2,"b":1,"true":5,"~":4,"é":7}`},
		{"shared key", "{&k a: 1, b: {*k : 2}, c: *k }", `{"a":1,"b":{"a":2},"c":"a"}`},
		{"anchor given again", "[&x 1, *x, &x 2, *x]", "[1,1,2,2]"},
		{"merge", "[&a {x: 1, y: 2}, {<<: *a, y: 3, z: 4}]", `[{"x":1,"y":2},{"x":1,"y":3,"z":4}]`},
		{"merge of several", "[&a {x: 1}, &b {x: 2, y: 3}, {<<: [*a, *b]}]", `[{"x":1},{"x":2,"y":3},{"x":1,"y":3}]`},
		{"merge in place", "{z: 1, <<: {x: 1, z: 2}}", `{"x":1,"z":1}`},
		{"merge of nothing", "{<<: [], a: 1}", `{"a":1}`},
		{"quoted merge key", "{'<<': 1}", `{"<<":1}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := canonical(t, "a.yaml", "v: "+test.yaml+"\n"); got != `{"v":`+test.want+"}" {
				t.Errorf("got  %s\nwant {\"v\":%s}", got, test.want)
			}
		})
	}
}

// TestMergedPlaces proves that what a merge key brings is found where it was
// written.
func TestMergedPlaces(t *testing.T) {
	root := parse(t, "a.yaml", "a: &a {x: 1}\nb:\n  <<: *a\nc:\n  <<: {y: 2}\nd:\n  <<: [*a, {z: 3}]\n")
	tests := []struct {
		name, pointer, place string
	}{
		{"alias", "/b/x", "1:11 /a/x"},
		{"in place", "/c/y", "5:11 /c/y"},
		{"in place, in a list", "/d/z", "7:16 /d/z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := root.Find(test.pointer).Place()
			if got := fmt.Sprintf("%d:%d %s", at.Line, at.Column, at.Pointer()); got != test.place {
				t.Errorf("got %s", got)
			}
		})
	}
}

// writable reports whether the YAML encoder writes s so that it can be read
// again: it gets the indentation of blocks that begin with white space wrong.
func writable(s string) bool {
	return !strings.Contains(s, "\n") || strings.TrimLeft(s, " \n\t\u2028") == s
}

// value draws what JSON can say.
func value(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Float64().AsAny(),
		rapid.StringOfN(rapid.RuneFrom([]rune("ab: -#'\"\\\n\té😀\u2028,[]{}&*!|>%@`~0123")), 0, 8, -1).Filter(writable).AsAny(),
		rapid.SampledFrom([]any{"", "1", "1.0", "true", "null", "~", "<<", "no", "2026-11-21", "0x1F", "1_0", ".inf", "12:30"}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	child := rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) })
	key := rapid.OneOf(rapid.StringN(0, 6, -1).Filter(writable), rapid.SampledFrom([]string{"<<", "a", "1", "null", "x-é", "200"}))
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(child, 0, 4).AsAny(),
		rapid.MapOfN(key, child, 0, 20).AsAny(),
	)...)
}

// TestNotationsAgree writes drawn documents in JSON, compact and indented, and
// in YAML, and compares what is read.
func TestNotationsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := map[string]any{"v": value(3).Draw(t, "value")}
		compact, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, compact, "", "\t"); err != nil {
			t.Fatal(err)
		}
		inYAML, err := yaml.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for _, form := range []struct{ name, text string }{
			{"a.json", string(compact)},
			{"b.json", indented.String()},
			{"c.yaml", string(compact)},
			{"d.yaml", string(inYAML)},
			{"e.yaml", "# comment\n---\n" + string(inYAML) + "...\n"},
		} {
			report := doctree.NewReport(form.name)
			root := doctree.Parse(report, []byte(form.text))
			if err := report.Err(); err != nil {
				t.Fatalf("%s\n%s", err, form.text)
			}
			got := string(root.AppendCanonical(nil))
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%s reads\n%s\nnot\n%s\nfrom\n%s", form.name, got, want, form.text)
			}
		}
		if again := string(reparse(t, want).AppendCanonical(nil)); again != want {
			t.Fatalf("canonical JSON of canonical JSON is\n%s\nnot\n%s", again, want)
		}
	})
}

func reparse(t *rapid.T, text string) *doctree.Node {
	report := doctree.NewReport("canonical.json")
	root := doctree.Parse(report, []byte(text))
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	return root
}

// FuzzParseJSON compares with encoding/json what is JSON and what is not.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -0, 2.5e-3, true, null, "\u00e9\ud83d\ude00\n"]}`, `{"a":01}`, `{"a":1.}`, `{"a":"\x"}`, `{"a":+1}`,
		`{"a":.5}`, `{"a":1e}`, `{"a":tru}`, `{"a":"\u12"}`, "{\"a\":\"\t\"}", `{,}`, `{"a":[,]}`, `{"a":1}}`, `{"a":-}`, `{"a":1a}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !bytes.HasPrefix(text, []byte("{")) {
			return
		}
		report := doctree.NewReport("a.json")
		root := doctree.Parse(report, text)
		if (root != nil) != json.Valid(text) && !excused(report) {
			t.Errorf("encoding/json: %t; here: %v", json.Valid(text), report.Err())
		}
		if root != nil && !json.Valid(root.AppendCanonical(nil)) {
			t.Errorf("canonical form %s", root.AppendCanonical(nil))
		}
	})
}

// excused reports whether the document was refused for what JSON allows and
// this package does not.
func excused(report *doctree.Report) bool {
	err := report.Err()
	return err != nil && !strings.Contains(err.Error(), "not JSON")
}

// FuzzParseYAML checks that no text makes the parser panic, and that what it
// reads can be written as JSON.
func FuzzParseYAML(f *testing.F) {
	for _, seed := range []string{
		"a: &a [1, *b]\n", "a: &b {<<: [*b]}\n", "? a\n: b\n", "a: |+\n  b\n\n# c\n", "a:\n- b\n # c\n\n- d\n#e\n", "%YAML 1.2\n---\na: 1\n...\n",
		"&a a: *a\n", "a: !!int 0x\n", "- - -\n", "{a: b, ? c : d,}\n", "a: !!float 1__\n", "#\n\n  #\n- a\n  #\n", "\"\\ud800\": 1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		report := doctree.NewReport("a.yaml")
		root := doctree.Parse(report, text)
		if root == nil {
			if report.Err() == nil {
				t.Error("neither a tree nor an error")
			}
			return
		}
		if b := root.AppendCanonical(nil); !json.Valid(b) {
			t.Errorf("canonical form %s", b)
		}
	})
}
