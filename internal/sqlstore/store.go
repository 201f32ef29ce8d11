package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// maxReaders bounds the snapshots that are read at a time.
const maxReaders = 8

// Config says what to open.
type Config struct {
	// Path of the SQLite file. It and its directory are made when missing,
	// readable by their owner only.
	Path string
	// Clock decides all times; nil means the machine's time at opening plus
	// what has passed since: a clock that is set does not move it.
	Clock func() time.Time
	// Log gets what cannot be returned to a caller; nil means nowhere.
	Log *slog.Logger
}

// Store is a [control.Store] in an SQL database. All its methods are safe for
// concurrent use; a Tx it hands out belongs to one goroutine.
type Store struct {
	dialect *dialect
	clock   func() time.Time
	log     *slog.Logger
	write   *pool
	read    *pool
	unlock  func() error // lets other processes have the database

	mu       sync.Mutex
	closed   bool
	underWay sync.WaitGroup // transactions; Add only while not closed
}

var _ control.Store = (*Store)(nil)

// pool is connections of one purpose and the gate in front of them.
type pool struct {
	db       *sql.DB
	gate     gate
	writable bool
}

func newPool(db *sql.DB, size int, writable bool) *pool {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return &pool{db: db, gate: make(gate, size), writable: writable}
}

// Open opens the database, making it or bringing its schema up to date as
// needed. It refuses, with an error that says what to do, a database that is
// damaged, that another process has open, that a newer Gatewright has written
// or that belongs to another program; it leaves such a file as it is.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Path == "" {
		return nil, gatewright.FieldErrorf("path", "the path of the database is empty")
	}
	s := &Store{clock: cfg.Clock, log: cfg.Log}
	if s.clock == nil {
		opened := time.Now()
		s.clock = func() time.Time { return opened.Round(0).Add(time.Since(opened)) }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.openSQLite(ctx, cfg.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", cfg.Path, err), s.release())
	}
	return s, nil
}

// View implements [control.Store].
func (s *Store) View(ctx context.Context, f func(control.Tx) error) error {
	return s.run(ctx, s.read, f)
}

// Update implements [control.Store]. It waits at most 30 seconds for updates
// before it and then returns a [gatewright.Unavailable] error; an Update
// inside f of another ends that way.
func (s *Store) Update(ctx context.Context, f func(control.Tx) error) error {
	return s.run(ctx, s.write, f)
}

// Close implements [control.Store]. It must not be called by a transaction.
// Closing again does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	s.underWay.Wait()
	if already {
		return nil
	}
	return s.release()
}

// release closes what is open, in the order that lets go of the lock last.
func (s *Store) release() error {
	var errs []error
	for _, p := range []*pool{s.read, s.write} {
		if p != nil {
			errs = append(errs, p.db.Close())
		}
	}
	if s.unlock != nil {
		errs = append(errs, s.unlock())
	}
	return errors.Join(errs...)
}

// start counts a transaction that Close has to wait for.
func (s *Store) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return gatewright.Errorf(gatewright.Unavailable, "the store is closed")
	}
	s.underWay.Add(1)
	return nil
}

// run calls f in a transaction on a connection of p. The transaction never
// outlives run, whatever f does: it may return, panic or end its goroutine.
func (s *Store) run(ctx context.Context, p *pool, f func(control.Tx) error) error {
	if err := s.start(); err != nil {
		return err
	}
	defer s.underWay.Done()
	if err := p.gate.enter(ctx); err != nil {
		return err
	}
	defer p.gate.leave()

	// A context that ends must not roll back behind f's back: statements see
	// it (see tx), and the rollback is done here, before run returns.
	sqlTx, err := p.db.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: !p.writable})
	if err != nil {
		return s.dialect.explain(fmt.Errorf("begin transaction: %w", err))
	}
	t := newTx(ctx, s, sqlTx, p.writable)
	committed := false
	defer func() {
		t.done.Store(true)
		if committed {
			return
		}
		// After a failed statement SQLite may have rolled back by itself.
		if err := sqlTx.Rollback(); err != nil && t.failure == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "transaction was not rolled back", slog.Any("error", err))
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	if t.failure != nil {
		return t.failure
	}
	if !p.writable {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	t.done.Store(true)
	committed = true // or failed to: either way the transaction is over
	if err := sqlTx.Commit(); err != nil {
		return s.dialect.explain(fmt.Errorf("commit: %w", err))
	}
	return nil
}
