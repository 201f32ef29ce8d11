package native_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer"
	"github.com/gatewright/gatewright/internal/importer/native"
)

const petstore = `openapi: 3.0.3
info:
  title: 宠物商店
  version: 1.0.0
  description: |
    第一行
    zweite Zeile
servers:
  - url: https://pets.example.com/v1
paths:
  /pet/{id}:
    get:
      operationId: getPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses: {"200": {description: ok}}
`

func definition(t testing.TB, text string) *gatewright.Definition {
	t.Helper()
	read, err := importer.Import("openapi.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &read.Definition
}

var day = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// everything returns one thing of every kind with every member set.
func everything(t testing.TB, document string) []native.Thing {
	upstream := gatewright.Upstream{
		Scheme: "https", Nodes: []gatewright.Node{{Host: "127.0.0.1", Port: 7001, Weight: 3}, {Host: "::1", Port: 7002, Weight: 100}},
		HostHeader: gatewright.HostHeaderFixed, Host: "pets.internal",
		Timeouts: gatewright.Timeouts{Connect: gatewright.Duration(1500 * time.Millisecond), Read: gatewright.Duration(time.Minute)},
	}
	content := native.NewContent(definition(t, document))
	return []native.Thing{
		{Spec: &native.App{
			Name: "商店 \"shop\"", Description: "line one\nline two\n", Owner: "alice", Disabled: true,
			Credentials: native.State(&[]native.Credential{{Name: "main", Hint: "gwk_ab", Hash: gatewright.HashBytes([]byte("x")), NotBefore: day, ExpiresAt: day.Add(time.Hour), RevokedAt: day.Add(time.Minute)}}),
			Grants:      native.State(&[]native.Grant{{API: "宠物商店", ExpiresAt: day, QPS: 5, Clearance: gatewright.SecuritySecret}}),
		}},
		{Spec: &native.API{
			Name: "宠物商店", Type: gatewright.KindProxy, Track: "v1", Owner: "王小明",
			Settings:  native.State(&native.Settings{Description: "描述: yes", Scheme: gatewright.SchemeSemVer, Security: gatewright.SecurityInternal, MaxQPS: 100, MaxRows: 1000, Collaborators: []string{"bob"}}),
			Version:   "1.0.0",
			Content:   content,
			Runtime:   native.State(&gatewright.RuntimeConfig{Hosts: []string{"pets.example.com", "*.example.org"}, PathPrefix: "/shop", KeepPathPrefix: true, Upstream: upstream, Access: gatewright.Access{Mode: gatewright.AccessApp, Header: "X-Key", Query: "key"}}),
			Lifecycle: native.State(&gatewright.Lifecycle{DeprecatedAt: day, SunsetAt: day.Add(time.Hour), RetiredAt: day.Add(2 * time.Hour), Successor: "宠物商店@v2", Link: "https://example.com/why"}),
			Canary: native.State(&native.Canary{
				Name: "try", Description: "half", Version: "1.1", Content: native.NewContent(definition(t, strings.Replace(document, "getPet", "findPet", 1))),
				Upstream: &upstream, Percent: 12.25, Match: []gatewright.CanaryMatch{{Source: "header", Name: "X-Team", Values: []string{"1", "true", "null"}}},
				Key: "header:X-User", Steps: []gatewright.CanaryStep{{Percent: 50, Hold: gatewright.Duration(time.Hour)}},
			}),
		}},
		{Spec: &native.Registry{Registry: gatewright.Registry{Name: "local-dns", Type: gatewright.RegistryDNS, Servers: []string{"127.0.0.1:53"}, Stale: gatewright.Duration(time.Minute)}}},
		{Spec: &native.Group{
			Labels: native.State(&map[string]string{"region": "华东", "a": "1"}),
			Settings: native.State(&gatewright.GroupSettings{
				Locations: []string{"eu"}, Compatibility: gatewright.CompatibilityEnforce,
				Approvals: []gatewright.ApprovalRule{{Kinds: []gatewright.ChangeKind{gatewright.ChangePublish}, Count: 2, Role: "approver"}},
				Freezes:   []gatewright.FreezeWindow{{Name: "xmas", From: day, Until: day.Add(time.Hour)}},
				Limits:    gatewright.Limits{Mode: gatewright.LimitWarn, Units: 60, Proxies: 5, SharedFlows: 2},
			}),
		}},
	}
}

// again writes things in all forms, reads each back and writes it again.
func again(t testing.TB, things []native.Thing) {
	t.Helper()
	for _, format := range []native.Format{native.YAML, native.JSON} {
		one, err := native.Encode(things, format)
		if err != nil {
			t.Fatal(err)
		}
		back, err := native.Decode([]native.File{{Name: "all." + string(format), Text: one}})
		if err != nil {
			t.Fatalf("%v\n%.4000s", err, one)
		}
		twice, err := native.Encode(back, format)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, twice) {
			t.Fatalf("the second time differs: %.2000s\n\n%.2000s", one, twice)
		}
		files, err := native.Files(things, format)
		if err != nil {
			t.Fatal(err)
		}
		if back, err = native.Decode(files); err != nil {
			t.Fatal(err)
		}
		filesTwice, err := native.Files(back, format)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(files, filesTwice, func(a, b native.File) bool { return a.Name == b.Name && bytes.Equal(a.Text, b.Text) }) {
			t.Fatal("the second time the files differ")
		}
	}
}

