package lastgood

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
)

// Format is the version of the journal this build writes and reads.
const Format = 1

// record is one line of the journal. The first is whole: it has Format, Group
// and Entries. Others lead from a generation to the next.
type record struct {
	Format     int                                `json:"format,omitempty"`
	Group      gatewright.GroupID                 `json:"group,omitempty"`
	SavedAt    time.Time                          `json:"savedAt"`
	From       int64                              `json:"from,omitempty"`
	Generation int64                              `json:"generation"`
	Entries    map[gatewright.Key]gatewright.Hash `json:"entries,omitempty"`
	Upserts    map[gatewright.Key]gatewright.Hash `json:"upserts,omitempty"`
	Deletes    []gatewright.Key                   `json:"deletes,omitempty"`
	Kept       map[gatewright.Key]gatewright.Hash `json:"kept,omitempty"` // this and what follows is complete in each record
	ConfigID   string                             `json:"configId,omitempty"`
	Instead    map[gatewright.Key]gatewright.Hash `json:"instead,omitempty"`
}

// line is how a record stands in the journal: the sum is of the record's
// bytes as they are there.
type line struct {
	Sum    gatewright.Hash `json:"sum"`
	Record json.RawMessage `json:"record"`
}

// encode returns the record's line, its end included.
func (r *record) encode() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode journal record: %w", err)
	}
	out := make([]byte, 0, len(body)+128)
	out = append(out, `{"sum":"`...)
	out = append(out, gatewright.HashBytes(body)...)
	out = append(out, `","record":`...)
	out = append(out, body...)
	return append(out, "}\n"...), nil
}

// errTorn is a line whose writing was not finished.
var errTorn = errors.New("unfinished line")

// decodeLine decodes a line given without its end. When ended is false the
// file stops in it: errTorn tells a line that was being written from one that
// was altered.
func decodeLine(text []byte, ended bool) (*record, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	var l line
	if err := dec.Decode(&l); err != nil {
		if !ended && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
			return nil, errTorn
		}
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if dec.InputOffset() != int64(len(text)) {
		return nil, errors.New("something follows the record")
	}
	if got := gatewright.HashBytes(l.Record); got != l.Sum {
		return nil, fmt.Errorf("its checksum is %s, not %s", got.Short(), l.Sum.Short())
	}
	r := new(record)
	if err := json.Unmarshal(l.Record, r); err != nil {
		return nil, fmt.Errorf("the record is not one: %w", err)
	}
	return r, r.check()
}

// check refuses hashes that could not name a file.
func (r *record) check() error {
	for _, entries := range []map[gatewright.Key]gatewright.Hash{r.Entries, r.Upserts} {
		for k, h := range entries {
			if !h.Valid() {
				return fmt.Errorf("key %q has the unusable hash %q", k, h)
			}
		}
	}
	for _, places := range []map[gatewright.Key]gatewright.Hash{r.Kept, r.Instead} {
		for k, h := range places {
			if h != "" && !h.Valid() {
				return fmt.Errorf("key %q keeps the unusable hash %q", k, h)
			}
		}
	}
	return nil
}

// State is what a gateway runs.
type State struct {
	Group      gatewright.GroupID
	Generation int64
	// Entries is the manifest of the generation, as the group wants it.
	Entries map[gatewright.Key]gatewright.Hash
	// ConfigID is what the gateway is pinned to, "" for nothing, and Instead
	// what it shall run because of that in place of entries, or beside them:
	// "" for nothing.
	ConfigID string
	Instead  map[gatewright.Key]gatewright.Hash
	// Kept has, for what was rejected, what runs in its place: "" for nothing.
	Kept    map[gatewright.Key]gatewright.Hash
	SavedAt time.Time
}

