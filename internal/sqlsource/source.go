package sqlsource

import (
	"context"
	"errors"
	"time"

	"github.com/gatewright/gatewright"
)

const maxStatement = 1 << 20 // of a statement's text, in bytes

// Source is one database of one gateway. It is safe for concurrent use.
type Source struct {
	config gatewright.SourceConfig
	limits limits
	pool   *pool

	base    context.Context // its end interrupts everything
	stop    context.CancelCauseFunc
	drained chan struct{} // closed when no connection is left
}

// Statement is one statement to run.
type Statement struct {
	// Text is one statement with placeholders as the database writes them: $1,
	// $2 … for PostgreSQL, ? for MySQL and SQLite, {p1:Type}, {p2:Type} … for
	// ClickHouse, where a placeholder may occur several times.
	Text string
	Args []Arg
	// Timeout is for everything from waiting for a connection to the last row;
	// zero and anything above is the source's StatementTimeout.
	Timeout time.Duration
	// MaxRows and MaxBytes bound the result; zero and anything above is the
	// source's limit. Reading stops after the last row allowed, see
	// [Rows.Truncated], and fails with [TooLarge] at the first byte too many.
	MaxRows  int64
	MaxBytes int64
}

// Open returns the source for a valid configuration that the guard allows. It
// connects to nothing yet. now is the clock, nil for the system's. The caller
// must close the source.
func Open(config gatewright.SourceConfig, credentials Credentials, guard Guard, now func() time.Time) (*Source, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Dialect != gatewright.SQLite {
		if err := guard.host(config.Host); err != nil {
			return nil, err
		}
	}
	open, err := opener(config, credentials, guard)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	s := &Source{config: config, limits: limitsOf(config.Limits), drained: make(chan struct{})}
	s.base, s.stop = context.WithCancelCause(context.Background())
	s.pool = &pool{limits: s.limits, open: open, now: now, changed: make(chan struct{}, 1)}
	go func() {
		defer close(s.drained)
		s.pool.sweep()
	}()
	return s, nil
}

// opener returns what opens a session.
func opener(config gatewright.SourceConfig, credentials Credentials, guard Guard) (func(context.Context) (session, error), error) {
	switch config.Dialect {
	case gatewright.PostgreSQL:
		return openPostgres(config, credentials, guard)
	case gatewright.MySQL:
		return openMySQL(config, credentials, guard)
	case gatewright.ClickHouse:
		return openClickHouse(config, credentials, guard)
	case gatewright.SQLite:
		return openSQLite(config, guard)
	}
	return nil, gatewright.FieldErrorf("dialect", "there is no database of dialect %q", config.Dialect)
}

// Dialect returns the dialect that statements are written in.
func (s *Source) Dialect() gatewright.Dialect { return s.config.Dialect }

// Stats returns the numbers of the pool.
func (s *Source) Stats() Stats { return s.pool.stats() }

// Close lets no statement in any more, waits for those that run until ctx
// ends, and interrupts what is left then. It returns when the rows of all are
// closed: who holds some must not wait for it.
func (s *Source) Close(ctx context.Context) {
	s.pool.close()
	select {
	case <-s.drained:
	case <-ctx.Done():
	}
	s.stop(fail(Closed, ""))
	<-s.drained
}

// Query runs a statement and returns its rows, which the caller must close.
// When ctx ends, so does the statement, on the server as well. Errors are of
// type [*Error], or of the root package for what is wrong with the statement.
func (s *Source) Query(ctx context.Context, statement Statement) (*Rows, error) {
	if len(statement.Text) > maxStatement {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the statement has %d bytes; at most %d are allowed", len(statement.Text), maxStatement)
	}
	if err := validateArgs(statement.Args); err != nil {
		return nil, err
	}
	timeout := atMost(statement.Timeout, s.limits.StatementTimeout)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	ctx, cancelCause := context.WithCancelCause(ctx)
	unlink := context.AfterFunc(s.base, func() { cancelCause(context.Cause(s.base)) })
	rows, err := s.start(ctx, statement)
	if err != nil {
		unlink()
		cancelCause(nil)
		cancel()
		return nil, err
	}
	rows.free = func() {
		unlink()
		cancelCause(nil)
		cancel()
	}
	return rows, nil
}

// start runs the statement on a connection. One that had died while it was
// idle is replaced once; nothing but reading is done, so that does no harm.
func (s *Source) start(ctx context.Context, statement Statement) (*Rows, error) {
	conn, err := s.pool.acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.run(ctx, conn, statement)
	if !errors.Is(err, Broken) || !conn.used || ctx.Err() != nil {
		return rows, err
	}
	s.pool.flush()
	if conn, err = s.pool.acquire(ctx); err != nil {
		return nil, err
	}
	return s.run(ctx, conn, statement)
}

// run runs the statement on conn, and gives conn back if that fails.
func (s *Source) run(ctx context.Context, conn *pooled, statement Statement) (*Rows, error) {
	r := &Rows{
		pool: s.pool, conn: conn, ctx: ctx,
		maxRows:  atMost(statement.MaxRows, s.limits.MaxRows),
		maxBytes: atMost(statement.MaxBytes, s.limits.MaxBytes),
	}
	r.watch()
	cursor, err := conn.session.query(ctx, statement.Text, statement.Args)
	if err != nil {
		interrupted := r.unwatch()
		s.pool.release(conn, !interrupted && sound(err))
		if interrupted {
			return nil, ended(ctx)
		}
		return nil, err
	}
	r.cursor = cursor
	r.row = make([]Cell, len(cursor.columns()))
	return r, nil
}

// sound reports whether a connection can be used after err.
func sound(err error) bool { return errors.Is(err, Refused) || errors.Is(err, TimedOut) }

// atMost returns wanted, or limit if there is no wish or it is above.
func atMost[T int64 | time.Duration](wanted, limit T) T {
	if wanted <= 0 || wanted > limit {
		return limit
	}
	return wanted
}
