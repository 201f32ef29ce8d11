package agent_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/gateway"
)

type entries = map[gatewright.Key]gatewright.Hash

// fakeRuntime does what a gateway does with updates, and remembers.
type fakeRuntime struct {
	reject func(*gatewright.Resource) string // "" accepts
	gate   chan struct{}                     // when set, Prepare waits for it

	mu         sync.Mutex
	changed    chan struct{} // closed when something happens
	base       int           // counts what has run
	entries    entries
	generation int64
	steps      []string // "apply 3", "commit 4", "prepare", "discard"
	history    []entries
	open       int // candidates neither committed nor discarded
}

func newRuntime() *fakeRuntime {
	return &fakeRuntime{changed: make(chan struct{}), entries: entries{}}
}

type fakeCandidate struct {
	rt   *fakeRuntime
	base int
	next entries
	over bool
}

// note says that something happened. f.mu is held.
func (f *fakeRuntime) note(step string) {
	f.steps = append(f.steps, step)
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeRuntime) build(u gateway.Update) (entries, []gatewright.Rejection) {
	next := maps.Clone(f.entries)
	if u.Full {
		next = entries{}
	}
	for _, k := range u.Deletes {
		delete(next, k)
	}
	var rejections, kept []gatewright.Rejection
	for _, k := range slices.Sorted(maps.Keys(u.Upserts)) {
		l := u.Upserts[k]
		reason := "the content is missing"
		if l.Resource != nil {
			reason = ""
			if f.reject != nil {
				reason = f.reject(l.Resource)
			}
		}
		if reason != "" {
			rejections = append(rejections, gatewright.Rejection{Key: k, Hash: l.Hash, Reason: reason})
			kept = append(kept, f.keep(next, k)...)
			continue
		}
		next[k] = l.Hash
	}
	return next, append(rejections, kept...)
}

// keep keeps the revisions of a slot whose change was rejected.
func (f *fakeRuntime) keep(next entries, slot gatewright.Key) (kept []gatewright.Rejection) {
	api := strings.Split(string(slot), "/")[1]
	for k, h := range f.entries {
		if _, stays := next[k]; !stays && f.entries[slot] != "" && strings.HasPrefix(string(k), "rev/"+api+"/") {
			next[k] = h
			kept = append(kept, gatewright.Rejection{Key: k, Hash: h, Reason: "it is still needed"})
		}
	}
	return kept
}

func (f *fakeRuntime) Prepare(u gateway.Update) (agent.Candidate, []gatewright.Rejection) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("prepare")
	if f.gate != nil {
		gate := f.gate
		f.mu.Unlock()
		<-gate
		f.mu.Lock()
	}
	next, rejections := f.build(u)
	if len(rejections) > 0 {
		return nil, rejections
	}
	f.open++
	return &fakeCandidate{rt: f, base: f.base, next: next}, nil
}

func (f *fakeRuntime) Commit(c agent.Candidate, generation int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	own := c.(*fakeCandidate)
	if own.over {
		return errors.New("the candidate is used up")
	}
	own.over = true
	f.open--
	if own.base != f.base {
		return errors.New("the candidate is stale")
	}
	f.serve(own.next, generation)
	f.note(fmt.Sprint("commit ", generation))
	return nil
}

func (f *fakeRuntime) serve(next entries, generation int64) {
	f.entries, f.generation = next, generation
	f.base++
	f.history = append(f.history, next)
}

func (f *fakeRuntime) Apply(u gateway.Update, generation int64) []gatewright.Rejection {
	f.mu.Lock()
	defer f.mu.Unlock()
	next, rejections := f.build(u)
	f.serve(next, generation)
	f.note(fmt.Sprint("apply ", generation))
	return rejections
}

func (f *fakeRuntime) TakeUsage(int) []gatewright.Usage { return nil }

func (c *fakeCandidate) Discard() {
	c.rt.mu.Lock()
	defer c.rt.mu.Unlock()
	if !c.over {
		c.over = true
		c.rt.open--
		c.rt.note("discard")
	}
}

func (f *fakeRuntime) did(step string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, s := range f.steps {
		if s == step {
			n++
		}
	}
	return n
}

func (f *fakeRuntime) runs() (entries, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.entries), f.generation
}

func (f *fakeRuntime) candidates() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// until waits until ok; it looks again after every step of the runtime.
func (f *fakeRuntime) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleettest.Patience)
	defer cancel()
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f.mu.Lock()
			defer f.mu.Unlock()
			t.Fatalf("waited in vain until %s; steps %q", what, f.steps)
		}
	}
}

// reaches waits until the runtime runs a generation.
func (f *fakeRuntime) reaches(t testing.TB, generation int64) {
	t.Helper()
	f.until(t, fmt.Sprint("generation ", generation), func() bool { _, g := f.runs(); return g == generation })
}