// Runs returns what runs: Entries, with Instead and then Kept in their places.
func (s *State) Runs() map[gatewright.Key]gatewright.Hash {
	runs := maps.Clone(s.Entries)
	for _, places := range []map[gatewright.Key]gatewright.Hash{s.Instead, s.Kept} {
		for k, h := range places {
			if h == "" {
				delete(runs, k)
				continue
			}
			runs[k] = h
		}
	}
	return runs
}

// apply leads the state on by a record.
func (s *State) apply(r *record) error {
	if r.Format != 0 || r.Entries != nil {
		return errors.New("a whole manifest stands in the middle")
	}
	if r.From != s.Generation {
		return fmt.Errorf("it leads on from generation %d, and the line before ended at %d", r.From, s.Generation)
	}
	for k, h := range r.Upserts {
		s.Entries[k] = h
	}
	for _, k := range r.Deletes {
		delete(s.Entries, k)
	}
	s.Generation, s.Kept, s.SavedAt = r.Generation, r.Kept, r.SavedAt
	s.ConfigID, s.Instead = r.ConfigID, r.Instead
	return nil
}

// whole returns the record that begins a journal with s.
func (s *State) whole() *record {
	entries := s.Entries
	if entries == nil {
		entries = map[gatewright.Key]gatewright.Hash{}
	}
	return &record{Format: Format, Group: s.Group, SavedAt: s.SavedAt, Generation: s.Generation, Entries: entries,
		Kept: s.Kept, ConfigID: s.ConfigID, Instead: s.Instead}
}

// parse reads a journal. Of text, good bytes are sound; what follows is an
// unfinished last line.
func parse(name string, text []byte) (s *State, lines int, good int, err error) {
	for good < len(text) {
		end := bytes.IndexByte(text[good:], '\n')
		ended := end >= 0
		if !ended {
			end = len(text) - good
		}
		r, err := decodeLine(text[good:good+end], ended)
		if errors.Is(err, errTorn) && s != nil {
			return s, lines, good, nil
		}
		if err == nil && s == nil {
			s, err = begin(r)
		} else if err == nil {
			err = s.apply(r)
		}
		if err != nil {
			var known *gatewright.Error
			if errors.As(err, &known) {
				return nil, 0, 0, err
			}
			return nil, 0, 0, &Damage{File: name, Reason: fmt.Sprintf("line %d: %v", lines+1, err)}
		}
		lines++
		if good += end; ended {
			good++
		}
	}
	if s == nil {
		return nil, 0, 0, &Damage{File: name, Reason: "it is empty"}
	}
	return s, lines, good, nil
}

// begin returns the state of a journal's first line.
func begin(r *record) (*State, error) {
	if r.Format == 0 {
		return nil, errors.New("the journal does not begin with a whole manifest")
	}
	if r.Format != Format {
		return nil, gatewright.Errorf(gatewright.PreconditionFailed,
			"the last known good configuration has format %d and this gateway reads %d; it waits for the control plane, or run the version that wrote it", r.Format, Format)
	}
	entries := r.Entries
	if entries == nil {
		entries = map[gatewright.Key]gatewright.Hash{}
	}
	return &State{Group: r.Group, Generation: r.Generation, Entries: entries, Kept: r.Kept, SavedAt: r.SavedAt,
		ConfigID: r.ConfigID, Instead: r.Instead}, nil
}

// named returns the hashes a state cannot do without, then those it can:
// content that was rejected and that something else runs for, and content that
// what runs in its place is made from.
func (s *State) named() (needed, wanted []gatewright.Hash) {
	for k, h := range s.Entries {
		place, pinned := s.Instead[k]
		if _, rejected := s.Kept[k]; !rejected && !pinned {
			needed = append(needed, h)
		} else if !pinned || place != "" {
			wanted = append(wanted, h)
		}
	}
	for k, h := range s.Instead {
		if _, rejected := s.Kept[k]; rejected && h != "" {
			wanted = append(wanted, h)
		} else if h != "" {
			needed = append(needed, h)
		}
	}
	for _, h := range s.Kept {
		if h != "" {
			needed = append(needed, h)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed), wanted
}
