package gate

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shop is the rules that most tests use: a few tables of a shop, of which some
// columns are not fields.
func shop(d Dialect) Rules {
	schema := "shop"
	if d == SQLite {
		schema = "main"
	}
	return Rules{
		Dialect:   d,
		MaxRows:   1000,
		Functions: []string{"shop_mask"},
		Tables: []Table{
			{Name: "orders", Schema: schema, Table: "t_orders", Fields: []Field{
				{"id", "order_id"}, {"customer_id", "cust"}, {"amount", "amount"}, {"status", "state"}, {"note", "note"},
				{"created", "created_at"}, {"payload", "payload"},
			}},
			{Name: "customers", Schema: schema, Table: "t_customers", Fields: []Field{{"id", "id"}, {"name", "full name"}}},
			{Name: "Konten", Schema: schema, Table: `acc"ounts`, Fields: []Field{{"Umsatz", "u"}, {"größe", "g"}}},
			{Name: "secured", Schema: schema, Table: "t_secured", Fields: []Field{{"id", "id"}}, Where: &Condition{All: []Condition{
				{Column: "region", Operator: In, Values: []any{"north", "o'east"}},
				{Any: []Condition{{Column: "level", Operator: LessOrEqual, Values: []any{int64(3)}}, {Column: "level", Operator: Equal, Values: []any{nil}}}},
			}}},
		},
	}
}

// mustGate returns the gate of valid rules.
func mustGate(t testing.TB, rules Rules) *Gate {
	t.Helper()
	g, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// dialects are all of them.
func dialects() []Dialect { return []Dialect{PostgreSQL, MySQL, ClickHouse, SQLite} }

// golden is one case of a golden file.
type golden struct{ name, sql string }

// readGolden reads "-- name", the statement, and "=> result" lines, which are
// left out.
func readGolden(t testing.TB, file string) []golden {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		first, rest, _ := strings.Cut(block, "\n")
		var sql []string
		for line := range strings.SplitSeq(rest, "\n") {
			if !strings.HasPrefix(line, "=> ") {
				sql = append(sql, line)
			}
		}
		cases = append(cases, golden{strings.TrimPrefix(first, "-- "), strings.Join(sql, "\n")})
	}
	return cases
}

// describe writes what a golden file says of a statement.
func describe(s Statement, err error) string {
	if err != nil {
		return fmt.Sprintf("=> REFUSED %s %s\n", gatewright.CodeOf(err), err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "=> %s\n", strings.ReplaceAll(s.SQL, "\n", "⏎"))
	for _, r := range s.Reads {
		fmt.Fprintf(&b, "=> reads %s(%s)\n", r.Table, strings.Join(r.Fields, ", "))
	}
	fmt.Fprintf(&b, "=> columns %q\n", s.Columns)
	if len(s.Functions) > 0 {
		fmt.Fprintf(&b, "=> calls %s\n", strings.Join(s.Functions, ", "))
	}
	if len(s.Params) > 0 {
		fmt.Fprintf(&b, "=> binds %s; to count %v\n", strings.Join(s.Params, " "), s.Count.Params)
	}
	return b.String()
}
