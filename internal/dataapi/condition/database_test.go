package condition_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the drivers
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// row is what the databases hold, and what the oracle filters.
type row struct {
	id     int64
	n      string // "" is null
	amount string
	name   string
	day    string
}

func rows() []row {
	return []row{
		{1, "1", "1.50", "alpha", "2024-01-01"},
		{2, "", "0.10", "50%", "2024-02-29"},
		{3, "9007199254740993", "99999999999999.99", "a_b", "2024-03-01"},
		{4, "1", "-3.00", `back\slash`, "2023-12-31"},
		{5, "", "2.00", "x' OR '1'='1", "2024-01-01"},
		{6, "9007199254740993", "1.51", "", "2024-01-02"},
		{7, "1", "1.49", "wow!", "2024-01-03"},
	}
}

// TestOperators runs every operator on every kind of column with random values
// in real databases, and filters the same rows by hand.
func TestOperators(t *testing.T) {
	for _, tt := range []struct {
		dialect gatewright.Dialect
		collate string // texts compare by their bytes
		driver  string
		source  func(t *testing.T) string
	}{
		{sl, "", "sqlite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "t.db") }},
		{pg, `COLLATE "C"`, "pgx", func(t *testing.T) string { return postgres.Start(t) }},
		{my, "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "mysql", func(t *testing.T) string {
			d := mariadb.Start(t)
			return fmt.Sprintf("%s:%s@tcp(%s:%d)/%s", mariadb.User, mariadb.Password, d.Host, d.Port, d.Name)
		}},
	} {
		t.Run(string(tt.dialect), func(t *testing.T) {
			db, err := sql.Open(tt.driver, tt.source(t))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			fill(t, db, tt.collate)
			checkOperators(t, tt.dialect, db)
		})
	}
}

func fill(t *testing.T, db *sql.DB, collate string) {
	t.Helper()
	literal := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (id BIGINT, n BIGINT, amount NUMERIC(20,2), name VARCHAR(100) "+collate+", day DATE)"); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		n, name := r.n, literal(r.name)
		if n == "" {
			n = "NULL"
		}
		if before, after, ok := strings.Cut(r.name, `\`); ok { // the dialects read a backslash differently
			char := "CHR(92)"
			if _, err := db.ExecContext(t.Context(), "SELECT "+char); err != nil {
				char = "CHAR(92)"
			}
			name = "CONCAT(" + literal(before) + ", " + char + ", " + literal(after) + ")"
		}
		insert := fmt.Sprintf("INSERT INTO t VALUES (%d, %s, %s, %s, %s)", r.id, n, r.amount, name, literal(r.day))
		if _, err := db.ExecContext(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
	}
}

func checkOperators(t *testing.T, d gatewright.Dialect, db *sql.DB) {
	columns := []struct {
		name   string
		typ    gatewright.DataType
		values []any
	}{
		{"n", "int", []any{nil, 1, 0, json.Number("9007199254740993"), json.Number("9007199254740992")}},
		{"amount", "decimal", []any{json.Number("1.5"), json.Number("1.500"), json.Number("0"), json.Number("-3"), json.Number("99999999999999.99")}},
		{"name", "string", []any{"alpha", "", "50%", `50\%`, "a_b", `a\_b`, "%", "%a%", `%\`, `back\\slash`, "x' OR '1'='1", "wow!", "____"}},
		{"day", "date", []any{"2024-01-01", "2024-02-29", "2025-01-01"}},
	}
	rapid.Check(t, func(rt *rapid.T) {
		c := rapid.SampledFrom(columns).Draw(rt, "column")
		op := rapid.SampledFrom(gatewright.Operators()).Draw(rt, "operator")
		if c.typ != "string" && strings.Contains(string(op), "LIKE") {
			return
		}
		sent := rapid.SampledFrom(c.values).Draw(rt, "value")
		if op == gatewright.OpIn || op == gatewright.OpNotIn {
			sent = slices.DeleteFunc(rapid.SliceOfN(rapid.SampledFrom(c.values), 0, 4).Draw(rt, "list"), func(v any) bool { return v == nil })
		} else if sent == nil && op != gatewright.OpEqual && op != gatewright.OpNotEqual {
			return
		}
		body, _ := json.Marshal(map[string]any{"p": sent})
		if sent, ok := sent.([]any); ok && len(sent) == 0 {
			body = []byte(`{"p":[]}`)
		}
		clause, args, err := where(t, d, []gatewright.DataParam{{Name: "p", Field: c.name, Type: c.typ, Operator: op}}, string(body))
		if err != nil {
			rt.Fatal(err)
		}
		got, err := query(t, db, "SELECT id FROM t "+clause+" ORDER BY id", args)
		if err != nil {
			rt.Fatalf("%s %v: %v", clause, args, err)
		}
		var want []int64
		for _, r := range rows() {
			if r.matches(c.name, op, sent) {
				want = append(want, r.id)
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%s %q: rows %v, want %v", clause, args, got, want)
		}
	})
}

func query(t *testing.T, db *sql.DB, text string, args []any) ([]int64, error) {
	rows, err := db.QueryContext(t.Context(), text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// matches is what the operators mean, worked out by hand.
func (r row) matches(column string, op gatewright.Operator, sent any) bool {
	cell := map[string]string{"n": r.n, "amount": r.amount, "name": r.name, "day": r.day}[column]
	null := column == "n" && cell == ""
	compare := func(v any) int {
		if column == "n" || column == "amount" {
			a, _ := new(big.Rat).SetString(cell)
			b, _ := new(big.Rat).SetString(fmt.Sprint(v))
			return a.Cmp(b)
		}
		return strings.Compare(cell, v.(string))
	}
	if list, ok := sent.([]any); ok {
		if len(list) == 0 {
			return op == gatewright.OpNotIn
		}
		return !null && slices.ContainsFunc(list, func(v any) bool { return compare(v) == 0 }) == (op == gatewright.OpIn)
	}
	switch {
	case sent == nil:
		return null == (op == gatewright.OpEqual)
	case null:
		return false
	}
	switch op {
	case gatewright.OpEqual:
		return compare(sent) == 0
	case gatewright.OpNotEqual:
		return compare(sent) != 0
	case gatewright.OpGreater:
		return compare(sent) > 0
	case gatewright.OpLess:
		return compare(sent) < 0
	case gatewright.OpGreaterOrEqual:
		return compare(sent) >= 0
	case gatewright.OpLessOrEqual:
		return compare(sent) <= 0
	}
	return like(cell, sent.(string)) == (op == gatewright.OpLike)
}

// like matches character by character.
func like(s, pattern string) bool {
	if pattern == "" {
		return s == ""
	}
	switch {
	case pattern[0] == '%':
		return like(s, pattern[1:]) || s != "" && like(s[1:], pattern)
	case pattern[0] == '_':
		return s != "" && like(s[1:], pattern[1:])
	case pattern[0] == '\\' && len(pattern) > 1:
		pattern = pattern[1:]
	}
	return s != "" && s[0] == pattern[0] && like(s[1:], pattern[1:])
}
