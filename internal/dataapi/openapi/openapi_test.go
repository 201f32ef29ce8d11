package openapi_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
	"github.com/gatewright/gatewright/internal/dataapi/openapi"
	"github.com/gatewright/gatewright/internal/importer"
)

var update = flag.Bool("update", false, "write the golden files")

// wizard is a definition with everything that a document tells.
func wizard() *gatewright.Definition {
	types := []gatewright.DataType{
		gatewright.TypeBool, gatewright.TypeInt, gatewright.TypeFloat, gatewright.TypeDecimal, gatewright.TypeString, gatewright.TypeDate,
		gatewright.TypeTime, gatewright.TypeDateTime, gatewright.TypeUUID, gatewright.TypeJSON, gatewright.TypeBinary, "array<int>",
	}
	d := &gatewright.DataDefinition{Mode: gatewright.DataWizard, Source: "secret_source", Paging: true, Tables: []gatewright.DataTable{{Name: "secret_table"}}}
	for _, t := range types {
		name := "c_" + strings.NewReplacer("<", "_", ">", "").Replace(string(t))
		d.Tables[0].Fields = append(d.Tables[0].Fields, gatewright.DataField{Name: name, Type: t})
		d.Columns = append(d.Columns, gatewright.DataColumn{Name: name, Field: "secret_table." + name, Type: t})
	}
	d.Columns[1].Description, d.Columns[1].Example, d.Columns[1].Security = "A <number> & more", "12345678901234567890", gatewright.SecurityInternal
	d.Columns[4].Default, d.Columns[5].Optional, d.Columns[11].Example = "none", true, "1,2"
	d.Params = []gatewright.DataParam{
		{Name: "id", Field: "c_int", Type: gatewright.TypeInt, Operator: gatewright.OpIn, Example: "1,2", Description: "Which"},
		{Name: "from", Field: "c_date", Type: gatewright.TypeDate, Operator: gatewright.OpGreaterOrEqual, Optional: true, Example: `"2026-01-01"`},
		{Name: "name", Field: "c_string", Type: gatewright.TypeString, Operator: gatewright.OpLike, Default: "%", Security: gatewright.SecuritySecret},
	}
	return &gatewright.Definition{Title: "Orders", Description: "What was ordered", BasePath: "/data/orders", Data: d}
}

func native() *gatewright.Definition {
	return &gatewright.Definition{Title: "Free", BasePath: "/data/free", Data: &gatewright.DataDefinition{
		Mode: gatewright.DataNative, Source: "shop", Tables: []gatewright.DataTable{{Name: "orders"}},
	}}
}

func complete(t testing.TB, def *gatewright.Definition) *gatewright.Definition {
	t.Helper()
	if err := openapi.Complete(def); err != nil {
		t.Fatal(err)
	}
	return def
}

// TestGolden shows documents, which must be what the importer takes for an
// OpenAPI document, too.
func TestGolden(t *testing.T) {
	for name, make := range map[string]func() *gatewright.Definition{
		"wizard": wizard, "native": native,
		"compact": func() *gatewright.Definition { d := wizard(); d.Data.Format = gatewright.DataJSONCompact; return d },
	} {
		t.Run(name, func(t *testing.T) {
			def := complete(t, make())
			file := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(file, def.Document.Text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(def.Document.Text)); diff != "" {
				t.Error(diff)
			}
			if again := complete(t, make()); string(again.Document.Text) != string(def.Document.Text) || again.ContentHash() != def.ContentHash() {
				t.Error("the same definition has another document")
			}
			if strings.Contains(string(def.Document.Text), "secret_") && name == "wizard" {
				t.Error("the document tells tables or sources")
			}
			read, err := importer.Import("openapi.json", def.Document.Text)
			if name != "wizard" { // its version is empty in all of them; one is enough to look at
				return
			}
			if err == nil && len(read.Definition.Routes) != 2 {
				t.Errorf("the importer reads the routes %+v", read.Definition.Routes)
			}
		})
	}
}

