//go:build unix

package dataapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// TestHostileValues: whatever a caller sends as a value is compared as that
// value, or refused with the code that says why.
func TestHostileValues(t *testing.T) {
	beds := allBeds(t)
	list := func(n int) string {
		return `{"ids":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}`
	}
	def := wizard("+id", param("name", "name", ""), param("like", "name", gatewright.OpLike), param("id", "id", ""),
		param("ids", "id", gatewright.OpIn), param("not", "id", gatewright.OpNotIn), param("amount", "amount", ""), param("day", "day", ""), param("paid", "paid", ""))
	def.Paging = true
	need := wizard("+id", gatewright.DataParam{Name: "id", Field: "id", Type: gatewright.TypeInt})
	for _, tt := range []struct {
		name string
		def  *gatewright.DataDefinition
		body string
		want string // ids, or the code of the failure
	}{
		{"a quote that closes", def, `{"name":"x' OR '1'='1"}`, "[5]"},
		{"another one", def, `{"name":"y' OR '1'='1"}`, "[]"},
		{"a backslash before the quote", def, `{"name":"\\' OR 1=1 -- "}`, "[]"},
		{"a backslash at the end", def, `{"name":"alpha\\"}`, "[]"},
		{"half a character before a quote", def, `{"name":"\u00bf\\' or 1=1 -- "}`, "[]"},
		{"bytes that are no text", def, "{\"name\":\"\xbf\x5c\x27\"}", "2000 2002 []"},
		{"zero byte", def, `{"name":"alpha\u0000"}`, "2002 []"},
		{"SQL for a number", def, `{"id":"1 OR 1=1"}`, "2002"},
		{"a statement for a number", def, `{"id":"1;drop table t_orders"}`, "2002"},
		{"SQL for a list", def, `{"ids":"1,2),(select 3"}`, "2002"},
		{"empty list", def, `{"ids":[]}`, "[]"},
		{"empty list of what not", def, `{"not":[]}`, "[1 2 3 4 5 6 7]"},
		{"null for a list", def, `{"ids":null}`, "2002"},
		{"null in a list", def, `{"ids":[1,null]}`, "2002"},
		{"list at its limit", def, list(1000), "[1]"},
		{"list above it", def, list(1001), "2005"},
		{"flood of %", def, `{"like":"` + strings.Repeat("%", 10_000) + `"}`, "[1 2 3 4 5 6 7]"},
		{"flood of _", def, `{"like":"` + strings.Repeat("_", 10_000) + `"}`, "2005"},
		{"escape at the end", def, `{"like":"alpha\\"}`, "[]"},
		{"escape of our own", def, `{"like":"!%"}`, "[]"},
		{"2^63", def, `{"id":9223372036854775808}`, "2002 []"},
		{"1e400", def, `{"amount":1e400}`, "2002"},
		{"negative zero", def, `{"id":-0}`, "[]"},
		{"hexadecimal", def, `{"id":"0x1F"}`, "2002"},
		{"NaN", def, `{"amount":"NaN"}`, "2002"},
		{"fraction of a whole number", def, `{"id":1.5}`, "2002"},
		{"whole number with a point", def, `{"id":1.0}`, "[1]"},
		{"38 digits", def, `{"amount":99999999999999999999999999999999999999}`, "[]"},
		{"date that is none", def, `{"day":"2024-02-30"}`, "2002"},
		{"zero date", def, `{"day":"0000-00-00"}`, "2002"},
		{"year of five digits", def, `{"day":"10000-01-01"}`, "2002"},
		{"number for a truth value", def, `{"paid":2}`, "2002"},
		{"page 0", def, `{"pageNum":0}`, "2005"},
		{"page -1", def, `{"pageNum":-1}`, "2005"},
		{"page 2^31", def, `{"pageNum":2147483648}`, "2005"},
		{"the last page there can be", def, `{"pageNum":2147483647,"pageSize":1000}`, "[]"},
		{"page of a text", def, `{"pageNum":"x"}`, "2002"},
		{"no rows in a page", def, `{"pageSize":0}`, "2005"},
		{"more rows than allowed in a page", def, `{"pageSize":1001}`, "2005"},
		{"parameters as a text", def, `"{\"id\":1}"`, "[1]"},
		{"parameters as a list", def, `[1]`, "2000"},
		{"parameters as null", def, `null`, "[1 2 3 4 5 6 7]"},
		{"the same name twice", def, `{"id":1,"id":2}`, "2000"},
		{"a name of JavaScript's", def, `{"__proto__":{}}`, "2000"},
		{"no JSON", def, `{"id":`, "2000"},
		{"missing", need, `{}`, "2001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, d := range dialects() {
				b := beds[d]
				text, err := call(t, b.api(t, tt.def), dataapi.Request{Call: query.Call{JSON: []byte(tt.body)}, Format: format.Array})
				got := ""
				if err != nil {
					got = codeOf(err)
				} else {
					got = fmt.Sprint(ids(t, text))
				}
				if !strings.Contains(tt.want, got) {
					t.Errorf("%s: %s, want %s: %v", d, got, tt.want, err)
				}
			}
		})
	}
}

