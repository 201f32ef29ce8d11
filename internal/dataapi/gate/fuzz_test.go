package gate_test

import (
	"database/sql"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// FuzzCheck: whatever the text, the gate answers with a statement or with a
// refusal. What it writes for SQLite is given to SQLite's own parser, and the
// program that SQLite makes of it opens the selected tables and no other; what
// it writes for ClickHouse is read by another parser. What it writes for any
// dialect has no comment, no second statement, and no name of
// a schema but those of the rules.
func FuzzCheck(f *testing.F) {
	for _, d := range allDialects() {
		data, err := os.ReadFile(filepath.Join("testdata", string(d)+".txt"))
		if err != nil {
			f.Fatal(err)
		}
		for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
			_, rest, _ := strings.Cut(block, "\n")
			text, _, _ := strings.Cut(rest, "\n=> ")
			f.Add(text)
		}
	}
	for seed := range uint64(50) {
		w := &writer{r: rand.New(rand.NewPCG(seed, 3)), dialect: gate.SQLite}
		f.Add(w.statement())
	}
	for _, text := range []string{
		"select * from t_secrets", "select 1 /*! x */", "with orders as (select * from t_secrets) select * from orders",
		"select id from orders where id in (note)", "select x'00' || $$a$$ from \"main\".t_secrets", "select `a` from (values (1)) x",
	} {
		f.Add(text)
	}
	db, allowed := explainable(f)
	gates := map[gate.Dialect]*gate.Gate{}
	for _, d := range allDialects() {
		schema := "shop"
		if d == gate.SQLite {
			schema = "main"
		}
		g, err := gate.New(rules(d, schema))
		if err != nil {
			f.Fatal(err)
		}
		gates[d] = g
	}
	f.Fuzz(func(t *testing.T, text string) {
		for d, g := range gates {
			s, err := g.Check(text)
			if err != nil {
				if c := gatewright.CodeOf(err); c != gatewright.Invalid && c != gatewright.Forbidden && c != gatewright.LimitExceeded {
					t.Errorf("%s: %v", d, err)
				}
				continue
			}
			again, err := g.Check(text)
			if err != nil || again.SQL != s.SQL {
				t.Errorf("%s: a second answer: %v\n%s\n%s", d, err, s.SQL, again.SQL)
			}
			plain(t, d, s.SQL)
			if d == gate.ClickHouse {
				if tables, err := clickhouseTables(t, s.SQL); err == nil {
					checkTables(t, tables, s.SQL)
				}
			}
			if d == gate.SQLite {
				pages, other := opened(t, db, s.SQL, len(s.Params))
				if len(other) > 0 || slices.ContainsFunc(pages, func(p int64) bool { return !slices.Contains(allowed, p) }) {
					t.Errorf("opens %v %v of %v:\n%s", pages, other, allowed, s.SQL)
				}
			}
		}
	})
}

func allDialects() []gate.Dialect {
	return []gate.Dialect{gate.PostgreSQL, gate.MySQL, gate.ClickHouse, gate.SQLite}
}

// plain looks at a text without strings and names, by the simplest means.
func plain(t *testing.T, d gate.Dialect, text string) {
	t.Helper()
	var rest strings.Builder
	backslash := d == gate.ClickHouse
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\'' && c != '"' && c != '`' {
			rest.WriteByte(c)
			continue
		}
		escapes := c == '\'' && (backslash || d == gate.PostgreSQL && i > 0 && text[i-1] == 'E')
		start := i
		for i++; i < len(text); i++ {
			if escapes && text[i] == '\\' {
				i++
				continue
			}
			if text[i] == c {
				if i+1 < len(text) && text[i+1] == c {
					i++
					continue
				}
				break
			}
		}
		if i >= len(text) {
			t.Fatalf("%s: a quote stays open:\n%s", d, text)
		}
		if body := text[start+1 : i]; d == gate.MySQL && c == '\'' && strings.Contains(body, `\`) {
			t.Errorf("%s: a backslash in a string:\n%s", d, text)
		}
		rest.WriteString(" ~")
		if i+1 < len(text) && text[i+1] == '.' && c != '\'' {
			qualifier := text[start+1 : i]
			if next := text[i+2:]; strings.HasPrefix(next, `"t_`) || strings.HasPrefix(next, "`t_") {
				if qualifier != "shop" && qualifier != "main" && !strings.Contains(text, "AS "+text[start:i+1]) {
					t.Errorf("%s: schema %s:\n%s", d, qualifier, text)
				}
			}
		}
	}
	for _, bad := range []string{"--", "/*", ";", ":="} {
		if strings.Contains(rest.String(), bad) {
			t.Errorf("%s: %s in\n%s", d, bad, text)
		}
	}
}

// explainable returns a database with all tables, and the root pages of those
// that may be read.
func explainable(f testing.TB) (*sql.DB, []int64) {
	f.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	for _, s := range statements(true, "text", "text", "`full name`") {
		if _, err := db.ExecContext(f.Context(), s); err != nil {
			f.Fatal(err)
		}
	}
	pages := map[int64]bool{}
	for _, name := range []string{"t_orders", "t_customers", "t_secured"} {
		var page int64
		if err := db.QueryRowContext(f.Context(), "SELECT rootpage FROM sqlite_master WHERE name = ?", name).Scan(&page); err != nil {
			f.Fatal(err)
		}
		pages[page] = true
	}
	return db, slices.Collect(maps.Keys(pages))
}

// opened returns the root pages that the program of a statement opens in the
// database, and what else it would do that no reading statement does. A
// statement that SQLite refuses opens none.
func opened(t *testing.T, db *sql.DB, text string, params int) (pages []int64, other []string) {
	t.Helper()
	program, err := db.QueryContext(t.Context(), "EXPLAIN "+text, make([]any, params)...)
	if err != nil {
		return nil, nil
	}
	defer program.Close()
	for program.Next() {
		var addr, p1, p2, p3, p5 int64
		var opcode string
		var p4, comment any
		if err := program.Scan(&addr, &opcode, &p1, &p2, &p3, &p4, &p5, &comment); err != nil {
			t.Fatal(err)
		}
		switch {
		case opcode == "OpenRead" && p3 == 0:
			pages = append(pages, p2)
		case opcode == "OpenRead", opcode == "OpenWrite", opcode == "VOpen", opcode == "Vacuum", opcode == "CreateBtree":
			other = append(other, opcode)
		}
	}
	if err := program.Err(); err != nil {
		t.Fatal(err)
	}
	return pages, other
}

// TestOpened: the judge of the fuzz test sees what it must.
func TestOpened(t *testing.T) {
	db, allowed := explainable(t)
	tests := []struct {
		name, sql string
		want      bool
	}{
		{"selected table", "SELECT * FROM main.t_orders WHERE order_id = ?", true},
		{"other table", "SELECT * FROM t_secrets", false},
		{"other table inside", "SELECT (SELECT 1 FROM t_secrets WHERE amount = order_id) FROM t_orders", false},
		{"catalog", "SELECT * FROM sqlite_master", false},
		{"write", "DELETE FROM t_orders WHERE order_id = 1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pages, other := opened(t, db, tt.sql, strings.Count(tt.sql, "?"))
			if len(pages)+len(other) == 0 {
				t.Fatal("nothing is opened")
			}
			got := len(other) == 0 && !slices.ContainsFunc(pages, func(p int64) bool { return !slices.Contains(allowed, p) })
			if got != tt.want {
				t.Errorf("opens %v %v of %v", pages, other, allowed)
			}
		})
	}
}
