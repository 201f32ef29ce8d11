package gatewright_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func petstore() gatewright.Definition {
	return gatewright.Definition{
		Title:       "Petstore",
		Description: "Pets <and> more",
		Version:     "1.0.0",
		BasePath:    "/v2",
		Routes: []gatewright.Route{
			{Name: "getPet", Methods: []string{"GET"}, Path: "/pet/{petId}"},
			{Name: "files", Path: "/files/*", Priority: 1},
		},
		Document: gatewright.Document{
			Format: "openapi-2.0", Name: "petstore.yaml",
			Digest: gatewright.HashBytes([]byte("{}")), Text: []byte("swagger: '2.0'"),
		},
	}
}

// TestContentHashGolden guards stored hashes: a version label is bound to one
// for ever. When it fails, the change that broke it needs a migration.
func TestContentHashGolden(t *testing.T) {
	const want = "sha256:b301435c18bf2261cc6ea8ba2d142b57087aef41aeecf46f1c09faed7e552667"
	d := petstore()
	if got := d.ContentHash(); got != want {
		t.Fatalf("hash is %s, want %s", got, want)
	}
}

func TestContentHashTellsContentOnly(t *testing.T) {
	d := filled[gatewright.Definition]()
	base := d.ContentHash()
	if !base.Valid() {
		t.Fatalf("%q is no hash", base)
	}
	notation := map[string]bool{".Document.Name": true, ".Document.Text": true, ".Document.Text[]": true, ".Document.Importer": true}
	leaves := 0
	eachLeaf(reflect.ValueOf(&d).Elem(), "", func(name string) {
		leaves++
		if same := d.ContentHash() == base; same != notation[name] {
			t.Errorf("altering %s keeps the hash: %t, want %t", name, same, notation[name])
		}
	})
	if leaves < 15 {
		t.Fatalf("only %d members were altered", leaves)
	}
	if d.ContentHash() != base {
		t.Fatal("the hash of the same definition changed")
	}
}

func TestContentHashDependsOnRouteOrder(t *testing.T) {
	d := petstore()
	before := d.ContentHash()
	d.Routes[0], d.Routes[1] = d.Routes[1], d.Routes[0]
	if d.ContentHash() == before {
		t.Fatal("importers sort routes; the hash does not")
	}
}

func TestContentHashSurvivesStorage(t *testing.T) {
	d := petstore()
	d.Routes = append(d.Routes, gatewright.Route{Name: "odd", Methods: []string{}, Path: "/\u2028<&>"})
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back gatewright.Definition
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.ContentHash() != d.ContentHash() {
		t.Fatal("the hash of a stored definition differs")
	}
}

func TestContentHashLeavesTheDefinitionAlone(t *testing.T) {
	d := petstore()
	d.ContentHash()
	if !reflect.DeepEqual(d, petstore()) {
		t.Fatal("the definition changed")
	}
}