// TestCompatibility holds documents of one definition against those of an
// altered one.
func TestCompatibility(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*gatewright.DataDefinition)
		level breaking.Level
	}{
		{"nothing", func(*gatewright.DataDefinition) {}, breaking.None},
		{"source and SQL", func(d *gatewright.DataDefinition) { d.Source = "other" }, breaking.None},
		{"column removed", func(d *gatewright.DataDefinition) { d.Columns = d.Columns[1:] }, breaking.Major},
		{"column's type", func(d *gatewright.DataDefinition) {
			d.Columns[1].Type, d.Tables[0].Fields[1].Type = gatewright.TypeString, gatewright.TypeString
		}, breaking.Major},
		{"column is optional", func(d *gatewright.DataDefinition) { d.Columns[1].Optional = true }, breaking.Major},
		{"column added", func(d *gatewright.DataDefinition) {
			c := d.Columns[0]
			c.Name = "more"
			d.Columns = append(d.Columns, c)
		}, breaking.Minor},
		{"required parameter", func(d *gatewright.DataDefinition) {
			p := d.Params[0]
			p.Name = "more"
			d.Params = append(d.Params, p)
		}, breaking.Major},
		{"optional parameter", func(d *gatewright.DataDefinition) {
			p := d.Params[1]
			p.Name = "more"
			d.Params = append(d.Params, p)
		}, breaking.Minor},
		{"parameter becomes required", func(d *gatewright.DataDefinition) { d.Params[1].Optional = false }, breaking.Major},
		{"parameter removed", func(d *gatewright.DataDefinition) { d.Params = d.Params[:2] }, breaking.Major},
		{"parameter's type", func(d *gatewright.DataDefinition) {
			d.Params[1].Type, d.Tables[0].Fields[5].Type, d.Columns[5].Type = gatewright.TypeInt, gatewright.TypeInt, gatewright.TypeInt
		}, breaking.Major},
		{"compact rows", func(d *gatewright.DataDefinition) { d.Format = gatewright.DataJSONCompact }, breaking.Major},
		{"paging off", func(d *gatewright.DataDefinition) { d.Paging = false }, breaking.Major},
		{"texts", func(d *gatewright.DataDefinition) { d.Params[0].Description = "Other" }, breaking.Doc},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := complete(t, wizard()), wizard()
			tt.alter(after.Data)
			complete(t, after)
			if got := levelOf(t, before, after); got != tt.level {
				t.Errorf("level %v, want %v", got, tt.level)
			}
		})
	}
	// Of positions documents can say little; who knows the definitions says more.
	before, after := wizard(), wizard()
	before.Data.Format, after.Data.Format = gatewright.DataJSONCompact, gatewright.DataJSONCompact
	after.Data.Columns = after.Data.Columns[1:]
	if got := levelOf(t, complete(t, before), complete(t, after)); got < breaking.Risky {
		t.Errorf("a compact column removed is %v", got)
	}
}

func levelOf(t *testing.T, before, after *gatewright.Definition) breaking.Level {
	t.Helper()
	r, err := breaking.Compare(context.Background(), breaking.Document{Name: "old", Text: before.Document.Text}, breaking.Document{Name: "new", Text: after.Document.Text}, breaking.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Level
}

func TestCompleteRefuses(t *testing.T) {
	for name, alter := range map[string]func(*gatewright.Definition){
		"no data":   func(d *gatewright.Definition) { d.Data = nil },
		"base path": func(d *gatewright.Definition) { d.BasePath = "/orders" },
		"tail":      func(d *gatewright.Definition) { d.BasePath = "/data/*" },
		"host":      func(d *gatewright.Definition) { d.Host = "x.example" },
		"mode":      func(d *gatewright.Definition) { d.Data.Mode = "" },
	} {
		t.Run(name, func(t *testing.T) {
			def := wizard()
			alter(def)
			if err := openapi.Complete(def); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzExamples writes down whatever people take for an example or a default.
func FuzzExamples(f *testing.F) {
	for _, text := range []string{"1", `"x"`, "x", "[1,2]", "1,2", "null", "1e400", "{", "\"", "a,\"b\"", "true", "<&>\u2028"} {
		f.Add(text, text, "int")
	}
	f.Fuzz(func(t *testing.T, example, value, typ string) {
		def := wizard()
		def.Data.Params[1].Example, def.Data.Params[1].Default = example, value
		def.Data.Columns[0].Example = example
		if parsed, err := gatewright.ParseDataType(typ); err == nil {
			def.Data.Params[1].Type = parsed
		}
		if openapi.Complete(def) != nil {
			return
		}
		if !json.Valid(def.Document.Text) {
			t.Errorf("no JSON: %s", def.Document.Text)
		}
	})
}
