package gate

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// TestLimits reaches each limit of a statement from both sides.
func TestLimits(t *testing.T) {
	list := func(n int, part string) string { return strings.TrimSuffix(strings.Repeat(part+", ", n), ", ") }
	tests := []struct {
		name     string
		fits     string
		exceeds  string
		mentions string
	}{
		{"bytes", "select '" + strings.Repeat("a", MaxBytes-9) + "'", "select '" + strings.Repeat("a", MaxBytes-8) + "'", "bytes"},
		{"tokens", "select id from orders where id in (" + list(MaxTokens/2-10, "1") + ")", "select id from orders where id in (" + list(MaxTokens/2, "1") + ")", "words and signs"},
		{"depth", "select " + strings.Repeat("(", MaxDepth-2) + "1" + strings.Repeat(")", MaxDepth-2), "select " + strings.Repeat("(", MaxDepth) + "1" + strings.Repeat(")", MaxDepth), "deeper"},
		{"depth of queries", "select 1", strings.Repeat("select (", MaxDepth) + "1" + strings.Repeat(")", MaxDepth), "deeper"},
		{"depth of calls", "select 1", "select " + strings.Repeat("abs(", MaxDepth) + "1" + strings.Repeat(")", MaxDepth), "deeper"},
		{"depth of types", "select 1", "select cast(1 as Array" + strings.Repeat("(Array", MaxDepth) + strings.Repeat(")", MaxDepth) + ")", ""},
		{"depth of joins", "select 1", "select 1 from " + strings.Repeat("(", MaxDepth) + "orders" + strings.Repeat(")", MaxDepth), ""},
		{"parameters", "select 1 where 1 in (" + list(MaxParams, "?") + ")", "select 1 where 1 in (" + list(MaxParams+1, "?") + ")", "parameters"},
		{"tables", "select 1 from " + selfJoin(MaxReferences), "select 1 from " + selfJoin(MaxReferences+1), "reads from more than"},
		{"common table expressions", "with " + commons(MaxReferences) + " select 1", "with " + commons(MaxReferences+1) + " select 1", "common table expressions"},
		{"columns by stars", "select 1", "select a.*, a.*, a.*, a.* from (select " + list(1100, "1") + " from orders) a", "more than 4096 columns"},
		{"name", "select 1 as " + strings.Repeat("a", MaxName), "select 1 as " + strings.Repeat("a", MaxName+1), "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := mustGate(t, shop(SQLite))
			if strings.Contains(tt.exceeds, "Array") {
				g = mustGate(t, shop(ClickHouse))
			}
			if _, err := g.Check(tt.fits); err != nil {
				t.Errorf("what fits is refused: %v", err)
			}
			s, err := g.Check(tt.exceeds)
			if gatewright.CodeOf(err) != gatewright.LimitExceeded || !strings.Contains(err.Error(), tt.mentions) {
				t.Errorf("got %d bytes of SQL and %v; want limit_exceeded with %q", len(s.SQL), err, tt.mentions)
			}
		})
	}
}

// TestOutputLimit: wide tables that are read often make a long text of a short
// one.
func TestOutputLimit(t *testing.T) {
	rules := shop(MySQL)
	rules.Tables = rules.Tables[:1]
	for i := range MaxFields - 10 {
		name := fmt.Sprintf("column_%0100d", i)
		rules.Tables[0].Fields = append(rules.Tables[0].Fields, Field{name, name})
	}
	g := mustGate(t, rules)
	if _, err := g.Check("select 1 from " + selfJoin(2)); err != nil {
		t.Errorf("two references: %v", err)
	}
	if _, err := g.Check("select 1 from " + selfJoin(MaxReferences)); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("%d references: %v; want limit_exceeded", MaxReferences, err)
	}
}

func selfJoin(n int) string {
	var list []string
	for i := range n {
		list = append(list, "orders as o"+strings.Repeat("x", i))
	}
	return strings.Join(list, ", ")
}

func commons(n int) string {
	var list []string
	for i := range n {
		list = append(list, "c"+strings.Repeat("x", i)+" as (select 1)")
	}
	return strings.Join(list, ", ")
}

