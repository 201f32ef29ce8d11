package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/link"
)

// errStale tells that the control plane has moved on since a view was read;
// the next view has what is wanted now.
var errStale = errors.New("the view is stale")

// view is what a group wants at one moment, and the lines that say so, each
// encoded once for all streams.
type view struct {
	control    Control
	group      gatewright.GroupID
	generation int64
	digest     gatewright.Digest // of the generation's manifest
	staged     []control.Staged
	questions  []control.OpenQuestion

	mu       sync.Mutex // held while reading, so that one reads and the others wait for it
	manifest *manifest
	deltas   map[int64]*delta
	prepares map[gatewright.ChangeID][]byte
}

// manifest is the whole of what a group runs, ready to send.
type manifest struct {
	entries map[gatewright.Key]gatewright.Hash
	line    []byte // without a notice
}

// delta leads from a generation to the view's.
type delta struct {
	gatewright.Delta
	possible bool // false: only the whole manifest helps
	line     []byte
}

func newView(c Control, group gatewright.GroupID, w *control.Wanted) *view {
	return &view{
		control: c, group: group, generation: w.Generation, digest: w.Digest, staged: w.Staged, questions: w.Questions,
		deltas: map[int64]*delta{}, prepares: map[gatewright.ChangeID][]byte{},
	}
}

// same reports whether o wants what v wants. What a change stages never
// changes, nor does a question, so their identifiers stand for them.
func (v *view) same(o *view) bool {
	if v.generation != o.generation || v.digest != o.digest || len(v.staged) != len(o.staged) || len(v.questions) != len(o.questions) {
		return false
	}
	for i := range v.questions {
		if v.questions[i].ID != o.questions[i].ID {
			return false
		}
	}
	for i := range v.staged {
		if v.staged[i].Change != o.staged[i].Change {
			return false
		}
	}
	return true
}

// stages reports whether the view has the change staged.
func (v *view) stages(change gatewright.ChangeID) bool {
	for i := range v.staged {
		if v.staged[i].Change == change {
			return true
		}
	}
	return false
}

// whole returns the group's manifest; errStale when it is not the view's any
// more.
func (v *view) whole(ctx context.Context) (*manifest, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.manifest != nil {
		return v.manifest, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	m, err := v.control.Manifest(ctx, v.group)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if m.Generation != v.generation {
		return nil, errStale
	}
	line, err := (&link.Message{Type: link.MessageManifest, Group: v.group, Generation: v.generation, Entries: m.Entries}).Encode()
	if err != nil {
		return nil, err
	}
	v.manifest = &manifest{entries: m.Entries, line: line}
	return v.manifest, nil
}

// since returns what leads from generation to the view's; errStale when the
// control plane has moved on.
func (v *view) since(ctx context.Context, generation int64) (*delta, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d := v.deltas[generation]; d != nil {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	read, current, ok, err := v.control.DeltaSince(ctx, v.group, generation)
	if err != nil {
		return nil, fmt.Errorf("read delta: %w", err)
	}
	if current != v.generation {
		return nil, errStale
	}
	d := &delta{Delta: read, possible: ok && generation <= current}
	if d.possible {
		// With the digest: what the gateway has may be of another history.
		m := link.Message{Type: link.MessageDelta, From: generation, Generation: v.generation, Digest: v.digest, Upserts: d.Upserts, Deletes: d.Deletes}
		if d.line, err = m.Encode(); err != nil {
			return nil, err
		}
	}
	if len(v.deltas) < maxDeltaMemo {
		v.deltas[generation] = d
	}
	return d, nil
}

// prepare returns the line that asks to prepare a staged change.
func (v *view) prepare(s *control.Staged) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if line := v.prepares[s.Change]; line != nil {
		return line, nil
	}
	m := link.Message{Type: link.MessagePrepare, Change: s.Change, Generation: v.generation, Upserts: s.Delta.Upserts, Deletes: s.Delta.Deletes}
	line, err := m.Encode()
	if err != nil {
		return nil, err
	}
	v.prepares[s.Change] = line
	return line, nil
}
