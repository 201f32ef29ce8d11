//go:build unix

package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/testkit/clickhouse"
	"github.com/gatewright/gatewright/internal/testkit/mariadb"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// endless returns a statement that gives rows without end, or as good as that.
func endless(kind gatewright.Dialect) string {
	switch kind {
	case gatewright.PostgreSQL:
		return "SELECT generate_series(1, 1000000000000) AS n, repeat('x', 1000)"
	case gatewright.MySQL:
		return "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_1000000000"
	case gatewright.ClickHouse:
		return "SELECT number, toString(number) FROM system.numbers"
	}
	return "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n, hex(zeroblob(500)) FROM r"
}

// busy returns a statement that gives nothing for a very long time, with a
// mark to find it by.
func busy(kind gatewright.Dialect, mark string) string {
	switch kind {
	case gatewright.PostgreSQL:
		return "SELECT count(*) /* " + mark + " */ FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"
	case gatewright.MySQL:
		return "SELECT SUM(a.seq * b.seq) /* " + mark + " */ FROM seq_1_to_1000000 a, seq_1_to_1000000 b"
	case gatewright.ClickHouse:
		return "SELECT count(), '" + mark + "' FROM system.numbers WHERE sipHash64(number) = 0"
	}
	return "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
}

func TestColumns(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{})
		text := `SELECT 1 AS a, 'x' AS "b c", 2 AS a2 FROM (SELECT 1) AS t WHERE 1 = 0`
		if b.config.Dialect == gatewright.ClickHouse || b.config.Dialect == gatewright.MySQL {
			text = strings.ReplaceAll(text, `"`, "`")
		}
		rows, err := s.Query(t.Context(), Statement{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var names []string
		for _, c := range rows.Columns() {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, ","); got != "a,b c,a2" {
			t.Errorf("the columns of an empty result are %s", got)
		}
		if rows.Next() || rows.Err() != nil || rows.Truncated() {
			t.Errorf("an empty result has a row, %v", rows.Err())
		}
	})
}

func TestMaxima(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{Connections: 1})
		count := func(statement Statement) (int, *Rows) {
			t.Helper()
			rows, err := s.Query(t.Context(), statement)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				n++
			}
			return n, rows
		}
		if n, rows := count(Statement{Text: endless(b.config.Dialect), MaxRows: 1000}); n != 1000 || !rows.Truncated() || rows.Err() != nil {
			t.Errorf("%d rows, truncated %v, %v", n, rows.Truncated(), rows.Err())
		}
		if n, rows := count(Statement{Text: endless(b.config.Dialect), MaxBytes: 100_000}); n == 0 || !errors.Is(rows.Err(), TooLarge) {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
		ten := "SELECT * FROM (" + endless(b.config.Dialect) + " LIMIT 10) AS t"
		if n, rows := count(Statement{Text: ten, MaxRows: 10}); n != 10 || rows.Truncated() || rows.Err() != nil {
			t.Errorf("ten of ten: %d rows, truncated %v, %v", n, rows.Truncated(), rows.Err())
		}
		if got := read(t, s, "SELECT 1"); got[0][0] != "integer:1" {
			t.Errorf("after that: %q", got)
		}
	})
}

