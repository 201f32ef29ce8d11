package breaking_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
)

// added compares a document with the one in which the enum has one more value,
// and returns the places of that.
func added(t *testing.T, document string) breaking.Places {
	t.Helper()
	r := compare(t, document, alter(t, raised(document), "enum: [a]", "enum: [a, b]"), breaking.Options{})
	if r.Ended != "" {
		t.Fatalf("ended by %s", r.Ended)
	}
	return find(t, r, "response-enum-value-added").Places
}

func TestPlaces(t *testing.T) {
	const ref = `{$ref: "#/components/schemas/`
	tests := []struct {
		name    string
		answer  string // schema of the answer
		schemas string // beside Kind
		want    []string
	}{
		{"itself", ref + `Kind"}`, "", []string{""}},
		{"two properties", `{properties: {b: ` + ref + `Kind"}, a: ` + ref + `Kind"}}}`, "", []string{"a", "b"}},
		{
			"two by two", `{properties: {a: ` + ref + `Two"}, b: {type: array, items: ` + ref + `Two"}}}}`,
			"    Two: {properties: {x: " + ref + "Kind\"}, y: {additionalProperties: " + ref + "Kind\"}}}}\n",
			[]string{"a.x", "b[].x", "a.y{}", "b[].y{}"},
		},
		{"alternatives", `{oneOf: [{title: T, type: object, properties: {k: ` + ref + `Kind"}}}, {type: array, items: ` + ref + `Kind"}}]}`, "", []string{"(T).k", "(2)[]"}},
		{"a schema within itself", ref + `Node"}`, "    Node: {properties: {next: " + ref + "Node\"}, kind: " + ref + "Kind\"}}}\n", []string{"kind"}},
		{
			"two ways into a circle", `{properties: {first: ` + ref + `A"}, second: ` + ref + `B"}}}`,
			"    A: {properties: {b: " + ref + "B\"}, kind: " + ref + "Kind\"}}}\n    B: {properties: {a: " + ref + "A\"}}}\n",
			[]string{"first.kind", "second.a.kind"},
		},
		{
			"two ways out of a circle", ref + `A"}`,
			"    A: {properties: {b: " + ref + "B\"}, kind: " + ref + "Kind\"}}}\n    B: {properties: {a: " + ref + "A\"}, kind: " + ref + "Kind\"}}}\n",
			[]string{"kind", "b.kind"},
		},
		{
			"two ways within a circle", ref + `A"}`,
			"    A: {properties: {b: " + ref + "B\"}, again: " + ref + "B\"}}}\n    B: {properties: {a: " + ref + "A\"}, kind: " + ref + "Kind\"}}}\n",
			[]string{"again.kind"},
		},
		{
			"a circle closed by a nullable reference", ref + `A"}`,
			"    A: {properties: {b: " + ref + "B\"}, c: " + ref + "B\"}}}\n    B: {properties: {a: {nullable: true, anyOf: [" + ref + "A\"}]}, kind: " + ref + "Kind\"}}}\n",
			[]string{"b.kind"},
		},
		{
			"one circle after another", `{properties: {x: ` + ref + `A"}, y: ` + ref + `A"}}}`,
			"    A: {properties: {a: " + ref + "A\"}, b: " + ref + "B\"}, c: " + ref + "B\"}}}\n    B: {properties: {b: " + ref + "B\"}, kind: " + ref + "Kind\"}}}\n",
			[]string{"x.b.kind", "y.b.kind", "x.c.kind", "y.c.kind"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := added(t, responseOf("3.0.3", tt.answer)+"    Kind: {type: string, enum: [a]}\n"+tt.schemas)
			want := breaking.Places{Operations: 1, Total: len(tt.want)}
			for _, path := range tt.want {
				want.Listed = append(want.Listed, strings.TrimSpace("POST /things response 200 "+path))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// circular returns a document in which schemas refer to each other as the
// matrix says, and the one operation answers with the first of them. Kind is a
// property of the last.
func circular(refers [][]int) string {
	var b strings.Builder
	b.WriteString(responseOf("3.0.3", `{$ref: "#/components/schemas/S0"}`))
	b.WriteString("    Kind: {type: string, enum: [a]}\n")
	for i, row := range refers {
		fmt.Fprintf(&b, "    S%d:\n      type: object\n      properties:\n        own: {type: string}\n", i)
		for j, times := range row {
			for k := range times {
				fmt.Fprintf(&b, "        p%d_%d: {$ref: \"#/components/schemas/S%d\"}\n", j, k, j)
			}
		}
		if i == len(refers)-1 {
			b.WriteString("        kind: {$ref: \"#/components/schemas/Kind\"}\n")
		}
	}
	return b.String()
}

// ways counts by the definition what the package counts in one pass: the paths
// from schema i to the last one, on which a circle that is entered goes to
// each of its schemas once.
func ways(refers [][]int, reach [][]bool, i int) int {
	last, total := len(refers)-1, 0
	together := func(a, b int) bool { return a == b || reach[a][b] && reach[b][a] }
	if together(i, last) {
		return 1
	}
	for member := range refers {
		if !together(i, member) {
			continue
		}
		for j, times := range refers[member] {
			if times > 0 && !together(i, j) && (j == last || reach[j][last]) {
				total += times * ways(refers, reach, j)
			}
		}
	}
	return total
}

// TestPlacesOfAnyGraph draws schemas that refer to each other at random and
// counts a second time.
func TestPlacesOfAnyGraph(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	circles := 0
	for range 300 {
		n := 2 + rng.IntN(9)
		refers, reach := make([][]int, n), make([][]bool, n)
		for i := range n {
			refers[i], reach[i] = make([]int, n), make([]bool, n)
			for j := range n {
				if rng.IntN(n) < 2 {
					refers[i][j] = 1 + rng.IntN(2)
				}
				reach[i][j] = refers[i][j] > 0
			}
		}
		for k := range n {
			for i := range n {
				for j := range n {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		if !reach[0][n-1] {
			continue
		}
		if reach[n-1][0] {
			circles++
		}
		got := added(t, circular(refers))
		want := ways(refers, reach, 0)
		if got.Total != want || got.More || len(got.Listed) != min(want, breaking.MaxListedPlaces) {
			t.Fatalf("%d places, %d listed, want %d: %v", got.Total, len(got.Listed), want, refers)
		}
		seen := map[string]bool{}
		for i, place := range got.Listed {
			if seen[place] || i > 0 && strings.Count(place, ".") < strings.Count(got.Listed[i-1], ".") {
				t.Fatalf("listed %q: twice, or not the shortest first", got.Listed)
			}
			seen[place] = true
		}
	}
	if circles < 20 {
		t.Errorf("only %d of the graphs lead back", circles)
	}
}

// TestPlacesExplode counts where there are more paths than anybody can follow.
func TestPlacesExplode(t *testing.T) {
	const n = 60
	square := func(value func(i, j int) int) [][]int {
		refers := make([][]int, n)
		for i := range refers {
			refers[i] = make([]int, n)
			for j := range refers[i] {
				refers[i][j] = value(i, j)
			}
		}
		return refers
	}
	tests := []struct {
		name   string
		refers [][]int
		total  int
		more   bool
	}{
		{"each to each", square(func(_, _ int) int { return 1 }), 1, false},
		{"each to all after it", square(func(i, j int) int { return max(0, min(1, j-i)) }), breaking.MaxPlaces, true},
		{"two ways to the next", square(func(i, j int) int {
			if j == i+1 {
				return 2
			}
			return 0
		}), breaking.MaxPlaces, true},
		{"two ways to the next, and within itself", square(func(i, j int) int {
			switch j {
			case i + 1:
				return 2
			case i:
				return 1
			}
			return 0
		}), breaking.MaxPlaces, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := added(t, circular(tt.refers))
			if got.Total != tt.total || got.More != tt.more || got.Operations != 1 || len(got.Listed) != min(tt.total, breaking.MaxListedPlaces) {
				t.Errorf("%d places (more: %t) in %d operations, %d listed", got.Total, got.More, got.Operations, len(got.Listed))
			}
		})
	}
}

// TestPlacesOfMediaTypes checks that media types count by themselves when they
// have schemas of their own.
func TestPlacesOfMediaTypes(t *testing.T) {
	tests := []struct {
		name  string
		media string
		want  []string
	}{
		{"one schema", `a/a: {schema: {$ref: "#/components/schemas/Kind"}}, b/b: {schema: {$ref: "#/components/schemas/Kind"}}`, []string{""}},
		{"two schemas", `a/a: {schema: {$ref: "#/components/schemas/Kind"}}, b/b: {schema: {type: array, items: {$ref: "#/components/schemas/Kind"}}}`, []string{"", " (b/b)[]"}},
		{"another schema first", `c/c: {schema: {type: string}}, a/a: {schema: {$ref: "#/components/schemas/Kind"}}`, []string{" (a/a)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := added(t, things("3.0.3", `responses: {"200": {description: it, content: {`+tt.media+`}}}`)+"    Kind: {type: string, enum: [a]}\n")
			var want []string
			for _, path := range tt.want {
				want = append(want, "POST /things response 200"+path)
			}
			if diff := cmp.Diff(want, got.Listed); diff != "" || got.Total != len(want) {
				t.Errorf("%d places (-want +got):\n%s", got.Total, diff)
			}
		})
	}
}
