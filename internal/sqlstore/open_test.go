package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens the store at path until the test ends.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// filledFile returns the path of a closed database with something in it.
func filledFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatewright.db")
	s := open(t, path)
	err := s.Update(t.Context(), func(tx control.Tx) error {
		for i := range 500 {
			if err := tx.CreateGroup(&gatewright.Group{ID: gatewright.GroupID(fmt.Sprint("grp_", i)), Name: fmt.Sprint("group ", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(old, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "new", "it's 100% a?b#c 宠物", "gw.db"), old} {
		s := open(t, path)
		if err := s.Update(t.Context(), func(tx control.Tx) error { return tx.CreateGroup(&gatewright.Group{ID: "grp_1"}) }); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %o", path+suffix, info.Mode().Perm())
			}
		}
		if path == old {
			continue
		}
		for dir := filepath.Dir(path); filepath.Base(dir) != "new"; dir = filepath.Dir(dir) {
			if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("directory %s: %v, %v", dir, info.Mode(), err)
			}
		}
	}
}

// TestOpenRefuses damages a database in many ways. None may be opened, and
// none may be altered.
func TestOpenRefuses(t *testing.T) {
	good, err := os.ReadFile(filledFile(t))
	if err != nil {
		t.Fatal(err)
	}
	overwrite := func(at int, with string) []byte {
		b := bytes.Clone(good)
		copy(b[at:], with)
		return b
	}
	tests := []struct {
		name string
		file []byte
		wal  []byte
		want string
	}{
		{"no database", []byte(strings.Repeat("hello ", 1000)), nil, "damaged"},
		{"a few bytes", []byte("x"), nil, "damaged"},
		{"header gone", overwrite(0, strings.Repeat("\x00", 100)), nil, "damaged"},
		{"cut in the middle", good[:len(good)/2], nil, "damaged"},
		{"last page gone", good[:len(good)-4096], nil, "damaged"},
		{"schema page overwritten", overwrite(100, strings.Repeat("\xff", 2000)), nil, "damaged"},
		{"page in the middle overwritten", overwrite(len(good)/2&^4095, strings.Repeat("\xa5", 4096)), nil, "damaged"},
		{"emptied beside its log", nil, good, "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gw.db")
			write(t, path, tt.file)
			if tt.wal != nil {
				write(t, path+"-wal", tt.wal)
			}
			refused(t, path, tt.want)
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, tt.file) {
				t.Errorf("the refused file was altered (%v)", err)
			}
			if got, err := os.ReadFile(path + "-wal"); tt.wal != nil && (err != nil || !bytes.Equal(got, tt.wal)) {
				t.Errorf("the log of the refused file was altered (%v)", err)
			}
		})
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused opens path in vain.
func refused(t *testing.T, path, want string) {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: path})
	if err == nil {
		t.Fatal(errors.Join(errors.New("it was opened"), s.Close()))
	}
	if gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %q (%s) does not say %q and %s", err, gatewright.CodeOf(err), want, path)
	}
}

// execute runs SQL on a closed database.
func execute(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteDSN(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), query)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesOthers(t *testing.T) {
	tests := []struct {
		name, query, want string
		fresh             bool
	}{
		{"newer schema", "INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (999999, 1)", "newer Gatewright", false},
		{"another program", "CREATE TABLE notes (text TEXT)", "another program", true},
		{"another program that migrates the same way", "CREATE TABLE notes (text TEXT); CREATE TABLE " + versionTable + " (version_id INTEGER); CREATE TABLE more (text TEXT)", "another program", true},
		{"another program's number", "PRAGMA application_id = 7", "another program", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			if !tt.fresh {
				path = filledFile(t)
			}
			execute(t, path, tt.query)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, path, tt.want)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the refused file was altered (%v)", err)
			}
		})
	}
}

func TestOpenTwice(t *testing.T) {
	path := filledFile(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	for _, p := range []string{path, link} {
		refused(t, p, fmt.Sprintf("another process (number %d) has it open", os.Getpid()))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, link)
	refused(t, path, "another process")
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), nil)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name, path string
		ctx        context.Context
	}{
		{"no path", "", t.Context()},
		{"a directory", dir, t.Context()},
		{"below a file", filepath.Join(dir, "file", "gw.db"), t.Context()},
		{"context ended", filepath.Join(dir, "gw.db"), ended},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := Open(tt.ctx, Config{Path: tt.path}); err == nil {
				t.Fatal(errors.Join(errors.New("it was opened"), s.Close()))
			}
		})
	}
	open(t, filepath.Join(dir, "gw.db")) // what failed has let go of the lock
}

// TestMigrationResumes stops a migration halfway: nothing of it is kept, and
// it runs once its fault is gone. So it is with a process that is killed then.
func TestMigrationResumes(t *testing.T) {
	path := filledFile(t)
	files := shippedUntil(t, sqliteDialect(), len(migrationFiles(t))).(fstest.MapFS)
	const next = "9000_more.sql"
	files[next] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE more (x TEXT);\nALTER TABLE apis ADD COLUMN y TEXT;\nINSERT INTO nowhere VALUES (1);\n")}
	s := open(t, path)
	up := func() error {
		return migrate(t.Context(), sqliteDialect(), s.write.db, files, slog.New(slog.DiscardHandler))
	}
	if up() == nil {
		t.Fatal("the faulty migration ran")
	}
	var n int
	if err := s.write.db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").Scan(&n); err != nil || n != 0 {
		t.Fatalf("%d tables are left of it, %v", n, err)
	}
	files[next] = &fstest.MapFile{Data: bytes.ReplaceAll(files[next].Data, []byte("nowhere"), []byte("more"))}
	for range 2 {
		if err := up(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.write.db.QueryRow("SELECT count(*) FROM more").Scan(&n); err != nil || n != 1 {
		t.Fatalf("the migration ran %d times, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, path, "newer Gatewright")
}

// TestOpenGoesOn opens what a process leaves that is killed while it makes the
// database.
func TestOpenGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gw.db")
	write(t, path, nil)
	open(t, path)

	path = filepath.Join(t.TempDir(), "gw.db")
	write(t, path, nil)
	execute(t, path, "PRAGMA journal_mode = WAL")
	s := open(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	path = filepath.Join(t.TempDir(), "gw.db")
	db, err := sql.Open("sqlite", sqliteDSN(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProvider(sqliteDialect(), db, fstest.MapFS{"0001_x.sql": {Data: []byte("-- +goose Up\nSELECT 1;")}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.GetDBVersion(t.Context()) // makes the table of versions
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
