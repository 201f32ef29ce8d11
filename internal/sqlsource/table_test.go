//go:build unix

package sqlsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/testkit/clickhouse"
)

func TestTables(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		kind := b.config.Dialect
		schema, engine := map[gatewright.Dialect]string{gatewright.PostgreSQL: "public", gatewright.SQLite: "main"}[kind], ""
		if schema == "" {
			schema = b.config.Database
		}
		if kind == gatewright.ClickHouse {
			engine = " ENGINE = Memory"
		}
		if kind == gatewright.SQLite {
			b.execute(t, "DROP TABLE something")
		}
		for _, name := range []string{"beta", "Alpha", "a_b", "axb", "gamma"} {
			quoted := `"` + name + `"`
			if kind == gatewright.MySQL {
				quoted = name
			}
			b.execute(t, "CREATE TABLE "+quoted+" (x INTEGER)"+engine)
		}
		b.execute(t, "CREATE VIEW seen AS SELECT 1 AS one")
		s := b.open(t, gatewright.SourceLimits{})
		schemas, err := s.Schemas(t.Context())
		if err != nil || !slices.Contains(schemas, schema) || slices.Contains(schemas, "information_schema") || slices.Contains(schemas, "pg_catalog") || slices.Contains(schemas, "system") {
			t.Errorf("schemas %q, %v", schemas, err)
		}
		list := func(q TableQuery) string {
			t.Helper()
			q.Schema = schema
			page, err := s.Tables(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, table := range page.Tables {
				if table.View != (table.Name == "seen") || table.Schema != schema {
					t.Errorf("%+v", table)
				}
				names = append(names, table.Name)
			}
			return fmt.Sprint(strings.Join(names, " "), " ", page.More)
		}
		for _, tt := range []struct {
			query TableQuery
			want  string
		}{
			{TableQuery{}, "Alpha a_b axb beta gamma seen false"},
			{TableQuery{Limit: 2}, "Alpha a_b true"},
			{TableQuery{Limit: 2, After: "a_b"}, "axb beta true"},
			{TableQuery{Limit: 2, After: "beta"}, "gamma seen false"},
			{TableQuery{Contains: "A_"}, "a_b false"}, // not a pattern
			{TableQuery{Contains: "ALPHA"}, "Alpha false"},
			{TableQuery{Contains: "' OR 1=1 --"}, " false"},
		} {
			if got := list(tt.query); got != tt.want {
				t.Errorf("%+v: %s, not %s", tt.query, got, tt.want)
			}
		}
		if page, err := s.Tables(t.Context(), TableQuery{Schema: "nowhere"}); err != nil || len(page.Tables) > 0 || page.More {
			t.Errorf("a schema that is not there: %+v, %v", page, err)
		}
		for _, q := range []TableQuery{{Limit: maxTablePage + 1}, {Limit: -1}, {Contains: strings.Repeat("x", maxNameFilter+1)}} {
			if _, err := s.Tables(t.Context(), q); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}

func TestTableColumns(t *testing.T) {
	tests := map[gatewright.Dialect]struct {
		schema string
		create []string
		want   []TableColumn
	}{
		gatewright.PostgreSQL: {"public", []string{
			"CREATE TABLE people (id bigint PRIMARY KEY, name varchar(20) NOT NULL, born timestamptz, tags text[], doc jsonb, pay numeric(10,2), raw bytea, ok boolean)",
			"COMMENT ON COLUMN people.name IS 'as it''s written'",
		}, []TableColumn{
			{"id", TypeBigInt, "bigint", false, true, ""}, {"name", TypeString, "character varying(20)", false, false, "as it's written"},
			{"born", TypeDateTime, "timestamp with time zone", true, false, ""}, {"tags", TypeArray, "text[]", true, false, ""},
			{"doc", TypeJSON, "jsonb", true, false, ""}, {"pay", TypeDecimal, "numeric(10,2)", true, false, ""},
			{"raw", TypeBinary, "bytea", true, false, ""}, {"ok", TypeBool, "boolean", true, false, ""},
		}},
		gatewright.MySQL: {"", []string{"CREATE TABLE people (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(20) NOT NULL COMMENT 'as it''s written', born TIMESTAMP(6) NULL, n INT UNSIGNED, pay DECIMAL(10,2), raw VARBINARY(5), small TINYINT(1), day DATE)"},
			[]TableColumn{
				{"id", TypeBigInt, "bigint(20) unsigned", false, true, ""}, {"name", TypeString, "varchar(20)", false, false, "as it's written"},
				{"born", TypeDateTime, "timestamp(6)", true, false, ""}, {"n", TypeBigInt, "int(10) unsigned", true, false, ""},
				{"pay", TypeDecimal, "decimal(10,2)", true, false, ""}, {"raw", TypeBinary, "varbinary(5)", true, false, ""},
				{"small", TypeInt, "tinyint(1)", true, false, ""}, {"day", TypeDate, "date", true, false, ""},
			}},
		gatewright.ClickHouse: {"", []string{"CREATE TABLE people (id UInt64, name Nullable(String), born DateTime, tags Array(String), pay Decimal(10,2), t Tuple(UInt8, String)) ENGINE = MergeTree() ORDER BY id"},
			[]TableColumn{
				{"id", TypeBigInt, "UInt64", false, true, ""}, {"name", TypeString, "Nullable(String)", true, false, ""}, {"born", TypeDateTime, "DateTime", false, false, ""},
				{"tags", TypeArray, "Array(String)", false, false, ""}, {"pay", TypeDecimal, "Decimal(10, 2)", false, false, ""}, {"t", TypeStruct, "Tuple(UInt8, String)", false, false, ""},
			}},
		gatewright.SQLite: {"main", []string{"CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, born DATETIME, pay DECIMAL(10,2), raw BLOB, ok BOOLEAN, free)"},
			[]TableColumn{
				{"id", TypeBigInt, "INTEGER", false, true, ""}, {"name", TypeString, "VARCHAR(20)", false, false, ""}, {"born", TypeDateTime, "DATETIME", true, false, ""},
				{"pay", TypeDecimal, "DECIMAL(10,2)", true, false, ""}, {"raw", TypeBinary, "BLOB", true, false, ""}, {"ok", TypeBool, "BOOLEAN", true, false, ""}, {"free", TypeUnknown, "", true, false, ""},
			}},
	}
	eachKind(t, func(t *testing.T, b bed) {
		tt := tests[b.config.Dialect]
		schema := tt.schema
		if schema == "" {
			schema = b.config.Database
		}
		b.execute(t, tt.create...)
		s := b.open(t, gatewright.SourceLimits{})
		got, err := s.Columns(t.Context(), schema, "people")
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if _, err := s.Columns(t.Context(), schema, "nobody' OR '1'='1"); gatewright.CodeOf(err) != gatewright.NotFound {
			t.Errorf("a table that is not there: %v", err)
		}
		// What a statement gives is of the type that the table has.
		rows, err := s.Query(t.Context(), Statement{Text: "SELECT * FROM people"})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for i, c := range rows.Columns() {
			if c.Type != got[i].Type {
				t.Errorf("%s is %s in a table and %s in a result", c.Name, got[i].Type, c.Type)
			}
		}
		rows.Next()
	})
}

func TestCompare(t *testing.T) {
	a, b, c := TableColumn{Name: "a", Type: TypeInt}, TableColumn{Name: "b", Type: TypeInt}, TableColumn{Name: "c", Type: TypeInt}
	wide := b
	wide.Type, wide.Nullable = TypeBigInt, true
	tests := []struct {
		name          string
		before, after []TableColumn
		want          Difference
	}{
		{"nothing", []TableColumn{a, b}, []TableColumn{b, a}, Difference{}},
		{"everything", nil, []TableColumn{a}, Difference{Added: []TableColumn{a}}},
		{"all three", []TableColumn{a, b}, []TableColumn{wide, c}, Difference{Added: []TableColumn{c}, Removed: []TableColumn{a}, Altered: []Alteration{{b, wide}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Compare(tt.before, tt.after)
			if diff := cmp.Diff(tt.want, got); diff != "" || got.Empty() != tt.want.Empty() {
				t.Error(diff)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		kind, engine := b.config.Dialect, ""
		if kind == gatewright.ClickHouse {
			engine = " ENGINE = Memory"
		}
		b.execute(t, "CREATE TABLE explained (x INTEGER)"+engine)
		s := b.open(t, gatewright.SourceLimits{})
		got, err := s.Explain(t.Context(), Statement{Text: "SELECT x FROM explained WHERE x = " + placeholder(kind, 1, "Int32"), Args: []Arg{{Integer, "5"}}})
		switch {
		case kind == gatewright.ClickHouse: // 18 cannot
			if !errors.Is(err, Refused) {
				t.Errorf("%+v, %v", got, err)
			}
		case err != nil || got.Dialect != kind || got.JSON != json.Valid([]byte(got.Text)) || !strings.Contains(got.Text, "explained"):
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Explain(t.Context(), Statement{Text: busy(kind, "explained")}); err != nil && kind != gatewright.ClickHouse {
			t.Errorf("a long statement was run: %v", err)
		}
		for _, text := range []string{"ANALYZE SELECT 1", "(ANALYZE) SELECT 1", "DELETE FROM explained", "-- x", "EXPLAIN SELECT 1", "INSERT INTO explained VALUES (1)"} {
			if _, err := s.Explain(t.Context(), Statement{Text: text}); err == nil {
				t.Errorf("%s was explained", text)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		kind := b.config.Dialect
		check := func(who string, want ...string) {
			t.Helper()
			report, err := b.open(t, gatewright.SourceLimits{}).Check(t.Context())
			if err != nil || report.Version == "" || report.Latency <= 0 {
				t.Fatalf("%s: %+v, %v", who, report, err)
			}
			text := strings.Join(report.Warnings, "\n")
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s: no warning of %q in\n%s", who, w, text)
				}
			}
			if len(want) == 0 && text != "" {
				t.Errorf("%s: %s", who, text)
			}
		}
		switch kind {
		case gatewright.PostgreSQL:
			check("superuser", "superuser")
			suffix := strings.TrimPrefix(b.config.Database, "test_")
			b.execute(t, "CREATE TABLE t (x int)", "CREATE ROLE reader"+suffix+" LOGIN", "GRANT SELECT ON t TO reader"+suffix, "REVOKE ALL ON SCHEMA public FROM public", "GRANT USAGE ON SCHEMA public TO reader"+suffix)
			t.Cleanup(func() { b.execute(t, "DROP OWNED BY reader"+suffix, "DROP ROLE reader"+suffix) })
			b.credentials.User = "reader" + suffix
			check("reader")
			b.execute(t, "GRANT UPDATE ON t TO reader"+suffix, "GRANT pg_write_all_data TO reader"+suffix)
			check("writer", "may write to 1 tables, public.t among them", "pg_write_all_data")
		case gatewright.MySQL:
			check("all", "INSERT")
			name := b.config.Database + "_reader"
			b.execute(t, "CREATE USER "+name+"@'127.0.0.1' IDENTIFIED BY 'x'", "GRANT SELECT ON "+b.config.Database+".* TO "+name+"@'127.0.0.1'")
			t.Cleanup(func() { b.execute(t, "DROP USER "+name+"@'127.0.0.1'") })
			b.credentials = Credentials{User: name, Password: "x"}
			check("reader")
			b.execute(t, "CREATE TABLE t (x INT)", "GRANT DELETE ON "+b.config.Database+".t TO "+name+"@'127.0.0.1'")
			check("writer", "DELETE on the table "+b.config.Database+".t")
		case gatewright.ClickHouse:
			check("all", "may write")
			for _, user := range []string{clickhouse.Reader, clickhouse.Strict} {
				b.credentials.User = user
				check(user)
				if got := read(t, b.open(t, gatewright.SourceLimits{}), "SELECT toUInt64(18446744073709551615), 0.5, 'x'"); strings.Join(got[0], " ") != "integer:18446744073709551615 float:0.5 string:x" {
					t.Errorf("%s reads %q", user, got)
				}
			}
		default:
			check("file")
		}
	})
}
