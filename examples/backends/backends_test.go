package backends

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// theDog is the document the walk-through promises, to the letter.
const theDog = `{
  "name": "Dog",
  "photoUrls": [
    "https://example.com/dog-1.jpg",
    "https://example.com/dog-2.jpg"
  ],
  "id": 1,
  "category": {
    "id": 1,
    "name": "pets"
  },
  "tags": [
    {
      "id": 1,
      "name": "friendly"
    },
    {
      "id": 2,
      "name": "smart"
    }
  ],
  "status": "available"
}
`

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestPetOne(t *testing.T) {
	w := ask(Petstore("petstore-test", clock), "GET", "/pet/1", "")
	if w.Code != 200 || w.Header().Get("X-Backend") != "petstore-test" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if diff := cmp.Diff(theDog, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPetstore(t *testing.T) {
	h := Petstore("p", clock)
	steps := []struct {
		name, method, target, body string
		code                       int
		part                       string // of the answer
	}{
		{"add", "POST", "/pet", `{"name":"Cat","photoUrls":[],"status":"pending"}`, 200, `"id": 2`},
		{"add with a number", "POST", "/pet", `{"id":9,"name":"Cow","photoUrls":[]}`, 200, `"id": 9`},
		{"a taken number is replaced", "POST", "/pet", `{"id":9,"name":"Hen","photoUrls":[]}`, 200, `"id": 3`},
		{"read", "GET", "/pet/2", "", 200, `"name": "Cat"`},
		{"find", "GET", "/pet/findByStatus?status=pending", "", 200, `"name": "Cat"`},
		{"find nothing", "GET", "/pet/findByStatus?status=sold", "", 200, "[]"},
		{"find nonsense", "GET", "/pet/findByStatus?status=dead", "", 400, "dead"},
		{"update", "PUT", "/pet", `{"id":2,"name":"Cat","photoUrls":[],"status":"sold"}`, 200, `"sold"`},
		{"update nobody", "PUT", "/pet", `{"id":77,"name":"Cat","photoUrls":[]}`, 404, "77"},
		{"inventory", "GET", "/store/inventory", "", 200, `"sold": 1`},
		{"delete", "DELETE", "/pet/2", "", 204, ""},
		{"deleted", "GET", "/pet/2", "", 404, "there is no pet 2"},
		{"delete again", "DELETE", "/pet/2", "", 404, ""},
		{"no number", "GET", "/pet/x", "", 400, "not a number"},
		{"no body", "POST", "/pet", "", 400, "empty"},
		{"not JSON", "POST", "/pet", "{", 400, ""},
		{"two values", "POST", "/pet", `{"name":"a","photoUrls":[]} {}`, 400, "behind"},
		{"no name", "POST", "/pet", `{"photoUrls":[]}`, 400, "needs name"},
		{"body too long", "POST", "/pet", `{"name":"` + strings.Repeat("x", MaxBodyBytes), 413, ""},
		{"order", "POST", "/store/order", `{"petId":1}`, 200, `"shipDate": "2026-01-02T03:04:05Z"`},
		{"order nobody", "POST", "/store/order", `{"petId":77}`, 400, "77"},
		{"read the order", "GET", "/store/order/4", "", 200, `"placed"`},
		{"cancel", "DELETE", "/store/order/4", "", 204, ""},
		{"cancelled", "GET", "/store/order/4", "", 404, ""},
		{"register", "POST", "/user", `{"username":"ada"}`, 200, `"username": "ada"`},
		{"register again", "POST", "/user", `{"username":"ada"}`, 400, "already"},
		{"read the user", "GET", "/user/ada", "", 200, "ada"},
		{"alter the user", "PUT", "/user/ada", `{"username":"ada","email":"ada@example.com"}`, 200, "ada@example.com"},
		{"rename the user", "PUT", "/user/ada", `{"username":"bob"}`, 400, ""},
		{"log in", "GET", "/user/login?username=ada&password=x", "", 200, "logged in"},
		{"log in as nobody", "GET", "/user/login", "", 400, ""},
		{"log out", "GET", "/user/logout", "", 204, ""},
		{"forget", "DELETE", "/user/ada", "", 204, ""},
		{"forgotten", "GET", "/user/ada", "", 404, ""},
		{"wrong method", "PATCH", "/pet", "", 405, ""},
		{"no such path", "GET", "/", "", 404, ""},
	}
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(h, tt.method, tt.target, tt.body)
			if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.part) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, tt.code, tt.part)
			}
		})
	}
}