func TestNothingIsLost(t *testing.T) {
	again(t, everything(t, petstore))
	long := petstore + strings.Repeat("# "+strings.Repeat("长", 100)+"\r\n", 4<<20/304)
	if len(long) < 4<<20-1000 {
		t.Fatalf("the document has only %d bytes", len(long))
	}
	again(t, everything(t, long))
}

func TestGolden(t *testing.T) {
	got, err := native.Encode(everything(t, petstore), native.YAML)
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/everything.yaml"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestGeneratedValues: whatever text stands in whatever member comes back.
func TestGeneratedValues(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		line := rapid.SampledFrom([]string{"a", " ", "\n", "\t", "\r\n", ": ", "# ", "- ", "'", "\"", "|", "1.0", "yes", "~", "中", "😀", "é", "\u2028", "\u0085", "%", "&", "*", "<<", "{", "]", "\\", "---", "\n---\n"})
		text := rapid.Custom(func(r *rapid.T) string { return strings.Join(rapid.SliceOfN(line, 0, 12).Draw(r, "parts"), "") })
		name := rapid.StringMatching(`[A-Za-z0-9中é:#._@/-]{1,20}`)
		things := []native.Thing{
			{Spec: &native.API{
				Name: name.Draw(r, "api"), Version: rapid.StringMatching(`[0-9a-zA-Z.+_-]{1,10}`).Draw(r, "version"),
				Settings: native.State(&native.Settings{Description: "d", MaxQPS: rapid.IntRange(0, 1_000_000).Draw(r, "qps")}),
				Content:  native.Content{Document: &native.Document{Name: "d" + text.Draw(r, "file"), Text: []byte(text.Draw(r, "document"))}},
			}},
			{Spec: &native.App{Name: name.Draw(r, "app"), Description: text.Draw(r, "about"), Grants: native.State(&[]native.Grant{})}},
			{Spec: &native.Group{Labels: native.State(&map[string]string{name.Draw(r, "label"): text.Draw(r, "value")}), Settings: native.State[gatewright.GroupSettings](nil)}},
		}
		for _, format := range []native.Format{native.YAML, native.JSON} {
			one, err := native.Encode(things, format)
			if err != nil {
				r.Fatal(err)
			}
			back, err := native.Decode([]native.File{{Name: "all." + string(format), Text: one}})
			if err != nil {
				r.Fatalf("%v\n%s", err, one)
			}
			got, want := back[1].Spec.(*native.API), things[0].Spec.(*native.API)
			if !bytes.Equal(got.Document.Text, want.Document.Text) || got.Name != want.Name || got.Version != want.Version || got.Document.Name != want.Document.Name {
				r.Fatalf("%q %q became %q %q\n%s", want.Document.Text, want.Document.Name, got.Document.Text, got.Document.Name, one)
			}
			twice, err := native.Encode(back, format)
			if err != nil {
				r.Fatal(err)
			}
			if !bytes.Equal(one, twice) {
				r.Fatal(cmp.Diff(string(one), string(twice)))
			}
		}
	})
}

