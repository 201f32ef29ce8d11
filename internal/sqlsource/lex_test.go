package sqlsource

import (
	"testing"

	"github.com/gatewright/gatewright"
)

func TestSingle(t *testing.T) {
	tests := []struct {
		name, sql string
		want      bool
	}{
		{"one", "SELECT 1", true},
		{"ended", "SELECT 1 ; \n", true},
		{"comment after it", "SELECT 1; -- x; y\n /* ; z */", true},
		{"two", "SELECT 1; SELECT 2", false},
		{"nothing between", "SELECT 1;;", true},
		{"in quotes", `SELECT ';', ";", [;], ` + "`;`", true},
		{"quote in quotes", "SELECT 'a'';b'", true},
		{"quote in comment", "SELECT 1 -- '\n; SELECT 2", false},
		{"a backslash is no escape", `SELECT '\'; SELECT 2 --'`, false},
		{"text after it", "SELECT 1; 'x'", false},
		{"no end", "SELECT 'x; SELECT", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := single(gatewright.SQLite, tt.sql); got != tt.want {
				t.Errorf("single is %v", got)
			}
		})
	}
}

func TestFirstWord(t *testing.T) {
	for sql, want := range map[string]string{
		"": "", " /* x */ -- y\n select 1": "SELECT", "(select 1)": "(", "'x'": "", "With a as": "WITH", "ANALYZE select": "ANALYZE",
	} {
		if got := firstWord(gatewright.PostgreSQL, sql); got != want {
			t.Errorf("%q begins with %q, not %q", sql, got, want)
		}
	}
}

func FuzzLexer(f *testing.F) {
	f.Add("SELECT '?', ? -- ?\n, `?`, [?] /* ? */ # ?")
	f.Fuzz(func(t *testing.T, sql string) {
		for _, kind := range []gatewright.Dialect{gatewright.PostgreSQL, gatewright.MySQL, gatewright.ClickHouse, gatewright.SQLite} {
			last := -1
			code(kind, sql, func(i int) int {
				if i <= last || i >= len(sql) {
					t.Fatalf("%s: offset %d after %d of %d", kind, i, last, len(sql))
				}
				last = i
				return i + 1
			})
			single(kind, sql)
			firstWord(kind, sql)
		}
	})
}
