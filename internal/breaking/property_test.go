package breaking_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
	"github.com/gatewright/gatewright/internal/importer"
)

// importable returns the documents that the importer's tests call good, and
// the examples.
func importable(t testing.TB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"../importer/testdata/good/*", "../../examples/*/openapi.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := importer.Import(path, text); err == nil {
				found[path] = text
			}
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d documents", len(found))
	}
	return found
}

// TestSame compares every document that can be imported with itself.
func TestSame(t *testing.T) {
	for path, text := range importable(t) {
		d := breaking.Document{Name: path, Text: text}
		r, err := breaking.Compare(context.Background(), d, d, breaking.Options{Now: today})
		if err != nil {
			t.Errorf("%s: %s", path, err)
			continue
		}
		if r.Level != breaking.None || len(r.Findings) > 0 || !r.Version.Sufficient {
			t.Errorf("%s differs from itself: %s %v", path, r.Level, rulesOf(r))
		}
	}
}

// schemaText draws a schema in YAML's flow style.
func schemaText(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := []string{"string", "integer", "number", "boolean", "reference"}
		if depth > 0 {
			kinds = append(kinds, "object", "array", "allOf", "oneOf")
		}
		inner := func(label string) string { return schemaText(depth-1).Draw(t, label) }
		nullable := rapid.SampledFrom([]string{"", ", nullable: true"}).Draw(t, "nullable")
		switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
		case "reference":
			return `{$ref: "#/components/schemas/` + rapid.SampledFrom([]string{"Cat", "Dog", "Fox"}).Draw(t, "name") + `"}`
		case "string":
			return "{type: string" + rapid.SampledFrom([]string{"", ", maxLength: 5", ", enum: [a, b]", ", enum: [a]", ", format: date", ", pattern: x"}).Draw(t, "limit") + nullable + "}"
		case "integer", "number":
			return "{type: " + kind + rapid.SampledFrom([]string{"", ", minimum: 1", ", maximum: 9", ", default: 3"}).Draw(t, "limit") + nullable + "}"
		case "array":
			return "{type: array, items: " + inner("items") + nullable + "}"
		case "allOf", "oneOf":
			return "{" + kind + ": [" + inner("first") + ", " + inner("second") + "]" + nullable + "}"
		case "object":
			required := rapid.SampledFrom([]string{"", ", required: [a]", ", additionalProperties: false"}).Draw(t, "required")
			return "{type: object, properties: {a: " + inner("a") + ", b: " + inner("b") + "}" + required + nullable + "}"
		default:
			return "{type: " + kind + nullable + "}"
		}
	})
}

// inverses are rules that tell one change in its two directions.
func inverses() map[string]string {
	pairs := map[string]string{
		"operation-removed": "operation-added", "path-removed": "operation-added",
		"request-type-narrowed": "request-type-widened", "response-type-narrowed": "response-type-widened",
		"request-type-changed": "request-type-changed", "response-type-changed": "response-type-changed",
		"request-became-not-nullable": "request-became-nullable", "response-became-not-nullable": "response-became-nullable",
		"request-format-added": "request-format-removed", "response-format-added": "response-format-removed",
		"request-enum-value-removed": "request-enum-value-added", "response-enum-value-removed": "response-enum-value-added",
		"request-enum-added": "request-enum-removed", "response-enum-added": "response-enum-removed",
		"request-limit-tightened": "request-limit-loosened", "response-limit-tightened": "response-limit-loosened",
		"request-pattern-added": "request-pattern-removed", "response-pattern-added": "response-pattern-removed",
		"request-property-became-required": "request-property-became-optional", "response-property-became-required": "response-property-became-optional",
		"request-alternative-removed": "request-alternative-added", "response-alternative-removed": "response-alternative-added",
		"request-additional-properties-closed": "request-additional-properties-opened", "response-additional-properties-closed": "response-additional-properties-opened",
	}
	for a, b := range pairs {
		if _, known := pairs[b]; !known && b != "operation-added" {
			pairs[b] = a
		}
	}
	return pairs
}

// TestSchemaProperties compares schemas that chance made up: one with itself
// is no change, and what one direction tells the other tells in reverse.
func TestSchemaProperties(t *testing.T) {
	inverse := inverses()
	rapid.Check(t, func(rt *rapid.T) {
		of := requestOf
		if rapid.Bool().Draw(rt, "response") {
			of = responseOf
		}
		a, b := of("3.0.3", schemaText(3).Draw(rt, "old")), of("3.0.3", schemaText(3).Draw(rt, "new"))
		if r := compare(t, a, a, breaking.Options{}); r.Level != breaking.None {
			rt.Fatalf("a schema differs from itself: %v", rulesOf(r))
		}
		there, back := rulesOf(compare(t, a, b, breaking.Options{})), rulesOf(compare(t, b, a, breaking.Options{}))
		for _, rule := range there {
			if want, ok := inverse[rule]; ok && !slices.Contains(back, want) {
				rt.Fatalf("%s one way, but not %s the other way: %v", rule, want, back)
			}
		}
	})
}

