//go:build unix

package dataapi_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver that fills tables

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/sqlsource"
	"github.com/gatewright/gatewright/internal/testkit/clickhouse"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// order is one row of the tests' table; the empty text is null.
type order struct {
	id                                           int64
	qty, amount, name, day, at, paid, doc, bytes string // bytes in hex
	region                                       string
}

func orders() []order {
	return []order{
		{1, "1", "1.50", "alpha", "2024-01-01", "2024-01-01 10:00:00", "1", `{"a":[1,2]}`, "00ff", "north"},
		{2, "", "0.10", "50%", "2024-02-29", "2024-02-29 23:59:59", "0", "", "", "south"},
		{3, "9007199254740993", "99999999999999.99", "a_b", "2024-03-01", "", "", `[null,"x"]`, "68", "north"},
		{4, "-7", "-3.00", `back\slash`, "2023-12-31", "2023-12-31 00:00:00", "1", "", "", "east"},
		{5, "", "2.00", "x' OR '1'='1", "2024-01-01", "2024-01-01 10:00:01", "", "", "", "north"},
		{6, "9223372036854775807", "1.51", "=HYPERLINK(1)", "2024-01-02", "", "0", `"t"`, "", "south"},
		{7, "1", "1.49", "größe, \"q\"\nnext", "2024-01-03", "", "", "", "", "east"},
	}
}

// bed is a real database with the orders, and the logical table over them.
type bed struct {
	dialect gatewright.Dialect
	source  *sqlsource.Source
	schema  string
	execute func(statements ...string)
}

// dialects are the databases that tests run on. ClickHouse is here in a version
// without many of the types that parameters are bound as.
func dialects() []gatewright.Dialect {
	return []gatewright.Dialect{gatewright.SQLite, gatewright.PostgreSQL, gatewright.MySQL}
}

func eachBed(t *testing.T, test func(t *testing.T, b *bed)) {
	for _, d := range dialects() {
		t.Run(string(d), func(t *testing.T) {
			b := newBed(t, d)
			b.fill(t)
			test(t, b)
		})
	}
}

