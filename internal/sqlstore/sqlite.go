package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/gatewright/gatewright"
)

const (
	fileMode fs.FileMode = 0o600
	dirMode  fs.FileMode = 0o700

	// applicationID marks our files, in their header: "GWRT". The first
	// migration sets it.
	applicationID = 0x47575254

	// minPageBytes is SQLite's smallest page.
	minPageBytes = 512

	// maxLogBytes is what the write-ahead log is cut down to after it had to
	// grow: a long View keeps it from being written back.
	maxLogBytes = 64 << 20

	// writerCacheKiB is what the writer keeps of the file in memory: the inner
	// pages of every index of a large installation. Readers keep 2 MiB each.
	writerCacheKiB = 16 << 10
)

// sqliteDialect returns what is particular to SQLite.
func sqliteDialect() *dialect {
	return &dialect{
		name: "sqlite", goose: database.DialectSQLite3, prepares: true,
		// AUTOINCREMENT: the number of a row that was deleted is not used again.
		words:   map[string]string{"SEQUENCE": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"},
		view:    sql.TxOptions{ReadOnly: true},
		explain: explainSQLite,
		passing: func(error) bool { return false },
	}
}

// openSQLite opens the file into s. What it has opened when it fails is in s,
// to be released.
func (s *Store) openSQLite(ctx context.Context, cfg Config) error {
	s.dialect = sqliteDialect()
	if s.clock == nil {
		opened := time.Now()
		s.clock = func() time.Time { return opened.Round(0).Add(time.Since(opened)) }
	}
	path, err := prepareFile(cfg.Path)
	if err != nil {
		return err
	}
	s.path = path
	if s.unlock, err = lockFile(path + ".lock"); err != nil {
		return err
	}
	if err := createFile(path); err != nil {
		return err
	}
	if err := removeBackups(path); err != nil {
		return err
	}
	if _, err := checkSQLite(ctx, path, "quick_check", s.log); err != nil {
		return err
	}
	write, err := openWriter(ctx, path, s.log)
	if err != nil {
		return err
	}
	s.write = newPool(write, 1, true)
	read, err := sql.Open("sqlite", sqliteDSN(path, url.Values{"_query_only": {"1"}}))
	if err != nil {
		return err
	}
	s.read = newPool(read, cfg.Connections, false)
	return nil
}

// openWriter opens the file for the one connection that writes and brings its
// schema up to date.
func openWriter(ctx context.Context, path string, log *slog.Logger) (*sql.DB, error) {
	d := sqliteDialect()
	files, err := d.shipped()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path, url.Values{
		"_txlock": {"immediate"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"},
		"_pragma": {fmt.Sprintf("journal_size_limit(%d)", maxLogBytes), fmt.Sprintf("cache_size(-%d)", writerCacheKiB)},
	}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, d, db, files, log); err != nil {
		return nil, errors.Join(explainSQLite(err), db.Close())
	}
	return db, nil
}

// sqliteDSN returns the driver's name for the file, whatever characters are
// in path, with what every connection needs and more.
func sqliteDSN(path string, more url.Values) string {
	q := url.Values{"_busy_timeout": {"5000"}, "_foreign_keys": {"1"}, "_dqs": {"0"}, "_defensive": {"1"}}
	for k, v := range more {
		q[k] = v
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// prepareFile makes the directory of path and returns the one name of the
// file, without symbolic links: the lock goes by it.
func prepareFile(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// createFile makes sure that path is a file that only its owner reads. SQLite
// gives its companions, -wal and -shm, the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return gatewright.Errorf(gatewright.Invalid, "it is not a regular file")
	}
	if info.Mode().Perm()&^fileMode != 0 {
		if err := f.Chmod(fileMode); err != nil {
			return fmt.Errorf("make it readable by its owner only: %w", err)
		}
	}
	// SQLite takes what is smaller than its smallest page for an empty file.
	if size := info.Size(); size >= minPageBytes {
		return nil
	} else if size > 0 {
		return damaged(fmt.Sprintf("it has only %d bytes", size))
	}
	// SQLite takes an empty file for a new database and drops a log beside it.
	// It writes the file's first page before the log, so this is damage.
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return damaged("it is empty, yet its write-ahead log is not")
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil { // so that the name survives a power failure
		return fmt.Errorf("make the new file durable: %w", err)
	}
	return nil
}

// damaged returns the error for a file that cannot be trusted.
func damaged(finding string) error {
	return gatewright.Errorf(gatewright.PreconditionFailed, "it is damaged (%s); nothing was written to it. Move it aside together with the files beside it that end in -wal and -shm, and put a backup in its place", finding)
}

// checkSQLite refuses a file that must not be written to. check is the pragma
// that reads it through: quick_check, or integrity_check, which also holds the
// indexes against their tables. It reports whether the file is empty: a new
// database.
func checkSQLite(ctx context.Context, path, check string, log *slog.Logger) (empty bool, err error) {
	// mode=ro: nothing here changes the file, not even the end of the last
	// connection, which would write the log back.
	db, err := sql.Open("sqlite", sqliteDSN(path, url.Values{"mode": {"ro"}}))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)

	var finding string
	if err := db.QueryRowContext(ctx, "PRAGMA "+check+"(1)").Scan(&finding); err != nil {
		return false, explainSQLite(err)
	}
	if finding != "ok" {
		return false, damaged(finding)
	}
	var tables, versions, id int
	if err := db.QueryRowContext(ctx, "SELECT count(*), count(CASE WHEN name = ? THEN 1 END) FROM sqlite_schema WHERE type = 'table'", versionTable).Scan(&tables, &versions); err != nil {
		return false, explainSQLite(err)
	}
	if tables == 0 {
		return true, nil
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return false, explainSQLite(err)
	}
	// A process that was killed before its first migration has left the empty
	// table of versions.
	began := versions == 1 && tables == 2 // with sqlite_sequence
	if id != applicationID && !began {
		return false, gatewright.Errorf(gatewright.PreconditionFailed, "it is a database of another program; use another path")
	}
	var has int64
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable).Scan(&has); err != nil {
		return false, explainSQLite(err)
	}
	return began, checkVersion(sqliteDialect(), db, has, log)
}

// explainSQLite says what errors mean that are not defects of this package.
func explainSQLite(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the rest is detail
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged(e.Error())
	case sqlite3.SQLITE_FULL:
		return gatewright.Errorf(gatewright.Unavailable, "the disk that holds the database is full; free space and try again")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return gatewright.Errorf(gatewright.Unavailable, "another program holds the database; let go of it there and try again")
	}
	return err
}
