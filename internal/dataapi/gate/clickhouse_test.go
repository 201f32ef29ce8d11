package gate_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sqlc-dev/doubleclick/ast"
	"github.com/sqlc-dev/doubleclick/parser"

	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// TestClickHouseParser gives what is written for ClickHouse to a parser of
// ClickHouse's SQL that knows nothing of the gate: it must understand all of it
// and find no tables but those of the rules.
func TestClickHouseParser(t *testing.T) {
	g, err := gate.New(rules(gate.ClickHouse, "shop"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join("testdata", "clickhouse.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		first, rest, _ := strings.Cut(block, "\n")
		t.Run(strings.TrimPrefix(first, "-- "), func(t *testing.T) {
			text, _, _ := strings.Cut(rest, "\n=> ")
			s, err := g.Check(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{s.SQL, s.Count.SQL} {
				if statement == "" {
					continue
				}
				tables, err := clickhouseTables(t, statement)
				if err != nil {
					t.Fatalf("%v\n%s", err, statement)
				}
				if len(tables) == 0 {
					t.Errorf("no tables in\n%s", statement)
				}
				checkTables(t, tables, statement)
			}
		})
	}
}

// TestClickHouseTables: the judge sees what it must.
func TestClickHouseTables(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"table", "SELECT 1 FROM shop.t_orders", "shop.t_orders"},
		{"sub-query", "SELECT (SELECT 1 FROM secrets)", ".secrets"},
		{"in a table", "SELECT a FROM (SELECT 1 AS a) WHERE a IN secrets", "in secrets"},
		{"in a table in parentheses", "SELECT a FROM (SELECT 1 AS a) WHERE a IN (secrets)", "in secrets"},
		{"function", "SELECT * FROM url('http://x', CSV)", "function url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tables, err := clickhouseTables(t, tt.sql)
			if err != nil || strings.Join(tables, ",") != tt.want {
				t.Errorf("got %q, %v; want %q", tables, err, tt.want)
			}
		})
	}
}

// checkTables refuses tables that are not those of the rules.
func checkTables(t *testing.T, tables []string, statement string) {
	t.Helper()
	for _, name := range tables {
		switch name {
		case "shop.t_orders", "shop.t_customers", "shop.t_secured":
		default:
			if !strings.HasPrefix(name, ".gw_") {
				t.Errorf("%q is read by\n%s", name, statement)
			}
		}
	}
}

// clickhouseTables returns "database.table" of each table of a statement,
// "function name" of each function in the place of one, and "in name" for each
// name that stands alone behind IN.
func clickhouseTables(t *testing.T, statement string) ([]string, error) {
	t.Helper()
	statements, err := parser.Parse(t.Context(), strings.NewReader(statement))
	if err != nil {
		return nil, err
	}
	if len(statements) != 1 {
		t.Errorf("%d statements in\n%s", len(statements), statement)
	}
	var tables []string
	visit(reflect.ValueOf(statements), func(node any) {
		switch n := node.(type) {
		case *ast.TableIdentifier:
			tables = append(tables, n.Database+"."+n.Table)
		case *ast.TableExpression:
			if call, ok := n.Table.(*ast.FunctionCall); ok {
				tables = append(tables, "function "+call.Name)
			}
		case *ast.InExpr:
			if len(n.List) == 1 {
				if name, ok := n.List[0].(*ast.Identifier); ok {
					tables = append(tables, "in "+strings.Join(name.Parts, "."))
				}
			}
		}
	})
	return tables, nil
}

// visit calls do for each pointer below a value.
func visit(v reflect.Value, do func(any)) {
	switch v.Kind() {
	case reflect.Interface:
		visit(v.Elem(), do)
	case reflect.Pointer:
		if !v.IsNil() {
			do(v.Interface())
			visit(v.Elem(), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visit(v.Field(i), do)
			}
		}
	}
}
