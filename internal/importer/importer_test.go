package importer_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer"
)

func mustImport(t testing.TB, name, text string) *importer.Result {
	t.Helper()
	result, err := importer.Import(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestImportNames(t *testing.T) {
	tests := []struct {
		name, file, document, location string
	}{
		{"base name", "openapi.yaml", "openapi.yaml", "openapi.yaml:3:1"},
		{"path", "dir/../api/openapi.yaml", "openapi.yaml", "dir/../api/openapi.yaml:3:1"},
		{"path of another system", `C:\apis\openapi.yaml`, "openapi.yaml", `C:\apis\openapi.yaml:3:1`},
		{"script", "宠物.yaml", "宠物.yaml", "宠物.yaml:3:1"},
		{"none", "", "document", "document:3:1"},
		{"control characters", "a\nb/c.yaml", "document", "document:3:1"},
		{"not UTF-8", "a\xff.yaml", "document", "document:3:1"},
		{"too long", strings.Repeat("x", 5000), "document", "document:3:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := mustImport(t, test.file, head+"hots: 1\n"+onePath)
			if got := result.Definition.Document.Name; got != test.document {
				t.Errorf("document %q", got)
			}
			if got := result.Findings[0].Location; got != test.location {
				t.Errorf("location %q", got)
			}
		})
	}
}

func TestImportVersionAsWritten(t *testing.T) {
	tests := []struct {
		name, written, want string
	}{
		{"quoted", `"1.0"`, "1.0"},
		{"number", "1.0", "1.0"},
		{"number with a zero at its end", "1.10", "1.10"},
		{"integer", "2", "2"},
		{"date", "2026-11-21", "2026-11-21"},
		{"octal", "010", "010"},
		{"underscore", "1_0", "1_0"},
		{"exponent", "1e3", "1e3"},
		{"boolean", "true", "true"},
		{"yes", "yes", "yes"},
		{"time", "12:30:45", "12:30:45"},
		{"three parts", "1.2.3", "1.2.3"},
		{"tagged", "!!str 3", "3"},
		{"infinity", ".inf", ".inf"},
		{"spaces around", "' 1.0 '", "1.0"},
		{"folded", ">\n    1.0", "1.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := mustImport(t, "v.yaml", "openapi: 3.0.3\ninfo:\n  title: V\n  version: "+test.written+"\n"+onePath)
			if got := result.Definition.Version; got != test.want {
				t.Errorf("version %q, want %q", got, test.want)
			}
		})
	}
}

// TestImportDigest compares documents that say the same, and documents that
// nearly do.
func TestImportDigest(t *testing.T) {
	const base = `{"openapi":"3.0.3","info":{"title":"D","version":"1.0"},"x-n":[1,2.5,10,"1"],"paths":{"/a":{"get":{"responses":{"200":{"description":"fine 😀"}}}}}}`
	tests := []struct {
		name, file, text string
		same             bool
	}{
		{"itself", "d.json", base, true},
		{"other name and format", "d.yaml", base, true},
		{"white space", "d.json", strings.ReplaceAll(base, ",", " ,\r\n\t"), true},
		{"escapes", "d.json", strings.ReplaceAll(base, "fine 😀", `\u0066ine \uD83D\ude00`), true},
		{"numbers", "d.json", strings.ReplaceAll(base, "1,2.5,10,", "1.0,25e-1,1E1,"), true},
		{"YAML", "d.yaml", "# comment\npaths:\n  /a:\n    get:\n      responses:\n        200: &r {description: \"fine \\U0001F600\"}\nopenapi: 3.0.3\nx-n: [0x1, +2.50, 1_0, '1']\ninfo:\n  version: 1.0\n  title: D\n", true},
		{"version in other words", "d.json", strings.ReplaceAll(base, `"1.0"`, `"1"`), false},
		{"number for text", "d.json", strings.ReplaceAll(base, `"1"]`, `1]`), false},
		{"order of a list", "d.json", strings.ReplaceAll(base, "1,2.5", "2.5,1"), false},
		{"case", "d.json", strings.ReplaceAll(base, "fine", "Fine"), false},
		{"more", "d.json", strings.ReplaceAll(base, `"x-n"`, `"x-m":null,"x-n"`), false},
		{"close numbers", "d.json", strings.ReplaceAll(base, "2.5", "2.50000000000000000000000001"), false},
	}
	want := mustImport(t, "d.json", base).Definition.Document.Digest
	if !want.Valid() {
		t.Fatalf("digest %q", want)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mustImport(t, test.file, test.text).Definition.Document.Digest
			if (got == want) != test.same {
				t.Errorf("same: %t", got == want)
			}
		})
	}
}

