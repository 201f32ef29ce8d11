package template_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the drivers
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// TestDatabases runs statements where the dialects differ: what is rendered has
// to be understood, and to mean the same.
func TestDatabases(t *testing.T) {
	for _, tt := range []struct {
		dialect gatewright.Dialect
		driver  string
		source  func(t *testing.T) string
	}{
		{sl, "sqlite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "t.db") }},
		{pg, "pgx", func(t *testing.T) string { return postgres.Start(t) }},
		{my, "mysql", func(t *testing.T) string {
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
			for _, s := range []string{
				"CREATE TABLE t (id BIGINT, name VARCHAR(100), amount NUMERIC(20,2), d DATE)",
				"INSERT INTO t VALUES (1, 'a', 1.50, '2024-02-28'), (2, 'b', 99999999999999.99, '2024-02-29'), (3, NULL, -1, '2024-03-01')",
			} {
				if _, err := db.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range databaseCases() {
				t.Run(c.name, func(t *testing.T) {
					st, err := render(t, tt.dialect, c.source, c.params)
					if err != nil {
						t.Fatal(err)
					}
					rows, err := db.QueryContext(t.Context(), st.SQL, st.Args...)
					if err != nil {
						t.Fatalf("%s: %v", st.SQL, err)
					}
					defer rows.Close()
					var got []int64
					for rows.Next() {
						var id int64
						if err := rows.Scan(&id); err != nil {
							t.Fatal(err)
						}
						got = append(got, id)
					}
					if err := rows.Err(); err != nil || !slices.Equal(got, c.want) {
						t.Errorf("%s %v: rows %v, %v; want %v", st.SQL, st.Args, got, err, c.want)
					}
				})
			}
		})
	}
}

type databaseCase struct {
	name, source, params string
	want                 []int64
}

func databaseCases() []databaseCase {
	return []databaseCase{
		{"injection finds nothing", "SELECT id FROM t WHERE name = #{name}", `{"name":"x' OR '1'='1"}`, nil},
		{"backslashes are what they are", "SELECT id FROM t WHERE name = #{name}", `{"name":"\\' OR 1=1 -- "}`, nil},
		{"list", "SELECT id FROM t WHERE id IN (#{ids}) ORDER BY id", `{"ids":[3,1]}`, []int64{1, 3}},
		{"in an empty list", "SELECT id FROM t WHERE id IN (#{ids})", `{"ids":[]}`, nil},
		{"not in an empty list", "SELECT id FROM t WHERE id NOT IN #{ids} AND (name IS NULL OR name NOT IN (#{names})) ORDER BY id", `{"ids":[],"names":""}`, []int64{1, 2, 3}},
		{"a list that is null", "SELECT id FROM t WHERE id IN (#{ids})", `{}`, nil},
		{"given or all", "SELECT id FROM t WHERE (#{name} IS NULL OR name = #{name}) ORDER BY id", `{}`, []int64{1, 2, 3}},
		{"given", "SELECT id FROM t WHERE (#{name} IS NULL OR name = #{name}) ORDER BY id", `{"name":"b"}`, []int64{2}},
		{"decimal", "SELECT id FROM t WHERE amount = #{amount}", `{"amount":99999999999999.99}`, []int64{2}},
		{"decimal with zeros", "SELECT id FROM t WHERE amount = #{amount}", `{"amount":1.5000}`, []int64{1}},
		{"date", "SELECT id FROM t WHERE d >= #{ADD_DATE(d, 1)} ORDER BY id", `{"d":"2024-02-28"}`, []int64{2, 3}},
		{"order and page", "SELECT id FROM t ORDER BY ${sort} LIMIT 2 OFFSET #{(id - 1) * 2}", `{"sort":"id desc","id":2}`, []int64{1}},
		{"identifier", "SELECT ${col} FROM t WHERE id = 2", `{"col":"id"}`, []int64{2}},
		{"pattern", `<select><bind name="p" value="'%' + name + '%'"/>SELECT id FROM t WHERE name LIKE #{p}</select>`, `{"name":"b"}`, []int64{2}},
		{"where and foreach", `<select>SELECT id FROM t <where><if test="id > 0">AND id > #{id}</if><foreach collection="ids" item="i" open="AND (" separator="OR" close=")">id = #{i}</foreach></where></select>`,
			`{"id":1,"ids":[1,2]}`, []int64{2}},
		{"fragment of numbers", "SELECT id FROM t WHERE id IN (${nums}) AND 1-${num} = 6 ORDER BY id", `{"nums":"1,2","num":-5}`, []int64{1, 2}},
		{"date as digits", "SELECT id FROM t WHERE id = 1 AND 20240229 = ${TO_YYYYMMDD(ADD_DATE(d, 1))}", `{"d":"2024-02-28"}`, []int64{1}},
	}
}
