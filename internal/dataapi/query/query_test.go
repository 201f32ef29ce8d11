package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

func group() []gatewright.Table {
	return []gatewright.Table{{
		Name: "orders", Source: "shop", Physical: gatewright.PhysicalTable{Schema: "s", Name: "t_orders"},
		Fields: []gatewright.Field{
			{Name: "id", Column: "order_id", Type: gatewright.TypeInt, Primary: true}, {Name: "name", Type: gatewright.TypeString},
			{Name: "amount", Type: gatewright.TypeDecimal}, {Name: "secret", Type: gatewright.TypeString, Security: gatewright.SecuritySecret},
		},
	}, {
		Name: "other", Source: "elsewhere", Physical: gatewright.PhysicalTable{Name: "t"}, Fields: []gatewright.Field{{Name: "id", Type: gatewright.TypeInt}},
	}, {
		Name: "bare", Source: "shop", Physical: gatewright.PhysicalTable{Name: "t"}, Fields: []gatewright.Field{{Name: "id", Type: gatewright.TypeInt}},
	}}
}

func definition() *gatewright.DataDefinition {
	return &gatewright.DataDefinition{
		Mode: gatewright.DataWizard, Source: "shop", Paging: true,
		Tables: []gatewright.DataTable{{Name: "orders", Fields: []gatewright.DataField{
			{Name: "id", Type: gatewright.TypeInt}, {Name: "name", Type: gatewright.TypeString}, {Name: "amount", Type: gatewright.TypeDecimal}, {Name: "secret", Type: gatewright.TypeString},
		}}},
		Params: []gatewright.DataParam{{Name: "least", Field: "amount", Type: gatewright.TypeDecimal, Operator: gatewright.OpGreaterOrEqual, Optional: true}},
		Columns: []gatewright.DataColumn{
			{Name: "name", Field: "id", Type: gatewright.TypeInt}, {Name: "label", Field: "name", Type: gatewright.TypeString, Sort: gatewright.SortDescending},
			{Name: "secret", Field: "secret", Type: gatewright.TypeString, Sort: gatewright.SortAscending},
		},
	}
}

// TestWizardText: the statement of a wizard, in each dialect.
func TestWizardText(t *testing.T) {
	for dialect, want := range map[gatewright.Dialect]string{
		gatewright.PostgreSQL: `SELECT "id" AS "gw_column_1", "name" AS "label" FROM (…) AS "orders" WHERE "amount" >= CAST($1 AS numeric) ORDER BY "name" DESC, "id" LIMIT 20 OFFSET $2`,
		gatewright.MySQL:      "SELECT `id` AS `gw_column_1`, `name` AS `label` FROM (…) AS `orders` WHERE `amount` >= CAST(? AS decimal(65, 2)) ORDER BY `name` DESC, `id` LIMIT 20 OFFSET ?",
		gatewright.ClickHouse: "SELECT `id` AS `gw_column_1`, `name` AS `label` FROM (…) AS `orders` WHERE `amount` >= {p1:Decimal(76, 2)} ORDER BY `name` DESC, `id` LIMIT 20 OFFSET {p2:Int64}",
		gatewright.SQLite:     "SELECT `id` AS `gw_column_1`, `name` AS `label` FROM (…) AS `orders` WHERE `amount` >= CAST(? AS numeric) ORDER BY `name` DESC, `id` LIMIT 20 OFFSET ?",
	} {
		t.Run(string(dialect), func(t *testing.T) {
			tables := group()
			if dialect == gatewright.SQLite {
				tables[0].Physical.Schema = ""
			}
			q, err := New(definition(), tables, dialect, Options{})
			if err != nil {
				t.Fatal(err)
			}
			plan, err := q.Plan(&Call{JSON: []byte(`{"least":1.50,"pageNum":3,"pageSize":20}`), Total: true})
			if err != nil {
				t.Fatal(err)
			}
			from, to := strings.Index(plan.SQL, "(SELECT")+1, strings.Index(plan.SQL, ") AS ")
			if got := plan.SQL[:from] + "…" + plan.SQL[to:]; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if fmt.Sprint(plan.Args) != "[1.50 40]" || fmt.Sprint(plan.Total.Args) != "[1.50]" {
				t.Errorf("bound %v, to count %v", plan.Args, plan.Total.Args)
			}
		})
	}
}

