package gatewright_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

// wizard and script are definitions with nothing wrong.
func wizard() gatewright.DataDefinition {
	return gatewright.DataDefinition{
		Mode: gatewright.DataWizard, Source: "shop",
		Tables: []gatewright.DataTable{{Name: "orders", Fields: []gatewright.DataField{
			{Name: "id", Type: gatewright.TypeInt}, {Name: "placed", Type: gatewright.TypeDate},
		}}},
		Params: []gatewright.DataParam{
			{Name: "from", Field: "orders.placed", Type: gatewright.TypeDate, Operator: gatewright.OpGreaterOrEqual, Example: `"2026-01-01"`},
			{Name: "to", Field: "placed", Type: gatewright.TypeDate, Operator: gatewright.OpLess, Optional: true},
		},
		Columns: []gatewright.DataColumn{{Name: "id", Field: "orders.id", Type: gatewright.TypeInt, Sort: gatewright.SortDescending}},
		Paging:  true,
	}
}

func script() gatewright.DataDefinition {
	d := wizard()
	d.Mode, d.Paging = gatewright.DataScript, false
	d.Script = "SELECT id FROM orders WHERE placed >= #{from}"
	return d
}

func TestDataDefinitionValidate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		from  func() gatewright.DataDefinition
		alter func(*gatewright.DataDefinition)
		say   string
	}{
		{"wizard", wizard, func(*gatewright.DataDefinition) {}, ""},
		{"script", script, func(*gatewright.DataDefinition) {}, ""},
		{"native", wizard, func(d *gatewright.DataDefinition) {
			*d = gatewright.DataDefinition{Mode: gatewright.DataNative, Source: "shop", Tables: []gatewright.DataTable{{Name: "orders"}}}
		}, ""},
		{"mode", wizard, func(d *gatewright.DataDefinition) { d.Mode = "magic" }, "magic"},
		{"wizard over two tables", wizard, func(d *gatewright.DataDefinition) { d.Tables = tables(2) }, "1 to 1 logical tables"},
		{"script over ten", script, func(d *gatewright.DataDefinition) { d.Tables = append(d.Tables, tables(9)...) }, ""},
		{"script over eleven", script, func(d *gatewright.DataDefinition) { d.Tables = append(d.Tables, tables(10)...) }, "1 to 10 logical tables"},
		{"native over six", wizard, func(d *gatewright.DataDefinition) {
			*d = gatewright.DataDefinition{Mode: gatewright.DataNative, Source: "shop", Tables: tables(6)}
		}, "1 to 5 logical tables"},
		{"native with parameters", wizard, func(d *gatewright.DataDefinition) { d.Mode, d.Paging = gatewright.DataNative, false }, "neither parameters"},
		{"no script", script, func(d *gatewright.DataDefinition) { d.Script = " " }, "needs its SQL"},
		{"long script", script, func(d *gatewright.DataDefinition) { d.Script = strings.Repeat("x", gatewright.MaxScriptBytes+1) }, "bytes"},
		{"paging of a script", script, func(d *gatewright.DataDefinition) { d.Paging = true }, "paging switch"},
		{"paging's own parameter", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Name = gatewright.ParamPageNum }, "belongs to paging"},
		{"table twice", script, func(d *gatewright.DataDefinition) { d.Tables = append(d.Tables, gatewright.DataTable{Name: "ORDERS"}) }, "twice"},
		{"parameter twice", wizard, func(d *gatewright.DataDefinition) { d.Params[1].Name = "from" }, "two parameters"},
		{"operator", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Operator = "<>" }, "<>"},
		{"field of no table", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Field = "orders.price" }, "none of the API's tables"},
		{"wizard parameter without a field", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Field = "" }, "no field"},
		{"fragment of a wizard", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Fragment = gatewright.FragmentSort }, "only a script"},
		{"enumeration of nothing", script, func(d *gatewright.DataDefinition) { d.Params[0].Fragment = gatewright.FragmentEnum }, "0 texts"},
		{"example of 200", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Example = strings.Repeat("例", 200) }, ""},
		{"example of 201", wizard, func(d *gatewright.DataDefinition) { d.Params[0].Example = strings.Repeat("例", 201) }, "at most 200"},
		{"default of 201", wizard, func(d *gatewright.DataDefinition) { d.Columns[0].Default = strings.Repeat("x", 201) }, "at most 200"},
		{"no columns", wizard, func(d *gatewright.DataDefinition) { d.Columns = nil }, "at least one column"},
		{"column twice", wizard, func(d *gatewright.DataDefinition) { d.Columns = append(d.Columns, d.Columns[0]) }, "two columns"},
		{"sort", wizard, func(d *gatewright.DataDefinition) { d.Columns[0].Sort = "up" }, "up"},
		{"format", wizard, func(d *gatewright.DataDefinition) { d.Format = "XML" }, "XML"},
		{"custom cache without a time", wizard, func(d *gatewright.DataDefinition) { d.Cache = gatewright.CacheCustom }, "cache time"},
		{"cache time with the system's", wizard, func(d *gatewright.DataDefinition) { d.CacheTime = 1 }, "goes with"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.from()
			tt.alter(&d)
			wantError(t, d.Validate(), tt.say)
		})
	}
}

func tables(n int) []gatewright.DataTable {
	list := make([]gatewright.DataTable, n)
	for i := range list {
		list[i].Name = "t" + strings.Repeat("x", i)
	}
	return list
}

func TestDataDefinitionField(t *testing.T) {
	d := script()
	d.Tables = append(d.Tables, gatewright.DataTable{Name: "customers", Fields: []gatewright.DataField{{Name: "id", Type: gatewright.TypeInt}}})
	if _, err := d.Field("id"); err == nil || !strings.Contains(err.Error(), "several tables") {
		t.Errorf("a field of two tables: %v", err)
	}
	if f, err := d.Field("customers.id"); err != nil || f != &d.Tables[1].Fields[0] {
		t.Errorf("found %v, %v", f, err)
	}
	if f, err := d.Field("placed"); err != nil || f.Type != gatewright.TypeDate {
		t.Errorf("found %v, %v", f, err)
	}
}

func TestDataDefinitionDerived(t *testing.T) {
	d := script()
	for text, want := range map[string]bool{
		"<SELECT>a</SELECT>": true, "\n <select id='x'>": true, "SELECT 1": false, "<sel": false, "": false,
	} {
		d.Script = text
		if d.Dynamic() != want {
			t.Errorf("%q: dynamic %v", text, d.Dynamic())
		}
	}
	if d.CacheFor() != 600*time.Second {
		t.Errorf("the system's cache keeps for %s", d.CacheFor())
	}
	d.Cache = gatewright.CacheOff
	if d.CacheFor() != 0 {
		t.Errorf("no cache keeps for %s", d.CacheFor())
	}
	d.Cache, d.CacheTime = gatewright.CacheCustom, gatewright.Duration(time.Minute)
	if d.CacheFor() != time.Minute {
		t.Errorf("a cache of a minute keeps for %s", d.CacheFor())
	}
}
