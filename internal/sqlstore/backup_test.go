package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func upsert(key, content string) gatewright.Delta {
	return gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{gatewright.Key(key): gatewright.HashBytes([]byte(content))}}
}

// applied applies a delta to the counter's group.
func applied(t *testing.T, s *Store, d gatewright.Delta) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx control.Tx) error { _, err := tx.ApplyDelta("grp_1", d); return err }); err != nil {
		t.Fatal(err)
	}
}

func backedUp(t *testing.T, s *Store) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// onlyDatabase checks that nothing is left beside the database.
func onlyDatabase(t *testing.T, path string, more ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, suffix := range append([]string{"", "-wal", "-shm", ".lock"}, more...) {
		known[filepath.Base(path)+suffix] = true
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// TestBackup makes backups while others write: each is whole, and what was
// written after it was not there.
func TestBackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gw.db")
	s := open(t, path)
	newCounter(t, s)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			err := s.Update(t.Context(), func(tx control.Tx) error {
				_, err := tx.ApplyDelta("grp_1", upsert(fmt.Sprint("k", n), "x"))
				return errors.Join(err, count(tx, func() {}))
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		backup := backedUp(t, s)
		to := filepath.Join(t.TempDir(), "new", "gw.db")
		if err := Restore(t.Context(), bytes.NewReader(backup), to); err != nil {
			t.Fatal(err)
		}
		restored := open(t, to)
		n := int64(counted(t, restored))
		if err := restored.View(t.Context(), func(tx control.Tx) error {
			m, err := tx.Manifest("grp_1")
			if err == nil && (m.Generation != n || int64(len(m.Entries)) != n) {
				t.Errorf("counted to %d, generation %d, %d entries", n, m.Generation, len(m.Entries))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("restored with mode %v, %v", info.Mode(), err)
		}
		onlyDatabase(t, to)
	}
	close(stop)
	wg.Wait()
	onlyDatabase(t, path)
}

type failingWriter struct{ left int }

// Write implements io.Writer until it is full.
func (w *failingWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestBackupFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gw.db")
	s := open(t, path)
	newCounter(t, s)
	if err := s.Backup(t.Context(), &failingWriter{5000}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("to a writer that fails: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ended, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context's end: %v", err)
	}
	onlyDatabase(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), io.Discard); gatewright.CodeOf(err) != gatewright.Unavailable {
		t.Errorf("of a closed store: %v", err)
	}
	write(t, path+backupSuffix+"123", []byte("left by a process that was killed"))
	open(t, path)
	onlyDatabase(t, path)
}

// TestRestoreReplaces puts an older state back. The newer one is kept, and
// instances that have seen it are told that their generation is of no use.
func TestRestoreReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gw.db")
	s := open(t, path)
	newCounter(t, s)
	applied(t, s, upsert("k", "1"))
	backup := backedUp(t, s)
	applied(t, s, upsert("k", "2"))
	var known gatewright.Digest
	err := s.View(t.Context(), func(tx control.Tx) (err error) { known, err = tx.ManifestDigest("grp_1", 2); return err })
	if err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), bytes.NewReader(backup), path); gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), "another process") {
		t.Fatalf("under a running store: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second replaces what the first has kept
		if err := Restore(t.Context(), bytes.NewReader(backup), path); err != nil {
			t.Fatal(err)
		}
	}
	onlyDatabase(t, path, replacedSuffix)
	if err := Restore(t.Context(), bytes.NewReader(backup), path); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	applied(t, s, upsert("k", "3")) // generation 2 again, and another one
	err = s.View(t.Context(), func(tx control.Tx) error {
		digest, err := tx.ManifestDigest("grp_1", 2)
		if err == nil && (digest == known || digest == "") {
			t.Errorf("generation 2 has the digest %q, and had it before", digest)
		}
		if _, ok, err := tx.DeltaSince("grp_1", 3); ok || err != nil {
			t.Errorf("a generation that is to come leads on: %v", err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRestoreKeepsReplaced: the database that was there can be opened, with
// what its log held.
func TestRestoreKeepsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gw.db")
	s := open(t, path)
	newCounter(t, s)
	backup := backedUp(t, s)
	if err := s.Update(t.Context(), func(tx control.Tx) error { return count(tx, func() {}) }); err != nil {
		t.Fatal(err)
	}
	// As a process that is killed leaves it: with its log.
	killed := filepath.Join(t.TempDir(), "gw.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		write(t, killed+suffix, b)
	}
	if err := Restore(t.Context(), bytes.NewReader(backup), killed); err != nil {
		t.Fatal(err)
	}
	if n := counted(t, open(t, killed)); n != 0 {
		t.Errorf("the log of the old database was applied to the new one: %d", n)
	}
	if n := counted(t, open(t, killed+replacedSuffix)); n != 1 {
		t.Errorf("what was kept has counted to %d", n)
	}

	damaged := filepath.Join(t.TempDir(), "gw.db")
	write(t, damaged, []byte(strings.Repeat("garbage", 2000)))
	write(t, damaged+"-wal", []byte("log"))
	if err := Restore(t.Context(), bytes.NewReader(backup), damaged); err != nil {
		t.Fatal(err)
	}
	counted(t, open(t, damaged))
	for suffix, want := range map[string]string{"": strings.Repeat("garbage", 2000), "-wal": "log"} {
		if b, err := os.ReadFile(damaged + replacedSuffix + suffix); err != nil || string(b) != want {
			t.Errorf("of the damaged database %d bytes are kept as %q, %v", len(b), suffix, err)
		}
	}
}

// TestRestoreRefuses: what is no good leaves everything as it is.
func TestRestoreRefuses(t *testing.T) {
	good, err := os.ReadFile(filledFile(t))
	if err != nil {
		t.Fatal(err)
	}
	altered := func(statements ...string) []byte {
		path := filepath.Join(t.TempDir(), "gw.db")
		write(t, path, good)
		for _, s := range statements {
			execute(t, path, s)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	torn := bytes.Clone(good)
	copy(torn[len(torn)/2&^4095:], strings.Repeat("\xa5", 4096))
	tests := []struct {
		name   string
		backup io.Reader
		want   string
	}{
		{"nothing", bytes.NewReader(nil), "no database of Gatewright"},
		{"text", strings.NewReader(strings.Repeat("hello ", 1000)), "damaged"},
		{"half of it", bytes.NewReader(good[:len(good)/2]), "damaged"},
		{"a page overwritten", bytes.NewReader(torn), "damaged"},
		{"another program's", bytes.NewReader(altered("PRAGMA application_id = 7")), "another program"},
		{"a newer schema", bytes.NewReader(altered("INSERT INTO schema_version (version_id, is_applied) VALUES (9999, 1)")), "newer Gatewright"},
		{"a reader that fails", io.MultiReader(bytes.NewReader(good[:9999]), failingReader{}), "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gw.db")
			write(t, path, good)
			err := Restore(t.Context(), tt.backup, path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Fatalf("returned %v", err)
			}
			if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, good) {
				t.Errorf("the database was altered, %v", err)
			}
			onlyDatabase(t, path)
			open(t, path)
		})
	}
}

type failingReader struct{}

// Read implements io.Reader.
func (failingReader) Read([]byte) (int, error) { return 0, errors.New("the pipe is broken") }
