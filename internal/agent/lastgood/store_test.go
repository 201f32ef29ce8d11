package lastgood

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSaveAndLoad(t *testing.T) {
	h := makeHistory(12)
	root := t.TempDir()
	s := open(t, root, OS(root))
	if got, cut, err := s.Load(); got != nil || cut || err != nil {
		t.Fatalf("an empty directory gives %v, %v, %v", got, cut, err)
	}
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			t.Fatalf("save generation %d: %v", g, err)
		}
		closed(t, s)
		h.sound(t, root, g)
		s = open(t, root, OS(root))
		if _, _, err := s.Load(); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	if n := bytes.Count(read(t, root, journalName), []byte{'\n'}); n != len(h.states) {
		t.Errorf("the journal has %d lines; each generation but the first should add one", n)
	}
}

// A process may be killed with any part of its last write done.
func TestJournalCutAtEveryByte(t *testing.T) {
	h := makeHistory(5)
	root := t.TempDir()
	s := open(t, root, nil)
	var ends []int
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(read(t, root, journalName)))
	}
	closed(t, s)
	whole := read(t, root, journalName)
	for n := range len(whole) + 1 {
		write(t, root, journalName, whole[:n])
		s := open(t, root, nil)
		for g := range h.states { // what was compacted away when the last cut was gone on from
			for _, hash := range h.deltas[g].Upserts {
				if err := s.Put(hash, []byte(fmt.Sprint(g))); err != nil {
					t.Fatal(err)
				}
			}
		}
		closed(t, s)
		if n < ends[0]-1 { // the first line is put in place whole: this did not happen by a kill
			var damage *Damage
			s := open(t, root, nil)
			if _, _, err := s.Load(); !errors.As(err, &damage) || damage.File != journalName {
				t.Fatalf("cut at %d: %v; want damage", n, err)
			}
			closed(t, s)
			continue
		}
		want := 0
		for g, end := range ends {
			if n >= end-1 { // the end of the line may be missing
				want = g
			}
		}
		h.sound(t, root, want)

		// And it can be gone on from there.
		s = open(t, root, nil)
		if _, _, err := s.Load(); err != nil {
			t.Fatal(err)
		}
		if want+1 < len(h.states) {
			if err := h.save(s, want+1); err != nil {
				t.Fatalf("cut at %d: save: %v", n, err)
			}
			closed(t, s)
			h.sound(t, root, want+1)
			continue
		}
		closed(t, s)
	}
}

func TestFlippedBitsAreNoticed(t *testing.T) {
	h := makeHistory(5)
	root := t.TempDir()
	s := open(t, root, nil)
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	whole := read(t, root, journalName)
	last := h.states[4]
	for i := range whole {
		for bit := range 8 {
			altered := bytes.Clone(whole)
			altered[i] ^= 1 << bit
			got, _, good, err := parse(journalName, altered)
			var damage *Damage
			switch {
			case errors.As(err, &damage):
			case err != nil:
				t.Fatalf("byte %d, bit %d: %v; want damage", i, bit, err)
			case good != len(altered):
				t.Fatalf("byte %d, bit %d: an altered line was taken for an unfinished one", i, bit)
			case sameState(last, got) != "": // a change outside the record that means the same is none
				t.Fatalf("byte %d, bit %d: it was not noticed: %s", i, bit, sameState(last, got))
			}
		}
	}
	s = open(t, root, nil)
	defer closed(t, s)
	for k, hash := range last.Runs() {
		body := read(t, root, blobName(hash))
		for i := range body {
			for bit := range 8 {
				altered := bytes.Clone(body)
				altered[i] ^= 1 << bit
				write(t, root, blobName(hash), altered)
				var damage *Damage
				if _, err := s.Blob(hash); !errors.As(err, &damage) || damage.File != blobName(hash) {
					t.Fatalf("%s, byte %d, bit %d: %v; want damage", k, i, bit, err)
				}
			}
		}
		write(t, root, blobName(hash), body)
	}
}

// The machine stops at each operation in turn, with part of it done.
func TestPowerLossAtEveryStep(t *testing.T) {
	h := makeHistory(7)
	for _, part := range []float64{0, 0.5, 0.99, 1} {
		for stop := 1; ; stop++ {
			root := t.TempDir()
			disk := &dyingDisk{Disk: quick{osDisk{root}}, stop: stop, part: part, loose: map[string]bool{}}
			s := open(t, root, disk)
			reached := -1
			var err error
			for g := range h.states {
				if err = h.save(s, g); err != nil {
					break
				}
				reached = g
			}
			closed(t, s)
			if err == nil {
				break // it stopped after the end
			}
			h.sound(t, root, reached, reached+1) // the process was killed
			disk.lose(t, root)
			h.sound(t, root, reached, reached+1) // or the machine
		}
	}
}

