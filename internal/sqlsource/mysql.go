package sqlsource

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/gatewright/gatewright"
)

const (
	mysqlPort      = 3306
	mysqlCollation = "utf8mb4_general_ci" // MySQL and every MariaDB know it
)

// openMySQL returns what opens sessions. No DSN is parsed: what the driver
// could be told to do in one (send several statements, read files for the
// server, give the password in clear) stays off.
func openMySQL(config gatewright.SourceConfig, credentials Credentials, guard Guard) (func(context.Context) (session, error), error) {
	limits := limitsOf(config.Limits)
	base := mysql.NewConfig()
	base.User, base.Passwd, base.DBName = credentials.User, credentials.Password, config.Database
	base.Net = "tcp"
	base.Addr = net.JoinHostPort(config.Host, strconv.Itoa(orPort(config.Port, mysqlPort)))
	base.Timeout = limits.ConnectTimeout
	base.Logger = new(mysql.NopLogger)
	base.Collation = mysqlCollation
	if c := config.Options["collation"]; c != "" {
		base.Collation = c
	}
	var err error
	if base.TLS, err = tlsClient(config.TLS, config.Host, credentials); err != nil {
		return nil, err
	}
	o := &mysqlOpener{base: base, limits: limits, credentials: credentials, guard: guard, host: config.Host}
	return o.open, nil
}

func orPort(port, usual int) int {
	if port == 0 {
		return usual
	}
	return port
}

// mysqlOpener opens connections to one server.
type mysqlOpener struct {
	base        *mysql.Config
	limits      limits
	credentials Credentials
	guard       Guard
	host        string
}

// connect returns a connection and the socket below it.
func (o *mysqlOpener) connect(ctx context.Context) (mysqlConn, net.Conn, error) {
	var socket net.Conn
	config := o.base.Clone()
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		socket, err = o.guard.dial(ctx, o.host, network, address, o.limits.ConnectTimeout)
		return socket, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, nil, mysqlError(err, o.credentials, Unreachable)
	}
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, nil, mysqlError(err, o.credentials, Unreachable)
	}
	conn, ok := raw.(mysqlConn)
	if !ok {
		return nil, nil, errors.Join(errors.New("the driver for MySQL has changed"), raw.Close())
	}
	return conn, socket, nil
}

// mysqlConn is what a connection of the driver can do.
type mysqlConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

func (o *mysqlOpener) open(ctx context.Context) (session, error) {
	conn, socket, err := o.connect(ctx)
	if err != nil {
		return nil, err
	}
	m := &mysqlSession{conn: conn, socket: socket, opener: o}
	m.statements = newStatements(func(s driver.Stmt) { _ = s.Close() }) // a connection that broke shows with the next statement
	if err := m.prepareSession(ctx); err != nil {
		_ = conn.Close() // the first error says more
		return nil, mysqlError(err, o.credentials, Unreachable)
	}
	return m, nil
}

// prepareSession makes the session read-only, its times UTC, its quotes those
// that this package knows, and bounds its statements.
func (m *mysqlSession) prepareSession(ctx context.Context) error {
	about, err := m.row(ctx, "SELECT CONNECTION_ID(), VERSION()")
	if err != nil {
		return err
	}
	if len(about) != 2 {
		return errors.New("the server does not say who it is")
	}
	m.id, m.version = about[0], about[1]
	timeout := "max_execution_time=" + milliseconds(m.opener.limits.StatementTimeout)
	if strings.Contains(m.version, "MariaDB") {
		timeout = fmt.Sprintf("max_statement_time=%.3f", m.opener.limits.StatementTimeout.Seconds())
	}
	for _, statement := range []string{
		"SET SESSION TRANSACTION READ ONLY",
		"SET time_zone='+00:00', sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', autocommit=1, " + timeout,
	} {
		if _, err := m.conn.ExecContext(ctx, statement, nil); err != nil {
			return err
		}
	}
	return nil
}

// mysqlSession is a connection to MySQL or MariaDB.
type mysqlSession struct {
	conn       mysqlConn
	socket     net.Conn
	opener     *mysqlOpener
	id         string // of the connection, on the server
	version    string
	statements *statements[driver.Stmt]
	named      []driver.NamedValue
	spare      scratch
}

// row returns the first row of a statement of ours as text.
func (m *mysqlSession) row(ctx context.Context, sql string) ([]string, error) {
	rows, err := m.conn.QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	texts := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case []byte:
			texts[i] = string(v)
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return texts, rows.Close()
}

func (m *mysqlSession) query(ctx context.Context, sql string, args []Arg) (cursor, error) {
	sql, err := castPlaceholders(sql, args)
	if err != nil {
		return nil, err
	}
	statement, cached := m.statements.get(sql)
	if !cached {
		// It is interrupt that ends it, so that the driver does not close the
		// connection under our hands.
		if statement, err = m.conn.PrepareContext(context.WithoutCancel(ctx), sql); err != nil {
			return nil, m.wrap(err)
		}
		cached = m.statements.put(sql, statement)
	}
	rows, err := m.run(statement, args)
	if err != nil {
		if !cached {
			_ = statement.Close() // the first error says more
		}
		return nil, err
	}
	c := &mysqlCursor{session: m, rows: rows}
	if !cached {
		c.statement = statement
	}
	c.describe()
	return c, nil
}

