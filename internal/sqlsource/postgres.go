package sqlsource

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gatewright/gatewright"
)

const (
	postgresPort = 5432
	// postgresSlack is what a message may have beside the cells of a row.
	postgresSlack = 1 << 20
)

// openPostgres returns what opens sessions. The driver insists on looking into
// the environment and its files for what a connection is made of; all of that
// is replaced by what is in config.
func openPostgres(config gatewright.SourceConfig, credentials Credentials, guard Guard) (func(context.Context) (session, error), error) {
	limits := limitsOf(config.Limits)
	base, err := pgconn.ParseConfig("host=localhost user=nobody sslmode=disable")
	if err != nil {
		return nil, err
	}
	base.Host, base.Port = config.Host, postgresPort
	if config.Port != 0 {
		base.Port = uint16(config.Port) // validated
	}
	base.Database, base.User, base.Password = config.Database, credentials.User, credentials.Password
	base.KerberosSrvName, base.KerberosSpn, base.Fallbacks = "", "", nil
	base.SSLNegotiation, base.SSLCertMode = "postgres", "allow"
	base.ValidateConnect, base.AfterConnect, base.OAuthTokenProvider = nil, nil, nil
	if base.TLSConfig, err = tlsClient(config.TLS, config.Host, credentials); err != nil {
		return nil, err
	}
	base.ConnectTimeout = limits.ConnectTimeout
	base.MaxProtocolMessageBodyLen = int(min(limits.MaxBytes, 1<<30)) + postgresSlack
	base.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return guard.dial(ctx, config.Host, network, address, limits.ConnectTimeout)
	}
	base.RuntimeParams = map[string]string{
		"default_transaction_read_only":       "on",
		"statement_timeout":                   milliseconds(limits.StatementTimeout),
		"idle_in_transaction_session_timeout": milliseconds(limits.StatementTimeout),
		"client_encoding":                     "UTF8",
		"timezone":                            "UTC",
		"datestyle":                           "ISO, YMD",
		"intervalstyle":                       "iso_8601",
		"bytea_output":                        "hex",
		"extra_float_digits":                  "3",
		"standard_conforming_strings":         "on",
		"application_name":                    "gatewright",
	}
	for name, value := range config.Options {
		base.RuntimeParams[name] = value
	}
	return func(ctx context.Context) (session, error) {
		conn, err := pgconn.ConnectConfig(ctx, base)
		if err != nil {
			return nil, postgresConnectError(err, credentials)
		}
		p := &postgresSession{conn: conn, credentials: credentials, reported: make(map[string]string)}
		p.statements = newStatements(p.deallocate)
		for _, name := range postgresReported() {
			p.reported[name] = conn.ParameterStatus(name)
		}
		return p, nil
	}, nil
}

// postgresReported returns the settings that a statement could change for the
// next one, and that the server tells when they do.
func postgresReported() []string {
	return []string{"default_transaction_read_only", "client_encoding", "TimeZone", "DateStyle", "IntervalStyle", "standard_conforming_strings", "session_authorization"}
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(1, d.Milliseconds()), 10)
}

// postgresSession is a connection to PostgreSQL.
type postgresSession struct {
	conn        *pgconn.PgConn
	credentials Credentials
	reported    map[string]string
	statements  *statements[*pgconn.StatementDescription]
	named       int
	formats     []int16
	values      [][]byte
	valueForms  []int16
	spare       scratch
	work        work
}

