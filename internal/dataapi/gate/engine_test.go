package gate_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/gatewright/gatewright/internal/dataapi/gate"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// engine is a real database with the same data twice: as physical tables, of
// which an account may read the columns of the rules and nothing else, and as
// tables that have the logical names. The answer to a caller's text over the
// second is what the gate's text must answer over the first.
type engine struct {
	rules  gate.Rules
	guest  *sql.DB // the account that may read the columns of the rules
	oracle *sql.DB // sees the logical names
}

// The data. A row of secured that may be read has region north or o'east and
// a level up to 3 or none.
const (
	physical = `
CREATE TABLE t_orders (order_id int, cust int, amount int, state varchar(20), note varchar(50), created_at TIMESTAMP_TYPE, payload JSON_TYPE, password varchar(20));
CREATE TABLE t_customers (id int, NAME_COLUMN varchar(20), password varchar(20));
CREATE TABLE t_secured (id int, region varchar(20), level int, password varchar(20));
CREATE TABLE t_secrets (id int, amount int, name varchar(20), password varchar(20))`
	logical = `
CREATE TABLE orders (id int, customer_id int, amount int, status varchar(20), note varchar(50), created TIMESTAMP_TYPE, payload JSON_TYPE);
CREATE TABLE customers (id int, name varchar(20));
CREATE TABLE secured (id int)`
)

// rows returns the statements that fill the tables, the physical or the
// logical ones.
func rows(isPhysical bool) []string {
	var list []string
	insert := func(physicalName, logicalName string, hidden string, visible string) {
		if isPhysical {
			list = append(list, "INSERT INTO "+physicalName+" VALUES ("+visible+hidden+")")
		} else if logicalName != "" {
			list = append(list, "INSERT INTO "+logicalName+" VALUES ("+visible+")")
		}
	}
	for i := range 9 {
		note := "'Note " + string(rune('a'+i%4)) + "'"
		if i%3 == 0 {
			note = "NULL"
		}
		insert("t_orders", "orders", ", 'hidden'", fmt.Sprintf("%d, %d, %d, '%s', %s, '2024-01-%02d 10:00:00', '{\"a\": {\"b\": %d}}'",
			i, i%6, i*7%40, []string{"new", "paid", "sent"}[i%3], note, i+1, i))
	}
	for i := range 5 {
		insert("t_customers", "customers", ", 'hidden'", fmt.Sprintf("%d, 'Name %d'", i, i%4))
	}
	for i := range 12 {
		region := []string{"north", "south", "o''east"}[i%3]
		level := []string{"1", "3", "NULL", "9"}[i%4]
		name := ""
		if region != "south" && level != "9" {
			name = "secured"
		}
		insert("t_secured", name, fmt.Sprintf(", '%s', %s, 'hidden'", region, level), strconv.Itoa(i))
	}
	if isPhysical {
		list = append(list, "INSERT INTO t_secrets VALUES (1, 1, 'secret', 'hidden')")
	}
	return list
}

// statements returns what makes and fills the tables.
func statements(isPhysical bool, timestamp, json, nameColumn string) []string {
	text := logical
	if isPhysical {
		text = physical
	}
	text = strings.NewReplacer("TIMESTAMP_TYPE", timestamp, "JSON_TYPE", json, "NAME_COLUMN", nameColumn).Replace(text)
	return append(strings.Split(text, ";"), rows(isPhysical)...)
}

