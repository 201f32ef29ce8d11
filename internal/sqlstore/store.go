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

// How many connections read at a time.
const (
	// DefaultConnections is what a [Config] without a number gets.
	DefaultConnections = 8
	// MaxConnections bounds [Config.Connections].
	MaxConnections = 200
)

// Config says what to open: either Path or URL.
type Config struct {
	// Path of the SQLite file. It and its directory are made when missing,
	// readable by their owner only.
	Path string
	// URL of a PostgreSQL database, "postgres://user@host:5432/database". Any
	// number of processes may have it open. It may hold a password; errors and
	// logs never do.
	URL string
	// Connections bounds the snapshots read at a time, from 1 to
	// [MaxConnections]; 0 means [DefaultConnections]. PostgreSQL gets two
	// connections more, one that writes and one that listens.
	Connections int
	// Clock decides all times. Nil means the clock of the PostgreSQL server;
	// for SQLite, the machine's time at opening plus what has passed since: a
	// clock that is set does not move it.
	Clock func() time.Time
	// Log gets what cannot be returned to a caller; nil means nowhere.
	Log *slog.Logger
}

// Store is a [control.Store] in an SQL database. All its methods are safe for
// concurrent use; a Tx it hands out belongs to one goroutine.
type Store struct {
	dialect  *dialect
	clock    func() time.Time // nil for the database's own
	log      *slog.Logger
	path     string // of the SQLite file
	write    *pool
	read     *pool
	backups  gate         // lets in one at a time
	signals  subscribers  // of Signals
	listener *listener    // hears other processes; nil when there cannot be any
	unlock   func() error // lets other processes have the file

	mu       sync.Mutex
	closed   bool
	underWay sync.WaitGroup // transactions and backups; Add only while not closed
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
// damaged, that a newer Gatewright has written or that belongs to another
// program, and a file that another process has open; it leaves such a
// database as it is.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Connections == 0 {
		cfg.Connections = DefaultConnections
	}
	if cfg.Connections < 1 || cfg.Connections > MaxConnections {
		return nil, gatewright.FieldErrorf("connections", "%d connections are not between 1 and %d", cfg.Connections, MaxConnections)
	}
	if (cfg.Path == "") == (cfg.URL == "") {
		return nil, gatewright.FieldErrorf("path", "a database is named either by the path of its file or by a URL")
	}
	s := &Store{clock: cfg.Clock, log: cfg.Log, backups: make(gate, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	name, open := cfg.Path, s.openSQLite
	if cfg.URL != "" {
		name, open = postgresName(cfg.URL), s.openPostgres
	}
	if err := open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", name, err), s.release())
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

// Signals implements [control.Store].
func (s *Store) Signals(ctx context.Context) <-chan struct{} { return s.signals.subscribe(ctx) }

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
	if s.listener != nil {
		s.listener.stop()
	}
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

// start counts a transaction or backup that Close has to wait for.
func (s *Store) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return gatewright.Errorf(gatewright.Unavailable, "the store is closed")
	}
	s.underWay.Add(1)
	return nil
}