// TestNewRefuses: what a group lacks is told at once, all of it.
func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *gatewright.DataDefinition, o *Options)
		want   string
	}{
		{"no table", func(d *gatewright.DataDefinition, _ *Options) { d.Tables[0].Name = "orderz" }, "orderz does not exist"},
		{"another source", func(d *gatewright.DataDefinition, _ *Options) {
			d.Tables[0] = gatewright.DataTable{Name: "other", Fields: d.Tables[0].Fields}
		}, "reads data source elsewhere"},
		{"no field, another type", func(d *gatewright.DataDefinition, _ *Options) {
			d.Tables[0].Fields = append(d.Tables[0].Fields, gatewright.DataField{Name: "gone", Type: gatewright.TypeInt})
			d.Tables[0].Fields[1].Type = gatewright.TypeInt
		}, "has no field gone"},
		{"no schema", func(d *gatewright.DataDefinition, _ *Options) {
			d.Tables = []gatewright.DataTable{{Name: "bare", Fields: []gatewright.DataField{{Name: "id", Type: gatewright.TypeInt}}}}
			d.Params, d.Columns = nil, []gatewright.DataColumn{{Name: "id", Field: "id", Type: gatewright.TypeInt}}
		}, "names no schema"},
		{"too many rows", func(_ *gatewright.DataDefinition, o *Options) { o.MaxRows = gatewright.MaxDataRows + 1 }, "are not between 1 and"},
		{"negative rows", func(_ *gatewright.DataDefinition, o *Options) { o.MaxRows = -1 }, "are not between 1 and"},
		{"dangerous function", func(_ *gatewright.DataDefinition, o *Options) { o.Functions = []string{"load_file"} }, "load_file"},
		{"script that is none", func(d *gatewright.DataDefinition, _ *Options) {
			d.Mode, d.Script, d.Paging = gatewright.DataScript, "<select><if>x</if></select>", false
		}, "1:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, o := definition(), Options{}
			tt.change(d, &o)
			_, err := New(d, group(), gatewright.MySQL, o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestGrantLimits reaches every limit of a grant.
func TestGrantLimits(t *testing.T) {
	rule := RowRule{Field: "id", Values: []string{"1"}}
	nested := func(n int) RowRule {
		r := rule
		for range n {
			r = RowRule{All: []RowRule{r}}
		}
		return r
	}
	rows := func(r RowRule) []TableRows { return []TableRows{{"orders", r}} }
	for _, tt := range []struct {
		name   string
		rights Rights
		code   gatewright.Code
	}{
		{"nothing", Rights{}, ""},
		{"clearance", Rights{Clearance: "L5"}, gatewright.Invalid},
		{"no column", Rights{Columns: []string{}}, gatewright.Invalid},
		{"columns at the limit", Rights{Columns: make([]string, gatewright.MaxDataColumns)}, ""},
		{"columns above it", Rights{Columns: make([]string, gatewright.MaxDataColumns+1)}, gatewright.Invalid},
		{"table twice", Rights{Rows: append(rows(rule), TableRows{"ORDERS", rule})}, gatewright.Invalid},
		{"no rule", Rights{Rows: rows(RowRule{})}, gatewright.Invalid},
		{"two rules in one", Rights{Rows: rows(RowRule{Field: "id", All: []RowRule{rule}})}, gatewright.Invalid},
		{"depth at the limit", Rights{Rows: rows(nested(MaxRowRuleDepth - 1))}, ""},
		{"depth above it", Rights{Rows: rows(nested(MaxRowRuleDepth))}, gatewright.LimitExceeded},
		{"rules above the limit", Rights{Rows: rows(RowRule{Any: make([]RowRule, MaxRowRules+1)})}, gatewright.Invalid},
		{"values at the limit", Rights{Rows: rows(RowRule{Field: "id", Operator: gatewright.OpIn, Values: make([]string, MaxRowRuleValues)})}, ""},
		{"values above it", Rights{Rows: rows(RowRule{Field: "id", Operator: gatewright.OpIn, Values: make([]string, MaxRowRuleValues+1)})}, gatewright.LimitExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewGrant(tt.rights); gatewright.CodeOf(err) != tt.code {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestMemory: what a Query remembers has an end, and does not change what it
// says.
func TestMemory(t *testing.T) {
	d := &gatewright.DataDefinition{Mode: gatewright.DataNative, Source: "shop", Tables: []gatewright.DataTable{{Name: "orders"}}}
	q, err := New(d, group(), gatewright.PostgreSQL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		for i := range MaxVerdicts + 10 {
			plan, err := q.Plan(&Call{SQL: fmt.Sprintf("SELECT id FROM orders WHERE id = %d", i)})
			if err != nil || !strings.HasSuffix(plan.SQL, fmt.Sprintf(`"id" = %d LIMIT 1001`, i)) {
				t.Fatalf("round %d: %v, %v", round, plan, err)
			}
		}
	}
	long := "SELECT id FROM orders WHERE name = '" + strings.Repeat("x", MaxVerdictBytes) + "'"
	if _, err := q.Plan(&Call{SQL: long}); err != nil {
		t.Fatal(err)
	}
	v, err := q.view(nil)
	if err != nil || v.verdicts.Len() != MaxVerdicts {
		t.Fatalf("%d verdicts, %v", v.verdicts.Len(), err)
	}
	for i := range MaxViews + 10 {
		g, err := NewGrant(Rights{Rows: []TableRows{{"orders", RowRule{Field: "id", Values: []string{fmt.Sprint(i)}}}}})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := q.Plan(&Call{SQL: "SELECT id FROM orders", Grant: g})
		if err != nil || !strings.Contains(plan.SQL, fmt.Sprintf(`WHERE "order_id" = %d)`, i)) {
			t.Fatalf("%v, %v", plan, err)
		}
	}
	if q.views.Len() != MaxViews {
		t.Errorf("%d views", q.views.Len())
	}
	for range 2 { // a refusal that is remembered is the same refusal
		if _, err := q.Plan(&Call{SQL: "SELECT id FROM nowhere"}); KindOf(err) != CallerText {
			t.Error(err)
		}
	}
}

// TestCheck: a script is read in all its branches before anybody calls it.
func TestCheck(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"fine", "<select>SELECT id FROM orders <where><if test='least != null'>amount &gt; #{least}</if></where></select>", ""},
		{"another table in a branch", "<select>SELECT id FROM orders <if test='least != null'>WHERE id IN (SELECT id FROM nowhere)</if></select>", "nowhere"},
		{"writing in the last branch", "<select><choose><when test='least != null'>SELECT id FROM orders</when><otherwise>DELETE FROM orders</otherwise></choose></select>", "DELETE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := definition()
			d.Mode, d.Paging, d.Script = gatewright.DataScript, false, tt.script
			q, err := New(d, group(), gatewright.PostgreSQL, Options{})
			if err != nil {
				t.Fatal(err)
			}
			err = q.Check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestSources: the same parameters, however they come.
func TestSources(t *testing.T) {
	q, err := New(definition(), group(), gatewright.PostgreSQL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Call{
		{JSON: []byte(`{"least":2,"pageNum":2}`)},
		{JSON: []byte(`"{\"least\":2,\"pageNum\":\"2\"}"`)},
		{Query: map[string][]string{"least": {"2"}, "pageNum": {"2"}}},
		{Form: []param.Field{{Name: "least", Text: "2"}, {Name: "pageNum", Text: "2"}, {Name: "pageSize", Null: true}}},
	} {
		plan, err := q.Plan(&c)
		if err != nil || fmt.Sprint(plan.Args) != "[2 100]" {
			t.Errorf("%+v: %v, %v", c, plan, err)
		}
	}
	if _, err := q.Plan(&Call{SQL: "SELECT 1"}); param.ReasonOf(err) != param.Malformed {
		t.Errorf("SQL for a wizard: %v", err)
	}
	var f *param.Fault
	if _, err := q.Plan(&Call{JSON: []byte(`{"least":"x"}`)}); !errors.As(err, &f) || f.Err.Field != "least" {
		t.Errorf("wrong type: %v", err)
	}
}
