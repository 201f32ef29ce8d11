package breaking_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
)

// shared returns a document of many operations that all answer with objects
// which refer to each other in one circle. Each schema has a few properties of
// its own; kinds are the values of an enum, to which two properties lead from
// a schema deep inside. The circle is entered by two properties of an answer;
// errors are in the circle themselves.
func shared(operations, schemas int, kinds string) string {
	var b strings.Builder
	b.WriteString("openapi: 3.0.3\ninfo: {title: Shared, version: 1.0.0}\npaths:\n")
	for i := range operations {
		fmt.Fprintf(&b, `  /things/%d:
    get:
      operationId: get%d
      responses:
        "200": {description: it, content: {application/json: {schema: {properties: {item: {$ref: "#/components/schemas/S%d"}, related: {type: array, items: {$ref: "#/components/schemas/S%d"}}}}}}}
        default: {description: no, content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}}
`, i, i, i%schemas, (i*3+1)%schemas)
	}
	b.WriteString("components:\n  schemas:\n    Error: {type: object, properties: {code: {type: string}, about: {$ref: \"#/components/schemas/S0\"}}}\n")
	fmt.Fprintf(&b, "    Kind: {type: string, enum: [%s]}\n", kinds)
	for i := range schemas {
		fmt.Fprintf(&b, "    S%d:\n      type: object\n      properties:\n", i)
		fmt.Fprintf(&b, "        next: {$ref: \"#/components/schemas/S%d\"}\n", (i+1)%schemas)
		fmt.Fprintf(&b, "        far: {anyOf: [{type: string, maxLength: 5000}, {$ref: \"#/components/schemas/S%d\"}], nullable: true}\n", (i*7+3)%schemas)
		fmt.Fprintf(&b, "        back: {type: array, items: {$ref: \"#/components/schemas/S%d\"}}\n", (i+schemas-1)%schemas)
		for j := range 5 {
			fmt.Fprintf(&b, "        p%d: {type: string, maxLength: 5000, description: \"the property p%d of S%d, as it is\"}\n", j, j, i)
		}
		if i == schemas/2 {
			b.WriteString("        kind: {$ref: \"#/components/schemas/Kind\"}\n        kinds: {type: array, items: {$ref: \"#/components/schemas/Kind\"}}\n")
		}
		if i == 0 {
			b.WriteString("        failure: {nullable: true, allOf: [{$ref: \"#/components/schemas/Error\"}]}\n")
		}
	}
	return b.String()
}

// TestSharedSchema changes one schema that hundreds of operations reach by
// millions of ways: that is one cause.
func TestSharedSchema(t *testing.T) {
	const operations = 400
	r := compare(t, shared(operations, 200, "a, b"), raised(shared(operations, 200, "a, b, c")), breaking.Options{})
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings, want 1: %v", len(r.Findings), rulesOf(r))
	}
	f := find(t, r, "response-enum-value-added")
	if f.Pointer != "/components/schemas/Kind/enum" || f.To != "c" {
		t.Errorf("cause %s %s, want the enum of Kind, c", f.Pointer, f.To)
	}
	// Each operation: into the circle by item, by related and by the error; out
	// of it by kind and by kinds.
	if want := operations * 3 * 2; f.Places.Total != want || f.Places.Operations != operations || f.Places.More {
		t.Errorf("%d places in %d operations (more: %t), want %d in %d", f.Places.Total, f.Places.Operations, f.Places.More, want, operations)
	}
	if len(f.Places.Listed) != breaking.MaxListedPlaces || f.Places.Listed[0] != "GET /things/100 response 200 item.kind" {
		t.Errorf("listed %q, want the shortest first", f.Places.Listed)
	}
}

// TestLargeDocuments compares documents of 4 MB within the default budget.
func TestLargeDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("4 MB take a moment under the race detector; run without -short")
	}
	t.Parallel()
	old := shared(2000, 5000, "a")
	if len(old) < 4<<20 {
		t.Fatalf("the document has only %d bytes", len(old))
	}
	r := compare(t, old, raised(shared(2000, 5000, "a, b")), breaking.Options{Time: 10 * time.Minute}) // on however slow a machine
	if r.Level != breaking.Risky || len(r.Findings) != 1 {
		t.Fatalf("level %s (%s), findings %v", r.Level, r.Ended, r.Findings)
	}
	if p := r.Findings[0].Places; p.Total != breaking.MaxPlaces || !p.More || p.Operations != 2000 { // of 12,000
		t.Errorf("%d places in %d operations (more: %t)", p.Total, p.Operations, p.More)
	}
}

func TestBudget(t *testing.T) {
	removed := func() (old, new string) {
		old = shared(50, 50, "a")
		return old, alter(t, old, "/things/", "/other/")
	}
	tests := []struct {
		name    string
		options breaking.Options
		ended   string
	}{
		{"time", breaking.Options{Time: time.Nanosecond}, "time, 1ns"},
		{"memory", breaking.Options{Memory: 1 << 20}, "memory, 1 MB"},
		{"findings", breaking.Options{Findings: 10}, "findings, 10"},
		{"enough", breaking.Options{Findings: 100, Memory: 16 << 20}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := removed()
			r := compare(t, old, new, tt.options)
			if r.Ended != tt.ended {
				t.Errorf("ended by %q, want %q", r.Ended, tt.ended)
			}
			if tt.ended == "" {
				if r.Level != breaking.Major {
					t.Errorf("level %s, want major", r.Level)
				}
				return
			}
			if r.Level != breaking.Unknown || !r.Blocked(breaking.Identity) || r.Required != gatewright.BumpMajor || len(r.Notes) == 0 {
				t.Errorf("level %s, required %s, notes %v: want unknown, which blocks", r.Level, r.Required, r.Notes)
			}
			if tt.options.Findings > 0 && len(r.Findings) > tt.options.Findings {
				t.Errorf("%d findings, at most %d were asked for", len(r.Findings), tt.options.Findings)
			}
		})
	}
}