func TestRefused(t *testing.T) {
	api := func(rest string) string {
		return "apiVersion: gatewright.dev/v1\nkind: API\nname: Pets\ndocument: ./pets.yaml\n" + rest
	}
	tests := []struct{ name, text, want string }{
		{"unknown member", api("runtme: {}\n"), `a.yaml:5:1: unknown member "runtme"; the members here are apiVersion, kind, name, type, track, owner, settings, version, document, definition, runtime, lifecycle, canary`},
		{"unknown inner member", api("runtime:\n  host: [a]\n"), `a.yaml:6:3: unknown member "host"; the members here are enabled, hosts,`},
		{"wrong case", api("Version: 1\n"), `a.yaml:5:1: unknown member "Version"`},
		{"wrong type", api("runtime: [1]\n"), "a.yaml:5:10: a list where a mapping is wanted"},
		{"text for a flag", api("runtime: {enabled: \"yes\"}\n"), "a.yaml:5:20: a string where true or false is wanted"},
		{"flag for text", api("owner: true\n"), "a.yaml:5:8: a boolean where text is wanted"},
		{"fraction", api("settings: {maxQPS: 1.5}\n"), `a.yaml:5:20: "1.5" is not a whole number`},
		{"member twice", api("owner: a\nowner: b\n"), `a.yaml:6:1: key "owner" is here twice, first at a.yaml:5:1`},
		{"bad node", api("runtime: {upstream: {nodes: [nowhere]}}\n"), `a.yaml:5:30: node "nowhere" has no port`},
		{"bad runtime", api("runtime: {pathPrefix: shop/}\n"), `a.yaml:5:10:`},
		{"bad time", api("lifecycle: {sunsetAt: tomorrow}\n"), `a.yaml:5:23: "tomorrow" is not a time`},
		{"bad duration", api("canary: {percent: 1, steps: [{percent: 2, hold: 3}]}\n"), `a.yaml:5:49:`},
		{"bad label", api("version: a b\n"), `version "a b" contains white space`},
		{"thing twice", api("---\n" + api("")), "a.yaml:6:1: API/Pets is here twice, first at a.yaml:1:1"},
		{"unknown kind", "apiVersion: gatewright.dev/v1\nkind: Service\n", "a.yaml:2:7: kind is not one of Group, Registry, DataSource, Table, Flow, FlowHooks, DataAPI, API, App"},
		{"other version", "apiVersion: gatewright.dev/v2\nkind: API\n", "a.yaml:1:13: apiVersion is not gatewright.dev/v1"},
		{"no kind", "apiVersion: gatewright.dev/v1\n", "a.yaml:1:1: kind is not one of"},
		{"no document", "apiVersion: gatewright.dev/v1\nkind: API\nname: Pets\n", "a.yaml:1:1: API Pets has no document"},
		{"no name", "apiVersion: gatewright.dev/v1\nkind: App\n", "a.yaml:1:1: app name is empty"},
		{"document out of the directory", strings.Replace(api(""), "./pets.yaml", "../../etc/passwd", 1), "a.yaml:4:11: document \"../../etc/passwd\" leads out of the directory"},
		{"absolute document", strings.Replace(api(""), "./pets.yaml", "/etc/passwd", 1), `document "/etc/passwd" leads out of the directory`},
		{"document that is not there", strings.Replace(api(""), "pets", "cats", 1), `document "./cats.yaml" is not among the files`},
		{"text and file", strings.Replace(api(""), "./pets.yaml", "{file: ./pets.yaml, text: x}", 1), "a document has one of file, text and base64"},
		{"two faults", api("owner: true\nversion: []\n"), "a.yaml:6:10: a list where text is wanted"},
		{"not YAML", api("\tx: [\n"), "a.yaml:4:1: not YAML: found a tab"},
		{"second document of a stream", api("---\nkind: [\n"), "a.yaml:"},
		{"reserved JSON member", `[{"apiVersion":"gatewright.dev/v1","kind":"Registry","name":"a/b"}]`, "contains /"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			things, err := native.Decode([]native.File{{Name: "a.yaml", Text: []byte(tt.text)}, {Name: "pets.yaml", Text: []byte(petstore)}})
			if err == nil {
				t.Fatalf("it was accepted: %v", things)
			}
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	t.Run("stray file", func(t *testing.T) {
		_, err := native.Decode([]native.File{{Name: "a.yaml", Text: []byte(api(""))}, {Name: "pets.yaml", Text: []byte(petstore)}, {Name: "stray.yaml", Text: []byte(petstore)}})
		if err == nil || !strings.Contains(err.Error(), "stray.yaml:1:1: this is neither") {
			t.Error(err)
		}
	})
}

func TestLimits(t *testing.T) {
	many := make([]native.File, native.MaxFiles+1)
	for i := range many {
		many[i].Name = fmt.Sprint("f", i)
	}
	if _, err := native.Decode(many); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Error("files:", err)
	}
	large := []native.File{{Name: "a.yaml", Text: make([]byte, native.MaxBundleBytes+1)}}
	if _, err := native.Decode(large); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Error("bytes:", err)
	}
	text := "apiVersion: gatewright.dev/v1\nkind: App\nname: a\n#" + strings.Repeat("x", native.MaxFileBytes)
	if _, err := native.Decode([]native.File{{Name: "a.yaml", Text: []byte(text)}}); err == nil || !strings.Contains(err.Error(), "at most 16777216 are allowed") {
		t.Error("file:", err)
	}
	var b strings.Builder
	for i := range native.MaxThings + 1 {
		fmt.Fprintf(&b, "{\"apiVersion\":\"gatewright.dev/v1\",\"kind\":\"App\",\"name\":\"a%d\"},\n", i)
	}
	list := "[" + strings.TrimSuffix(b.String(), ",\n") + "]"
	if _, err := native.Decode([]native.File{{Name: "a.json", Text: []byte(list)}}); err == nil || !strings.Contains(err.Error(), "more than 20000 things") {
		t.Error("things:", err)
	}
}