func newBed(t testing.TB, d gatewright.Dialect) *bed {
	t.Helper()
	b := &bed{dialect: d}
	config := gatewright.SourceConfig{Host: "127.0.0.1", TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}}
	guard := sqlsource.Guard{Loopback: true}
	var credentials sqlsource.Credentials
	switch d {
	case gatewright.PostgreSQL:
		address := postgres.Start(t)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		config.Dialect, config.Database = gatewright.PostgreSQL, strings.TrimPrefix(u.Path, "/")
		config.Port, _ = strconv.Atoi(u.Port())
		credentials.User = u.User.Username()
		b.execute = func(statements ...string) {
			for _, s := range statements {
				if err := postgres.Execute(context.Background(), address, s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
		}
	case gatewright.MySQL:
		m := mariadb.Start(t)
		config.Dialect, config.Host, config.Port, config.Database = gatewright.MySQL, m.Host, m.Port, m.Name
		credentials = sqlsource.Credentials{User: mariadb.User, Password: mariadb.Password}
		b.schema = m.Name
		b.execute = func(statements ...string) { m.Execute(t, statements...) }
	case gatewright.ClickHouse:
		c := clickhouse.Start(t)
		config.Dialect, config.Host, config.Port, config.Database = gatewright.ClickHouse, c.Host, c.Port, c.Name
		credentials = sqlsource.Credentials{User: clickhouse.User, Password: clickhouse.Password}
		b.schema = c.Name
		b.execute = func(statements ...string) { c.Execute(t, statements...) }
	case gatewright.SQLite:
		path := filepath.Join(t.TempDir(), "data.db")
		config = gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: path}
		guard.Directories = []string{filepath.Dir(path)}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		b.execute = func(statements ...string) {
			for _, s := range statements {
				if _, err := db.ExecContext(context.Background(), s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
		}
	}
	if d == gatewright.SQLite {
		b.execute("CREATE TABLE something (x)") // the file has to be there
	}
	var err error
	if b.source, err = sqlsource.Open(withRows(config), credentials, guard, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		b.source.Close(ctx)
	})
	return b
}

func withRows(c gatewright.SourceConfig) gatewright.SourceConfig {
	c.Limits = gatewright.SourceLimits{StatementTimeout: gatewright.Duration(10 * time.Minute), MaxRows: 5_000_000, MaxBytes: 1 << 30}
	return c
}

// fill makes the tables.
func (b *bed) fill(t testing.TB) {
	t.Helper()
	types := map[gatewright.Dialect][]string{ // of names, times, truth values, JSON, bytes
		gatewright.SQLite:     {"TEXT", "TEXT", "BOOLEAN", "TEXT", "BLOB"},
		gatewright.PostgreSQL: {`VARCHAR(100) COLLATE "C"`, "TIMESTAMP", "BOOLEAN", "JSON", "BYTEA"},
		gatewright.MySQL:      {"VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "DATETIME", "BOOLEAN", "JSON", "VARBINARY(100)"},
	}[b.dialect]
	b.execute(fmt.Sprintf("CREATE TABLE t_orders (order_id BIGINT PRIMARY KEY, n BIGINT, amount NUMERIC(20,2), name %s, day DATE, at_ %s, ok %s, doc %s, raw %s, region VARCHAR(10), secret VARCHAR(10))",
		types[0], types[1], types[2], types[3], types[4]))
	for _, o := range orders() {
		b.execute("INSERT INTO t_orders VALUES (" + strings.Join([]string{
			strconv.FormatInt(o.id, 10), number(o.qty), o.amount, b.literal(o.name), b.literal(o.day), b.nullable(o.at), b.truth(o.paid),
			b.nullable(o.doc), b.hex(o.bytes), b.literal(o.region), "'hidden'",
		}, ", ") + ")")
	}
}

func number(s string) string {
	if s == "" {
		return "NULL"
	}
	return s
}

func (b *bed) truth(s string) string {
	switch {
	case s == "":
		return "NULL"
	case b.dialect == gatewright.PostgreSQL:
		return map[string]string{"1": "TRUE", "0": "FALSE"}[s]
	}
	return s
}

func (b *bed) nullable(s string) string {
	if s == "" {
		return "NULL"
	}
	return b.literal(s)
}

func (b *bed) literal(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if b.dialect == gatewright.MySQL {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return "'" + s + "'"
}

func (b *bed) hex(s string) string {
	switch {
	case s == "":
		return "NULL"
	case b.dialect == gatewright.PostgreSQL:
		return `'\x` + s + `'`
	}
	return "X'" + s + "'"
}

// tables are the logical tables of the group.
func (b *bed) tables() []gatewright.Table {
	return []gatewright.Table{{
		Name: "orders", Source: "shop", Physical: gatewright.PhysicalTable{Name: "t_orders"},
		Fields: []gatewright.Field{
			{Name: "id", Column: "order_id", Type: gatewright.TypeInt, Primary: true},
			{Name: "qty", Column: "n", Type: gatewright.TypeInt, Nullable: true},
			{Name: "amount", Type: gatewright.TypeDecimal},
			{Name: "name", Type: gatewright.TypeString},
			{Name: "day", Type: gatewright.TypeDate},
			{Name: "created", Column: "at_", Type: gatewright.TypeDateTime},
			{Name: "paid", Column: "ok", Type: gatewright.TypeBool},
			{Name: "doc", Type: gatewright.TypeJSON},
			{Name: "raw", Type: gatewright.TypeBinary},
			{Name: "region", Type: gatewright.TypeString},
			{Name: "secret", Type: gatewright.TypeString, Security: gatewright.SecuritySecret},
		},
	}}
}

// wizard is a definition over the orders, with the columns named.
func wizard(columns string, params ...gatewright.DataParam) *gatewright.DataDefinition {
	d := &gatewright.DataDefinition{Mode: gatewright.DataWizard, Source: "shop", Cache: gatewright.CacheOff, Tables: []gatewright.DataTable{{Name: "orders", Fields: fields()}}, Params: params}
	for _, name := range strings.Fields(columns) {
		c := gatewright.DataColumn{Name: name, Field: name, Type: typeOf(name)}
		if rest, ok := strings.CutPrefix(name, "+"); ok {
			c.Name, c.Field, c.Type, c.Sort = rest, rest, typeOf(rest), gatewright.SortAscending
		}
		if !slices.ContainsFunc(fields(), func(f gatewright.DataField) bool { return f.Name == c.Field }) {
			c.Field = ""
		}
		d.Columns = append(d.Columns, c)
	}
	return d
}

// script is a definition with SQL over the orders.
func script(sql, columns string, params ...gatewright.DataParam) *gatewright.DataDefinition {
	d := wizard(columns, params...)
	d.Mode, d.Script = gatewright.DataScript, sql
	return d
}

func native() *gatewright.DataDefinition {
	return &gatewright.DataDefinition{Mode: gatewright.DataNative, Source: "shop", Cache: gatewright.CacheOff, Tables: []gatewright.DataTable{{Name: "orders"}}}
}

func fields() []gatewright.DataField {
	var out []gatewright.DataField
	b := bed{}
	for _, f := range b.tables()[0].Fields {
		out = append(out, gatewright.DataField{Name: f.Name, Type: f.Type})
	}
	return out
}

func typeOf(name string) gatewright.DataType {
	b := bed{}
	table := b.tables()[0]
	if f := table.Field(strings.TrimPrefix(name, "+")); f != nil {
		return f.Type
	}
	return gatewright.TypeString
}

// api prepares a definition.
func (b *bed) api(t testing.TB, def *gatewright.DataDefinition, options ...func(*dataapi.Options)) *dataapi.API {
	t.Helper()
	o := dataapi.Options{API: "orders", Source: "shop", Now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	o.Query.Schema = b.schema
	for _, set := range options {
		set(&o)
	}
	var source dataapi.Source = b.source
	a, err := dataapi.New(def, b.tables(), b.dialect, source, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// counting counts the statements that reach a source.
type counting struct {
	dataapi.Source
	n atomic.Int64
}

func (c *counting) Query(ctx context.Context, s sqlsource.Statement) (*sqlsource.Rows, error) {
	c.n.Add(1)
	return c.Source.Query(ctx, s)
}

// answer calls the API and returns all of its answer.
func answer(t testing.TB, a *dataapi.API, r dataapi.Request) string {
	t.Helper()
	text, err := call(t, a, r)
	if err != nil {
		t.Fatalf("%v: %v", err, dataapi.FailureOf(err).Unwrap())
	}
	return text
}

func call(t testing.TB, a *dataapi.API, r dataapi.Request) (string, error) {
	t.Helper()
	result, err := a.Call(t.Context(), &r)
	if err != nil {
		return "", err
	}
	defer result.Close()
	var b strings.Builder
	_, err = result.WriteTo(&b)
	return b.String(), err
}

func newCache(t testing.TB, o cache.Options) *cache.Cache {
	t.Helper()
	c, err := cache.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// codeOf is the data service's code of an error.
func codeOf(err error) string {
	return strconv.Itoa(dataapi.FailureOf(err).Cause.Meaning().Code)
}

// sqliteNumbers writes decimals as SQLite keeps them, which is as binary floats.
func sqliteNumbers() *strings.Replacer {
	return strings.NewReplacer("1.50", "1.5", "0.10", "0.1", "-3.00", "-3", "2.00", "2", "99999999999999.99", "9.999999999999998e+13")
}

// newFilled returns a database with the orders.
func newFilled(t testing.TB, d gatewright.Dialect) *bed {
	t.Helper()
	b := newBed(t, d)
	b.fill(t)
	return b
}

// allBeds returns a database of each dialect for tests that change nothing.
func allBeds(t testing.TB) map[gatewright.Dialect]*bed {
	t.Helper()
	beds := map[gatewright.Dialect]*bed{}
	for _, d := range dialects() {
		beds[d] = newFilled(t, d)
	}
	return beds
}