// The disk fails once, at each operation in turn, and the next attempt must
// put everything right.
func TestDiskFailsOnce(t *testing.T) {
	h := makeHistory(7)
	for _, part := range []float64{0, 0.5} {
		for stop := 1; ; stop++ {
			root := t.TempDir()
			disk := &dyingDisk{Disk: quick{osDisk{root}}, stop: stop, part: part, once: true, loose: map[string]bool{}}
			s := open(t, root, disk)
			failed := false
			for g := range h.states {
				if err := h.save(s, g); err != nil {
					if !errors.Is(err, errDead) {
						t.Fatalf("operation %d: %v", stop, err)
					}
					failed = true
					if err := h.again(s, g); err != nil {
						t.Fatalf("operation %d: again: %v", stop, err)
					}
				}
			}
			closed(t, s)
			h.sound(t, root, len(h.states)-1)
			if !failed && disk.count < stop {
				break
			}
		}
	}
}

// Many files are brought to the disk by one call where there is one.
func TestManyFilesAtOnce(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, OS(root))
	state := &State{Group: "grp_1", Generation: 1, Entries: map[gatewright.Key]gatewright.Hash{}}
	for i := range maxSingleSyncs + 1 {
		hash, body := content(fmt.Sprint("content ", i))
		if err := s.Put(hash, body); err != nil {
			t.Fatal(err)
		}
		state.Entries[gatewright.Key(fmt.Sprint("api/", i))] = hash
	}
	if err := s.Save(state, 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	if len(s.loose) > 0 {
		t.Errorf("%d files were left out", len(s.loose))
	}
	closed(t, s)
	history{states: []*State{nil, state}}.sound(t, root, 1)
}

func TestSaveRefusesMissingContent(t *testing.T) {
	h := makeHistory(3)
	root := t.TempDir()
	s := open(t, root, nil)
	defer closed(t, s)
	if err := s.Save(h.states[0], 0, nil, nil); err == nil {
		t.Error("a whole state was saved without its content")
	}
	if err := h.save(s, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(h.states[1], 0, h.deltas[1], nil); err == nil {
		t.Error("a delta was saved without its content")
	}
	if got := s.Missing(h.states[1]); len(got) != 1 {
		t.Errorf("missing %v", got)
	}
}

func TestMissingContentIsDamage(t *testing.T) {
	h := makeHistory(3)
	root := t.TempDir()
	s := open(t, root, nil)
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	gone := blobName(h.states[2].Entries["api/1"])
	if err := os.Remove(filepath.Join(root, gone)); err != nil {
		t.Fatal(err)
	}
	s = open(t, root, nil)
	defer closed(t, s)
	var damage *Damage
	if _, _, err := s.Load(); !errors.As(err, &damage) || damage.File != gone {
		t.Errorf("load: %v; want damage of %s", err, gone)
	}
}

// The journal is begun anew when it has many lines or bytes, and what only
// old generations name goes.
func TestCompaction(t *testing.T) {
	const generations = 3*maxDeltas + 10
	h := makeHistory(generations)
	root := t.TempDir()
	s := open(t, root, nil)
	kept, body := content("of a change being prepared")
	if err := s.Put(kept, body); err != nil {
		t.Fatal(err)
	}
	most := 0
	for g := range h.states {
		for _, hash := range h.deltas[g].Upserts {
			if err := s.Put(hash, []byte(fmt.Sprint(g))); err != nil {
				t.Fatal(err)
			}
		}
		d := h.deltas[g]
		if g == 0 {
			d = nil
		}
		if err := s.Save(h.states[g], int64(g-1), d, map[gatewright.Hash]bool{kept: true}); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(s.present))
	}
	if most > maxDeltas+10 {
		t.Errorf("up to %d blobs were kept", most)
	}
	if n := bytes.Count(read(t, root, journalName), []byte{'\n'}); n > maxDeltas+1 {
		t.Errorf("the journal has %d lines", n)
	}
	if _, err := s.Blob(kept); err != nil {
		t.Errorf("what a change needs was removed: %v", err)
	}
	closed(t, s)
	h.sound(t, root, generations-1)
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		name string
		text func(*record)
		code gatewright.Code
		say  string
	}{
		{"newer", func(r *record) { r.Format = Format + 1 }, gatewright.PreconditionFailed, "has format 2 and this gateway reads 1"},
		{"a delta first", func(r *record) { r.Format = 0 }, gatewright.Internal, "does not begin with a whole manifest"},
		{"unusable hash", func(r *record) { r.Entries = map[gatewright.Key]gatewright.Hash{"api/x": "sha256:../../etc"} }, gatewright.Internal, "unusable hash"},
		{"no hash", func(r *record) { r.Entries = map[gatewright.Key]gatewright.Hash{"api/x": ""} }, gatewright.Internal, "unusable hash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			s := open(t, root, nil)
			defer closed(t, s)
			r := (&State{Group: "grp_1", Generation: 1}).whole()
			tt.text(r)
			text, err := r.encode()
			if err != nil {
				t.Fatal(err)
			}
			write(t, root, journalName, text)
			_, _, err = s.Load()
			if gatewright.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("load: %v; want %s, saying %q", err, tt.code, tt.say)
			}
		})
	}
}