// rules are those of the tests, with the physical schema.
func rules(d gate.Dialect, schema string) gate.Rules {
	return gate.Rules{Dialect: d, MaxRows: 1000, Tables: []gate.Table{
		{Name: "orders", Schema: schema, Table: "t_orders", Fields: []gate.Field{
			{Name: "id", Column: "order_id"}, {Name: "customer_id", Column: "cust"}, {Name: "amount", Column: "amount"},
			{Name: "status", Column: "state"}, {Name: "note", Column: "note"}, {Name: "created", Column: "created_at"},
			{Name: "payload", Column: "payload"},
		}},
		{Name: "customers", Schema: schema, Table: "t_customers", Fields: []gate.Field{{Name: "id", Column: "id"}, {Name: "name", Column: "full name"}}},
		{Name: "secured", Schema: schema, Table: "t_secured", Fields: []gate.Field{{Name: "id", Column: "id"}}, Where: &gate.Condition{All: []gate.Condition{
			{Column: "region", Operator: gate.In, Values: []any{"north", "o'east"}},
			{Any: []gate.Condition{
				{Column: "level", Operator: gate.LessOrEqual, Values: []any{int64(3)}},
				{Column: "level", Operator: gate.Equal, Values: []any{nil}},
			}},
		}}},
	}}
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func execute(t *testing.T, db *sql.DB, list ...string) {
	t.Helper()
	for _, s := range list {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func newPostgres(t *testing.T) *engine {
	dsn := postgres.Start(t)
	owner := open(t, "pgx", dsn)
	execute(t, owner, "CREATE SCHEMA shop", "CREATE SCHEMA oracle")
	at := func(schema string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("search_path", schema)
		q.Set("statement_timeout", "500")
		q.Set("jit", "off") // it would compile longer than any of these statements runs
		u.RawQuery = q.Encode()
		return u.String()
	}
	shop, oracle := open(t, "pgx", at("shop")), open(t, "pgx", at("oracle"))
	execute(t, shop, statements(true, "timestamp", "jsonb", `"full name"`)...)
	execute(t, oracle, statements(false, "timestamp", "jsonb", "")...)
	role := "guest_" + strconv.FormatInt(time.Now().UnixNano(), 36) // roles are of the server, which tests share
	execute(t, owner, "CREATE ROLE "+role, "GRANT "+role+" TO CURRENT_USER", "GRANT USAGE ON SCHEMA shop TO "+role,
		"GRANT SELECT (order_id, cust, amount, state, note, created_at, payload) ON shop.t_orders TO "+role,
		`GRANT SELECT (id, "full name") ON shop.t_customers TO `+role,
		"GRANT SELECT (id, region, level) ON shop.t_secured TO "+role)
	t.Cleanup(func() {
		if _, err := owner.ExecContext(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role); err != nil {
			t.Errorf("drop the role: %v", err)
		}
	})
	guest := open(t, "pgx", at("pg_catalog"))
	guest.SetMaxOpenConns(1)
	execute(t, guest, "SET ROLE "+role)
	return &engine{rules: rules(gate.PostgreSQL, "shop"), guest: guest, oracle: oracle}
}

func newMariaDB(t *testing.T) *engine {
	shop, oracle := mariadb.Start(t), mariadb.Start(t)
	shop.Execute(t, statements(true, "datetime", "json", "`full name`")...)
	oracle.Execute(t, statements(false, "datetime", "json", "")...)
	shop.Execute(t, "CREATE USER guest@'%' IDENTIFIED BY 'guest'",
		"GRANT SELECT (order_id, cust, amount, state, note, created_at, payload) ON "+shop.Name+".t_orders TO guest@'%'",
		"GRANT SELECT (id, `full name`) ON "+shop.Name+".t_customers TO guest@'%'",
		"GRANT SELECT (id, region, level) ON "+shop.Name+".t_secured TO guest@'%'")
	t.Cleanup(func() { shop.Execute(t, "DROP USER guest@'%'") })
	dsn := func(d *mariadb.Database, user, password, name string) string {
		c := mysql.NewConfig()
		c.User, c.Passwd, c.Net, c.DBName = user, password, "tcp", name
		c.Addr = net.JoinHostPort(d.Host, strconv.Itoa(d.Port))
		return c.FormatDSN()
	}
	return &engine{
		rules:  rules(gate.MySQL, shop.Name),
		guest:  open(t, "mysql", dsn(shop, "guest", "guest", "")),
		oracle: open(t, "mysql", dsn(oracle, mariadb.User, mariadb.Password, oracle.Name)),
	}
}

func newSQLite(t *testing.T) *engine {
	e := &engine{rules: rules(gate.SQLite, "main"), guest: open(t, "sqlite", ":memory:"), oracle: open(t, "sqlite", ":memory:")}
	e.guest.SetMaxOpenConns(1)
	e.oracle.SetMaxOpenConns(1)
	execute(t, e.guest, statements(true, "text", "text", "`full name`")...)
	execute(t, e.oracle, statements(false, "text", "text", "")...)
	return e
}

// engines are the real databases of the tests.
func engines() map[gate.Dialect]func(*testing.T) *engine {
	return map[gate.Dialect]func(*testing.T) *engine{gate.PostgreSQL: newPostgres, gate.MySQL: newMariaDB, gate.SQLite: newSQLite}
}

// patience is how long a statement may take before a test leaves it out. The
// PostgreSQL server gives up earlier by itself.
const patience = 5 * time.Second

// answer returns the rows of a statement as text, sorted.
func answer(ctx context.Context, db *sql.DB, statement string) ([]string, error) {
	// A few random joins are too large; they are left out.
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	result, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	columns, err := result.Columns()
	if err != nil {
		return nil, err
	}
	var list []string
	for result.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := result.Scan(cells...); err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, c := range cells {
			v := *c.(*any)
			if bytes, ok := v.([]byte); ok {
				v = string(bytes)
			}
			fmt.Fprintf(&b, "%v|", v)
		}
		list = append(list, b.String())
	}
	slices.Sort(list)
	return list, result.Err()
}
