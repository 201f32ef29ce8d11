package breaking_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
)

// TestFinding checks everything that is told of a cause.
func TestFinding(t *testing.T) {
	new := alter(t, raised(orders), "        note: {type: string}\n", "        note: {type: integer}\n")
	r := compare(t, orders, new, breaking.Options{})
	got := find(t, r, "response-type-changed")
	want := breaking.Finding{
		Rule: "response-type-changed", Level: breaking.Major, Pointer: "/components/schemas/Order/properties/note/type",
		From: "string", To: "integer", Why: got.Why, Location: "new.yaml:50:16",
		Places: breaking.Places{Operations: 2, Total: 3, Listed: []string{
			"GET /orders/{id} response 200 note", "GET /orders response 200 [].note", "GET /orders response 200 (application/xml)[].note",
		}},
		Remedies: []breaking.Remedy{
			{Kind: "keep", Text: "keep the type; put the new values into a new property"},
			{Kind: "new-major", Text: "put it into a document of its own with version 2.0.0 and base path /v2, and deploy both"},
			{Kind: "allow", Text: "response-type-changed@/components/schemas/Order/properties/note/type"},
		},
		Fingerprint: got.Fingerprint,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if in := find(t, r, "request-type-changed"); in.Places.Total != 1 || in.Places.Listed[0] != "POST /orders request body note" {
		t.Errorf("the request's own finding has places %v", in.Places)
	}
	if r.Required != gatewright.BumpMajor || r.Version.Sufficient || !strings.Contains(r.Version.Message, "1.0.0 → 1.1.0; needs 2.0.0 with base path /v2") {
		t.Errorf("required %s, version %+v", r.Required, r.Version)
	}
}

// TestGone checks that what is gone is shown where it was.
func TestGone(t *testing.T) {
	f := find(t, compare(t, orders, alter(t, raised(orders), "        note: {type: string}\n", ""), breaking.Options{}), "response-optional-property-removed")
	if !f.InOld || f.Location != "old.yaml:50:9" || f.Pointer != "/components/schemas/Order/properties/note" || f.From != "note" || f.To != "" {
		t.Errorf("finding %+v", f)
	}
}

// TestFingerprint checks that a finding keeps its fingerprint when lines move
// and operations come, and gets another one when the change is another.
func TestFingerprint(t *testing.T) {
	fingerprint := func(old, new string) string {
		return find(t, compare(t, old, new, breaking.Options{}), "response-type-changed").Fingerprint
	}
	new := alter(t, orders, "note: {type: string}", "note: {type: integer}")
	first := fingerprint(orders, new)
	more := []string{
		"# a comment\nopenapi", "openapi",
		postOrders, "    put:\n      responses: {\"200\": {description: it, content: {application/json: {schema: {$ref: \"#/components/schemas/Order\"}}}}}\n" + postOrders,
	}
	moved := func(document string) string {
		return alter(t, "# a comment\n\n"+document, more[2:]...)
	}
	if again := fingerprint(moved(orders), moved(new)); again != first {
		t.Errorf("fingerprint %s became %s though the change is the same", first, again)
	}
	if other := fingerprint(orders, alter(t, orders, "note: {type: string}", "note: {type: boolean}")); other == first {
		t.Error("another change has the same fingerprint")
	}
}

// TestFingerprintOfParameter checks that a parameter is known by its name: its
// index is another one when a parameter before it comes.
func TestFingerprintOfParameter(t *testing.T) {
	edit := []string{"{name: tags, in: query, schema: {type: array, items: {type: string}}}", "{name: tags, in: query, schema: {type: array, items: {type: integer}}}"}
	first := find(t, compare(t, orders, alter(t, orders, edit...), breaking.Options{}), "request-type-changed")
	if first.Pointer != "/paths/~1orders/get/parameters/1/schema/items/type" {
		t.Errorf("pointer %s", first.Pointer)
	}
	longer := alter(t, orders, "      parameters:\n        - {name: limit", "      parameters:\n        - {name: sort, in: query, schema: {}}\n        - {name: limit")
	again := find(t, compare(t, longer, alter(t, longer, edit...), breaking.Options{}), "request-type-changed")
	if again.Pointer == first.Pointer || again.Fingerprint != first.Fingerprint {
		t.Errorf("pointer %s, fingerprint %s, want %s", again.Pointer, again.Fingerprint, first.Fingerprint)
	}
	other := alter(t, orders, "name: tags", "name: marks")
	if f := find(t, compare(t, other, alter(t, other, "{type: array, items: {type: string}}}\n      responses", "{type: array, items: {type: integer}}}\n      responses"), breaking.Options{}), "request-type-changed"); f.Pointer != first.Pointer || f.Fingerprint == first.Fingerprint {
		t.Error("another parameter at the same index has the same fingerprint")
	}
}

// TestFingerprintCoversAll changes what the texts of a finding leave out.
func TestFingerprintCoversAll(t *testing.T) {
	numbers := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			b.WriteString(", v" + strconv.Itoa(i))
		}
		return b.String()
	}
	long := strings.Repeat("a", 200)
	tests := []struct {
		name       string
		rule       string
		old        string
		new, other string
		same       bool
	}{
		{"the last of many values", "response-enum-value-added", "enum: [a]", "enum: [a" + numbers(1, 12) + ", x]", "enum: [a" + numbers(1, 12) + ", y]", false},
		{"the order of values", "response-enum-value-added", "enum: [a]", "enum: [a, x" + numbers(1, 12) + "]", "enum: [a" + numbers(1, 12) + ", x]", true},
		{"the last of many that are gone", "response-enum-value-removed", "enum: [a" + numbers(1, 12) + ", x, y]", "enum: [a, x]", "enum: [a, y]", false},
		{"the first list", "response-enum-added", "minLength: 0", "enum: [a" + numbers(1, 12) + ", x]", "enum: [a" + numbers(1, 12) + ", y]", false},
		{"the end of a pattern", "response-pattern-changed", "pattern: a", "pattern: " + long + "b", "pattern: " + long + "c", false},
		{"the end of a condition", "condition-changed", "not: {}", "not: {const: " + long + "b}", "not: {const: " + long + "c}", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := func(schema string) string { return responseOf("3.0.3", "{type: string, "+schema+"}") }
			a := find(t, compare(t, of(tt.old), of(tt.new), breaking.Options{}), tt.rule)
			b := find(t, compare(t, of(tt.old), of(tt.other), breaking.Options{}), tt.rule)
			if (a.Fingerprint == b.Fingerprint) != tt.same {
				t.Errorf("fingerprints %s and %s, same: want %t", a.Fingerprint, b.Fingerprint, tt.same)
			}
		})
	}
}