// TestImportIsDeterministic imports documents with many findings again and
// again.
func TestImportIsDeterministic(t *testing.T) {
	for _, path := range append(documents(t, "good"), documents(t, "bad")...) {
		text := read(t, path)
		first, firstErr := importer.Import(path, text)
		for range 3 {
			again, err := importer.Import(path, text)
			if diff := cmp.Diff(first, again); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
			if fmt.Sprint(firstErr) != fmt.Sprint(err) {
				t.Errorf("%s: %s, then %s", path, firstErr, err)
			}
		}
	}
}

// TestImportKeepsText proves that the document does not change when its caller
// re-uses the buffer.
func TestImportKeepsText(t *testing.T) {
	text := []byte(head + onePath)
	result, err := importer.Import("a.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	if got := string(result.Definition.Document.Text); got != head+onePath {
		t.Errorf("%q", got)
	}
}

func TestExamples(t *testing.T) {
	tests := []struct {
		name, path, title, node string
		routes                  map[string]string
	}{
		{"petstore", "../../examples/petstore/openapi.yaml", "Swagger Petstore", "127.0.0.1:7001", map[string]string{
			"addPet": "POST /pet", "updatePet": "PUT /pet", "findPetsByStatus": "GET /pet/findByStatus",
			"getPetById": "GET /pet/{petId}", "deletePet": "DELETE /pet/{petId}",
			"getInventory": "GET /store/inventory", "placeOrder": "POST /store/order",
			"getOrderById": "GET /store/order/{orderId}", "deleteOrder": "DELETE /store/order/{orderId}",
			"createUser": "POST /user", "loginUser": "GET /user/login", "logoutUser": "GET /user/logout",
			"getUserByName": "GET /user/{username}", "updateUser": "PUT /user/{username}", "deleteUser": "DELETE /user/{username}",
		}},
		{"httpbin", "../../examples/httpbin/openapi.yaml", "httpbin API", "127.0.0.1:7003", map[string]string{
			"getHeaders": "GET /headers", "getIP": "GET /ip", "getUUID": "GET /uuid", "echoGet": "GET /get",
			"echoPost": "POST /post", "anythingGet": "GET /anything", "anythingPost": "POST /anything",
			"anythingPut": "PUT /anything", "anythingPatch": "PATCH /anything", "anythingDelete": "DELETE /anything",
			"getStatus": "GET /status/{code}", "getDelayed": "GET /delay/{seconds}", "getStream": "GET /stream/{n}",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := mustImport(t, test.path, string(read(t, test.path)))
			d := result.Definition
			if d.Title != test.title || d.Version != "1.0.0" || d.BasePath != "/" {
				t.Errorf("%s %s at %s", d.Title, d.Version, d.BasePath)
			}
			if result.Upstream == nil || result.Upstream.Scheme != "http" || len(result.Upstream.Nodes) != 1 || result.Upstream.Nodes[0].Address() != test.node {
				t.Errorf("upstream %+v", result.Upstream)
			}
			routes := map[string]string{}
			for _, r := range d.Routes {
				routes[r.Name] = r.Methods[0] + " " + r.Path
			}
			if diff := cmp.Diff(test.routes, routes); diff != "" {
				t.Error(diff)
			}
			for _, f := range result.Findings {
				if f.Check != "openapi-security" {
					t.Errorf("%s: %s", f.Location, f.Message)
				}
			}
			secondOpinion(t, test.path)
		})
	}
}

// secondOpinion has another implementation of OpenAPI judge a document.
func secondOpinion(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(text)
	if err != nil {
		t.Fatalf("loading with kin-openapi: %s", err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Errorf("validating with kin-openapi: %s", err)
	}
}

// TestSecondOpinion has documents that are imported without a structural
// finding judged by another implementation.
func TestSecondOpinion(t *testing.T) {
	for _, name := range []string{"minimal-3.0.json", "minimal-3.1.yaml", "relative-then-absolute.yaml", "flow.txt"} {
		t.Run(name, func(t *testing.T) { secondOpinion(t, "testdata/good/"+name) })
	}
}

func TestImportNeverReturnsBoth(t *testing.T) {
	for _, path := range documents(t, "bad") {
		result, err := importer.Import(path, read(t, path))
		if result != nil || gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("%s: %v, %v", path, result, err)
		}
	}
}
