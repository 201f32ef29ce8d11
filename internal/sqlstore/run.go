package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const (
	// maxAttempts bounds how often a transaction is begun for one View or
	// Update.
	maxAttempts = 5

	// firstPause is the time before the second attempt; each following one is
	// twice as long.
	firstPause = 50 * time.Millisecond
)

// errTooLong is why statements end when their transaction has reached its limit.
var errTooLong = gatewright.Errorf(gatewright.Unavailable, "the transaction took too long and was given up; see what keeps the database busy")

// run calls f in a transaction on a connection of p. Where the database may
// end a transaction through no fault of its own, as a server that restarts
// does, run begins another one: for a View only until f was called, for an
// Update as long as nothing of it was committed.
func (s *Store) run(ctx context.Context, p *pool, f func(control.Tx) error) error {
	if err := s.start(); err != nil {
		return err
	}
	defer s.underWay.Done()
	if err := p.gate.enter(ctx); err != nil {
		return err
	}
	defer p.gate.leave()

	pause := firstPause
	for n := 1; ; n++ {
		again, err := s.attempt(ctx, p, f)
		if !again || n == maxAttempts || !wait(ctx, pause) {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "transaction is tried again", slog.Int("attempt", n+1), slog.Any("error", err))
		pause *= 2
	}
}

// wait waits for d; false means that ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt calls f in one transaction. The transaction never outlives attempt,
// whatever f does: it may return, panic or end its goroutine. again says that
// nothing was committed and that another attempt may succeed.
func (s *Store) attempt(ctx context.Context, p *pool, f func(control.Tx) error) (again bool, err error) {
	// A context that ends must not roll back behind f's back: statements see
	// it (see tx), and the rollback is done here, before attempt returns.
	whole := context.WithoutCancel(ctx)
	if limit := s.dialect.limit; limit > 0 {
		deadline := time.Now().Add(limit)
		var cancel, cancelWhole context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline, errTooLong)
		defer cancel()
		whole, cancelWhole = context.WithDeadline(whole, deadline)
		defer cancelWhole()
	}
	t := &tx{ctx: ctx, store: s, writable: p.writable, stmts: map[string]*sql.Stmt{}}
	options := &s.dialect.view
	if p.writable {
		options = &s.dialect.update
	}
	if t.sql, err = p.db.BeginTx(whole, options); err != nil {
		return s.dialect.passing(err), s.dialect.explain(fmt.Errorf("begin transaction: %w", err))
	}
	ended := false
	defer func() {
		t.done.Store(true)
		if ended {
			return
		}
		// After a failed statement the transaction may be over already.
		if err := t.sql.Rollback(); err != nil && t.failure == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "transaction was not rolled back", slog.Any("error", err))
		}
	}()
	if err := t.begin(); err != nil {
		return s.dialect.passing(t.cause), err
	}
	if err := f(t); err != nil || t.failure != nil {
		if err == nil {
			err = t.failure
		}
		return p.writable && t.cause != nil && ctx.Err() == nil && s.dialect.passing(t.cause), err
	}
	if !p.writable {
		return false, nil
	}
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("commit: %w", err)
	}
	t.done.Store(true)
	ended = true // or failed to: either way the transaction is over
	if err := t.sql.Commit(); err != nil {
		return s.commitFailed(whole, p, t, err)
	}
	if t.signals {
		s.signals.send()
	}
	return false, nil
}

// begin makes the transaction ready for f.
func (t *tx) begin() error {
	if t.store.dialect.begin != nil {
		if err := t.store.dialect.begin(t); err != nil {
			return err
		}
	}
	if t.store.clock != nil {
		t.now = t.store.clock()
	}
	t.now = t.now.UTC().Truncate(time.Microsecond)
	return nil
}

// commitFailed finds out what became of a transaction whose commit returned an
// error: the connection may have been lost after the server had committed.
func (s *Store) commitFailed(ctx context.Context, p *pool, t *tx, cause error) (again bool, err error) {
	err = s.dialect.explain(fmt.Errorf("commit: %w", cause))
	if t.number == "" {
		return s.dialect.passing(cause), err
	}
	committed, known := s.wasCommitted(ctx, p, t.number)
	switch {
	case !known:
		return false, errUnknownEnd
	case !committed:
		return s.dialect.passing(cause), err
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "the answer to a commit was lost, the commit was not", slog.Any("error", cause))
	if t.signals {
		s.signals.send()
	}
	return false, nil
}