// TestHostileScripts: values are never text, and text is never anything but
// what its fragment may be.
func TestHostileScripts(t *testing.T) {
	beds := allBeds(t)
	sorted := script("SELECT id FROM orders ORDER BY ${sort}, id", "id", gatewright.DataParam{Name: "sort", Type: gatewright.TypeString, Fragment: gatewright.FragmentSort})
	column := script("SELECT ${col} AS id FROM orders WHERE id = 1", "id", gatewright.DataParam{Name: "col", Type: gatewright.TypeString, Fragment: gatewright.FragmentIdentifier})
	named := script("<select>SELECT id FROM orders WHERE name = #{name}</select>", "id", gatewright.DataParam{Name: "name", Type: gatewright.TypeString})
	for _, tt := range []struct {
		name, value, want string
		def               *gatewright.DataDefinition
	}{
		{"order and a statement", "id desc; drop table x", "2004", sorted},
		{"order and a query", "(select sleep(9))", "2004", sorted},
		{"order with a comment", "id/**/desc", "2004", sorted},
		{"an order", "id desc", "[7 6 5 4 3 2 1]", sorted},
		{"column that is no field", "password", "2004", column},
		{"column with a back quote", "a`b", "2004", column},
		{"column in quotes", `"a"".b"`, "2004", column},
		{"a placeholder in a value", "#{y} ${y} <if test='true'>", "[]", named},
		{"a value in a value", "#{name}", "[]", named},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, d := range dialects() {
				b := beds[d]
				body, _ := json.Marshal(map[string]string{tt.def.Params[0].Name: tt.value})
				text, err := call(t, b.api(t, tt.def), dataapi.Request{Call: query.Call{JSON: body}, Format: format.Array})
				got := ""
				if err != nil {
					got = codeOf(err)
				} else {
					got = fmt.Sprint(ids(t, text))
				}
				if got != tt.want {
					t.Errorf("%s: %s: %v", d, got, err)
				}
			}
		})
	}
}

// TestHostileSQL: what callers send as SQL reads the tables that were selected,
// or is refused before a database sees it.
func TestHostileSQL(t *testing.T) {
	beds := allBeds(t)
	for _, tt := range []struct{ name, sql, want string }{
		{"two statements", "select 1; select 2", "2004"},
		{"two with a comment between", "select id from orders; -- x\n select 2", "2004"},
		{"semicolon in a text", "select id from orders where name = 'a;b'", "[]"},
		{"semicolon at the end", "select id from orders where id = 1;", "[1]"},
		{"comment that is code", "select id from orders /*!50000 union select 1 */", "2004 [1 2 3 4 5 6 7]"},
		{"writing", "with d as (delete from orders returning *) select * from d", "2004"},
		{"into a file", "select id into outfile '/tmp/x' from orders", "2004"},
		{"locking", "select id from orders for update", "2004"},
		{"waiting", "select sleep(10), pg_sleep(10) from orders", "2004"},
		{"a file", "select load_file('/etc/passwd') as id from orders", "2004"},
		{"another table", "select id from t_orders", "2004"},
		{"a schema", "select id from main.t_orders", "2004"},
		{"the catalogue", "select * from sqlite_master", "2004"},
		{"the catalogue's schema", "select * from information_schema.tables", "2004"},
		{"a name that hides", "with t_orders as (select id from orders) select id from t_orders where id = 1", "[1]"},
		{"a placeholder", "select id from orders where id = " + "?", "2004"},
		{"settings", "set session transaction read write", "2004"},
		{"nothing", "", "2001"},
		{"blank", " \n\t", "2001"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, d := range dialects() {
				b := beds[d]
				text, err := call(t, b.api(t, native()), dataapi.Request{Call: query.Call{SQL: tt.sql}, Format: format.Array})
				got := ""
				if err != nil {
					got = codeOf(err)
				} else {
					got = fmt.Sprint(ids(t, text))
				}
				if !strings.Contains(tt.want, got) {
					t.Errorf("%s: %s: %v", d, got, err)
				}
			}
		})
	}
}