// TestRules refuses rules that would open the gate.
func TestRules(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Rules)
	}{
		{"no dialect", func(r *Rules) { r.Dialect = "" }},
		{"unknown dialect", func(r *Rules) { r.Dialect = "oracle" }},
		{"no tables", func(r *Rules) { r.Tables = nil }},
		{"too many tables", func(r *Rules) {
			for i := range MaxTables {
				table := r.Tables[0]
				table.Name = "t" + strings.Repeat("x", i)
				r.Tables = append(r.Tables, table)
			}
		}},
		{"no rows", func(r *Rules) { r.MaxRows = 0 }},
		{"too many rows", func(r *Rules) { r.MaxRows = MaxRowLimit + 1 }},
		{"table twice", func(r *Rules) { r.Tables[1].Name = "ORDERS" }},
		{"table with a dot", func(r *Rules) { r.Tables[0].Name = "a.b" }},
		{"table without name", func(r *Rules) { r.Tables[0].Name = "" }},
		{"no schema", func(r *Rules) { r.Tables[0].Schema = "" }},
		{"no physical table", func(r *Rules) { r.Tables[0].Table = "" }},
		{"control character", func(r *Rules) { r.Tables[0].Table = "a\x00b" }},
		{"no fields", func(r *Rules) { r.Tables[0].Fields = nil }},
		{"too many fields", func(r *Rules) { r.Tables[0].Fields = make([]Field, MaxFields+1) }},
		{"field twice", func(r *Rules) { r.Tables[1].Fields[1].Name = "ID" }},
		{"field without column", func(r *Rules) { r.Tables[1].Fields[1].Column = "" }},
		{"function that sleeps", func(r *Rules) { r.Functions = []string{"sleep"} }},
		{"function that reads files", func(r *Rules) { r.Functions = []string{"Load_File"} }},
		{"function that waits", func(r *Rules) { r.Functions = []string{"wait_for_executed_gtid_set"} }},
		{"function with SQL in it", func(r *Rules) { r.Functions = []string{"a()--"} }},
		{"function that is a keyword", func(r *Rules) { r.Functions = []string{"select"} }},
		{"system schema", func(r *Rules) { r.Tables[0].Schema = "MySQL" }},
		{"information schema", func(r *Rules) { r.Tables[0].Schema = "information_schema" }},
		{"condition of nothing", func(r *Rules) { r.Tables[0].Where = &Condition{} }},
		{"condition of two kinds", func(r *Rules) {
			r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{"x"}, Any: []Condition{{}}}
		}},
		{"condition without operator", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Values: []any{"x"}} }},
		{"condition with SQL as operator", func(r *Rules) {
			r.Tables[0].Where = &Condition{Column: "a", Operator: "= 1 OR 1 =", Values: []any{"x"}}
		}},
		{"condition without value", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: Equal} }},
		{"condition with two values", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{"a", "b"}} }},
		{"condition with null in a list", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: NotIn, Values: []any{nil}} }},
		{"condition less than null", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: Less, Values: []any{nil}} }},
		{"condition with SQL as number", func(r *Rules) {
			r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{json.Number("1 OR 1=1")}}
		}},
		{"condition with a float", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{1.5}} }},
		{"condition with a zero byte", func(r *Rules) { r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{"a\x00"}} }},
		{"condition that is no UTF-8", func(r *Rules) {
			r.Tables[0].Where = &Condition{Column: "a", Operator: Equal, Values: []any{"\xbf\x5c\x27"}}
		}},
		{"condition with too many parts", func(r *Rules) { r.Tables[0].Where = &Condition{All: make([]Condition, MaxConditions+1)} }},
		{"condition with too many values", func(r *Rules) {
			r.Tables[0].Where = &Condition{Column: "a", Operator: In, Values: make([]any, MaxValues+1)}
		}},
		{"condition too deep", func(r *Rules) {
			c := Condition{Column: "a", Operator: Equal, Values: []any{"x"}}
			for range MaxDepth + 1 {
				c = Condition{All: []Condition{c}}
			}
			r.Tables[0].Where = &c
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules := shop(MySQL)
			tt.change(&rules)
			if _, err := New(rules); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("got %v; want invalid", err)
			}
		})
	}
}

// TestCondition pins how row conditions are written.
func TestCondition(t *testing.T) {
	compare := func(op Operator, values ...any) *Condition {
		return &Condition{Column: "c", Operator: op, Values: values}
	}
	tests := []struct {
		name      string
		condition *Condition
		want      map[Dialect]string
	}{
		{"quote", compare(Equal, "o'x"), map[Dialect]string{PostgreSQL: `"c" = 'o''x'`, MySQL: "`c` = 'o''x'", ClickHouse: "`c` = 'o\\'x'", SQLite: "`c` = 'o''x'"}},
		{"backslash and quote", compare(Equal, `\' OR 1=1 -- `), map[Dialect]string{
			PostgreSQL: `"c" = E'\\'' OR 1=1 -- '`, MySQL: "`c` = CONVERT(X'5C27204F5220313D31202D2D20' USING utf8mb4)",
			ClickHouse: "`c` = '\\\\\\' OR 1=1 -- '", SQLite: "`c` = '\\'' OR 1=1 -- '",
		}},
		{"number", compare(NotEqual, json.Number("-12.50")), map[Dialect]string{PostgreSQL: `"c" != -12.50`}},
		{"true", compare(Equal, true), map[Dialect]string{PostgreSQL: `"c" = TRUE`, MySQL: "`c` = 1"}},
		{"not null", compare(NotEqual, nil), map[Dialect]string{SQLite: "`c` IS NOT NULL"}},
		{"in nothing", compare(In), map[Dialect]string{MySQL: "1 = 0"}},
		{"not in nothing", compare(NotIn), map[Dialect]string{MySQL: "1 = 1"}},
		{"like", compare(NotLike, "a%"), map[Dialect]string{SQLite: "`c` NOT LIKE 'a%'"}},
		{"any of all", &Condition{Any: []Condition{*compare(Less, int64(1)), {All: []Condition{*compare(Greater, int64(5)), *compare(In, "x", "y")}}}},
			map[Dialect]string{MySQL: "(`c` < 1 OR (`c` > 5 AND `c` IN ('x', 'y')))"}},
	}
	for _, tt := range tests {
		for d, want := range tt.want {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				rules := shop(d)
				rules.Tables[0].Where = tt.condition
				s, err := mustGate(t, rules).Check("select id from orders")
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(s.SQL, " WHERE "+want+") AS ") {
					t.Errorf("got  %s\nwant %s", s.SQL, want)
				}
			})
		}
	}
}

// TestShared: one gate serves many callers at once.
func TestShared(t *testing.T) {
	g := mustGate(t, shop(PostgreSQL))
	for range 8 {
		t.Run("caller", func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if s, err := g.Check("select o.*, name from orders o join customers c on c.id = o.customer_id"); err != nil || len(s.Reads) != 2 {
					t.Error(s, err)
				}
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, d := range dialects() {
		b.Run(string(d), func(b *testing.B) {
			g := mustGate(b, shop(d))
			const text = `with c as (select id, amount from orders where amount > 1) select c.id, count(*) as n from c join customers u using (id)
				where amount in (select amount from orders) group by c.id order by 2 limit 10`
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Check(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
