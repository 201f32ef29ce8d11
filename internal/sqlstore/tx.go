package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	done     atomic.Bool

	// failure is the first error of the driver. The database may have rolled
	// back by then, so that a later statement would stand alone: nothing is
	// executed any more, and nothing commits.
	failure error

	// stmts holds what this transaction has prepared, so that loops prepare
	// once. They are closed with it.
	stmts map[string]*sql.Stmt
}

func newTx(ctx context.Context, s *Store, t *sql.Tx, writable bool) *tx {
	return &tx{ctx: ctx, store: s, sql: t, writable: writable, stmts: map[string]*sql.Stmt{}}
}

// Now implements [control.Tx], to the microsecond, as times are stored.
func (t *tx) Now() time.Time { return t.store.clock().UTC().Truncate(time.Microsecond) }

// fail records what the driver said and returns it, explained.
func (t *tx) fail(err error) error {
	if ctxErr := t.ctx.Err(); ctxErr != nil {
		err = ctxErr // the driver would say "interrupted"
	}
	err = t.store.dialect.explain(err)
	if t.failure == nil {
		t.failure = fmt.Errorf("an earlier statement of the transaction failed: %w", err)
	}
	return err
}

func (t *tx) prepare(query string) (*sql.Stmt, error) {
	if t.done.Load() {
		return nil, errDone
	}
	if t.failure != nil {
		return nil, t.failure
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

// exec executes a statement that writes and returns how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if !t.writable {
		return 0, errReadOnly
	}
	s, err := t.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(t.ctx, args...)
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
	err = s.QueryRowContext(t.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, t.fail(err)
	}
	return true, nil
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
