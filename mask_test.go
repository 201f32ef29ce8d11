package gatewright_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestMaskState(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"nothing", nil, ""},
		{"nil pointer", (*gatewright.Group)(nil), ""},
		{"plain", map[string]any{"b": 1.5, "a": "<x>"}, `{"a":"<x>","b":1.5}`},
		{"by name", map[string]any{"password": "p", "clientSecret": "s", "api_key": "k", "X-API-Key": "k", "Cookie": "c", "n": 1}, `{"Cookie":"[masked]","X-API-Key":"[masked]","api_key":"[masked]","clientSecret":"[masked]","n":1,"password":"[masked]"}`},
		{"whole tree below a name", map[string]any{"secrets": map[string]any{"a": []string{"x"}}}, `{"secrets":"[masked]"}`},
		{"empty stays empty", map[string]any{"password": "", "secret": nil}, `{"password":"","secret":null}`},
		{"key's hash", gatewright.App{Credentials: []gatewright.Credential{{Name: "k", Hint: "gwk_abcd", Hash: gatewright.HashBytes(nil)}}}.Credentials, `[{"createdAt":"0001-01-01T00:00:00Z","createdBy":"","hash":"[masked]","hint":"gwk_abcd","id":"","name":"k"}]`},
		{"fingerprints", map[string]any{"number": 3, "hash": "sha256:1"}, `{"hash":"sha256:1","number":3}`},
		{"head", gatewright.AuditHead{ID: 1, Hash: "sha256:1"}, `{"hash":"sha256:1","id":1}`},
		{"token's identifier", map[string]any{"token": "tok_1"}, `{"token":"tok_1"}`},
		{"token", map[string]any{"token": "abc"}, `{"token":"[masked]"}`},
		{"in text", []string{"see gwa_0123456789abcdef0123", "postgres://u:geheim@h/d", "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA"}, `["see [masked]","postgres://u:[masked]@h/d","[masked]"]`},
		{"as a name", map[string]any{"gwk_0123456789abcdef0123": 1}, `{"[masked]":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.MaskState(tt.v)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	if _, err := gatewright.MaskState(func() {}); err == nil {
		t.Error("a function was written down")
	}
}

// told are members whose names sound secret and that are told all the same.
var told = map[string]string{
	"App.Credentials":     "a list; its members are judged by themselves",
	"Canary.Hash":         "fingerprint of a revision",
	"CanaryResource.Key":  "names a header or cookie to tell callers by, not its value",
	"Canary.Key":          "names a header or cookie to tell callers by, not its value",
	"ExplainCanary.Key":   "names a header or cookie to tell callers by, not its value",
	"ResourceChange.Key":  "name of a group resource",
	"Rejection.Key":       "name of a resource",
	"AppResource.Keys":    "a list; its members are judged by themselves",
	"SlotContent.Hash":    "fingerprint of a revision",
	"Document.Digest":     "fingerprint of a document",
	"Pin.Hash":            "fingerprint of a revision",
	"Change.PlanHash":     "fingerprint of a plan",
	"VersionBinding.Hash": "fingerprint of a revision",
	"Revision.Hash":       "fingerprint of a revision",
	"AuditEntry.Hash":     "fingerprint of the entry",
	"AuditHead.Hash":      "fingerprint of the entry",
}

var (
	soundsSecret = regexp.MustCompile(`(?i)hash|key|token|secret|passw|credential|cookie|authori[sz]ation|private|dsn|digest|salt`)
	identifier   = regexp.MustCompile(`ID$`)
)

// TestNoSecretOfTheDomainIsTold looks at every member of every type of the
// domain: whose name sounds secret must be masked, never be written, or be in
// the list above with a reason.
func TestNoSecretOfTheDomainIsTold(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	members, seenTold := 0, map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				members += checkMembers(t, spec.Name.Name, s, seenTold)
			}
			return true
		})
	}
	for name := range told {
		if !seenTold[name] {
			t.Errorf("%s is no longer told; take it from the list", name)
		}
	}
	if members < 100 {
		t.Fatalf("only %d members were looked at", members)
	}
}

// checkMembers masks an object with the members of the type and looks what is
// left of it.
func checkMembers(t *testing.T, typeName string, s *ast.StructType, seenTold map[string]bool) int {
	object, goNames := map[string]any{}, map[string]string{}
	for _, f := range s.Fields.List {
		if f.Tag == nil || len(f.Names) == 0 {
			continue // never written as JSON, or embedded
		}
		name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		object[name], goNames[name] = "marker", f.Names[0].Name
		if id, ok := f.Type.(*ast.Ident); ok && strings.HasPrefix(id.Name, "int") {
			object[name] = 7
		}
	}
	if len(object) == 0 {
		return 0
	}
	raw, err := gatewright.MaskState(object)
	if err != nil {
		t.Fatal(err)
	}
	var masked map[string]any
	if err := json.Unmarshal(raw, &masked); err != nil {
		t.Fatal(err)
	}
	for name, goName := range goNames {
		if !soundsSecret.MatchString(name) || identifier.MatchString(goName) || masked[name] != "marker" {
			continue
		}
		seenTold[typeName+"."+goName] = true
		if _, known := told[typeName+"."+goName]; !known {
			t.Errorf("%s.%s (%s) sounds secret and would be told by the audit log; mask it (mask.go), never write it (json:\"-\"), or say in this test why it may be told", typeName, goName, name)
		}
	}
	return len(object)
}
