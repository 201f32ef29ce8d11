package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatewright/gatewright"
)

var saved = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// quick is a disk that does not wait for the device: nothing here looks at it
// but this process.
type quick struct{ osDisk }

func (d quick) Sync([]string) error { return nil }

func (d quick) Append(name string, body []byte) error {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Close())
}

func (d quick) SyncDir(string) error { return nil }

// open opens a directory; without a disk, one that does not wait.
func open(t testing.TB, root string, disk Disk) *Store {
	t.Helper()
	if disk == nil {
		disk = quick{osDisk{root}}
	}
	s, err := Open(root, disk, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func closed(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func content(text string) (gatewright.Hash, []byte) {
	return gatewright.HashBytes([]byte(text)), []byte(text)
}

// history is generations that follow each other: generation g has key/<g%3>
// with content "g".
type history struct {
	states []*State
	deltas []*gatewright.Delta // deltas[i] leads to states[i]
}

func makeHistory(generations int) history {
	var h history
	entries := map[gatewright.Key]gatewright.Hash{}
	for g := range generations {
		key := gatewright.Key(fmt.Sprint("api/", g%3))
		d := &gatewright.Delta{}
		if g > 0 && g%5 == 0 {
			delete(entries, key)
			d.Deletes = []gatewright.Key{key}
		} else {
			hash, _ := content(fmt.Sprint(g))
			entries[key] = hash
			d.Upserts = map[gatewright.Key]gatewright.Hash{key: hash}
		}
		s := &State{Group: "grp_1", Generation: int64(g), Entries: maps.Clone(entries), SavedAt: saved}
		if g%4 == 3 {
			if old, ok := entries["api/0"]; ok {
				s.Kept = map[gatewright.Key]gatewright.Hash{"api/0": old, "api/9": ""}
			}
		}
		h.states, h.deltas = append(h.states, s), append(h.deltas, d)
	}
	return h
}

// save saves generation g the way the agent does.
func (h history) save(s *Store, g int) error {
	for _, hash := range h.deltas[g].Upserts {
		if err := s.Put(hash, []byte(fmt.Sprint(g))); err != nil {
			return err
		}
	}
	if g == 0 {
		return s.Save(h.states[0], 0, nil, nil)
	}
	return s.Save(h.states[g], int64(g-1), h.deltas[g], nil)
}

// again saves generation g after something failed: all of it, from nothing
// but what is in memory.
func (h history) again(s *Store, g int) error {
	for i := range g + 1 {
		for _, hash := range h.deltas[i].Upserts {
			if err := s.Put(hash, []byte(fmt.Sprint(i))); err != nil {
				return err
			}
		}
	}
	return s.Save(h.states[g], int64(g), nil, nil)
}

func sameState(a, b *State) string { return cmp.Diff(a, b, cmpopts.EquateEmpty()) }

// sound fails the test unless the directory holds one of the wanted
// generations with all of its content.
func (h history) sound(t testing.TB, root string, wanted ...int) {
	t.Helper()
	s := open(t, root, nil)
	defer closed(t, s)
	got, _, err := s.Load()
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if got == nil {
		for _, g := range wanted {
			if g < 0 {
				return
			}
		}
		t.Fatalf("there is no state; want one of %v", wanted)
	}
	for _, g := range wanted {
		if g >= 0 && g == int(got.Generation) {
			if diff := sameState(h.states[g], got); diff != "" {
				t.Fatalf("generation %d differs: %s", g, diff)
			}
			for k, hash := range got.Runs() {
				if _, err := s.Blob(hash); err != nil {
					t.Fatalf("content of %s: %v", k, err)
				}
			}
			return
		}
	}
	t.Fatalf("generation %d; want one of %v", got.Generation, wanted)
}

// dyingDisk is a disk of a machine that stops: at operation number stop, after
// part of what was to be written. When once is set it goes on after that.
type dyingDisk struct {
	Disk
	stop int
	part float64
	once bool

	mu    sync.Mutex
	count int
	loose map[string]bool // written and not brought to the disk
}

var errDead = errors.New("no space left on device")

// dies counts an operation and tells whether it fails, and whether it is the
// first that does.
func (d *dyingDisk) dies() (fails, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	return d.count == d.stop || !d.once && d.count > d.stop, d.count == d.stop
}

// lose does to files what losing power does to those that were not brought to
// the disk.
func (d *dyingDisk) lose(t testing.TB, root string) {
	t.Helper()
	for name := range d.loose {
		body, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a leftover that was tidied away
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, name, body[:len(body)/2])
	}
}

func (d *dyingDisk) Write(name string, body []byte) error {
	fails, first := d.dies()
	if fails && !first {
		return errDead
	}
	d.mu.Lock()
	d.loose[name] = true
	d.mu.Unlock()
	if first {
		return errors.Join(errDead, d.Disk.Write(name, body[:int(d.part*float64(len(body)))]))
	}
	return d.Disk.Write(name, body)
}

func (d *dyingDisk) Sync(names []string) error {
	if fails, _ := d.dies(); fails {
		return errDead
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		delete(d.loose, name)
	}
	return d.Disk.Sync(names)
}

func (d *dyingDisk) Append(name string, body []byte) error {
	fails, first := d.dies()
	switch {
	case !fails:
		return d.Disk.Append(name, body)
	case !first:
		return errDead
	}
	return errors.Join(errDead, d.Disk.Append(name, body[:int(d.part*float64(len(body)))]))
}

func (d *dyingDisk) Rename(from, to string) error {
	if fails, _ := d.dies(); fails {
		return errDead
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loose[from] {
		d.loose[to] = true
	}
	delete(d.loose, from)
	return d.Disk.Rename(from, to)
}

func (d *dyingDisk) Remove(name string) error {
	if fails, _ := d.dies(); fails {
		return errDead
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.loose, name)
	return d.Disk.Remove(name)
}

func (d *dyingDisk) MakeDir(name string) error {
	if fails, _ := d.dies(); fails {
		return errDead
	}
	return d.Disk.MakeDir(name)
}

func (d *dyingDisk) SyncDir(name string) error {
	if fails, _ := d.dies(); fails {
		return errDead
	}
	return d.Disk.SyncDir(name)
}

func write(t testing.TB, root, name string, body []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name), body, fileMode); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, root, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func mode(t testing.TB, root, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
