package sqlsource

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/gatewright/gatewright"
)

// sqliteBusy is how long a statement waits for a writer, in milliseconds,
// unless an option says otherwise.
const sqliteBusy = "2000"

// openSQLite returns what opens sessions on a file that is there. It is opened
// for reading; nothing can be attached, and schema and functions of a file
// that somebody made are not trusted.
func openSQLite(config gatewright.SourceConfig, guard Guard) (func(context.Context) (session, error), error) {
	if _, err := guard.file(config.Database); errors.Is(err, Unreachable) {
		// It may come later.
	} else if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (session, error) {
		path, err := guard.file(config.Database)
		if err != nil {
			return nil, err
		}
		connector, err := sqlite.NewConnector(sqliteName(path, config.Options))
		if err != nil {
			return nil, fail(Unreachable, "%v", err)
		}
		conn, err := connector.Connect(ctx)
		if err != nil {
			return nil, fail(Unreachable, "%v", err)
		}
		s, err := newSQLiteSession(conn)
		if err != nil {
			return nil, fail(Unreachable, "%v", errors.Join(err, conn.Close()))
		}
		return s, nil
	}, nil
}

// sqliteName returns the driver's name for the file.
func sqliteName(path string, options map[string]string) string {
	busy := sqliteBusy
	if b := options["busy_timeout"]; b != "" {
		busy = b
	}
	pragmas := []string{"query_only(1)", "trusted_schema(0)", "busy_timeout(" + busy + ")"}
	if size := options["cache_size"]; size != "" {
		pragmas = append(pragmas, "cache_size("+size+")")
	}
	query := url.Values{"mode": {"ro"}, "_pragma": pragmas, "_defensive": {"1"}, "_dqs": {"0"}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// sqliteSession is an open file.
type sqliteSession struct {
	conn       driver.ConnPrepareContext
	closer     driver.Conn
	handle     uintptr
	statements *statements[driver.Stmt]
	named      []driver.NamedValue
	spare      scratch
	work       work
}

// newSQLiteSession takes SQLite's handle out of the driver's connection. The
// driver ends a statement with its context up to the first row only, and has
// no way to forbid attaching other files to one connection.
func newSQLiteSession(conn driver.Conn) (*sqliteSession, error) {
	prepare, ok := conn.(driver.ConnPrepareContext)
	field := reflect.Indirect(reflect.ValueOf(conn))
	if field.Kind() == reflect.Struct {
		field = field.FieldByName("db")
	}
	if !ok || field.Kind() != reflect.Uintptr || field.Uint() == 0 {
		return nil, errors.New("the driver for SQLite has changed")
	}
	s := &sqliteSession{conn: prepare, closer: conn, handle: uintptr(field.Uint())}
	s.statements = newStatements(func(statement driver.Stmt) { _ = statement.Close() })
	tls := libc.NewTLS()
	defer tls.Close()
	sqlite3.Xsqlite3_limit(tls, s.handle, sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	return s, nil
}

func (s *sqliteSession) query(ctx context.Context, sql string, args []Arg) (cursor, error) {
	if !single(gatewright.SQLite, sql) {
		return nil, fail(Refused, "there is more than one statement in the text")
	}
	defer s.work.end()
	if !s.work.begin() {
		return nil, errInterrupted()
	}
	statement, cached := s.statements.get(sql)
	if !cached {
		var err error
		if statement, err = s.conn.PrepareContext(context.WithoutCancel(ctx), sql); err != nil {
			return nil, sqliteError(err)
		}
		cached = s.statements.put(sql, statement)
	}
	rows, err := s.run(statement, args)
	if err != nil {
		if !cached {
			_ = statement.Close() // the first error says more
		}
		return nil, err
	}
	c := &sqliteCursor{session: s, rows: rows}
	if !cached {
		c.statement = statement
	}
	c.describe()
	return c, nil
}

func (s *sqliteSession) run(statement driver.Stmt, args []Arg) (driver.Rows, error) {
	run, ok := statement.(driver.StmtQueryContext)
	if !ok {
		return nil, fail(Refused, "the driver for SQLite has changed")
	}
	s.named = s.named[:0]
	for i, a := range args {
		s.named = append(s.named, driver.NamedValue{Ordinal: i + 1, Value: sqliteValue(a)})
	}
	rows, err := run.QueryContext(context.Background(), s.named)
	if err != nil {
		return nil, sqliteError(err)
	}
	return rows, nil
}

// sqliteValue returns the value to bind. SQLite has 64-bit integers and
// floating point numbers; other numbers go as text, which a column of numbers
// compares as the nearest number that it can hold.
func sqliteValue(a Arg) driver.Value {
	switch a.Kind {
	case Null:
		return nil
	case Bool:
		return a.Text == "true"
	case Integer:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return n
		}
	case Float:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil {
			return f
		}
	case Decimal:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == a.Text {
			return f
		}
	case Bytes:
		return []byte(a.Text)
	case DateTime, Timestamp:
		return a.spaced()
	}
	return a.Text
}

// interrupt ends the statement.
func (s *sqliteSession) interrupt() {
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	tls := libc.NewTLS()
	defer tls.Close()
	s.work.interrupt(ctx, func() { sqlite3.Xsqlite3_interrupt(tls, s.handle) })
}

func (s *sqliteSession) close() { _ = s.closer.Close() }

// sqliteError returns err with the reason that it has.
func sqliteError(err error) *Error {
	var server *sqlite.Error
	if !errors.As(err, &server) {
		return fail(Refused, "%v", err)
	}
	e := &Error{Reason: Refused, State: fmt.Sprint(server.Code()), Message: strings.ToValidUTF8(server.Error(), "\uFFFD")}
	switch server.Code() & 0xff {
	case sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Reason = TimedOut
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PROTOCOL:
		e.Reason = Broken
	}
	return e
}
