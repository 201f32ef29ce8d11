package agent

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
	"github.com/gatewright/gatewright/internal/link"
)

// candidate is a change that was prepared, or could not be.
type candidate struct {
	change  gatewright.ChangeID
	base    int64 // generation it was built on
	upserts map[gatewright.Key]gatewright.Hash
	deletes []gatewright.Key
	instead map[gatewright.Key]gatewright.Hash // that runs with it in place of what the group wants
	own     alteration                         // what it alters here
	built   Candidate                          // nil when it was rejected
	answer  link.Prepared

	told      bool // the control plane has the answer. Agent.mu guards it
	confirmed bool // the present session has asked for it
}

// asked reports whether m asks for what c is.
func (c *candidate) asked(m *link.Message) bool {
	return c.change == m.Change && c.base == m.Generation && c.leads(m)
}

// leads reports whether m alters the same keys in the same way.
func (c *candidate) leads(m *link.Message) bool {
	return maps.Equal(c.upserts, m.Upserts) && slices.Equal(c.deletes, m.Deletes)
}

// preparing is what a prepare under way can be stopped with.
type preparing struct {
	change gatewright.ChangeID
	stop   context.CancelFunc
}

// prepare builds a change beside what runs, and answers. A message about
// something that does not run here any more is not answered: another follows.
func (a *Agent) prepare(ctx context.Context, m *link.Message) {
	if m.Generation != a.running.Generation || !a.running.configured {
		a.log.Info("a prepare does not fit what runs", slog.String("change", string(m.Change)), slog.Int64("base", m.Generation), slog.Int64("generation", a.running.Generation))
		return
	}
	if a.answerAgain(m) {
		return
	}
	a.release(func(c *candidate) bool { return c.change == m.Change })
	c := &candidate{change: m.Change, base: m.Generation, upserts: m.Upserts, deletes: m.Deletes, confirmed: true}
	c.answer.Change, c.answer.Generation, c.answer.Digest = m.Change, m.Generation, a.running.digest

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a.mu.Lock()
	a.preparing = preparing{m.Change, stop}
	a.mu.Unlock()
	u, rejections, err := a.assemble(ctx, c)
	a.mu.Lock()
	a.preparing = preparing{}
	a.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return // discarded meanwhile, or the session ended
	case err != nil:
		// Whoever cannot get the change cannot run it; the reason says whose fault it is.
		rejections = fetchRejections(m, err)
	case len(rejections) == 0:
		c.built, rejections = a.runtime.Prepare(u)
	}
	c.answer.Rejections = rejections
	a.add(c)
	a.log.Info("change prepared", slog.String("change", string(c.change)), slog.Int("rejections", len(rejections)))
	a.tell()
}

// assemble finds out what a change alters here, and loads that.
func (a *Agent) assemble(ctx context.Context, c *candidate) (u gateway.Update, rejections []gatewright.Rejection, err error) {
	alt := alter(c.upserts, c.deletes)
	if c.instead, err = a.instead(ctx, a.running.following(alt)); err != nil {
		return u, nil, err
	}
	c.own = a.running.turned(alt, c.instead)
	upserts, deletes := c.own.parts()
	u.Deletes = deletes
	u.Upserts, rejections, err = a.loadAll(ctx, upserts)
	return u, rejections, err
}

// fetchRejections rejects a change whose content, or what a gateway that is
// pinned needs besides, did not arrive.
func fetchRejections(m *link.Message, err error) []gatewright.Rejection {
	keys := slices.Sorted(maps.Keys(m.Upserts))
	keys = append(keys, m.Deletes...)
	if len(keys) == 0 {
		return []gatewright.Rejection{{Reason: err.Error()}}
	}
	key := keys[0]
	return []gatewright.Rejection{{Key: key, Hash: m.Upserts[key], Reason: err.Error()}}
}

// answerAgain repeats the answer to a prepare that was dealt with: the control
// plane may not have heard it.
func (a *Agent) answerAgain(m *link.Message) bool {
	a.mu.Lock()
	i := slices.IndexFunc(a.candidates, func(c *candidate) bool { return c.asked(m) })
	if i >= 0 {
		a.candidates[i].told, a.candidates[i].confirmed = false, true
	}
	a.mu.Unlock()
	if i >= 0 {
		a.tell()
	}
	return i >= 0
}

// add keeps a candidate, and lets go of the oldest when there are too many.
func (a *Agent) add(c *candidate) {
	a.mu.Lock()
	var surplus *candidate
	if len(a.candidates) >= maxCandidates {
		surplus, a.candidates = a.candidates[0], slices.Clone(a.candidates[1:])
	}
	a.candidates = append(a.candidates, c)
	a.mu.Unlock()
	if surplus != nil {
		surplus.discard()
	}
}

// take returns the candidate that m activates, which is the caller's then; nil
// when there is none.
func (a *Agent) take(m *link.Message) *candidate {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.candidates, func(c *candidate) bool {
		return c.built != nil && c.base == m.From && c.leads(m)
	})
	if i < 0 {
		return nil
	}
	c := a.candidates[i]
	a.candidates = slices.Concat(a.candidates[:i], a.candidates[i+1:])
	return c
}

// release lets go of the candidates that over selects.
func (a *Agent) release(over func(*candidate) bool) {
	a.mu.Lock()
	var gone, stay []*candidate
	for _, c := range a.candidates {
		if over(c) {
			gone = append(gone, c)
		} else {
			stay = append(stay, c)
		}
	}
	a.candidates = stay
	a.mu.Unlock()
	for _, c := range gone {
		c.discard()
	}
}

func (c *candidate) discard() {
	if c.built != nil {
		c.built.Discard()
	}
}

// interrupt stops a prepare under way that m makes pointless. The goroutine
// that reads calls it, so that the other one does not finish first.
func (a *Agent) interrupt(m *link.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.preparing
	if p.stop == nil {
		return
	}
	switch m.Type {
	case link.MessageManifest, link.MessageDelta:
		p.stop()
	case link.MessageDiscard, link.MessagePrepare:
		if m.Change == p.change {
			p.stop()
		}
	}
}

// candidateBlobs returns what changes that may follow are made of.
func (a *Agent) candidateBlobs() map[gatewright.Hash]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	blobs := map[gatewright.Hash]bool{}
	for _, c := range a.candidates {
		for _, hashes := range []map[gatewright.Key]gatewright.Hash{c.upserts, c.own} {
			for _, h := range hashes {
				blobs[h] = true
			}
		}
	}
	return blobs
}