// TestSecretsStayInside: what a caller reads of a failure names no table of the
// database, no host and no SQL; the log has it.
func TestSecretsStayInside(t *testing.T) {
	beds := allBeds(t)
	missing := wizard("+id")
	tables := func(b *bed) []gatewright.Table {
		all := b.tables()
		all[0].Physical.Name = "t_missing"
		return all
	}
	refused := script("SELECT id, load_file('/etc/passwd') FROM orders", "id")
	for _, d := range dialects() {
		b := beds[d]
		for _, tt := range []struct {
			name, code, inside string
			def                *gatewright.DataDefinition
		}{
			{"a table that is not there", "5003", "t_missing", missing},
			{"an author's statement that is refused", "2004", "load_file", refused},
		} {
			t.Run(string(d)+" "+tt.name, func(t *testing.T) {
				a, err := dataapi.New(tt.def, tables(b), b.dialect, b.source, dataapi.Options{Query: query.Options{Schema: b.schema}})
				if err != nil {
					t.Fatal(err)
				}
				_, err = call(t, a, dataapi.Request{})
				if err == nil || codeOf(err) != tt.code {
					t.Fatalf("%v", err)
				}
				f := dataapi.FailureOf(err)
				outside := string(f.AppendEnvelope(nil, "r", 1)) + string(f.AppendProblem(nil, "r")) + f.Error()
				for _, secret := range []string{tt.inside, "127.0.0.1", "SELECT", "select "} {
					if strings.Contains(outside, secret) {
						t.Errorf("the caller reads %q: %s", secret, outside)
					}
				}
				if inside := fmt.Sprint(f.Unwrap()); !strings.Contains(inside, tt.inside) {
					t.Errorf("the log does not say %q: %s", tt.inside, inside)
				}
				exactly(t, string(f.AppendProblem(nil, "r\"")))
			})
		}
	}
}

// TestConstraints: a table that asks for conditions gets them or is not read.
func TestConstraints(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	tables := b.tables()
	tables[0].Constraints = [][]string{{"id"}, {"day", "region"}}
	params := []gatewright.DataParam{param("id", "id", ""), param("day", "day", ""), param("region", "region", gatewright.OpIn)}
	for _, def := range []*gatewright.DataDefinition{
		wizard("+id", params...),
		script("<select>SELECT id FROM orders <where><if test='id != null'>id = #{id}</if><if test='day != null'> AND day = #{day}</if><if test='region != null'> AND region IN #{region}</if></where> ORDER BY id</select>", "id", params...),
	} {
		a, err := dataapi.New(def, tables, b.dialect, b.source, dataapi.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{"": "2003", "day=2024-01-01": "2003", "region=north": "2003", "id=3": "[3]", "day=2024-01-01&region=north": "[1 5]", "id=1&day=2024-01-01": "[1]"} {
			values, _ := url.ParseQuery(query)
			r := dataapi.Request{Format: format.Array}
			r.Query = values
			text, err := call(t, a, r)
			got := ""
			if err != nil {
				got = codeOf(err)
			} else {
				got = fmt.Sprint(ids(t, text))
			}
			if got != want {
				t.Errorf("%s, %q: %s, want %s", def.Mode, query, got, want)
			}
		}
	}
	if _, err := dataapi.New(native(), tables, b.dialect, b.source, dataapi.Options{}); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("SQL of callers over a table with constraints: %v", err)
	}
}

// TestShape: columns that are declared are there, one way or the other.
func TestShape(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	def := func(change func(*gatewright.DataDefinition)) *gatewright.DataDefinition {
		d := script("SELECT id, qty AS QTY, name AS extra FROM orders WHERE id = 2", "id qty name")
		change(d)
		return d
	}
	for _, tt := range []struct {
		name   string
		change func(*gatewright.DataDefinition)
		want   string
	}{
		{"missing", func(*gatewright.DataDefinition) {}, "5005"},
		{"missing and optional", func(d *gatewright.DataDefinition) { d.Columns[2].Optional = true }, `[{"id":2,"qty":null,"name":null}]`},
		{"missing with a default", func(d *gatewright.DataDefinition) { d.Columns[2].Optional, d.Columns[2].Default = true, "none" }, `[{"id":2,"qty":null,"name":"none"}]`},
		{"null with a default", func(d *gatewright.DataDefinition) { d.Columns[2].Optional, d.Columns[1].Default = true, "-1" }, `[{"id":2,"qty":-1,"name":null}]`},
		{"whole numbers as texts", func(d *gatewright.DataDefinition) {
			d.Columns[2].Optional, d.Columns[0].Type = true, gatewright.TypeString
		}, `[{"id":"2","qty":null,"name":null}]`},
		{"a default that is none", func(d *gatewright.DataDefinition) { d.Columns[0].Default = "x" }, "invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := dataapi.New(def(tt.change), b.tables(), b.dialect, b.source, dataapi.Options{})
			if err != nil {
				if string(gatewright.CodeOf(err)) != tt.want {
					t.Error(err)
				}
				return
			}
			text, err := call(t, a, dataapi.Request{Format: format.Array})
			if err != nil {
				if codeOf(err) != tt.want {
					t.Error(err)
				}
				return
			}
			same(t, exactly(t, text), exactly(t, tt.want))
		})
	}
}

