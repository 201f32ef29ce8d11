package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gatewright/gatewright"
)

// Names within the data directory.
const (
	lockName      = "lock"
	journalName   = "journal"
	identityName  = "identity.json"
	blobDir       = "blobs"
	newSuffix     = ".new"     // of a file that is being written
	damagedSuffix = ".damaged" // of a file that was set aside
)

// Bounds of the journal.
const (
	maxJournalBytes = 256 << 20
	minCompactBytes = 64 << 10 // a journal whose deltas have fewer bytes is not compacted for its size
	maxDeltas       = 256      // lines after the first, and so the blobs only older generations name
)

// Damage says that a file is not as it was written. It is told to people, in
// the reports too.
type Damage struct {
	File   string // relative to the data directory
	Reason string
}

// Error implements error.
func (d *Damage) Error() string { return d.File + " is damaged: " + d.Reason }

// Store is a gateway's data directory. Save and the methods about blobs may be
// called concurrently.
type Store struct {
	disk   Disk
	log    *slog.Logger
	unlock func() error

	mu      sync.Mutex
	present map[gatewright.Hash]bool // blob files
	loose   map[gatewright.Hash]bool // those whose content may not be on the disk yet
	made    map[string]bool          // blob directories that exist
	unsaved map[string]bool          // directories with names that may not be on the disk yet
	writing int                      // number in the names of files being written

	// The journal, as far as it is on the disk.
	journal struct {
		sound      bool // a delta can be appended to it
		generation int64
		whole      int // bytes of its first line
		deltas     int // bytes of the others
		lines      int // number of the others
	}
}

// Open takes the data directory root, making it when missing, for this process
// alone. disk is [OS] of the same directory, or something tests put around it;
// nil means the former. The error of a directory that another process uses is
// [gatewright.PreconditionFailed].
func Open(root string, disk Disk, log *slog.Logger) (*Store, error) {
	if disk == nil {
		disk = OS(root)
	}
	s := &Store{disk: disk, log: log, present: map[gatewright.Hash]bool{}, loose: map[gatewright.Hash]bool{}, made: map[string]bool{}, unsaved: map[string]bool{}}
	if err := OS(root).MakeDir("."); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	unlock, err := lockDir(root)
	if err != nil {
		return nil, err
	}
	s.unlock = unlock
	s.tighten(".", true)
	s.scan()
	return s, nil
}

// Close gives the directory back.
func (s *Store) Close() error { return s.unlock() }

// tighten makes sure that nobody else can read a file. That others could is
// worth a line in the log; refusing to serve would not undo it.
func (s *Store) tighten(name string, dir bool) {
	was, err := s.disk.Tighten(name, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		s.log.Warn("access rights could not be tightened", slog.String("file", name), slog.Any("error", err))
	case was:
		s.log.Warn("others had access; that was ended", slog.String("file", name))
	}
}

// scan notes which blobs there are. Their content is verified when it is read.
// What cannot be listed counts as missing.
func (s *Store) scan() {
	for _, dir := range s.list(blobDir) {
		dir = blobDir + "/" + dir
		for _, name := range s.list(dir) {
			s.made[dir] = true
			if h := gatewright.Hash("sha256:" + name); h.Valid() {
				s.present[h], s.loose[h] = true, true
			} else if strings.HasSuffix(name, newSuffix) {
				s.remove(dir + "/" + name)
			}
		}
	}
}

func (s *Store) list(dir string) []string {
	names, err := s.disk.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("directory could not be read", slog.String("directory", dir), slog.Any("error", err))
	}
	return names
}

