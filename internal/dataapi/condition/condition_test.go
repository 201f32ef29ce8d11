package condition_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/condition"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

const (
	pg = gatewright.PostgreSQL
	my = gatewright.MySQL
	ch = gatewright.ClickHouse
	sl = gatewright.SQLite
)

func TestAppend(t *testing.T) {
	list := []any{int64(1), int64(2)}
	for _, tt := range []struct {
		name  string
		op    gatewright.Operator
		typ   gatewright.DataType
		value any
		want  map[gatewright.Dialect]string // "" when it is refused
	}{
		{"no operator", "", "int", int64(1), map[gatewright.Dialect]string{pg: "c = $1", my: "c = ?", sl: "c = ?", ch: "c = {p1:Int64}"}},
		{"equal", gatewright.OpEqual, "string", "", map[gatewright.Dialect]string{pg: "c = $1", ch: "c = {p1:String}"}},
		{"not equal", gatewright.OpNotEqual, "int", int64(1), map[gatewright.Dialect]string{pg: "c <> $1", ch: "c <> {p1:Int64}"}},
		{"greater", gatewright.OpGreater, "date", param.Date("2024-01-01"), map[gatewright.Dialect]string{my: "c > ?"}},
		{"less", gatewright.OpLess, "decimal", param.Decimal("1.5"), map[gatewright.Dialect]string{my: "c < CAST(? AS DECIMAL(65,1))"}},
		{"greater or equal", gatewright.OpGreaterOrEqual, "float", 1.5, map[gatewright.Dialect]string{ch: "c >= {p1:Float64}"}},
		{"less or equal", gatewright.OpLessOrEqual, "int", int64(1), map[gatewright.Dialect]string{sl: "c <= ?"}},
		{"like", gatewright.OpLike, "string", "a%", map[gatewright.Dialect]string{pg: "c LIKE $1 ESCAPE '!'", my: "c LIKE ? ESCAPE '!'", sl: "c LIKE ? ESCAPE '!'", ch: "c LIKE {p1:String}"}},
		{"not like", gatewright.OpNotLike, "string", "a%", map[gatewright.Dialect]string{pg: "c NOT LIKE $1 ESCAPE '!'", ch: "c NOT LIKE {p1:String}"}},
		{"in", gatewright.OpIn, "int", list, map[gatewright.Dialect]string{pg: "c IN ($1, $2)", my: "c IN (?, ?)", ch: "c IN ({p1:Int64}, {p2:Int64})"}},
		{"not in", gatewright.OpNotIn, "array<int>", list, map[gatewright.Dialect]string{pg: "c NOT IN ($1, $2)"}},
		{"in nothing", gatewright.OpIn, "int", []any{}, map[gatewright.Dialect]string{pg: "1 = 0", my: "1 = 0", sl: "1 = 0", ch: "1 = 0"}},
		{"not in nothing", gatewright.OpNotIn, "int", []any{}, map[gatewright.Dialect]string{pg: "1 = 1", ch: "1 = 1"}},
		{"null equal", gatewright.OpEqual, "int", nil, map[gatewright.Dialect]string{pg: "c IS NULL", ch: "c IS NULL"}},
		{"null not equal", gatewright.OpNotEqual, "int", nil, map[gatewright.Dialect]string{pg: "c IS NOT NULL"}},
		{"null greater", gatewright.OpGreater, "int", nil, map[gatewright.Dialect]string{pg: ""}},
		{"null like", gatewright.OpLike, "string", nil, map[gatewright.Dialect]string{pg: ""}},
		{"null in", gatewright.OpIn, "int", nil, map[gatewright.Dialect]string{pg: ""}},
		{"in a single value", gatewright.OpIn, "int", int64(1), map[gatewright.Dialect]string{pg: ""}},
		{"like a number", gatewright.OpLike, "int", int64(1), map[gatewright.Dialect]string{pg: ""}},
		{"equal a list", gatewright.OpEqual, "int", list, map[gatewright.Dialect]string{pg: ""}},
		{"in too many", gatewright.OpIn, "int", make([]any, sqltext.MaxListArgs+1), map[gatewright.Dialect]string{pg: ""}},
		{"pattern too long", gatewright.OpLike, "string", strings.Repeat("_", condition.MaxPatternBytes+1), map[gatewright.Dialect]string{pg: ""}},
		{"pattern of percent signs", gatewright.OpLike, "string", strings.Repeat("%", 10_000), map[gatewright.Dialect]string{pg: "c LIKE $1 ESCAPE '!'"}},
	} {
		for d, want := range tt.want {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				var b sqltext.Builder
				b.Reset(d)
				err := condition.Append(&b, "c", tt.op, tt.typ, tt.value)
				if want == "" {
					if param.ReasonOf(err) == 0 {
						t.Errorf("error is %v", err)
					}
					return
				}
				if got, _ := b.Statement(); got != want || err != nil {
					t.Errorf("got %s, %v; want %s", got, err, want)
				}
			})
		}
	}
	var b sqltext.Builder
	b.Reset(pg)
	if err := condition.Append(&b, "c", "~", "int", int64(1)); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("an unknown operator: %v", err)
	}
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct{ pattern, standard, clickhouse string }{
		{`a%b_`, `a%b_`, `a%b_`},
		{`%%%a%%`, `%a%`, `%a%`},
		{`50\%`, `50!%`, `50\%`},
		{`a\_b\\c`, `a!_b\c`, `a\_b\\c`},
		{`end\`, `end\`, `end\\`},
		{`wow!`, `wow!!`, `wow!`},
		{`\a`, `a`, `a`},
		{`%\%%`, `%!%%`, `%\%%`},
	} {
		for d, want := range map[gatewright.Dialect]string{pg: tt.standard, ch: tt.clickhouse} {
			var b sqltext.Builder
			b.Reset(d)
			if err := condition.Append(&b, "c", gatewright.OpLike, "string", tt.pattern); err != nil {
				t.Fatal(err)
			}
			if _, args := b.Statement(); args[0] != want {
				t.Errorf("%s: %q became %q, want %q", d, tt.pattern, args[0], want)
			}
		}
	}
}

func where(t testing.TB, d gatewright.Dialect, params []gatewright.DataParam, body string) (string, []any, error) {
	t.Helper()
	set, err := param.NewSet(params)
	if err != nil {
		t.Fatal(err)
	}
	values, err := set.FromJSON([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	conditions := make([]condition.Condition, len(params))
	for i, p := range params {
		conditions[i] = condition.Condition{Column: p.Field, Param: i}
	}
	var b sqltext.Builder
	b.Reset(d)
	err = condition.Where(&b, set, conditions, values)
	sql, args := b.Statement()
	return sql, args, err
}

func TestWhere(t *testing.T) {
	params := []gatewright.DataParam{
		{Name: "from", Field: "d", Type: "date", Operator: gatewright.OpGreaterOrEqual, Optional: true},
		{Name: "to", Field: "d", Type: "date", Operator: gatewright.OpLess, Optional: true, Default: "2030-01-01"},
		{Name: "ids", Field: "id", Type: "int", Operator: gatewright.OpIn, Optional: true},
		{Name: "name", Field: "n", Type: "string", Optional: true},
	}
	for _, tt := range []struct {
		name string
		body string
		want string
		args []any
	}{
		{"absent ones are dropped", `{}`, "WHERE d < ?", []any{param.Date("2030-01-01")}},
		{"a range", `{"from":"2024-01-01","to":"2024-02-01"}`, "WHERE d >= ? AND d < ?", []any{param.Date("2024-01-01"), param.Date("2024-02-01")}},
		{"null and an empty list", `{"name":null,"ids":[]}`, "WHERE d < ? AND 1 = 0 AND n IS NULL", []any{param.Date("2030-01-01")}},
		{"empty text", `{"name":""}`, "WHERE d < ? AND n = ?", []any{param.Date("2030-01-01"), ""}},
		{"commas", `{"ids":"3,4"}`, "WHERE d < ? AND id IN (?, ?)", []any{param.Date("2030-01-01"), int64(3), int64(4)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sql, args, err := where(t, my, params, tt.body)
			if err != nil || sql != tt.want || !reflect.DeepEqual(args, tt.args) {
				t.Errorf("got %s %v, %v", sql, args, err)
			}
		})
	}
	t.Run("all dropped", func(t *testing.T) {
		if sql, args, err := where(t, my, params[:1], `{}`); sql != "" || len(args) != 0 || err != nil {
			t.Errorf("got %s %v, %v", sql, args, err)
		}
	})
	t.Run("the fault names the parameter", func(t *testing.T) {
		_, _, err := where(t, my, params, `{"from":null}`)
		if e := gatewright.AsError(err); e.Field != "from" || param.ReasonOf(err) != param.WrongType {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a list too long", func(t *testing.T) {
		_, _, err := where(t, my, params, fmt.Sprintf(`{"ids":"1%s"}`, strings.Repeat(",1", sqltext.MaxListArgs)))
		if param.ReasonOf(err) != param.TooLarge {
			t.Errorf("error is %v", err)
		}
	})
}
