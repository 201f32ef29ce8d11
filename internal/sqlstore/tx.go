package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// Misuse of a transaction: defects of the caller.
var (
	errDone     = errors.New("the transaction has ended; a Tx must not be used after the function it was given to")
	errReadOnly = errors.New("a View must not write; use Update")
)

// tx implements [control.Tx] for one transaction. The nouns are in files of
// their own.
type tx struct {
	ctx      context.Context // of the View or Update, for every statement
	store    *Store
	sql      *sql.Tx
	writable bool
	now      time.Time
	number   string // by which the database knows the transaction; "" when it has none
	signals  bool   // it appended an event
	done     atomic.Bool

	// cause is the first error of the driver. The database may have rolled
	// back by then, so that a later statement would stand alone: nothing is
	// executed any more, and nothing commits. Then failure says so.
	cause, failure error

	// stmts holds what this transaction has prepared. They are closed with it.
	stmts map[string]*sql.Stmt
}

// Now implements [control.Tx]: one time for the whole transaction, to the
// microsecond, as times are stored.
func (t *tx) Now() time.Time { return t.now }

// fail records what the driver said and returns it, explained.
func (t *tx) fail(err error) error {
	if t.cause == nil {
		t.cause = err
	}
	if ctxErr := t.ctx.Err(); ctxErr != nil {
		err = ctxErr // the driver would say "interrupted"
		if errors.Is(context.Cause(t.ctx), errTooLong) {
			err = errTooLong
		}
	}
	err = t.store.dialect.explain(err)
	if t.failure == nil {
		t.failure = fmt.Errorf("an earlier statement of the transaction failed: %w", err)
	}
	return err
}

// statement is what executes one statement, however often.
type statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// direct is a statement that the driver prepares by itself.
type direct struct {
	tx    *sql.Tx
	query string
}

// ExecContext implements statement.
func (d direct) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return d.tx.ExecContext(ctx, d.query, args...)
}

// QueryContext implements statement.
func (d direct) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return d.tx.QueryContext(ctx, d.query, args...)
}

func (t *tx) prepare(query string) (statement, error) {
	if t.done.Load() {
		return nil, errDone
	}
	if t.failure != nil {
		return nil, t.failure
	}
	if !t.store.dialect.prepares {
		return direct{t.sql, t.store.dialect.rebind(query)}, nil
	}
	if s, ok := t.stmts[query]; ok {
		return s, nil
	}
	s, err := t.sql.PrepareContext(t.ctx, t.store.dialect.rebind(query))
	if err != nil {
		return nil, t.fail(err)
	}
	t.stmts[query] = s
	return s, nil
}

// storable returns args with text the way every database takes it: UTF-8
// without the character U+0000. What cannot be kept becomes U+FFFD.
func storable(args []any) []any {
	for i, a := range args {
		if v := reflect.ValueOf(a); v.Kind() == reflect.String {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(v.String(), "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return args
}

// exec executes a statement that writes and returns how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if !t.writable {
		return 0, errReadOnly
	}
	s, err := t.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(t.ctx, storable(args)...)
	if err != nil {
		return 0, t.fail(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, t.fail(err)
	}
	return n, nil
}

// returning executes a statement that writes and scans the one row it
// returns; false means there was none.
func (t *tx) returning(dest any, query string, args ...any) (bool, error) {
	if !t.writable {
		return false, errReadOnly
	}
	return t.scanRow([]any{dest}, query, args...)
}

// scanRow scans the first row of a query; false means there was none.
func (t *tx) scanRow(dest []any, query string, args ...any) (bool, error) {
	s, err := t.prepare(query)
	if err != nil {
		return false, err
	}
	rows, err := s.QueryContext(t.ctx, storable(args)...)
	if err != nil {
		return false, t.fail(err)
	}
	defer rows.Close()
	found := rows.Next()
	if found {
		err = rows.Scan(dest...)
	}
	if err := cmp.Or(err, rows.Err(), rows.Close()); err != nil {
		return false, t.fail(err)
	}
	return found, nil
}

// exists reports whether the query has a row of one integer.
func (t *tx) exists(query string, args ...any) (bool, error) {
	var one int
	return t.scanRow([]any{&one}, query, args...)
}

// maxRowsPerInsert bounds the rows of one INSERT. Larger ones save round trips
// to a server; the databases bound the arguments of a statement, SQLite at
// 32766.
const maxRowsPerInsert = 100

// insertRows executes "head VALUES (…), (…) tail" for all rows, which have
// equally many values.
func (t *tx) insertRows(head, tail string, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), maxRowsPerInsert)
		width := len(rows[0])
		args := make([]any, 0, n*width)
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := t.exec(head+" VALUES "+tuples(n, width)+" "+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