// TestEncodingsAreCauses checks that two properties written in another way are
// two causes, although they are told at one spot.
func TestEncodingsAreCauses(t *testing.T) {
	of := func(encoding string) string {
		return things("3.0.3", `requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {}, b: {}}}`+encoding+`}}}
      responses: {"204": {description: done}}`)
	}
	r := compare(t, of(""), raised(of(", encoding: {a: {explode: true}, b: {explode: true}}")), breaking.Options{})
	if len(r.Findings) != 2 || r.Findings[0].Rule != "request-media-type-encoding-changed" || r.Findings[0].Fingerprint == r.Findings[1].Fingerprint {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestSeverity(t *testing.T) {
	old, new := responseOf("3.0.3", `{type: string, enum: [a]}`), raised(responseOf("3.0.3", `{type: string, enum: [a, b]}`))
	for _, level := range []breaking.Level{breaking.Doc, breaking.Minor, breaking.Major, breaking.Identity} {
		r := compare(t, old, new, breaking.Options{Severity: map[string]breaking.Level{"response-enum-value-added": level}})
		if r.Level != level || r.Findings[0].Level != level {
			t.Errorf("level %s, want %s", r.Level, level)
		}
	}
	r := compare(t, old, new, breaking.Options{Severity: map[string]breaking.Level{"response-enum-value-added": breaking.None}})
	if r.Level != breaking.None || len(r.Findings) != 0 {
		t.Errorf("a rule of level none is told: %v", r.Findings)
	}
}

func TestAllow(t *testing.T) {
	new := alter(t, raised(orders), "        note: {type: string}\n", "        note: {type: integer}\n")
	first := find(t, compare(t, orders, new, breaking.Options{}), "response-type-changed")
	tests := []struct {
		name  string
		allow string
		works bool
	}{
		{"the rule", "response-type-changed", true},
		{"the pointer", "response-type-changed@" + first.Pointer, true},
		{"above the pointer", "response-type-changed@/components/schemas/Order", true},
		{"another place that begins the same", "response-type-changed@/components/schemas/Ord", false},
		{"another rule", "request-type-changed@" + first.Pointer, false},
		{"the fingerprint", first.Fingerprint, true},
		{"another fingerprint", strings.Repeat("0", 24), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := compare(t, orders, new, breaking.Options{Allow: []string{tt.allow}})
			if f := find(t, r, "response-type-changed"); f.Allowed != tt.works {
				t.Errorf("allowed: %t, want %t", f.Allowed, tt.works)
			}
			if len(r.Blocking(breaking.Major)) != map[bool]int{true: 1, false: 2}[tt.works || strings.HasPrefix(tt.allow, "request")] {
				t.Errorf("blocking %v", r.Blocking(breaking.Major))
			}
		})
	}
	r := compare(t, orders, new, breaking.Options{Allow: []string{"request-type-changed", "response-type-changed"}})
	if r.Level != breaking.None || r.Blocked(breaking.Minor) {
		t.Errorf("level %s although all is allowed", r.Level)
	}
}

// TestBeside deploys a new major beside the old one.
func TestBeside(t *testing.T) {
	v2 := alter(t, orders, "version: 1.0.0", "version: 2.0.0", "example.com/v1", "example.com/v2", "note: {type: string}", "note: {type: integer}")
	if r := compare(t, orders, v2, breaking.Options{}); r.Level != breaking.Identity {
		t.Errorf("without the old document: level %s, want identity", r.Level)
	}
	r := compare(t, orders, v2, breaking.Options{Beside: []breaking.Document{{Name: "v1.yaml", Text: []byte(orders)}}})
	if r.Level != breaking.None || r.New != "v1.yaml" || len(r.Notes) != 1 {
		t.Errorf("with the old document: level %s, compared with %s, notes %v", r.Level, r.New, r.Notes)
	}
	broken := alter(t, orders, "note: {type: string}", "note: {type: boolean}")
	r = compare(t, orders, v2, breaking.Options{Beside: []breaking.Document{{Name: "v1.yaml", Text: []byte(broken)}}})
	if r.Level != breaking.Major {
		t.Errorf("with another document at the old base path: level %s, want major", r.Level)
	}
	other := alter(t, orders, "example.com/v1", "example.com/v3")
	if r = compare(t, orders, v2, breaking.Options{Beside: []breaking.Document{{Name: "v3.yaml", Text: []byte(other)}}}); r.Level != breaking.Identity {
		t.Errorf("with a document elsewhere: level %s, want identity", r.Level)
	}
}

func TestVersionVerdict(t *testing.T) {
	property := []string{"note: {type: string}", "note: {type: string}\n        more: {type: string}"}
	rename := []string{"operationId: listOrders", "operationId: allOrders"}
	tests := []struct {
		name       string
		old, new   string
		scheme     gatewright.VersionScheme
		edits      []string
		sufficient bool
		message    string
	}{
		{"nothing changed", "1.0.0", "1.0.0", "", nil, true, "version 1.0.0 stays, which suffices for a change of level none"},
		{"minor raised", "1.0.0", "1.1.0", "", property, true, "version 1.0.0 → 1.1.0, which suffices"},
		{"major raised for an addition", "1.0.0", "2.0.0", "", property, true, "suffices"},
		{"patch raised for an addition", "1.0.0", "1.0.1", "", property, false, "a change of level minor needs 1.1.0"},
		{"not raised", "1.0.0", "1.0.0", "", rename, false, "version 1.0.0 stays; a change of level risky needs 1.1.0"},
		{"two parts", "1.1", "1.2", "", property, true, "suffices"},
		{"two parts stay", "1.1", "1.1", "", property, false, "needs 1.2"},
		{"before 1.0", "0.3.0", "0.3.1", "", property, true, "suffices"},
		{"date", "2026-01-01", "2026-11-21", "", property, true, "suffices"},
		{"date stays", "2026-01-01", "2026-01-01", "", property, false, "needs 2026-11-21"},
		{"counter", "V3", "V4", "", property, true, "suffices"},
		{"free", "spring", "summer", "", property, true, "suffices"},
		{"free stays", "spring", "spring", "", property, false, "needs a new version"},
		{"wrong form", "1.1", "summer", "", property, false, `version "summer" does not follow the scheme major.minor; write one like 1.4`},
		{"scheme given", "7", "8", gatewright.SchemeNone, property, true, "suffices"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old := alter(t, orders, "version: 1.0.0", "version: "+tt.old, "example.com/v1", "example.com")
			new := alter(t, orders, append([]string{"version: 1.0.0", "version: " + tt.new, "example.com/v1", "example.com"}, tt.edits...)...)
			r := compare(t, old, new, breaking.Options{Scheme: tt.scheme})
			if r.Version.Sufficient != tt.sufficient || !strings.Contains(r.Version.Message, tt.message) {
				t.Errorf("sufficient: %t, message %q; want %t, %q", r.Version.Sufficient, r.Version.Message, tt.sufficient, tt.message)
			}
		})
	}
}