func (m *mysqlSession) run(statement driver.Stmt, args []Arg) (driver.Rows, error) {
	if n := statement.NumInput(); n != len(args) {
		return nil, fail(Refused, "the statement has %d placeholders and %d arguments", n, len(args))
	}
	m.named = m.named[:0]
	for i, a := range args {
		m.named = append(m.named, driver.NamedValue{Ordinal: i + 1, Value: mysqlValue(a)})
	}
	run, ok := statement.(driver.StmtQueryContext)
	if !ok {
		return nil, fail(Refused, "the driver for MySQL has changed")
	}
	rows, err := run.QueryContext(context.Background(), m.named)
	if err != nil {
		return nil, m.wrap(err)
	}
	return rows, nil
}

// mysqlValue returns the value that the driver sends for an argument. Numbers
// that it has no type for go as text, into a CAST.
func mysqlValue(a Arg) driver.Value {
	switch a.Kind {
	case Null:
		return nil
	case Bool:
		return a.Text == "true"
	case Integer:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(a.Text, 10, 64); err == nil {
			return n
		}
	case Float:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil {
			return f
		}
	case Bytes:
		return []byte(a.Text)
	case DateTime, Timestamp:
		return a.spaced()
	}
	return a.Text
}

// castPlaceholders puts a CAST around the placeholders of arguments that the
// protocol has no type for. Without it MySQL compares a decimal column and a
// text as floating point numbers, and rows are found that are not equal.
func castPlaceholders(sql string, args []Arg) (string, error) {
	needed := false
	for i, a := range args {
		cast, err := mysqlCast(a)
		if err != nil {
			return "", fail(Refused, "argument %d: %v", i+1, err)
		}
		needed = needed || cast != ""
	}
	if !needed {
		return sql, nil
	}
	var b strings.Builder
	from, n := 0, 0
	code(gatewright.MySQL, sql, func(i int) int {
		if sql[i] == '?' {
			if n < len(args) {
				if cast, err := mysqlCast(args[n]); err == nil && cast != "" {
					b.WriteString(sql[from:i])
					b.WriteString("CAST(? AS " + cast + ")")
					from = i + 1
				}
			}
			n++
		}
		return i + 1
	})
	b.WriteString(sql[from:])
	return b.String(), nil
}

// The digits of MySQL's widest decimals.
const (
	mysqlDigits   = 65
	mysqlFraction = 30
)

// mysqlCast returns the type to cast an argument to, "" for none.
func mysqlCast(a Arg) (string, error) {
	switch a.Kind {
	case Bytes:
		return "BINARY", nil
	case Integer:
		if _, isText := mysqlValue(a).(string); !isText {
			return "", nil
		}
	case Decimal:
	default:
		return "", nil
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(strings.TrimPrefix(a.Text, "-"), "0"), ".")
	switch {
	case len(fraction) > mysqlFraction || len(whole)+len(fraction) > mysqlDigits:
		return "", errors.New("MySQL has no decimals of so many digits")
	case fraction == "":
		return "DECIMAL(65,0)", nil
	case len(whole) <= mysqlDigits-mysqlFraction:
		return "DECIMAL(65,30)", nil
	}
	return "DECIMAL(65," + strconv.Itoa(len(fraction)) + ")", nil
}

// interrupt kills the connection on the server, and with it the statement: a
// statement alone would be missed if it has not begun.
func (m *mysqlSession) interrupt() {
	_ = m.socket.SetDeadline(time.Now().Add(interruptGrace))
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	killer, _, err := m.opener.connect(ctx)
	if err != nil {
		return // the deadline ends our side, the time limit the server's
	}
	_, _ = killer.ExecContext(ctx, "KILL "+m.id, nil)
	_ = killer.Close()
}

func (m *mysqlSession) close() {
	_ = m.socket.SetDeadline(time.Now().Add(interruptGrace))
	_ = m.conn.Close()
}

func (m *mysqlSession) wrap(err error) *Error {
	return mysqlError(err, m.opener.credentials, Broken)
}

// mysqlError returns err with the reason that it has; other is for what does
// not come from the server.
func mysqlError(err error, credentials Credentials, other Reason) *Error {
	var server *mysql.MySQLError
	if !errors.As(err, &server) {
		message := err.Error()
		if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) {
			message = "the connection was closed"
		}
		return &Error{Reason: other, Message: credentials.hide(message)}
	}
	e := &Error{Reason: Refused, State: strconv.Itoa(int(server.Number)), Message: credentials.hide(server.Message)}
	switch server.Number {
	case 1317, 1969, 3024: // interrupted, by MariaDB's limit, by MySQL's
		e.Reason = TimedOut
	case 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 4031: // shutting down, killed, lost
		e.Reason = Broken
	}
	if other == Unreachable {
		e.Reason = Unreachable
	}
	return e
}
