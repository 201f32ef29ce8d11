package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
	"github.com/gatewright/gatewright/internal/importer"
)

const head = "openapi: 3.0.3\ninfo: {title: Limits, version: 1.0.0}\n"

const onePath = "paths: {/a: {get: {responses: {200: {description: fine}}}}}\n"

// refuse imports text and returns the details of the refusal.
func refuse(t *testing.T, name, text string) []gatewright.Detail {
	t.Helper()
	result, err := importer.Import(name, []byte(text))
	if err == nil {
		t.Fatalf("imported: %d routes", len(result.Definition.Routes))
	}
	e := gatewright.AsError(err)
	if e.Code != gatewright.Invalid || len(e.Details) == 0 {
		t.Fatalf("code %s with %d details: %s", e.Code, len(e.Details), err)
	}
	return e.Details
}

// TestImportLimits reaches each limit by text too large to be kept as a file.
func TestImportLimits(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	tests := []struct {
		name, file, text, want string
	}{
		{
			name: "file of 9 MiB", file: "big.yaml",
			text: head + onePath + "# " + strings.Repeat("x", 9<<20),
			want: "big.yaml:1:1: the file has 9437299 bytes; at most 8388608 are allowed",
		},
		{
			name: "values in YAML", file: "many.yaml",
			text: head + onePath + "x-a: [" + strings.Repeat("1,", doctree.MaxNodes) + "]",
			want: "many.yaml:4:1: the document has more than 1000000 values; split it",
		},
		{
			name: "values in JSON", file: "many.json",
			text: "{\n\"x-a\": [1" + strings.Repeat(",1", doctree.MaxNodes) + "]}",
			want: "many.json:2:2000005: the document has more than 1000000 values; split it",
		},
		{
			name: "lines", file: "lines.yaml",
			text: head + onePath + strings.Repeat("#\n", doctree.MaxNodes),
			want: "lines.yaml:999985:1: the document has more than 1000000 values; split it",
		},
		{
			name: "bytes with aliases followed", file: "wide.yaml",
			text: head + "x-a: &a " + strings.Repeat("x", 1<<20) + "\nx-b: [" + strings.Repeat("*a,", 20) + "]\n" + onePath,
			want: "wide.yaml:4:49: with its aliases followed the document has more than 16777216 bytes; write it without them, or split it",
		},
		{
			name: "bytes with merge keys followed", file: "merged.yaml",
			text: head + "x-a: &a {k: " + strings.Repeat("x", 1<<20) + "}\nx-b:\n" + strings.Repeat("- <<: *a\n", 20) + onePath,
			want: "merged.yaml:19:7: with its aliases followed the document has more than 16777216 bytes; write it without them, or split it",
		},
		{
			name: "operations", file: "routes.yaml",
			text: head + "paths:\n" + lines(gatewright.MaxRoutes+1, "  /p%d: {get: {responses: {200: {description: fine}}}}\n"),
			want: "routes.yaml:3:1: more than 20000 operations; split the API",
		},
		{
			name: "parameters", file: "parameters.yaml",
			text: head + "paths:\n  /a:\n    get:\n      responses: {200: {description: fine}}\n      parameters:\n" + lines(257, "      - {name: p%d, in: query}\n"),
			want: "parameters.yaml:8:7: 257 parameters; at most 256 are allowed in one list",
		},
		{
			name: "length of a path", file: "path.yaml",
			text: head + "paths:\n  ? /" + strings.Repeat("x", gatewright.MaxPathLength) + "\n  : {get: {responses: {200: {description: fine}}}}\n",
			want: "path.yaml:4:5: path has 2049 bytes; at most 2048 are allowed",
		},
		{
			name: "path too long for a name", file: "name.yaml",
			text: head + "paths:\n  ? /" + strings.Repeat("x", 300) + "\n  : {get: {responses: {200: {description: fine}}}}\n",
			want: "name.yaml:5:6: GET /" + strings.Repeat("x", 75) + "… is too long or has characters that cannot name a route; give it an operationId",
		},
		{
			name: "server variables", file: "server.yaml",
			text: head + onePath + "servers:\n- url: '" + strings.Repeat("{a}", 100) + "'\n  variables: {a: {default: " + strings.Repeat("x", 100) + "}}\n",
			want: "server.yaml:5:8: the server's URL has more than 4096 bytes; shorten it or its variables",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			details := refuse(t, test.file, test.text)
			if got := details[0].String(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestImportJustBelowLimits imports what is as large as it may be.
func TestImportJustBelowLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("documents of many megabytes; run without -short")
	}
	var paths, parameters strings.Builder
	for i := range gatewright.MaxRoutes {
		fmt.Fprintf(&paths, "  /p%d: {get: {responses: {200: {description: fine}}}}\n", i)
	}
	for i := range 256 {
		fmt.Fprintf(&parameters, "{name: p%d, in: query},", i)
	}
	text := head + "paths:\n" + paths.String()
	tests := []struct {
		name, text string
	}{
		{"operations", text},
		{"bytes", text + "# " + strings.Repeat("x", gatewright.MaxDocumentBytes-len(text)-2)},
		{"parameters", head + "paths: {/a: {get: {parameters: [" + parameters.String() + "], responses: {200: {description: fine}}}}}\n"},
		{"depth", head + onePath + "x-a: " + strings.Repeat("[", doctree.MaxDepth-1) + strings.Repeat("]", doctree.MaxDepth-1)},
		{"depth with aliases", head + onePath + "x-a: &a [[[[[[[[[[]]]]]]]]]]\nx-b: " + strings.Repeat("[", doctree.MaxDepth-11) + "*a" + strings.Repeat("]", doctree.MaxDepth-11)},
		{"values", head + onePath + "x-a: [" + strings.Repeat("1,", doctree.MaxNodes-100) + "]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := importer.Import("limits.yaml", []byte(test.text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestImportListsAllErrorsUpToLimit(t *testing.T) {
	tests := []struct {
		name    string
		errors  int
		details int
		last    string
	}{
		{"few", 3, 3, "f.yaml:6:14: "},
		{"as many as are listed", doctree.MaxErrors, doctree.MaxErrors, "f.yaml:53:15: "},
		{"more", doctree.MaxErrors + 12, doctree.MaxErrors + 1, "… and 12 more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := head + "paths:\n"
			for i := range test.errors {
				text += fmt.Sprintf("  /p%d: {get: 1}\n", i)
			}
			details := refuse(t, "f.yaml", text)
			if len(details) != test.details {
				t.Fatalf("%d details", len(details))
			}
			if last := details[len(details)-1].String(); !strings.HasPrefix(last, test.last) {
				t.Errorf("the last is %s", last)
			}
		})
	}
}

func TestImportListsFindingsUpToLimit(t *testing.T) {
	text := head + onePath + "tags:\n"
	for range doctree.MaxFindings + 7 {
		text += "- {}\n"
	}
	result, err := importer.Import("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) != doctree.MaxFindings+1 {
		t.Fatalf("%d findings", len(result.Findings))
	}
	last := result.Findings[doctree.MaxFindings]
	if last.Message != "… and 7 more findings that are not listed" {
		t.Error(last.Message)
	}
}

func TestImportServersUpToLimit(t *testing.T) {
	text := head + onePath + "servers:\n"
	for i := range gatewright.MaxNodes + 1 {
		text += fmt.Sprintf("- url: http://host%d\n", i)
	}
	result, err := importer.Import("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Upstream.Validate(); err != nil {
		t.Error(err)
	}
	if n := len(result.Upstream.Nodes); n != gatewright.MaxNodes {
		t.Errorf("%d nodes", n)
	}
}

// TestImportSharedContent imports documents that are small as text and would
// be enormous if references or aliases were written out.
func TestImportSharedContent(t *testing.T) {
	var references strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&references, "  /p%d: {$ref: '#/x-item'}\n", i)
	}
	var chain strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&chain, "    p%d: {$ref: '#/components/parameters/p%d'}\n", i, i+1)
	}
	tests := []struct {
		name, text string
	}{
		{
			"one path item referred to by all paths",
			head + "paths:\n" + references.String() + "x-item:\n  parameters: [" + strings.Repeat("{name: q, in: query},", 256) + "]\n  get: {responses: {200: {description: fine}}}\n",
		},
		{
			"a long chain of references",
			head + "paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/p0'}], responses: {200: {description: fine}}}}}\ncomponents:\n  parameters:\n" +
				chain.String() + "    p20000: {name: q, in: query}\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := importer.Import("f.yaml", []byte(test.text)); err != nil {
				t.Error(err)
			}
		})
	}
}