func TestLinesThatDoNotFollow(t *testing.T) {
	h := makeHistory(4)
	root := t.TempDir()
	s := open(t, root, nil)
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	lines := bytes.SplitAfter(read(t, root, journalName), []byte{'\n'})
	for _, tt := range []struct {
		name  string
		order []int
	}{
		{"one left out", []int{0, 1, 3}},
		{"one twice", []int{0, 1, 1, 2}},
		{"swapped", []int{0, 2, 1, 3}},
		{"whole in the middle", []int{0, 1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text []byte
			for _, i := range tt.order {
				text = append(text, lines[i]...)
			}
			var damage *Damage
			if _, _, _, err := parse(journalName, text); !errors.As(err, &damage) {
				t.Errorf("parse: %v; want damage", err)
			}
		})
	}
}

func TestDirectoryBelongsToOneProcess(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, nil)
	if _, err := Open(root, nil, s.log); gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), root) {
		t.Errorf("second open: %v", err)
	}
	closed(t, s)
	closed(t, open(t, root, nil))
}

func TestNobodyElseCanRead(t *testing.T) {
	h := makeHistory(2)
	root := filepath.Join(t.TempDir(), "data")
	s := open(t, root, nil)
	if err := errors.Join(h.save(s, 0), s.SaveIdentity(&Identity{Instance: "ins_1", SessionKey: "secret"})); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	blob := blobName(h.states[0].Entries["api/0"])
	want := map[string]fs.FileMode{".": 0o700, blobDir: 0o700, filepath.Dir(blob): 0o700, blob: 0o600, journalName: 0o600, identityName: 0o600, lockName: 0o600}
	for name, m := range want {
		if got := mode(t, root, name); got != m {
			t.Errorf("%s has mode %04o, want %04o", name, got, m)
		}
	}
	for _, name := range []string{".", journalName, identityName} {
		if err := os.Chmod(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, root, nil)
	defer closed(t, s)
	if _, _, err := s.Load(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Identity(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", journalName, identityName} {
		if got := mode(t, root, name); got != want[name] {
			t.Errorf("%s still has mode %04o", name, got)
		}
	}
}

func TestIdentity(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, nil)
	defer closed(t, s)
	if id, err := s.Identity(); id != nil || err != nil {
		t.Fatalf("a new directory has identity %v, %v", id, err)
	}
	want := Identity{Instance: "ins_1", SessionKey: "k", Group: "grp_1"}
	if err := s.SaveIdentity(&want); err != nil {
		t.Fatal(err)
	}
	if id, err := s.Identity(); err != nil || *id != want {
		t.Errorf("identity %v, %v", id, err)
	}
	write(t, root, identityName, []byte(`{"instance":`))
	var damage *Damage
	if _, err := s.Identity(); !errors.As(err, &damage) || damage.File != identityName {
		t.Errorf("a broken file gives %v", err)
	}
	if aside, err := s.SetAside(identityName); err != nil || aside != identityName+damagedSuffix {
		t.Errorf("set aside as %q, %v", aside, err)
	}
	if aside, err := s.SetAside(identityName); err != nil || aside != "" {
		t.Errorf("what is not there was set aside as %q, %v", aside, err)
	}
}

func TestBounds(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, nil)
	defer closed(t, s)
	large := make([]byte, gatewright.MaxResourceBytes+1)
	hash := gatewright.HashBytes(large)
	if err := s.Put(hash, large); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blob(hash); err == nil || !strings.Contains(err.Error(), "more than 16777216 bytes") {
		t.Errorf("a blob that is too large was read: %v", err)
	}
	if err := s.Put("sha256:../x", nil); err == nil {
		t.Error("something that is no hash became a file name")
	}
	if _, err := s.Blob("sha256:../x"); err == nil {
		t.Error("something that is no hash was read")
	}
}

func FuzzParse(f *testing.F) {
	h := makeHistory(3)
	root := f.TempDir()
	s := open(f, root, nil)
	for g := range h.states {
		if err := h.save(s, g); err != nil {
			f.Fatal(err)
		}
	}
	closed(f, s)
	f.Add(read(f, root, journalName))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		state, _, good, err := parse(journalName, text)
		if (state == nil) == (err == nil) {
			t.Fatalf("state %v, error %v", state, err)
		}
		if err == nil && (good < 0 || good > len(text)) {
			t.Fatalf("%d of %d bytes are good", good, len(text))
		}
	})
}