func TestFileNames(t *testing.T) {
	doc := native.Content{Document: &native.Document{Name: "a.json", Text: []byte("{}")}}
	var things []native.Thing
	for _, n := range []string{"Pets", "pets", "../../etc/passwd", "宠物", "Swagger Petstore", strings.Repeat("长", 200), "."} {
		things = append(things, native.Thing{Spec: &native.API{Name: n, Content: doc}})
	}
	things = append(things, native.Thing{Spec: &native.API{Name: "Orders", Track: "v1", Content: doc}}, native.Thing{Spec: &native.API{Name: "Orders", Track: "v2", Content: doc}}, native.Thing{Spec: &native.Group{}})
	files, err := native.Files(things, native.YAML)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if low := strings.ToLower(f.Name); seen[low] || strings.Contains(f.Name, "..") || strings.Count(f.Name, "/") > 1 || len(f.Name) > 160 {
			t.Errorf("file name %q", f.Name)
		} else {
			seen[low] = true
		}
	}
	for _, want := range []string{"group.yaml", "apis/swagger-petstore.yaml", "apis/swagger-petstore.document.json", "apis/宠物.yaml", "apis/orders-v1.yaml", "apis/orders-v2.yaml", "apis/etc-passwd.yaml"} {
		if !seen[want] {
			t.Errorf("no file %s in %v", want, seen)
		}
	}
}

