package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gatewright/gatewright"
)

// replacedSuffix is in the name of the database that a restored one replaces.
const replacedSuffix = ".replaced"

// Restore puts a backup from src in the place of the SQLite database at path,
// which no process may have open. It refuses, and leaves the database as it
// is, what is damaged, what is no database of Gatewright and what a newer one
// has written; the schema of an older one is brought up to date. The database
// that was there is kept beside it, its name ending in ".replaced", until the
// next restore. The change is atomic: a process that is killed leaves either
// the one database or the other.
func Restore(ctx context.Context, src io.Reader, path string) error {
	if err := restore(ctx, src, path); err != nil {
		return fmt.Errorf("restore database %s: %w", path, err)
	}
	return nil
}

func restore(ctx context.Context, src io.Reader, path string) (err error) {
	path, err = prepareFile(path)
	if err != nil {
		return err
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := removeBackups(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+backupSuffix)
	if err != nil {
		return err
	}
	copied := f.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if removeErr := os.Remove(copied + suffix); !errors.Is(removeErr, os.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
	}()
	if _, err := io.Copy(f, contextReader{ctx, src}); err != nil {
		return errors.Join(fmt.Errorf("copy the backup: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := checkBackup(ctx, copied); err != nil {
		return err
	}
	if err := keepReplaced(ctx, path); err != nil {
		return err
	}
	if err := os.Rename(copied, path); err != nil {
		return fmt.Errorf("put the backup in place: %w", err)
	}
	return syncFile(filepath.Dir(path))
}

// checkBackup refuses a copy that is not to be put in place, and brings the
// schema of one that is up to date.
func checkBackup(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	notOurs := gatewright.Errorf(gatewright.PreconditionFailed, "the backup is no database of Gatewright, or not the whole of one; nothing was changed")
	if info.Size() < minPageBytes {
		return notOurs
	}
	empty, err := checkSQLite(ctx, path, "integrity_check", slog.New(slog.DiscardHandler))
	if err != nil {
		if e := gatewright.AsError(err); e.Code == gatewright.PreconditionFailed {
			return gatewright.Errorf(e.Code, "the backup is refused and nothing was changed: %s", e.Message)
		}
		return err
	}
	if empty {
		return notOurs
	}
	db, err := openWriter(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil { // writes the log back and removes it
		return explainSQLite(err)
	}
	return syncFile(path)
}

// keepReplaced gives the database at path, if there is one, a second name and
// takes its write-ahead log out of the way: SQLite would apply it to the
// database that comes.
func keepReplaced(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return removeAll(path+"-wal", path+"-shm") // of nothing
	}
	// The log of a sound database goes back into it. What cannot be opened has
	// been damaged before, and its log is kept beside it.
	if _, err := checkSQLite(ctx, path, "quick_check", slog.New(slog.DiscardHandler)); err == nil {
		if err := writeBackLog(ctx, path); err != nil {
			return fmt.Errorf("close the database that is to be replaced: %w", err)
		}
	}
	kept := path + replacedSuffix
	if err := removeAll(kept, kept+"-wal"); err != nil {
		return err
	}
	if err := os.Link(path, kept); err != nil {
		return fmt.Errorf("keep the database that is to be replaced: %w", err)
	}
	if err := os.Rename(path+"-wal", kept+"-wal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("keep the log of the database that is to be replaced: %w", err)
	}
	return removeAll(path + "-shm")
}

// writeBackLog makes the file at path whole without its log.
func writeBackLog(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", sqliteDSN(path, url.Values{}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return explainSQLite(errors.Join(err, db.Close()))
}

// removeAll removes files that may not be there.
func removeAll(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncFile makes a file, or the names in a directory, durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("make %s durable: %w", path, err)
	}
	return nil
}
