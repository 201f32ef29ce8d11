package native_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer/native"
)

const flowFile = `apiVersion: gatewright.dev/v1
kind: Flow
name: Common headers
version: 1.10
policies:
  - name: who
    type: headers
    config:
      response:
        set: {X-Who: "${api.name}", Retry: "07", Long: "a\nb"}
  - type: respond
    config: {status: 2e2, body: ""}
  - type: flow
    config: {name: Other}
`

func decodeOne(t *testing.T, text string) native.Spec {
	t.Helper()
	things, err := native.Decode([]native.File{{Name: "flow.yaml", Text: []byte(text)}})
	if err != nil || len(things) != 1 {
		t.Fatalf("%d things, error %v", len(things), err)
	}
	return things[0].Spec
}

func TestFlowIsRead(t *testing.T) {
	f := decodeOne(t, flowFile).(*native.Flow)
	def := f.Definition()
	if f.Version != "1.10" || def.Title != "Common headers" || def.Kind != gatewright.KindFlow || len(def.Policies) != 3 {
		t.Fatalf("read %+v", f)
	}
	for i, want := range []string{
		`{"response":{"set":{"Long":"a\nb","Retry":"07","X-Who":"${api.name}"}}}`, `{"body":"","status":200}`, `{"name":"Other"}`,
	} {
		if got := string(def.Policies[i].Config); got != want {
			t.Errorf("configuration %d is %s, want %s", i, got, want)
		}
	}
	if flows := def.Flows(); len(flows) != 1 || flows[0] != "Other" {
		t.Errorf("it calls %v", flows)
	}
}

// TestFlowsAndHooksRoundTrip writes and reads in both notations, together and
// as files of a directory.
func TestFlowsAndHooksRoundTrip(t *testing.T) {
	config := json.RawMessage(`{"a":[1,2.5,1e+30,-0.25,9007199254740993],"b":{"":null,"no":"yes","t":true,"x":"1"},"c":[],"d":{},"e":"- [a]: \u0026b\n  ","f":"\t\u0001 é 😀"}`)
	// Only what no policy holds, a number beyond 2^53, is rounded on the way.
	config = json.RawMessage(strings.Replace(string(config), "9007199254740993", "9007199254740992", 1))
	settings := native.Settings{Description: "d", Collaborators: []string{"eve"}}
	things := []native.Thing{
		{Spec: &native.Flow{
			Name: "Übliche Header", Heading: "As it was called", Description: "what\nit does", Owner: "ann", Settings: native.State(&settings), Version: "2",
			Policies: []gatewright.Policy{{Name: "n", Type: "headers", Config: config}, {Type: "respond"}},
		}},
		{Spec: &native.FlowHooks{Before: []string{"Übliche Header", "no"}, After: []string{"1.0"}}},
	}
	for _, format := range []native.Format{native.YAML, native.JSON} {
		t.Run(string(format), func(t *testing.T) {
			text, err := native.Encode(things, format)
			if err != nil {
				t.Fatal(err)
			}
			files, err := native.Files(things, format)
			if err != nil {
				t.Fatal(err)
			}
			for name, bundle := range map[string][]native.File{"one file": {{Name: "all." + string(format), Text: text}}, "files": files} {
				read, err := native.Decode(bundle)
				if err != nil {
					t.Fatalf("%s: %v\n%s", name, err, text)
				}
				if len(read) != len(things) {
					t.Fatalf("%s: %d things", name, len(read))
				}
				for i := range read {
					for j := range things {
						if read[i].Spec.Kind() == things[j].Spec.Kind() && !reflect.DeepEqual(read[i].Spec, things[j].Spec) {
							t.Errorf("%s: read %+v, wrote %+v", name, read[i].Spec, things[j].Spec)
						}
					}
				}
			}
			names := []string{files[0].Name, files[1].Name}
			if names[0] != "flows/übliche-header."+string(format) || names[1] != "flowhooks."+string(format) {
				t.Errorf("files %v", names)
			}
		})
	}
}

// TestFlowDefinitionsKeepTheirHash: what is exported is the same revision where
// it is applied.
func TestFlowDefinitionsKeepTheirHash(t *testing.T) {
	def := decodeOne(t, flowFile).(*native.Flow).Definition()
	for _, name := range []string{"Common headers", "Renamed since"} {
		text, err := native.EncodeOne(native.NewFlow(name, def), native.YAML)
		if err != nil {
			t.Fatal(err)
		}
		again := decodeOne(t, string(text)).(*native.Flow)
		if again.Name != name || again.Definition().ContentHash() != def.ContentHash() {
			t.Errorf("as %s it is another revision:\n%s", name, text)
		}
	}
}

func TestImportFlow(t *testing.T) {
	r, err := native.Import(`C:\dir\flow.yaml`, []byte(flowFile))
	if err != nil {
		t.Fatal(err)
	}
	if r.Name != "Common headers" || r.Label != "1.10" || r.Definition.Kind != gatewright.KindFlow || r.Upstream != nil || len(r.Findings) != 0 {
		t.Errorf("read %+v", r)
	}
	if r, err = native.Import("flow.yaml", []byte(flowFile+"owner: ann\n")); err != nil || len(r.Findings) != 1 {
		t.Errorf("an owner is passed over without a word: %+v, %v", r, err)
	}
	const openAPI = `{"openapi":"3.0.3","info":{"title":"A","version":"1.0.0","description":"of gatewright.dev/v1"},"paths":{"/x":{"get":{"responses":{"200":{"description":"x"}}}}}}`
	if r, err = native.Import("a.json", []byte(openAPI)); err != nil || r.Definition.Kind != "" || r.Definition.Version != "1.0.0" || r.Name != "" {
		t.Errorf("an OpenAPI document that mentions the format: %+v, %v", r, err)
	}
	tests := []struct{ name, text, says string }{
		{"no policy", "apiVersion: gatewright.dev/v1\nkind: Flow\nname: A\npolicies: []\n", "a shared flow is made of policies"},
		{"an unknown member", "apiVersion: gatewright.dev/v1\nkind: Flow\nname: A\nroutes: []\npolicies: [{type: headers}]\n", `unknown member "routes"`},
		{"a policy that is none", "apiVersion: gatewright.dev/v1\nkind: Flow\nname: A\npolicies: [{type: Headers}]\n", "is not a type of policy"},
		{"a configuration that is none", "apiVersion: gatewright.dev/v1\nkind: Flow\nname: A\npolicies: [{type: headers, config: [1]}]\n", "is not a JSON object"},
		{"something else", "apiVersion: gatewright.dev/v1\nkind: FlowHooks\nbefore: [a]\n", "gatewright apply -f flow.yaml"},
		{"two flows", flowFile + "---\n" + strings.Replace(flowFile, "Common", "Other", 1), "gatewright apply -f flow.yaml"},
		{"a flow as an API", "apiVersion: gatewright.dev/v1\nkind: API\nname: A\ntype: flow\ndefinition: {title: A, kind: flow, policies: [{type: headers}]}\n", "write it as a document of kind: Flow"},
		{"too many hooks", "apiVersion: gatewright.dev/v1\nkind: FlowHooks\nbefore: [a, a]\n", "is named twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := native.Import("flow.yaml", []byte(tt.text))
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v does not say %q", err, tt.says)
			}
		})
	}
}