func TestLoad(t *testing.T) {
	pets := "apiVersion: gatewright.dev/v1\nkind: API\nname: Pets\ndocument: ../docs/pets.oas\n"
	orders := "apiVersion: gatewright.dev/v1\nkind: API\nname: Orders\ntrack: v2\ndocument: {file: ./orders.json}\n"
	fsys := fstest.MapFS{
		"d/pets.yaml": {Data: []byte(pets)}, "docs/pets.oas": {Data: []byte(petstore)},
		"d/orders.yml": {Data: []byte(orders)}, "d/orders.json": {Data: []byte("{}")},
		"d/.hidden.yaml": {Data: []byte("x")}, "d/.git/a.yaml": {Data: []byte("x")}, "d/README.md": {Data: []byte("x")},
	}
	tests := []struct {
		name  string
		names []string
		only  []native.Selector
		want  []string
	}{
		{"directory", []string{"d"}, nil, []string{"d/orders.json", "d/orders.yml", "d/pets.yaml", "docs/pets.oas"}},
		{"one file", []string{"d/pets.yaml"}, nil, []string{"d/pets.yaml", "docs/pets.oas"}},
		{"named twice", []string{"d/pets.yaml", "d/pets.yaml"}, nil, []string{"d/pets.yaml", "docs/pets.oas"}},
		{"one thing", []string{"d"}, []native.Selector{{Kind: "API", Name: "Orders"}}, []string{"d/orders.json", "d/orders.yml"}},
		{"one track", []string{"d"}, []native.Selector{{Kind: "API", Name: "Orders@v1"}}, nil},
		{"another kind", []string{"d"}, []native.Selector{{Kind: "App"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := native.Load(fsys, tt.names, tt.only)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, f.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if len(files) > 0 && tt.name != "one track" && tt.name != "another kind" {
				if _, err := native.Decode(files); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestLoadStaysInside: what a symbolic link leads to outside is not read.
func TestLoadStaysInside(t *testing.T) {
	outside := t.TempDir() + "/secret.yaml"
	if err := os.WriteFile(outside, []byte(petstore), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(outside, dir+"/pets.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/api.yaml", []byte("apiVersion: gatewright.dev/v1\nkind: API\nname: Pets\ndocument: ./pets.yaml\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{".", "api.yaml"} {
		if files, err := native.Load(root.FS(), []string{name}, nil); err == nil {
			t.Errorf("%s: %d files were read", name, len(files))
		}
	}
}

func TestSelector(t *testing.T) {
	for _, good := range []string{"api", "API/Pets", "app/a/b", "group", "api/Pets@v2"} {
		s, err := native.ParseSelector(good)
		if err != nil || !strings.EqualFold(s.String(), good) {
			t.Errorf("%s: %v %v", good, s, err)
		}
	}
	for _, bad := range []string{"", "service", "api/", "apis"} {
		if s, err := native.ParseSelector(bad); err == nil {
			t.Errorf("%q was read as %v", bad, s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	all, err := native.Encode(everything(f, petstore), native.YAML)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(all)
	f.Add([]byte("apiVersion: gatewright.dev/v1\nkind: App\nname: a\ngrants: [{api: b}]\n---\n"))
	f.Add([]byte("- apiVersion: gatewright.dev/v1\n  kind: Group\n  labels: null\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		things, err := native.Decode([]native.File{{Name: "a.yaml", Text: text}})
		if err != nil {
			return
		}
		again(t, things)
	})
}

// TestExamples: what is shown can be applied.
func TestExamples(t *testing.T) {
	files, err := native.Load(os.DirFS("../../../examples/native"), []string{"."}, nil)
	if err != nil {
		t.Fatal(err)
	}
	things, err := native.Decode(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(things) != 4 {
		t.Errorf("%d things", len(things))
	}
	for _, thing := range things {
		if api, ok := thing.Spec.(*native.API); ok {
			if _, err := api.Import(); err != nil {
				t.Error(err)
			}
		}
	}
}