// TestSecurityPlaces checks that one requirement for all operations is one
// cause.
func TestSecurityPlaces(t *testing.T) {
	f := find(t, compare(t, orders, alter(t, raised(orders), "paths:\n", "security: [{key: []}]\npaths:\n"), breaking.Options{}), "security-added")
	if f.Pointer != "/security" || f.Places.Total != 3 || f.From != "no credentials" || f.To != "key" {
		t.Errorf("finding %+v", f)
	}
}

func TestPathRemovedIsOneCause(t *testing.T) {
	old := alter(t, orders, "      deprecated: true\n      x-sunset: 2027-01-31\n", "")
	f := find(t, compare(t, old, alter(t, raised(old), "  /orders:\n", "  /sales:\n"), breaking.Options{}), "path-removed")
	if f.Places.Total != 2 || !f.InOld || f.From != "/orders" {
		t.Errorf("finding %+v", f)
	}
}

func TestLevel(t *testing.T) {
	for l := breaking.None; l < breaking.Unknown; l++ {
		if got, err := breaking.ParseLevel(l.String()); err != nil || got != l {
			t.Errorf("ParseLevel(%q) = %v, %v", l, got, err)
		}
		text, _ := l.MarshalText()
		var back breaking.Level
		if err := back.UnmarshalText(text); err != nil || back != l {
			t.Errorf("%s comes back as %s (%v)", l, back, err)
		}
	}
	if _, err := breaking.ParseLevel("unknown"); err == nil {
		t.Error("unknown can be asked for")
	}
	var l breaking.Level
	if err := l.UnmarshalText([]byte("awful")); err == nil {
		t.Error("awful is a level")
	}
}
