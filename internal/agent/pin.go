package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// pinning is what this gateway is pinned to and what follows from it. The
// control plane tells it what its group runs, as it tells every gateway, and
// both prove by the digest of that where they are; what this gateway runs
// instead it derives itself.
type pinning struct {
	configID string // "" when it is not pinned
	pins     []gatewright.Pin
	slots    map[gatewright.Hash]*pinnedSlot // by the hash of the group's resource
	bodies   map[gatewright.Hash][]byte      // by the hash of what runs in its place
}

// pinnedSlot is the slot resource that runs in place of the group's.
type pinnedSlot struct {
	hash   gatewright.Hash
	leaves []gatewright.Key // revisions that the group's needs and this one does not
}

// newPinning takes down what the control plane says. The error of one that
// does not know pins tells what to do.
func newPinning(configID string, joined *link.JoinResponse) (pinning, error) {
	if joined.ConfigID != configID {
		e := gatewright.Errorf(gatewright.PreconditionFailed, "the control plane (%.100s) cannot pin a gateway to a configuration; run one as new as this gateway, or start this gateway without --config-id", joined.Version)
		e.Field = gatewright.FieldConfigID
		return pinning{}, e
	}
	return pinning{configID: configID, pins: joined.Pins, slots: map[gatewright.Hash]*pinnedSlot{}, bodies: map[gatewright.Hash][]byte{}}, nil
}

// refusedPin returns the control plane's word on why this gateway cannot be
// pinned as it is told to, nil when err is something else.
func refusedPin(err error) *gatewright.Error {
	var e *gatewright.Error
	if errors.As(err, &e) && e.Field == gatewright.FieldConfigID {
		return e
	}
	return nil
}

// instead returns what runs in place of what the group wants: "" for nothing.
// A slot that cannot be read is left as it is, and then rejected.
func (a *Agent) instead(ctx context.Context, wants func(gatewright.Key) gatewright.Hash) (map[gatewright.Key]gatewright.Hash, error) {
	if len(a.pinning.pins) == 0 {
		return nil, nil
	}
	instead := map[gatewright.Key]gatewright.Hash{}
	var here []*gatewright.Pin
	for i := range a.pinning.pins {
		pin := &a.pinning.pins[i]
		group := wants(pin.Slot())
		if group == "" {
			continue // a pin brings nothing back
		}
		slot, err := a.pinSlot(ctx, pin, group)
		if err != nil {
			return nil, err
		}
		if slot == nil {
			continue
		}
		instead[pin.Slot()] = slot.hash
		for _, k := range slot.leaves {
			instead[k] = ""
		}
		here = append(here, pin)
	}
	for _, pin := range here { // last: a revision that one slot leaves may be needed in another
		if h := wants(pin.Content()); h != "" {
			delete(instead, pin.Content())
		} else {
			instead[pin.Content()] = pin.Hash
		}
	}
	return instead, nil
}

// pinSlot returns what runs in place of the group's slot resource; nil when
// that cannot be read.
func (a *Agent) pinSlot(ctx context.Context, pin *gatewright.Pin, group gatewright.Hash) (*pinnedSlot, error) {
	if s := a.pinning.slots[group]; s != nil {
		return s, nil
	}
	res, reason, err := a.load(ctx, group)
	if err != nil {
		return nil, err
	}
	if reason != "" || res.Slot == nil {
		return nil, nil
	}
	s := &pinnedSlot{leaves: []gatewright.Key{gatewright.RevisionKey(pin.API, res.Slot.Current.Number)}}
	if c := res.Slot.Canary; c != nil {
		s.leaves = append(s.leaves, gatewright.RevisionKey(pin.API, c.Number))
	}
	pinned := &gatewright.Resource{Format: res.Format, Slot: pin.On(res.Slot, a.pinning.configID)}
	body, hash, err := pinned.Encode()
	if err != nil {
		return nil, fmt.Errorf("pin %s: %w", pin.Slot(), err)
	}
	s.hash = hash
	a.pinning.slots[group], a.pinning.bodies[hash] = s, body
	return s, nil
}

// derived returns the content that this gateway made itself.
func (p *pinning) derived(hash gatewright.Hash) ([]byte, bool) {
	body, own := p.bodies[hash]
	return body, own
}

// forget lets go of what none of the given hashes names.
func (p *pinning) forget(named map[gatewright.Hash]bool) {
	maps.DeleteFunc(p.slots, func(_ gatewright.Hash, s *pinnedSlot) bool { return !named[s.hash] })
	maps.DeleteFunc(p.bodies, func(h gatewright.Hash, _ []byte) bool { return !named[h] })
}

// forgetPinned lets go of what was made for manifests that are gone.
func (a *Agent) forgetPinned() {
	if len(a.pinning.slots) == 0 {
		return
	}
	named := a.candidateBlobs()
	for _, h := range a.running.Instead {
		named[h] = true
	}
	a.pinning.forget(named)
}

// wants returns the hash that shall serve under a key, "" for nothing.
func (r *running) wants(key gatewright.Key) gatewright.Hash {
	if h, pinned := r.Instead[key]; pinned {
		return h
	}
	return r.Entries[key]
}

// following returns what the group wants under a key once alt was carried out.
func (r *running) following(alt alteration) func(gatewright.Key) gatewright.Hash {
	return func(k gatewright.Key) gatewright.Hash {
		if h, named := alt[k]; named {
			return h
		}
		return r.Entries[k]
	}
}

// turned returns what an alteration of the group's manifest alters here, given
// what is to run instead of it then.
func (r *running) turned(alt alteration, instead map[gatewright.Key]gatewright.Hash) alteration {
	if len(r.Instead) == 0 && len(instead) == 0 {
		return alt
	}
	group := r.following(alt)
	after := func(k gatewright.Key) gatewright.Hash {
		if h, pinned := instead[k]; pinned {
			return h
		}
		return group(k)
	}
	own := make(alteration, len(alt))
	for k := range alt {
		own[k] = after(k)
	}
	for _, pinned := range []map[gatewright.Key]gatewright.Hash{r.Instead, instead} {
		for k := range pinned {
			if h := after(k); h != r.wants(k) {
				own[k] = h
			}
		}
	}
	return own
}

// over returns entries with instead in their places.
func over(entries, instead map[gatewright.Key]gatewright.Hash) map[gatewright.Key]gatewright.Hash {
	if len(instead) == 0 {
		return entries
	}
	wanted := maps.Clone(entries)
	alteration(instead).on(wanted)
	return wanted
}

// pinned reports whether what runs goes by what this gateway is pinned to. One
// that was restarted with another configuration ID, or without, first goes on
// with what it ran before.
func (a *Agent) pinned() bool { return a.running.ConfigID == a.cfg.ConfigID }

// proven returns the digest that says what runs here; "", of nobody knows
// what, while that does not go by the pin.
func (a *Agent) proven() gatewright.Digest {
	if !a.pinned() {
		return ""
	}
	return a.running.digest
}