// TestReadOnly tries to write with an account that may.
func TestReadOnly(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		engine := ""
		if b.config.Dialect == gatewright.ClickHouse {
			engine = " ENGINE = Memory"
		}
		b.execute(t, "CREATE TABLE kept (x INTEGER)"+strings.Replace(engine, "INTEGER", "Int32", 1), "INSERT INTO kept VALUES (1)")
		s := b.open(t, gatewright.SourceLimits{})
		dir := t.TempDir()
		statements := []string{"INSERT INTO kept VALUES (2)", "DROP TABLE kept", "CREATE TABLE other (x INTEGER)" + engine, "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE kept"}
		switch b.config.Dialect {
		case gatewright.PostgreSQL:
			statements = append(statements, "WITH d AS (DELETE FROM kept RETURNING *) SELECT * FROM d", "SELECT * FROM kept FOR UPDATE", "COPY kept TO STDOUT", "COPY (SELECT 1) TO '"+dir+"/c'", "COPY (SELECT 1) TO PROGRAM 'touch "+dir+"/d'", "DO 'BEGIN END'")
		case gatewright.SQLite:
			statements = append(statements, "ATTACH '"+dir+"/a.db' AS a", "VACUUM INTO '"+dir+"/b.db'", "PRAGMA query_only = 0; INSERT INTO kept VALUES (3)",
				"SELECT load_extension('"+dir+"/x.so')", "CREATE TEMP TABLE t (x)", `SELECT "no such column"`)
		case gatewright.MySQL:
			statements = append(statements, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE kept", "DELETE FROM kept")
		}
		for _, statement := range statements {
			rows, err := s.Query(t.Context(), Statement{Text: statement})
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.Close()
			}
			if err == nil {
				t.Errorf("%s was executed", statement)
			}
		}
		if got := read(t, s, "SELECT count(*) FROM kept"); got[0][0] != "integer:1" {
			t.Errorf("there are %q rows", got)
		}
		if made, _ := filepath.Glob(filepath.Join(dir, "*")); len(made) > 0 {
			t.Errorf("files were made: %q", made)
		}
	})
}

// TestCancel ends statements that compute and ones that send, and looks at the
// server whether they are gone.
func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(ctx context.Context, cancel func(), s *Source, text string) error
		text func(gatewright.Dialect, string) string
		want Reason
	}{
		{"computing", func(ctx context.Context, cancel func(), s *Source, text string) error {
			running := time.AfterFunc(200*time.Millisecond, cancel)
			defer running.Stop()
			rows, err := s.Query(ctx, Statement{Text: text})
			if err == nil {
				defer rows.Close()
				rows.Next()
				err = rows.Err()
			}
			return err
		}, busy, Cancelled},
		{"sending", func(ctx context.Context, cancel func(), s *Source, text string) error {
			rows, err := s.Query(ctx, Statement{Text: text, MaxRows: 100_000_000})
			if err != nil {
				return err
			}
			defer rows.Close()
			for n := 0; rows.Next(); n++ {
				if n == 10 {
					cancel()
				}
			}
			return rows.Err()
		}, func(kind gatewright.Dialect, _ string) string { return endless(kind) }, Cancelled},
		{"time is up", func(ctx context.Context, _ func(), s *Source, text string) error {
			rows, err := s.Query(ctx, Statement{Text: text, Timeout: 200 * time.Millisecond})
			if err == nil {
				defer rows.Close()
				rows.Next()
				err = rows.Err()
			}
			return err
		}, busy, TimedOut},
		{"closed in the middle", func(ctx context.Context, _ func(), s *Source, text string) error {
			rows, err := s.Query(ctx, Statement{Text: text})
			if err != nil {
				return err
			}
			rows.Next()
			rows.Close()
			rows.Close()
			if rows.Next() {
				return errors.New("there is a row after closing")
			}
			return fail(Cancelled, "")
		}, func(kind gatewright.Dialect, _ string) string { return endless(kind) }, Cancelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachKind(t, func(t *testing.T, b bed) {
				s := b.open(t, gatewright.SourceLimits{Connections: 2, MaxRows: 100_000_000, MaxBytes: 16 << 30})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				mark := "mark_" + strings.ReplaceAll(tt.name, " ", "_")
				if err := tt.run(ctx, cancel, s, tt.text(b.config.Dialect, mark)); !errors.Is(err, tt.want) {
					t.Fatalf("it ended with %v", err)
				}
				awaitNone(t, s, b.config.Dialect)
				if open := s.Stats(); open.Open > 1 {
					t.Errorf("an interrupted connection was kept: %+v", open)
				}
			})
		})
	}
}