func TestDefinitionValidate(t *testing.T) {
	get := func(name, path string) gatewright.Route {
		return gatewright.Route{Name: name, Methods: []string{"GET"}, Path: path}
	}
	tests := []struct {
		name   string
		alter  func(d *gatewright.Definition)
		wanted []string // one part of each finding, in order
	}{
		{"fine", func(*gatewright.Definition) {}, nil},
		{"no title", func(d *gatewright.Definition) { d.Title = "" }, []string{"title"}},
		{"no base path", func(d *gatewright.Definition) { d.BasePath = "" }, []string{`write "/"`}},
		{"base path not canonical", func(d *gatewright.Definition) { d.BasePath = "/v2/" }, []string{`write "/v2"`}},
		{"base path refused", func(d *gatewright.Definition) { d.BasePath = "v2" }, []string{"base path"}},
		{"no routes", func(d *gatewright.Definition) { d.Routes = nil }, []string{"there are none"}},
		{
			"every finding at once",
			func(d *gatewright.Definition) {
				d.Title, d.BasePath = " x", "/a/../b"
				d.Routes = []gatewright.Route{get("a", "a"), get("b", "/b"), {Name: "c", Methods: []string{"get"}, Path: "/c"}}
			},
			[]string{"title", "base path", "route a", "route c"},
		},
		{
			"parameter names do not tell routes apart",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/pet/{id}/{x}.{y}"), get("b", "/pet/{petId}/{y}.{x}")}
			},
			[]string{"route b: matches the same requests as route a (/pet/{id}/{x}.{y})"},
		},
		{
			"other method, other route",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/{id}"), {Name: "b", Methods: []string{"PUT"}, Path: "/{x}"}}
			},
			nil,
		},
		{
			"other priority, other route",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/{id}"), {Name: "b", Methods: []string{"GET"}, Path: "/{x}", Priority: 1}}
			},
			nil,
		},
		{
			"a route for every method stands beside one for GET",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/{id}"), {Name: "b", Path: "/{x}"}}
			},
			nil,
		},
		{
			"two routes for every method",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{{Name: "a", Path: "/{id}"}, {Name: "b", Methods: []string{}, Path: "/{x}"}}
			},
			[]string{"route b"},
		},
		{
			"literal, mixed, parameter and tail differ",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/a"), get("b", "/a{x}"), get("c", "/{x}"), get("d", "/*"), get("e", "/a/")}
			},
			nil,
		},
		{
			"one shared method is enough, and told once",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{
					{Name: "a", Methods: []string{"GET", "HEAD", "PUT"}, Path: "/{id}"},
					{Name: "b", Methods: []string{"GET", "HEAD", "POST"}, Path: "/{x}"},
				}
			},
			[]string{"route b"},
		},
		{
			"a clash does not hide the next one",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{
					get("a", "/{a}"),
					{Name: "b", Methods: []string{"GET", "POST"}, Path: "/{b}"},
					{Name: "c", Methods: []string{"POST"}, Path: "/{c}"},
					{Name: "d", Methods: []string{"GET", "POST"}, Path: "/{d}"},
				}
			},
			[]string{"route b: matches the same requests as route a", "route c: matches the same requests as route b", "as route a", "as route b"},
		},
		{
			"names are unique",
			func(d *gatewright.Definition) {
				d.Routes = []gatewright.Route{get("a", "/a"), get("a", "/b")}
			},
			[]string{"/a and /b have the same name"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := petstore()
			tt.alter(&d)
			err := d.Validate()
			wantCode(t, err, accepted(len(tt.wanted) == 0))
			if err == nil {
				return
			}
			var e *gatewright.Error
			if !errors.As(err, &e) || len(e.Details) != len(tt.wanted) {
				t.Fatalf("%d findings, want %d:\n%v", len(e.Details), len(tt.wanted), err)
			}
			for i, want := range tt.wanted {
				if !strings.Contains(e.Details[i].String(), want) {
					t.Errorf("finding %d is %q, want %q", i, e.Details[i], want)
				}
			}
		})
	}
}

func TestDefinitionValidateRouteLimit(t *testing.T) {
	d := petstore()
	d.Routes = make([]gatewright.Route, gatewright.MaxRoutes)
	for i := range d.Routes {
		d.Routes[i] = gatewright.Route{Name: fmt.Sprint("r", i), Path: fmt.Sprint("/r", i)}
	}
	wantCode(t, d.Validate(), "")
	d.Routes = append(d.Routes, gatewright.Route{Name: "last", Path: "/last"})
	wantCode(t, d.Validate(), gatewright.Invalid)
}

func TestHash(t *testing.T) {
	digits := strings.Repeat("0123456789abcdef", 4)
	tests := []struct {
		name  string
		hash  gatewright.Hash
		valid bool
		short string
	}{
		{"hash", gatewright.Hash("sha256:" + digits), true, "0123456789ab"},
		{"of nothing", gatewright.HashBytes(nil), true, "e3b0c44298fc"},
		{"empty", "", false, ""},
		{"prefix alone", "sha256:", false, ""},
		{"no prefix", gatewright.Hash(digits), false, "0123456789ab"},
		{"other prefix", gatewright.Hash("sha512:" + digits), false, "sha512:01234"},
		{"prefix in upper case", gatewright.Hash("SHA256:" + digits), false, "SHA256:01234"},
		{"digits in upper case", gatewright.Hash("sha256:" + strings.ToUpper(digits)), false, "0123456789AB"},
		{"one digit short", gatewright.Hash("sha256:" + digits[1:]), false, "123456789abc"},
		{"one digit long", gatewright.Hash("sha256:" + digits + "0"), false, "0123456789ab"},
		{"no digit", gatewright.Hash("sha256:g" + digits[1:]), false, "g123456789ab"},
		{"line feed", gatewright.Hash("sha256:" + digits[1:] + "\n"), false, "123456789abc"},
		{"few digits", "sha256:ab", false, "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.hash.Valid(); got != tt.valid {
				t.Errorf("valid: %t, want %t", got, tt.valid)
			}
			if got := tt.hash.Short(); got != tt.short {
				t.Errorf("short: %q, want %q", got, tt.short)
			}
		})
	}
}

func TestDefinitionFindingsAreBounded(t *testing.T) {
	d := petstore()
	d.Routes = nil
	for range gatewright.MaxFindings + 7 {
		d.Routes = append(d.Routes, gatewright.Route{Name: "bad", Path: "no slash"})
	}
	var e *gatewright.Error
	if !errors.As(d.Validate(), &e) || len(e.Details) != gatewright.MaxFindings+1 {
		t.Fatalf("%d findings are told", len(e.Details))
	}
	if last := e.Details[len(e.Details)-1].Message; !strings.HasPrefix(last, "and ") {
		t.Fatalf("the last one is %q", last)
	}
}