// TestCells: what databases hold beyond plain values is written as valid JSON,
// and read back as it is.
func TestCells(t *testing.T) {
	beds := allBeds(t)
	for _, tt := range []struct {
		dialect   gatewright.Dialect
		sql, want string
	}{
		{gatewright.PostgreSQL, "SELECT 'NaN'::float8 AS a, 'Infinity'::float8 AS b, '-Infinity'::float8 AS c, 1e300::float8 AS d, 'NaN'::numeric AS e FROM orders WHERE id = 1",
			`[{"a":"NaN","b":"Infinity","c":"-Infinity","d":1e+300,"e":"NaN"}]`},
		{gatewright.PostgreSQL, "SELECT ARRAY[[1,2],[3,NULL]] AS a, ARRAY['x','\"y\"', NULL] AS b, '{}'::int[] AS c, ARRAY[1.50, 2] AS d FROM orders WHERE id = 1",
			`[{"a":[[1,2],[3,null]],"b":["x","\"y\"",null],"c":[],"d":[1.50,2]}]`},
		{gatewright.PostgreSQL, "SELECT '{\n\"a\":\t1}'::json AS a, 123456789012345678901234567890.123 AS b, -0.0::float8 AS c FROM orders WHERE id = 1",
			`[{"a":{"a":1},"b":123456789012345678901234567890.123,"c":-0}]`},
		{gatewright.PostgreSQL, "SELECT id, id AS \"ID\", 1 AS \"a\"\"b\" FROM orders WHERE id = 1 LIMIT 1", `[{"id":1,"ID_2":1,"a\"b":1}]`},
		{gatewright.SQLite, "SELECT raw AS a, 'tab	quote\" nul' AS b, 1e308 * 10 AS c, -9223372036854775808 AS d FROM orders WHERE id = 1",
			`[{"a":"AP8=","b":"tab\tquote\" nul","c":"Infinity","d":-9223372036854775808}]`},
		{gatewright.MySQL, "SELECT 18446744073709551615 AS a, CAST(1.10 AS DECIMAL(10,3)) AS b, CAST('2024-01-01 10:00:00.5' AS DATETIME) AS c FROM orders WHERE id = 1",
			`[{"a":18446744073709551615,"b":1.100,"c":"2024-01-01T10:00:00"}]`},
	} {
		t.Run(tt.sql, func(t *testing.T) {
			a := beds[tt.dialect].api(t, native())
			array := answer(t, a, dataapi.Request{Call: query.Call{SQL: tt.sql}, Format: format.Array})
			same(t, exactly(t, array), exactly(t, tt.want))
			lines := answer(t, a, dataapi.Request{Call: query.Call{SQL: tt.sql}, Format: format.Lines})
			if strings.Count(lines, "\n") != 1 {
				t.Errorf("not one line: %q", lines)
			}
		})
	}
}

// TestFailures: every cause has a code, a status and a text, and no two have
// the same code.
func TestFailures(t *testing.T) {
	codes := map[int]bool{}
	for c := dataapi.CauseInternal; c <= dataapi.CauseCancelled; c++ {
		m := c.Meaning()
		if codes[m.Code] || m.Status < 400 || m.Status > 599 || m.Text == "" || m.Name == "" {
			t.Errorf("cause %d: %+v", c, m)
		}
		codes[m.Code] = true
	}
	for reason, code := range map[error]string{
		sqlsource.Busy: "4003", sqlsource.Unreachable: "5001", sqlsource.TimedOut: "5002", sqlsource.Refused: "5003",
		sqlsource.TooLarge: "5004", sqlsource.Broken: "5001", sqlsource.Cancelled: "5006", sqlsource.Closed: "5001", io.ErrNoProgress: "5000",
	} {
		if got := codeOf(fmt.Errorf("wrapped: %w", reason)); got != code {
			t.Errorf("%v is %s", reason, got)
		}
	}
}
