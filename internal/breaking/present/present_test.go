package present_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
	"github.com/gatewright/gatewright/internal/breaking/present"
)

const old = `openapi: 3.0.3
info: {title: T, version: 1.0.0}
paths:
  /things:
    get:
      operationId: getThings
      responses: {"200": {description: it, content: {application/json: {schema: {type: string}}}}}
  /x|y<b>:
    get: {responses: {"204": {description: it}}}
`

// report compares old with a document in which replacements were made.
func report(t *testing.T, o breaking.Options, replacements ...string) *breaking.Report {
	t.Helper()
	text := strings.NewReplacer(replacements...).Replace(old)
	r, err := breaking.Compare(context.Background(),
		breaking.Document{Name: "old.yaml", Text: []byte(old)}, breaking.Document{Name: "api docs/new,1.yaml", Text: []byte(text)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func worst(t *testing.T) *breaking.Report {
	t.Helper()
	return report(t, breaking.Options{Allow: []string{"response-type-changed"}},
		"type: string", "type: integer", "getThings", "listThings", "/x|y<b>", "/z", "version: 1.0.0", "version: 1.0.1")
}

func TestText(t *testing.T) {
	want := `allowed MAJOR  response-type-changed
  at     api docs/new,1.yaml:7:82  /paths/~1things/get/responses/200/content/application~1json/schema/type
  what   string → integer
  why    Callers get values of a type they do not expect.
  where  GET /things response 200
  fix    keep the type; put the new values into a new property
  or     put it into a document of its own with version 2.0.0 and a base path of its own, and deploy both
  or     accept it: --allow 'response-type-changed@/paths/~1things/get/responses/200/content/application~1json/schema/type'
error MAJOR  path-removed
  was    old.yaml:8:3  /paths/~1x|y<b>
  what   removed /x|y<b>
  why    Every call of the path is answered with 404.
  where  GET /x|y<b>
  fix    keep the path; mark its operations deprecated with x-sunset, and remove them after that date
  or     put it into a document of its own with version 2.0.0 and a base path of its own, and deploy both
  or     accept it: --allow 'path-removed@/paths/~1x|y<b>'
warning RISKY  operation-id-changed
  at     api docs/new,1.yaml:6:7  /paths/~1things/get/operationId
  what   getThings → listThings
  why    Generated clients, metrics and quotas know the operation by this name.
  where  GET /things
  fix    keep the operationId
  or     accept it: --allow 'operation-id-changed@/paths/~1things/get/operationId'
minor    operation-added  added GET /z  api docs/new,1.yaml:9:5  (1 place in 1 operation)

old.yaml → api docs/new,1.yaml: major (causes: 1 major, 1 risky, 1 minor)
version 1.0.0 → 1.0.1; needs 2.0.0 with a base path of its own, deployed beside the old one
`
	if diff := cmp.Diff(want, present.Text(worst(t), breaking.Major)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTextFolds checks that a crowd of additions does not hide what matters.
func TestTextFolds(t *testing.T) {
	var paths strings.Builder
	for i := range 100 {
		fmt.Fprintf(&paths, "  /more/%d:\n    get: {responses: {\"204\": {description: it}}}\n", i)
	}
	text := present.Text(report(t, breaking.Options{}, "paths:\n", "paths:\n"+paths.String()), breaking.Major)
	if n := strings.Count(text, "operation-added"); n != 19 { // the version is one
		t.Errorf("%d additions are shown, want 19", n)
	}
	if !strings.Contains(text, "… and 81 more findings") {
		t.Errorf("the others are not counted:\n%s", text)
	}
}

func TestMarkdown(t *testing.T) {
	text := present.Markdown(worst(t), breaking.Major)
	for _, want := range []string{
		"### api docs/new,1.yaml: not compatible (major)\n", "| error | major | `path-removed` | removed /x\\|y&lt;b&gt;<br>", "| allowed | major |", "| warning | risky |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 7 {
			t.Errorf("the row has not six cells: %s", line)
		}
	}
	if text := present.Markdown(report(t, breaking.Options{}), breaking.Major); !strings.Contains(text, ": compatible (none)") || !strings.Contains(text, "No changes") {
		t.Errorf("the same document:\n%s", text)
	}
}

func TestGitHub(t *testing.T) {
	text := present.GitHub(worst(t), breaking.Major)
	for _, want := range []string{
		"::error file=old.yaml,line=8,col=3,title=path-removed::removed /x|y<b>. ",
		"::notice file=api docs/new%2C1.yaml,line=7,col=82,title=response-type-changed::",
		"::warning file=api docs/new%2C1.yaml,line=6,col=7,title=operation-id-changed::",
		"::error title=compatibility::old.yaml → api docs/new,1.yaml: major",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "::") {
			t.Errorf("a line is no command: %q", line)
		}
	}
}

func TestSARIF(t *testing.T) {
	text, err := present.SARIF(worst(t), breaking.Major, "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID       string
				RuleIndex    int
				Level        string
				Suppressions []struct{ Kind string }
				Locations    []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Tool.Driver.Rules) != len(breaking.Rules()) || len(log.Runs[0].Results) != 4 {
		t.Fatalf("log %+v", log)
	}
	levels := map[string]string{}
	for _, r := range log.Runs[0].Results {
		levels[r.RuleID] = r.Level
		if log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("index %d is not rule %s", r.RuleIndex, r.RuleID)
		}
		if region := r.Locations[0].PhysicalLocation.Region; region.StartLine < 1 || region.StartColumn < 1 || len(r.PartialFingerprints) != 1 {
			t.Errorf("result %+v", r)
		}
		if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; strings.Contains(uri, " ") {
			t.Errorf("%q is no URI", uri)
		}
		if (len(r.Suppressions) == 1) != (r.RuleID == "response-type-changed") {
			t.Errorf("%s is suppressed: %v", r.RuleID, r.Suppressions)
		}
	}
	want := map[string]string{"path-removed": "error", "response-type-changed": "error", "operation-id-changed": "warning", "operation-added": "note"}
	if diff := cmp.Diff(want, levels); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCount(t *testing.T) {
	tests := []struct {
		places breaking.Places
		want   string
	}{
		{breaking.Places{Total: 1, Operations: 1}, "1 place in 1 operation"},
		{breaking.Places{Total: 707, Operations: 212}, "707 places in 212 operations"},
		{breaking.Places{Total: 5, More: true}, "more than 5 places"},
	}
	for _, tt := range tests {
		if got := present.Count(tt.places); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