func (p *postgresSession) query(ctx context.Context, sql string, args []Arg) (cursor, error) {
	defer p.work.end()
	if !p.work.begin() {
		return nil, errInterrupted()
	}
	statement, cached, err := p.prepare(ctx, sql)
	if err != nil {
		return nil, err
	}
	c, err := p.execute(sql, statement, args)
	if err != nil && cached && outdated(err) {
		p.statements.remove(sql)
		if statement, _, err = p.prepare(ctx, sql); err != nil {
			return nil, err
		}
		c, err = p.execute(sql, statement, args)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// outdated reports whether a prepared statement is to be prepared anew: its
// tables changed, or the server forgot it.
func outdated(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.State == "0A000" || e.State == "26000")
}

func (p *postgresSession) prepare(ctx context.Context, sql string) (statement *pgconn.StatementDescription, cached bool, err error) {
	if statement, ok := p.statements.get(sql); ok {
		return statement, true, nil
	}
	p.named++
	name := "s" + strconv.Itoa(p.named)
	if len(sql) > maxCachedText {
		name = ""
	}
	statement, err = p.conn.Prepare(context.WithoutCancel(ctx), name, sql, nil)
	if err != nil {
		return nil, false, p.wrap(err)
	}
	if len(statement.Fields) == 0 { // COPY to a file or program, DO, SET: they are not read-only in a transaction that is
		p.deallocate(statement)
		return nil, false, fail(Refused, "the statement gives no rows")
	}
	p.statements.put(sql, statement)
	return statement, false, nil
}

// deallocate forgets a statement. The server does so when the connection is
// used next.
func (p *postgresSession) deallocate(statement *pgconn.StatementDescription) {
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	_ = p.conn.Deallocate(ctx, statement.Name) // a connection that broke shows with the next statement
}

// execute sends the statement and reads as far as its first row, so that what
// is wrong with it shows here.
func (p *postgresSession) execute(sql string, statement *pgconn.StatementDescription, args []Arg) (*postgresCursor, error) {
	if len(args) != len(statement.ParamOIDs) {
		return nil, fail(Refused, "the statement has %d placeholders and %d arguments", len(statement.ParamOIDs), len(args))
	}
	p.values, p.valueForms, p.formats = p.values[:0], p.valueForms[:0], p.formats[:0]
	for _, a := range args {
		form := int16(0)
		var value []byte
		switch a.Kind {
		case Null:
		case Bytes:
			form, value = 1, append([]byte{}, a.Text...)
		default:
			value = append([]byte{}, a.Text...)
		}
		p.values, p.valueForms = append(p.values, value), append(p.valueForms, form)
	}
	c := &postgresCursor{session: p, sql: sql, described: make([]Column, len(statement.Fields)), kinds: make([]postgresKind, len(statement.Fields))}
	for i, f := range statement.Fields {
		c.kinds[i] = postgresKinds(f.DataTypeOID)
		c.described[i] = Column{Name: f.Name, Type: c.kinds[i].kind.field(c.kinds[i].wide), Database: c.kinds[i].name}
		p.formats = append(p.formats, c.kinds[i].format)
	}
	c.reader = p.conn.ExecPrepared(context.Background(), statement.Name, p.values, p.valueForms, p.formats)
	c.ahead = c.reader.NextRow()
	if !c.ahead {
		if _, err := c.reader.Close(); err != nil {
			return nil, p.wrap(err)
		}
		c.reader = nil
	}
	return c, nil
}

// interrupt sends a cancel request and gives the connection a little time to
// hear of it.
func (p *postgresSession) interrupt() {
	_ = p.conn.Conn().SetDeadline(time.Now().Add(interruptGrace))
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	p.work.interrupt(ctx, func() {
		_ = p.conn.CancelRequest(ctx) // the deadline is for when that fails
	})
}

func (p *postgresSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	_ = p.conn.Close(ctx)
}

// clean reports whether the statement left everything as it found it.
func (p *postgresSession) clean() bool {
	if p.conn.IsClosed() || p.conn.TxStatus() != 'I' {
		return false
	}
	for name, value := range p.reported {
		if p.conn.ParameterStatus(name) != value {
			return false
		}
	}
	return true
}

// wrap returns err as an [*Error].
func (p *postgresSession) wrap(err error) *Error {
	return postgresError(err, p.credentials, Broken)
}

func postgresConnectError(err error, credentials Credentials) *Error {
	return postgresError(err, credentials, Unreachable)
}

// postgresError returns err with the reason that it has; other is for what
// does not come from the server.
func postgresError(err error, credentials Credentials, other Reason) *Error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		var size *pgproto3.ExceededMaxBodyLenErr
		if errors.As(err, &size) {
			return fail(TooLarge, "one row has %d bytes", size.ActualBodyLen)
		}
		return &Error{Reason: other, Message: credentials.hide(err.Error())}
	}
	e := &Error{Reason: Refused, State: server.Code, Message: credentials.hide(server.Message)}
	switch {
	case other == Unreachable:
		e.Reason = Unreachable
	case server.Code == "57014":
		e.Reason = TimedOut
	case len(server.Code) == 5 && (server.Code[:2] == "08" || server.Code[:3] == "57P") || server.Severity == "FATAL" || server.Severity == "PANIC":
		e.Reason = Broken
	}
	return e
}
