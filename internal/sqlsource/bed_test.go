//go:build unix

package sqlsource

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/testkit/clickhouse"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"

	"github.com/gatewright/gatewright"
)

// bed is an empty database of a kind, and an account that may do everything.
type bed struct {
	config      gatewright.SourceConfig
	credentials Credentials
	guard       Guard
	execute     func(t testing.TB, statements ...string)
}

// kinds are the databases that a test runs on.
var kinds = []gatewright.Dialect{gatewright.PostgreSQL, gatewright.MySQL, gatewright.ClickHouse, gatewright.SQLite}

// eachKind runs a test on every kind of database that there is here.
func eachKind(t *testing.T, test func(t *testing.T, b bed)) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) { test(t, newBed(t, kind)) })
	}
}

func newBed(t testing.TB, kind gatewright.Dialect) bed {
	t.Helper()
	b := bed{config: gatewright.SourceConfig{Dialect: kind, Host: "127.0.0.1", TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}}, guard: Guard{Loopback: true}}
	switch kind {
	case gatewright.PostgreSQL:
		address := postgres.Start(t)
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		b.config.Port, _ = strconv.Atoi(u.Port())
		b.config.Database = strings.TrimPrefix(u.Path, "/")
		b.credentials = Credentials{User: u.User.Username()}
		b.execute = func(t testing.TB, statements ...string) {
			for _, statement := range statements {
				if err := postgres.Execute(context.Background(), address, statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
	case gatewright.MySQL:
		return mysqlBed(mariadb.Start(t))
	case gatewright.ClickHouse:
		return clickhouseBed(clickhouse.Start(t))
	case gatewright.SQLite:
		path := filepath.Join(t.TempDir(), "data.db")
		b.config = gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: path}
		b.guard.Directories = []string{filepath.Dir(path)}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		b.execute = func(t testing.TB, statements ...string) {
			for _, statement := range statements {
				if _, err := db.Exec(statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
		b.execute(t, "CREATE TABLE something (x)")
	}
	return b
}

func mysqlBed(d *mariadb.Database) bed {
	return bed{
		config:      gatewright.SourceConfig{Dialect: gatewright.MySQL, Host: d.Host, Port: d.Port, Database: d.Name, TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}},
		credentials: Credentials{User: mariadb.User, Password: mariadb.Password},
		guard:       Guard{Loopback: true},
		execute:     func(t testing.TB, statements ...string) { d.Execute(t, statements...) },
	}
}

func clickhouseBed(d *clickhouse.Database) bed {
	return bed{
		config:      gatewright.SourceConfig{Dialect: gatewright.ClickHouse, Host: d.Host, Port: d.Port, Database: d.Name, TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}},
		credentials: Credentials{User: clickhouse.User, Password: clickhouse.Password},
		guard:       Guard{Loopback: true},
		execute:     func(t testing.TB, statements ...string) { d.Execute(t, statements...) },
	}
}

// open opens the bed's source with some limits. It ends with the test.
func (b bed) open(t testing.TB, limits gatewright.SourceLimits) *Source {
	t.Helper()
	b.config.Limits = limits
	s, err := Open(b.config, b.credentials, b.guard, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

// read returns all rows, every cell as "kind:text".
func read(t testing.TB, s *Source, text string, args ...Arg) [][]string {
	t.Helper()
	rows, err := s.Query(t.Context(), Statement{Text: text, Args: args})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var all [][]string
	for rows.Next() {
		all = append(all, cells(rows))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

func cells(rows *Rows) []string {
	var row []string
	for _, c := range rows.Row() {
		if c.Kind == Null {
			row = append(row, "null")
			continue
		}
		row = append(row, c.Kind.String()+":"+string(c.Bytes))
	}
	return row
}

// placeholder returns the first placeholder of a kind's statements.
func placeholder(kind gatewright.Dialect, n int, clickhouseType string) string {
	switch kind {
	case gatewright.PostgreSQL:
		return "$" + strconv.Itoa(n)
	case gatewright.ClickHouse:
		return "{p" + strconv.Itoa(n) + ":" + clickhouseType + "}"
	}
	return "?"
}