// TestBudgetEndsTheSame checks that a comparison which is ended never calls
// compatible what is not, wherever it ends.
func TestBudgetEndsTheSame(t *testing.T) {
	old := shared(20, 20, "a")
	new := alter(t, old, "S10:\n      type: object", "S10:\n      type: array")
	for memory := int64(1 << 10); memory < 2<<20; memory += 128 << 10 {
		r := compare(t, old, new, breaking.Options{Memory: memory})
		if r.Level != breaking.Unknown && r.Level != breaking.Major {
			t.Fatalf("with %d bytes the level is %s", memory, r.Level)
		}
	}
}

// TestExplosion joins circles of schemas whose lengths have no common divisor:
// walking along, one meets as many unions as the product of the lengths.
func TestExplosion(t *testing.T) {
	circles := func(last string) string {
		var schemas, parts strings.Builder
		for _, length := range []int{2, 3, 5, 7, 11, 13, 17} {
			fmt.Fprintf(&parts, `, {$ref: "#/components/schemas/C%d_0"}`, length)
			for i := range length {
				fmt.Fprintf(&schemas, "    C%d_%d: {type: object, properties: {p: {$ref: \"#/components/schemas/C%d_%d\"}, q: %s}}\n", length, i, length, (i+1)%length, last)
			}
		}
		return requestOf("3.0.3", "{allOf: [{}"+parts.String()+"]}") + schemas.String()
	}
	r := compare(t, circles("{type: string}"), circles("{type: integer}"), breaking.Options{Memory: 16 << 20})
	if r.Level != breaking.Unknown || r.Ended != "memory, 16 MB" {
		t.Errorf("level %s, ended by %q", r.Level, r.Ended)
	}
}

// TestManyOfEverything reaches the budget with lists that are searched one
// against the other.
func TestManyOfEverything(t *testing.T) {
	const n = 700
	tests := []struct{ name, format string }{
		{"alternatives", "{type: object, properties: {%s%d: {}}}"},
		{"enum", "%s%d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := func(letter string) string {
				var b strings.Builder
				for i := range n {
					fmt.Fprintf(&b, tt.format+", ", letter, i)
				}
				keyword := map[string]string{"alternatives": "oneOf", "enum": "enum"}[tt.name]
				return requestOf("3.0.3", "{"+keyword+": ["+b.String()+"]}")
			}
			r := compare(t, of("a"), of("b"), breaking.Options{Findings: 100})
			if r.Level < breaking.Major || len(r.Findings) > 100 {
				t.Errorf("level %s, %d findings", r.Level, len(r.Findings))
			}
		})
	}
}

// TestMemoryEstimate holds the estimate to what is really taken.
func TestMemoryEstimate(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory, which the race detector changes; run without -short")
	}
	old, new := shared(400, 900, "a"), shared(400, 900, "a, b")
	const limit = 64 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := compare(t, old, new, breaking.Options{Memory: limit})
	runtime.ReadMemStats(&after)
	if r.Level == breaking.Unknown {
		t.Fatalf("ended by %s", r.Ended)
	}
	// What was allocated in all, garbage of parsing included, is an upper
	// bound of what was held at once.
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 2*limit {
		t.Errorf("%d MB were allocated, the budget of %d MB did not notice", taken>>20, limit>>20)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	text := []byte(shared(5, 5, "a"))
	_, err := breaking.Compare(ctx, breaking.Document{Name: "a", Text: text}, breaking.Document{Name: "b", Text: text}, breaking.Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestRefused(t *testing.T) {
	good := breaking.Document{Name: "good.yaml", Text: []byte(orders)}
	tests := []struct {
		name    string
		old     breaking.Document
		options breaking.Options
		want    string
	}{
		{"no text", breaking.Document{Name: "empty.yaml"}, breaking.Options{}, "empty.yaml:1:1: the file is empty"},
		{"no OpenAPI", breaking.Document{Name: "x.yaml", Text: []byte("a: b")}, breaking.Options{}, "x.yaml:1:1: this is no OpenAPI document"},
		{"later OpenAPI", breaking.Document{Name: "x.yaml", Text: []byte("openapi: 4.0.0")}, breaking.Options{}, "no OpenAPI document of version 2.0, 3.0 or 3.1"},
		{"broken reference", breaking.Document{Name: "x.yaml", Text: []byte(alter(t, orders, "schemas/Order\"}}\n          text/csv", "schemas/Odrer\"}}\n          text/csv"))}, breaking.Options{}, `$ref "#/components/schemas/Odrer" leads nowhere`},
		{"unknown rule", good, breaking.Options{Severity: map[string]breaking.Level{"nothing": breaking.Doc}}, `there is no rule "nothing"`},
		{"unknown level", good, breaking.Options{Severity: map[string]breaking.Level{"path-removed": breaking.Unknown}}, "is no level"},
		{"unknown allowance", good, breaking.Options{Allow: []string{"nothing@/paths"}}, `there is no rule "nothing"`},
		{"unknown scheme", good, breaking.Options{Scheme: "roman"}, `no version scheme "roman"`},
		{"too many beside", good, breaking.Options{Beside: make([]breaking.Document, breaking.MaxBeside+1)}, "at most 16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := breaking.Compare(context.Background(), tt.old, good, tt.options)
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
