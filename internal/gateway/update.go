package gateway

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/gatewright/gatewright"
)

// Loaded is a resource and the hash of its encoding.
type Loaded struct {
	Hash gatewright.Hash

	// Resource must not be changed any more. It may be nil when the gateway
	// runs Hash under that key already.
	Resource *gatewright.Resource
}

// Update says what a gateway shall run. A key in both Upserts and Deletes is
// upserted.
type Update struct {
	Full    bool // what Upserts does not name goes
	Upserts map[gatewright.Key]Loaded
	Deletes []gatewright.Key // a key the gateway does not run is no error
}

// Candidate is a runtime that was prepared and serves nothing yet. It ends by
// [Gateway.Commit] or [Candidate.Discard].
type Candidate struct {
	built *built
	over  atomic.Bool // committed or discarded
}

// Discard lets go of what only the candidate holds. After Commit, and a second
// time, it does nothing.
func (c *Candidate) Discard() {
	if !c.over.Swap(true) {
		c.built.discard()
	}
}

// Prepare builds what u asks for beside what runs, and serves nothing of it. It
// waits for the first answers of look-ups, but not longer than
// [Config.ResolveWait]. When a resource cannot be run the candidate is nil and
// the rejections, in the order of their keys, say why.
func (g *Gateway) Prepare(u Update) (*Candidate, []gatewright.Rejection) {
	b := g.build(g.current.Load(), u)
	if len(b.rejections) > 0 {
		b.discard()
		return nil, b.rejections
	}
	b.awaitAddresses()
	return &Candidate{built: b}, nil
}

// Commit makes the gateway serve c, which is then used up, as generation. It
// returns a [gatewright.PreconditionFailed] error, and c is discarded, when the
// gateway no longer runs what c was built on; and the same when c is used up or
// the gateway was shut down.
func (g *Gateway) Commit(c *Candidate, generation int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case c.over.Load():
		return gatewright.Errorf(gatewright.PreconditionFailed, "the candidate was committed or discarded before")
	case g.closed:
		c.Discard()
		return gatewright.Errorf(gatewright.PreconditionFailed, "the gateway is shut down")
	case g.current.Load() != c.built.base:
		c.Discard()
		return gatewright.Errorf(gatewright.PreconditionFailed,
			"the gateway runs generation %d and no longer what the candidate was built on; prepare it again", g.current.Load().generation)
	}
	c.over.Store(true)
	g.swap(c.built, generation)
	return nil
}

// Apply makes the gateway serve, as generation, as much of u as it can, with
// one swap. For a key that it rejects it goes on with the resource it had, if
// it had one; what that resource needs stays too, and the deletion of that is
// rejected, behind all other rejections. It is for a gateway that starts, or
// comes back to find that the others have moved on. It waits for look-ups as
// Prepare does, unless the update is full and nothing is served yet: a gateway
// that starts then serves at once what needs no look-up, and the rest as its
// addresses become known.
func (g *Gateway) Apply(u Update, generation int64) []gatewright.Rejection {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		var all []gatewright.Rejection
		for _, key := range slices.Sorted(maps.Keys(u.Upserts)) {
			all = append(all, gatewright.Rejection{Key: key, Hash: u.Upserts[key].Hash, Reason: "the gateway is shut down"})
		}
		return all
	}
	b := g.build(g.current.Load(), u)
	if !u.Full || b.base.slots.Len() > 0 {
		b.awaitAddresses()
	}
	g.swap(b, generation)
	return append(b.rejections, b.kept...)
}

// swap serves b from now on. g.mu is held.
func (g *Gateway) swap(b *built, generation int64) {
	next := b.next
	next.configured = true
	next.generation = generation
	g.current.Store(&next)
	for _, s := range b.replaced {
		g.drains.add(s)
	}
}