// Load returns what the journal says; nil when there is none. A [*Damage]
// error means that it cannot be trusted, a [gatewright.PreconditionFailed] one
// that another version wrote it. cut tells that an unfinished line at its end
// was left out. The blobs it names are there; [Store.Blob] verifies them.
func (s *Store) Load() (state *State, cut bool, err error) {
	text, err := s.disk.Read(journalName, maxJournalBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, &Damage{File: journalName, Reason: err.Error()}
	}
	s.tighten(journalName, false)
	state, lines, good, err := parse(journalName, text)
	if err != nil {
		return nil, false, err
	}
	needed, _ := state.named()
	for _, h := range needed {
		if !s.Has(h) {
			return nil, false, &Damage{File: blobName(h), Reason: "it is missing, and the journal names it"}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range needed {
		delete(s.loose, h) // it was on the disk before the line that names it
	}
	cut = good < len(text)
	first := slices.Index(text, '\n') + 1
	s.journal.sound = !cut && first > 0 && text[len(text)-1] == '\n'
	s.journal.generation, s.journal.whole = state.Generation, first
	s.journal.deltas, s.journal.lines = good-first, lines-1
	return state, cut, nil
}

// SetAside renames a damaged file, for people to look at, so that nothing
// takes it for sound. It returns the file's new name, "" when there was none.
func (s *Store) SetAside(file string) (string, error) {
	aside := file + damagedSuffix
	err := s.disk.Rename(file, aside)
	s.mu.Lock()
	delete(s.present, gatewright.Hash("sha256:"+filepath.Base(file)))
	s.mu.Unlock()
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("set %s aside: %w", file, err)
	}
	return aside, nil
}

// Save makes state the one that the next [Store.Load] returns, and returns when
// it is on the disk. d is what led to it from the generation from, nil when
// that is not known. Blobs that state needs must be there: the error names one
// that is not. keep names blobs of changes that may follow. After an error the disk still has a state that was saved
// before, and Save may be called again.
func (s *Store) Save(state *State, from int64, d *gatewright.Delta, keep map[gatewright.Hash]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	if !j.sound || j.generation != from {
		d = nil // it does not lead on from what is on the disk
	}
	if err := s.settleBlobs(needs(state, d)); err != nil {
		return fmt.Errorf("save blobs of generation %d: %w", state.Generation, err)
	}
	if d == nil {
		return s.rewrite(state, keep)
	}
	r := record{SavedAt: state.SavedAt, From: from, Generation: state.Generation, Upserts: d.Upserts, Deletes: d.Deletes, Kept: state.Kept, ConfigID: state.ConfigID, Instead: state.Instead}
	text, err := r.encode()
	if err != nil {
		return err
	}
	if j.lines+1 > maxDeltas || j.deltas+len(text) > max(j.whole, minCompactBytes) {
		return s.rewrite(state, keep)
	}
	if err := s.disk.Append(journalName, text); err != nil {
		j.sound = false // how much of the line is there is not known
		return fmt.Errorf("save generation %d: %w", state.Generation, err)
	}
	j.generation, j.deltas, j.lines = state.Generation, j.deltas+len(text), j.lines+1
	return nil
}

// needs lists the blobs that a state cannot do without; given what leads to it
// from what is on the disk, only those that are new with that.
func needs(state *State, d *gatewright.Delta) []gatewright.Hash {
	if d == nil {
		needed, _ := state.named()
		return needed
	}
	var needed []gatewright.Hash
	for k, h := range d.Upserts {
		_, rejected := state.Kept[k]
		if _, pinned := state.Instead[k]; !rejected && !pinned {
			needed = append(needed, h)
		}
	}
	for k, h := range state.Instead {
		if _, rejected := state.Kept[k]; !rejected && h != "" {
			needed = append(needed, h)
		}
	}
	for _, h := range state.Kept {
		if h != "" {
			needed = append(needed, h)
		}
	}
	return needed
}

// rewrite begins the journal anew and removes blobs that neither it nor keep
// names. s.mu is held.
func (s *Store) rewrite(state *State, keep map[gatewright.Hash]bool) error {
	text, err := state.whole().encode()
	if err != nil {
		return err
	}
	j := &s.journal
	if err := s.replace(journalName, text); err != nil {
		j.sound = false // after a failed rename it may be the old or the new one
		return fmt.Errorf("save generation %d: %w", state.Generation, err)
	}
	j.sound, j.generation, j.whole, j.deltas, j.lines = true, state.Generation, len(text), 0, 0
	s.collect(state, keep)
	return nil
}

// replace puts a file in the place of another, or of none: whatever happens,
// there is the old or the new one, whole.
func (s *Store) replace(name string, body []byte) error {
	err := s.disk.Write(name+newSuffix, body)
	if err == nil {
		err = s.disk.Sync([]string{name + newSuffix})
	}
	if err == nil {
		err = s.disk.Rename(name+newSuffix, name)
	}
	if err == nil {
		err = s.disk.SyncDir(".")
	}
	return err
}

// collect removes the blobs that nobody names. s.mu is held.
func (s *Store) collect(state *State, keep map[gatewright.Hash]bool) {
	named := maps.Clone(keep)
	if named == nil {
		named = map[gatewright.Hash]bool{}
	}
	needed, wanted := state.named()
	for _, h := range slices.Concat(needed, wanted) {
		named[h] = true
	}
	for h := range s.present {
		if !named[h] {
			s.remove(blobName(h))
			delete(s.present, h)
			delete(s.loose, h)
		}
	}
}

// remove removes a file nobody needs; a leftover does no harm.
func (s *Store) remove(name string) {
	if err := s.disk.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("leftover file could not be removed", slog.String("file", name), slog.Any("error", err))
	}
}

// Missing lists the blobs that saving state would need and that are not there.
func (s *Store) Missing(state *State) []gatewright.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	needed, _ := state.named()
	return slices.DeleteFunc(needed, func(h gatewright.Hash) bool { return s.present[h] })
}
