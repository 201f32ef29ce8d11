package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewright/gatewright"
)

// backupSuffix is in the names of copies under way; what a process that was
// killed has left of them goes when the database is opened.
const backupSuffix = ".backup-"

// Backup implements [control.Store]. It needs, for its time, room for a copy
// beside the database. One backup is made at a time.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	if s.path == "" {
		return gatewright.Errorf(gatewright.Unavailable, "the state is in PostgreSQL, which has tools of its own: back it up with pg_dump --format=custom, or with what your database service offers")
	}
	if err := s.start(); err != nil {
		return err
	}
	defer s.underWay.Done()
	if err := s.backups.enter(ctx); err != nil {
		return err
	}
	defer s.backups.leave()
	if err := backUp(ctx, s.path, w); err != nil {
		return fmt.Errorf("back up the database: %w", err)
	}
	return nil
}

func backUp(ctx context.Context, path string, w io.Writer) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+backupSuffix) // for its owner only
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if err := copyDatabase(ctx, path, f.Name()); err != nil {
		return explainSQLite(err)
	}
	_, err = io.Copy(w, contextReader{ctx, f})
	return err
}

// copyDatabase writes what the file at path has at one moment to the empty file
// at to, while others read and write.
func copyDatabase(ctx context.Context, path, to string) (err error) {
	db, err := sql.Open("sqlite", sqliteDSN(path, url.Values{}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return err
}

// removeBackups removes what killed processes have left.
func removeBackups(path string) error {
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("look for what an earlier backup left: %w", err)
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), filepath.Base(path)+backupSuffix) {
			if err := os.Remove(filepath.Join(filepath.Dir(path), entry.Name())); err != nil {
				return fmt.Errorf("remove what an earlier backup left: %w", err)
			}
		}
	}
	return nil
}

// contextReader reads until its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
