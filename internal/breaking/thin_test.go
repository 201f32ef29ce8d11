package breaking_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
)

// TestThin compares schemas that only wrap a component: what the component
// says is found at the component, what the wrapping says at the wrapping.
func TestThin(t *testing.T) {
	const (
		plain = `{$ref: "#/components/schemas/C"}`
		named = `{description: a thing, allOf: [{$ref: "#/components/schemas/C"}]}`
		maybe = `{nullable: true, anyOf: [{$ref: "#/components/schemas/C"}]}`
		solid = "    C: {type: object, properties: {k: {type: string, enum: [a]}}}\n"
		empty = "    C: {nullable: true, type: object, properties: {k: {type: string, enum: [a]}}}\n"
		more  = "    C: {type: object, properties: {k: {type: string, enum: [a, b]}}}\n"
	)
	tests := []struct {
		name     string
		old, new [2]string // schema of the answer, component
		want     string    // rule and places
	}{
		{"wrapped", [2]string{plain, solid}, [2]string{named, solid}, ""},
		{"unwrapped", [2]string{named, solid}, [2]string{plain, solid}, ""},
		{"made nullable by wrapping", [2]string{plain, solid}, [2]string{maybe, solid}, "response-became-nullable at /paths/~1things/post/responses/200/content/application~1json/schema/nullable: 1"},
		{"made nullable inside", [2]string{named, solid}, [2]string{named, empty}, "response-became-nullable at /components/schemas/C/nullable: 1"},
		{"made nullable inside what was nullable", [2]string{maybe, solid}, [2]string{maybe, empty}, ""},
		{"nullable inside and outside change places", [2]string{maybe, solid}, [2]string{named, empty}, "documentation-changed at : 1"},
		{"changed inside", [2]string{maybe, solid}, [2]string{maybe, more}, "response-enum-value-added at /components/schemas/C/properties/k/enum: 1"},
		{"changed inside and wrapped", [2]string{plain, solid}, [2]string{named, more}, "response-enum-value-added at /components/schemas/C/properties/k/enum: 1"},
		{"described in another way", [2]string{named, solid}, [2]string{strings.Replace(named, "a thing", "the thing", 1), solid}, "documentation-changed at : 1"},
		{"wraps itself", [2]string{plain, "    C: " + named + "\n"}, [2]string{plain, "    C: " + named + "\n"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := func(parts [2]string) string { return responseOf("3.0.3", parts[0]) + parts[1] }
			r := compare(t, of(tt.old), raised(of(tt.new)), breaking.Options{})
			var got []string
			for _, f := range r.Findings {
				got = append(got, f.Rule+" at "+f.Pointer+": "+strconv.Itoa(f.Places.Total))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