func TestPetstoreIsBounded(t *testing.T) {
	h := Petstore("p", clock)
	for i := range MaxThings - 1 {
		if w := ask(h, "POST", "/pet", `{"name":"Ant","photoUrls":[]}`); w.Code != 200 {
			t.Fatalf("ant %d: %d", i, w.Code)
		}
	}
	if w := ask(h, "POST", "/pet", `{"name":"Ant","photoUrls":[]}`); w.Code != http.StatusInsufficientStorage {
		t.Errorf("got %d", w.Code)
	}
}

func TestHttpbin(t *testing.T) {
	h := Httpbin("httpbin-test")
	tests := []struct {
		name, method, target, body string
		code                       int
		part                       string
	}{
		{"headers", "GET", "/headers", "", 200, `"Host": "example.com"`},
		{"get", "GET", "/get?a=1&b=2&b=3", "", 200, `"a": "1"`},
		{"post", "POST", "/post", "hello", 200, `"data": "hello"`},
		{"binary body", "POST", "/post", "\xff", 200, `"data": "�"`},
		{"body too long", "POST", "/post", strings.Repeat("x", MaxBodyBytes+1), 413, ""},
		{"anything", "PATCH", "/anything", "", 200, `"method": "PATCH"`},
		{"status", "GET", "/status/418", "", 418, ""},
		{"status out of range", "GET", "/status/600", "", 400, "600"},
		{"no status", "GET", "/status/x", "", 400, ""},
		{"delay", "GET", "/delay/0", "", 200, ""},
		{"longest delay", "GET", "/delay/10.1", "", 400, "between 0 and 10"},
		{"no delay", "GET", "/delay/NaN", "", 400, ""},
		{"stream", "GET", "/stream/3", "", 200, `"id":2`},
		{"longest stream", "GET", "/stream/101", "", 400, "between 1 and 100"},
		{"uuid", "GET", "/uuid", "", 200, `"uuid": "`},
		{"ip", "GET", "/ip", "", 200, `"origin": "192.0.2.1"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(h, tt.method, tt.target, tt.body)
			if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.part) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, tt.code, tt.part)
			}
			if w.Header().Get("X-Backend") != "httpbin-test" {
				t.Error("the answer does not say who gave it")
			}
		})
	}
}

// TestStatusOnTheWire asks for interim statuses through a real connection:
// there they must be followed by a final response.
func TestStatusOnTheWire(t *testing.T) {
	server := httptest.NewServer(Httpbin("h"))
	defer server.Close()
	for _, code := range []string{"100", "101", "103", "204", "304"} {
		resp, err := http.Get(server.URL + "/status/" + code)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		resp.Body.Close()
		if resp.StatusCode < 200 {
			t.Errorf("%s: got %d", code, resp.StatusCode)
		}
	}
}

// TestBackendsAnswerTheirDocuments sends each documented operation; none may
// be unknown to the backend.
func TestBackendsAnswerTheirDocuments(t *testing.T) {
	tests := []struct {
		name, document string
		handler        http.Handler
	}{
		{"petstore", "../petstore/openapi.yaml", Petstore("p", clock)},
		{"httpbin", "../httpbin/openapi.yaml", Httpbin("h")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := os.ReadFile(tt.document)
			if err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Paths map[string]map[string]any `yaml:"paths"`
			}
			if err := yaml.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Paths) == 0 {
				t.Fatal("the document has no paths")
			}
			parameters := strings.NewReplacer("{petId}", "1", "{orderId}", "1", "{username}", "ada", "{code}", "200", "{seconds}", "0", "{n}", "1")
			for path, item := range doc.Paths {
				for method := range item {
					if method == "parameters" {
						continue
					}
					w := ask(tt.handler, strings.ToUpper(method), parameters.Replace(path), "")
					ours := w.Code == 204 || json.Valid(w.Body.Bytes()) || w.Body.Len() == 0
					if w.Code == http.StatusMethodNotAllowed || w.Code == http.StatusNotFound && !ours {
						t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
					}
				}
			}
		})
	}
}
