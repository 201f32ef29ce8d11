package gatewright_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestParseDataType(t *testing.T) {
	for _, tt := range []struct {
		name string
		want gatewright.DataType // "" when it is refused
	}{
		{"int", gatewright.TypeInt},
		{"BIGINT", gatewright.TypeInt},
		{" double ", gatewright.TypeFloat},
		{"text", gatewright.TypeString},
		{"timestamp", gatewright.TypeDateTime},
		{"date(yyyy-MM-DD)", gatewright.TypeDate},
		{"array<int>", "array<int>"},
		{"Array<Varchar>", "array<string>"},
		{"array<date(yyyy-MM-DD)>", "array<date>"},
		{"", ""},
		{"money", ""},
		{"array<>", ""},
		{"array<int", ""},
		{"array<array<int>>", ""},
		{"date(dd.MM.yyyy)", ""},
		{"int(yyyy-MM-DD)", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.ParseDataType(tt.name)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("got %q, %v; want %q", got, err, tt.want)
			}
			if err == nil && got.Validate() != nil {
				t.Errorf("%q is not valid: %v", got, got.Validate())
			}
		})
	}
}

func TestDataTypeValidate(t *testing.T) {
	for _, name := range []gatewright.DataType{"BIGINT", "integer", "array< int >", "array<bigint>"} {
		if err := name.Validate(); err == nil {
			t.Errorf("%q is valid, though it is not the one written form", name)
		}
	}
	if e := gatewright.DataType("array<date>").Element(); e != gatewright.TypeDate {
		t.Errorf("element is %q", e)
	}
	if e := gatewright.TypeInt.Element(); e != "" || gatewright.TypeInt.IsArray() {
		t.Errorf("int has the element %q", e)
	}
}

func source() gatewright.DataSource {
	return gatewright.DataSource{
		Name: "shop", User: "reader",
		SourceConfig: gatewright.SourceConfig{Dialect: gatewright.PostgreSQL, Host: "db.example", Port: 5432, Database: "shop"},
	}
}

func TestDataSourceValidate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		alter func(*gatewright.DataSource)
		say   string // "" when it is valid
	}{
		{"whole", func(*gatewright.DataSource) {}, ""},
		{"no name", func(s *gatewright.DataSource) { s.Name = "" }, "name is empty"},
		{"slash", func(s *gatewright.DataSource) { s.Name = "a/b" }, "slash"},
		{"dialect", func(s *gatewright.DataSource) { s.Dialect = "oracle" }, `dialect "oracle"`},
		{"place", func(s *gatewright.DataSource) { s.Host = "me@db" }, "neither a host"},
		{"user of 257 bytes", func(s *gatewright.DataSource) { s.User = strings.Repeat("u", 257) }, "at most 256"},
		{"line break in the user", func(s *gatewright.DataSource) { s.User = "a\x00b" }, "unprintable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := source()
			tt.alter(&s)
			wantError(t, s.Validate(), tt.say)
		})
	}
}

func wantError(t *testing.T, err error, say string) {
	t.Helper()
	switch {
	case say == "" && err != nil:
		t.Errorf("refused: %v", err)
	case say != "" && (err == nil || !strings.Contains(err.Error(), say)):
		t.Errorf("got %v; want it to say %q", err, say)
	}
}

func orders() gatewright.Table {
	return gatewright.Table{
		Name: "orders", Source: "shop", Physical: gatewright.PhysicalTable{Schema: "public", Name: "orders"},
		Security: gatewright.SecurityInternal,
		Fields: []gatewright.Field{
			{Name: "id", Type: gatewright.TypeInt, Primary: true},
			{Name: "customer", Column: "cust_no", Type: gatewright.TypeString, Security: gatewright.SecuritySecret},
		},
		Constraints: [][]string{{"id"}},
	}
}

func TestTableValidate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		alter func(*gatewright.Table)
		say   string
	}{
		{"whole", func(*gatewright.Table) {}, ""},
		{"another script", func(t *gatewright.Table) { t.Name, t.Fields[1].Name = "订单", "客户" }, ""},
		{"name with a quote", func(t *gatewright.Table) { t.Name = `a"b` }, "letter or underscore"},
		{"name with a dot", func(t *gatewright.Table) { t.Name = "a.b" }, "letter or underscore"},
		{"no physical table", func(t *gatewright.Table) { t.Physical.Name = "" }, "physical table"},
		{"no fields", func(t *gatewright.Table) { t.Fields = nil }, "0 fields"},
		{"field twice, by case", func(t *gatewright.Table) { t.Fields[1].Name = "ID" }, "two fields"},
		{"type", func(t *gatewright.Table) { t.Fields[0].Type = "money" }, "money"},
		{"security", func(t *gatewright.Table) { t.Security = "L5" }, "L5"},
		{"empty constraint", func(t *gatewright.Table) { t.Constraints = [][]string{{}} }, "names no field"},
		{"constraint on nothing", func(t *gatewright.Table) { t.Constraints = [][]string{{"price"}} }, "price"},
		{"constraint twice", func(t *gatewright.Table) { t.Constraints = [][]string{{"id", "id"}} }, "twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := orders()
			tt.alter(&table)
			wantError(t, table.Validate(), tt.say)
		})
	}
	table := orders()
	if got := table.Level(table.Field("ID")); got != gatewright.SecurityInternal {
		t.Errorf("a field that says nothing is %s", got)
	}
	if got := table.Level(table.Field("customer")); got != gatewright.SecuritySecret {
		t.Errorf("a field with a level of its own is %s", got)
	}
	if got := table.Fields[1].ColumnName(); got != "cust_no" {
		t.Errorf("column %q", got)
	}
}