// TestOperationsReversed checks that what was added one way is removed the
// other way.
func TestOperationsReversed(t *testing.T) {
	less := alter(t, orders, postOrders, "    x-post:\n      operationId: createOrder\n")
	there, back := compare(t, orders, less, breaking.Options{}), compare(t, less, orders, breaking.Options{})
	if f, g := find(t, there, "operation-removed"), find(t, back, "operation-added"); f.From != g.To || f.Pointer != g.Pointer {
		t.Errorf("removed %+v, added %+v", f, g)
	}
}

// TestMutated compares documents with copies in which lines were lost, doubled,
// swapped or altered. Whatever comes out, it comes within the budget, and a
// copy that reads the same is no change.
func TestMutated(t *testing.T) {
	t.Parallel()
	sources := []string{orders, swagger, shared(5, 5, "a, b")}
	for _, tt := range schemaCases() {
		sources = append(sources, requestOf("3.0.3", tt.old))
	}
	random := rand.New(rand.NewPCG(1, 2))
	compared, copies := 0, 3000
	if testing.Short() {
		copies = 600
	}
	for range copies {
		old := sources[random.IntN(len(sources))]
		new := mutate(random, old)
		a, b := breaking.Document{Name: "old.yaml", Text: []byte(old)}, breaking.Document{Name: "new.yaml", Text: []byte(new)}
		r, err := breaking.Compare(context.Background(), a, b, breaking.Options{Now: today})
		if err != nil {
			if gatewright.CodeOf(err) != gatewright.Invalid {
				t.Fatalf("error %v of\n%s", err, new)
			}
			continue
		}
		compared++
		if r.Level == breaking.Unknown || old == new && r.Level != breaking.None {
			t.Fatalf("level %s of\n%s", r.Level, new)
		}
	}
	if compared < copies/6 {
		t.Errorf("only %d of the copies could be read", compared)
	}
}

func mutate(random *rand.Rand, document string) string {
	lines := strings.Split(document, "\n")
	tokens := []string{"string", "integer", "object", "required", "true", "false", "id", "200", "get", "null", "[]", "{}"}
	for range 1 + random.IntN(3) {
		i, j := random.IntN(len(lines)), random.IntN(len(lines))
		switch random.IntN(4) {
		case 0:
			lines = slices.Delete(lines, i, i+1)
		case 1:
			lines = slices.Insert(lines, i, lines[j])
		case 2:
			lines[i], lines[j] = lines[j], lines[i]
		default:
			from, to := tokens[random.IntN(len(tokens))], tokens[random.IntN(len(tokens))]
			lines[i] = strings.Replace(lines[i], from, to, 1)
		}
	}
	return strings.Join(lines, "\n")
}

// FuzzCompare compares documents that were altered at random. The comparison
// must end within its budget, and never tell a change where there is none.
func FuzzCompare(f *testing.F) {
	f.Add([]byte(orders), []byte(alter(f, orders, "note: {type: string}", "note: {type: integer}")))
	f.Add([]byte(swagger), []byte(orders))
	f.Add([]byte(shared(3, 3, "a")), []byte(shared(3, 2, "b")))
	for _, tt := range schemaCases() {
		f.Add([]byte(requestOf("3.0.3", tt.old)), []byte(responseOf("3.1.0", tt.new)))
	}
	for _, text := range importable(f) {
		f.Add(text, []byte(strings.Replace(string(text), "type", "format", 1)))
	}
	o := breaking.Options{Now: today, Time: 5 * time.Second, Memory: 64 << 20}
	f.Fuzz(func(t *testing.T, old, new []byte) {
		a, b := breaking.Document{Name: "a", Text: old}, breaking.Document{Name: "b", Text: new}
		if r, err := breaking.Compare(context.Background(), a, b, o); err == nil {
			if (r.Level == breaking.Unknown) != (r.Ended != "") {
				t.Fatalf("level %s, ended by %q", r.Level, r.Ended)
			}
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Fingerprint == "" || f.Why == "" || f.Places.Total == 0 && !f.Places.More {
					t.Fatalf("finding %+v", f)
				}
			}
		}
		if r, err := breaking.Compare(context.Background(), a, a, o); err == nil && r.Level != breaking.None && r.Level != breaking.Unknown {
			t.Fatalf("a document differs from itself: %v", rulesOf(r))
		}
	})
}