// awaitNone waits until the server runs nothing but our question.
func awaitNone(t *testing.T, s *Source, kind gatewright.Dialect) {
	t.Helper()
	question := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "SELECT query FROM pg_stat_activity WHERE state = 'active' AND datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
		gatewright.MySQL:      "SELECT info FROM information_schema.processlist WHERE command NOT IN ('Sleep', 'Daemon') AND db = DATABASE() AND id <> CONNECTION_ID()",
		gatewright.ClickHouse: "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'",
	}[kind]
	if question == "" {
		return // SQLite runs in this process: the call has returned
	}
	deadline := time.After(10 * time.Second)
	for {
		left := read(t, s, question)
		if len(left) == 0 {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the server still runs %q", left)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestServerTimeout leaves the ending to the server's own limit.
func TestServerTimeout(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		if b.config.Dialect == gatewright.SQLite {
			t.Skip("SQLite has no limit of its own")
		}
		s := b.open(t, gatewright.SourceLimits{StatementTimeout: gatewright.Duration(time.Second)})
		conn, err := s.pool.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.pool.release(conn, false)
		c, err := conn.session.query(t.Context(), busy(b.config.Dialect, "limit"), nil)
		if err == nil {
			_, err = c.next(make([]Cell, len(c.columns())))
		}
		if !errors.Is(err, TimedOut) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// TestBroken kills server or connection in the middle of a result: whoever
// reads must not take it for a shorter one.
func TestBroken(t *testing.T) {
	beds := map[gatewright.Dialect]func(t *testing.T) (bed, func()){
		gatewright.PostgreSQL: func(t *testing.T) (bed, func()) {
			b := newBed(t, gatewright.PostgreSQL)
			address := fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", b.credentials.User, b.config.Port, b.config.Database)
			return b, func() {
				const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
				if err := postgres.Execute(context.Background(), address, kill); err != nil {
					t.Fatal(err)
				}
			}
		},
		gatewright.MySQL: func(t *testing.T) (bed, func()) {
			d := mariadb.Private(t)
			return mysqlBed(d), func() { d.Kill(t) }
		},
		gatewright.ClickHouse: func(t *testing.T) (bed, func()) {
			d := clickhouse.Private(t)
			return clickhouseBed(d), func() { d.Kill(t) }
		},
	}
	for kind, make := range beds {
		t.Run(string(kind), func(t *testing.T) {
			b, kill := make(t)
			s := b.open(t, gatewright.SourceLimits{MaxRows: 100_000_000, MaxBytes: 16 << 30})
			rows, err := s.Query(t.Context(), Statement{Text: endless(kind)})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for n := 0; rows.Next(); n++ {
				if n == 100 {
					kill()
				}
			}
			if !errors.Is(rows.Err(), Broken) || rows.Truncated() {
				t.Errorf("it ended with %v", rows.Err())
			}
		})
	}
}

// TestFailureInTheMiddle has the statement fail after many rows went out.
func TestFailureInTheMiddle(t *testing.T) {
	statements := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "SELECT 1 / (50000 - n) FROM (SELECT generate_series(1, 100000) AS n) AS t",
		gatewright.ClickHouse: "SELECT throwIf(number = 150000), toString(number) FROM numbers(1000000)",
		gatewright.SQLite:     "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 10000) SELECT abs(CASE n WHEN 5000 THEN -9223372036854775808 ELSE n END) FROM r",
	}
	for kind, text := range statements {
		t.Run(string(kind), func(t *testing.T) {
			s := newBed(t, kind).open(t, gatewright.SourceLimits{MaxRows: 1_000_000})
			rows, err := s.Query(t.Context(), Statement{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				n++
			}
			var e *Error
			if !errors.As(rows.Err(), &e) || e.Reason != Refused || e.State == "" || n == 0 {
				t.Errorf("after %d rows: %#v", n, rows.Err())
			}
		})
	}
}

// TestReconnect kills idle connections: the next statement does not notice.
func TestReconnect(t *testing.T) {
	kill := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
		gatewright.MySQL:      "BEGIN NOT ATOMIC DECLARE i BIGINT; SELECT MAX(id) INTO i FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID(); EXECUTE IMMEDIATE CONCAT('KILL ', i); END",
	}
	for kind, statement := range kill {
		t.Run(string(kind), func(t *testing.T) {
			b := newBed(t, kind)
			s := b.open(t, gatewright.SourceLimits{})
			read(t, s, "SELECT 1")
			b.execute(t, statement)
			if got := read(t, s, "SELECT 2"); got[0][0] != "integer:2" {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestSettingsLeft has a statement switch off what protects the next one.
func TestSettingsLeft(t *testing.T) {
	b := newBed(t, gatewright.PostgreSQL)
	s := b.open(t, gatewright.SourceLimits{Connections: 1})
	for _, text := range []string{
		"SELECT set_config('default_transaction_read_only', 'off', false)", "SELECT set_config('timezone', 'Asia/Tokyo', false)", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "BEGIN",
	} {
		rows, err := s.Query(t.Context(), Statement{Text: text})
		if err == nil {
			rows.Next()
			rows.Close()
		}
		if got := read(t, s, "SELECT current_setting('default_transaction_read_only'), current_setting('timezone')"); strings.Join(got[0], " ") != "string:on string:UTC" {
			t.Errorf("%s left %q", text, got)
		}
	}
}

func TestChangedTable(t *testing.T) {
	b := newBed(t, gatewright.PostgreSQL)
	b.execute(t, "CREATE TABLE changing (a int)", "INSERT INTO changing VALUES (1)")
	s := b.open(t, gatewright.SourceLimits{Connections: 1})
	read(t, s, "SELECT * FROM changing")
	b.execute(t, "ALTER TABLE changing ADD b text DEFAULT 'x'")
	if got := read(t, s, "SELECT * FROM changing"); strings.Join(got[0], " ") != "integer:1 string:x" {
		t.Errorf("%q", got)
	}
}

// TestManyStatements goes beyond the prepared statements that are kept.
func TestManyStatements(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{Connections: 1})
		for n := range maxCachedStatements * 2 {
			if got := read(t, s, fmt.Sprintf("SELECT %d", n%(maxCachedStatements+7))); got[0][0] != fmt.Sprintf("integer:%d", n%(maxCachedStatements+7)) {
				t.Fatalf("%d: %q", n, got)
			}
		}
		long := "SELECT 5 /*" + strings.Repeat("x", maxCachedText) + "*/"
		for range 2 {
			if got := read(t, s, long); got[0][0] != "integer:5" {
				t.Fatalf("a long statement: %q", got)
			}
		}
		if _, err := s.Query(t.Context(), Statement{Text: strings.Repeat(" ", maxStatement+1)}); gatewright.CodeOf(err) != gatewright.LimitExceeded {
			t.Errorf("too long a statement: %v", err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	const password = "do-not-tell-anyone"
	eachKind(t, func(t *testing.T, b bed) {
		if b.config.Dialect == gatewright.SQLite {
			if err := os.Remove(b.config.Database); err != nil {
				t.Fatal(err)
			}
		}
		b.credentials = Credentials{User: "nobody-known", Password: password}
		check := func(name string) {
			_, err := b.open(t, gatewright.SourceLimits{}).Query(t.Context(), Statement{Text: "SELECT 1"})
			if !errors.Is(err, Unreachable) && !errors.Is(err, Broken) {
				t.Errorf("%s: %v", name, err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, password) {
				t.Errorf("%s: the password is told: %s", name, text)
			}
		}
		check("wrong account")
		b.config.Port = 1
		if b.config.Dialect != gatewright.SQLite {
			check("nobody listens")
			b.guard.Loopback = false
			check("not allowed")
		}
	})
}

// TestErrorHidesPassword has the server repeat the password in its error.
func TestErrorHidesPassword(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		if b.credentials.Password == "" {
			b.credentials.Password = "do-not-tell-anyone"
		}
		if b.config.Dialect == gatewright.SQLite {
			t.Skip("SQLite has no accounts")
		}
		_, err := b.open(t, gatewright.SourceLimits{}).Query(t.Context(), Statement{Text: "SELECT * FROM " + strings.ReplaceAll(`"x"`, "x", b.credentials.Password) + " no"})
		if !errors.Is(err, Refused) || strings.Contains(err.Error(), b.credentials.Password) {
			t.Errorf("%v", err)
		}
	})
}
