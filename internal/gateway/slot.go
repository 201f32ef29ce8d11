package gateway

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// liveSlot is one slot resource ready to serve. But for its counts it is
// immutable.
type liveSlot struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.SlotResource

	seat      int
	routes    *routeSet
	current   side
	canary    *canary // nil when there is none
	access    *access // nil when anybody may call
	lifecycle lifecycle
	limit     *bucket // nil when there is none
	strip     int     // bytes in front of the path that the upstream does not see

	holds  holds
	closed atomic.Bool
}

func (s *liveSlot) hashed() gatewright.Hash { return s.hash }

// side is one of a slot's alternatives: a revision and where it runs.
type side struct {
	ref        gatewright.RevisionRef
	revision   *liveRevision
	upstream   *upstream // nil while the slot is disabled
	timeouts   exchange.Timeouts
	hostHeader gatewright.HostHeader
	fixed      string    // Host for the upstream if it is the same for all nodes
	field      string    // value of the field Gatewright-Revision
	logged     []byte    // its members of a log line
	counters   *counters // shared with the side before it, if of the same revision
	usage      *usageOf
}

// newSlot builds the slot of resource at seat. old is what runs under its key,
// nil if nothing does; what it has in common with the new one is shared.
func (b *built) newSlot(key gatewright.Key, hash gatewright.Hash, resource *gatewright.SlotResource, seat int, old *liveSlot) (*liveSlot, error) {
	s := &liveSlot{key: key, hash: hash, resource: resource, seat: seat, access: newAccess(resource.Access)}
	if !resource.KeepPathPrefix && resource.PathPrefix != "/" {
		s.strip = len(resource.PathPrefix)
	}
	s.lifecycle = newLifecycle(resource.Lifecycle)
	s.limit = newBucket(resource.MaxQPS)
	var routes *routeSet
	if old != nil {
		routes = old.routes
		s.limit = old.limit.or(s.limit)
	}
	err := b.newSides(s, old)
	if err == nil {
		canary := s.current.revision
		if s.canary != nil {
			canary = s.canary.revision
		}
		s.routes, err = newRoutes(key, resource, seat, s.current.revision, canary, routes)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// newSides builds the slot's one or two sides.
func (b *built) newSides(s, old *liveSlot) error {
	r := s.resource
	var near []*upstream
	if old != nil {
		for _, d := range old.sides() {
			near = append(near, d.upstream)
		}
	}
	var err error
	if s.current, err = b.newSide(r, r.Current, &r.Upstream, false, near); err != nil {
		return err
	}
	s.current.counters = old.countersOf(r.Current.Number, false)
	if r.Canary == nil {
		return nil
	}
	up := r.Canary.Upstream
	if up == nil {
		up = &r.Upstream
	}
	s.canary = newCanary(s.key, r.Canary)
	s.canary.side, err = b.newSide(r, r.Canary.RevisionRef, up, true, append(near, s.current.upstream))
	s.canary.counters = old.countersOf(r.Canary.Number, true)
	return err
}

// newSide builds a side, but for its counters. It shares an upstream that is
// near, if one of them is the same.
func (b *built) newSide(r *gatewright.SlotResource, ref gatewright.RevisionRef, up *gatewright.Upstream, canary bool, near []*upstream) (side, error) {
	t := up.Timeouts.WithDefaults()
	d := side{
		ref:        ref,
		timeouts:   exchange.Timeouts{Connect: time.Duration(t.Connect), Send: time.Duration(t.Send), Read: time.Duration(t.Read)},
		hostHeader: up.HostHeader,
		field:      revisionField(ref.Number, ref.Version),
		logged:     appendSideMembers(nil, r, ref, canary),
		usage:      &usageOf{r.API, r.Track, ref.Number, ref.Version},
	}
	if up.HostHeader == gatewright.HostHeaderFixed {
		d.fixed = up.Host
	}
	var err error
	if d.revision, err = b.revision(r.API, ref.Number); err != nil {
		return d, err
	}
	if name := b.next.flows.missing(d.revision.flows); name != "" {
		return d, gatewright.Errorf(gatewright.Invalid, "revision %d calls the shared flow %q, which is not in this group's configuration", ref.Number, name)
	}
	spec, err := b.upstreamSpec(up)
	if err != nil {
		return d, err
	}
	if r.Enabled {
		if d.upstream, err = b.g.upstreamFor(spec, near); err != nil {
			return d, err
		}
	}
	return d, nil
}

// countersOf returns the counters that a side which runs a revision goes on
// with. A canary's become those of the current side when it is promoted.
func (s *liveSlot) countersOf(revision int, canary bool) *counters {
	switch {
	case s == nil:
	case !canary && s.current.ref.Number == revision:
		return s.current.counters
	case s.canary != nil && s.canary.ref.Number == revision:
		return s.canary.counters
	}
	return new(counters)
}

// sides returns the sides there are.
func (s *liveSlot) sides() []*side {
	if s.canary == nil {
		return []*side{&s.current}
	}
	return []*side{&s.current, &s.canary.side}
}

// canaries counts the slot's canaries.
func (s *liveSlot) canaries() int {
	if s.canary == nil {
		return 0
	}
	return 1
}

// needs lists the keys of what the slot cannot run without.
func (s *liveSlot) needs() []gatewright.Key {
	r := s.resource
	keys := []gatewright.Key{gatewright.RevisionKey(r.API, r.Current.Number)}
	ups := []*gatewright.Upstream{&r.Upstream}
	if r.Canary != nil {
		keys = append(keys, gatewright.RevisionKey(r.API, r.Canary.Number))
		if r.Canary.Upstream != nil {
			ups = append(ups, r.Canary.Upstream)
		}
	}
	for _, u := range ups {
		if u.Discovery != nil {
			keys = append(keys, gatewright.RegistryKey(u.Discovery.Registry))
		}
	}
	for _, d := range s.sides() {
		for _, name := range d.revision.flows {
			keys = append(keys, flowKey(name))
		}
	}
	return keys
}

// revision returns a revision of the next runtime.
func (b *built) revision(api gatewright.APIID, number int) (*liveRevision, error) {
	r, ok := b.next.revisions.Get([]byte(gatewright.RevisionKey(api, number)))
	if !ok {
		return nil, gatewright.Errorf(gatewright.Invalid, "revision %d, which it runs, is not in this group's configuration", number)
	}
	return r, nil
}

// checkSlot checks what is not checked by building.
func checkSlot(key gatewright.Key, r *gatewright.SlotResource) error {
	if want := gatewright.SlotResourceKey(gatewright.SlotKey{API: r.API, Track: r.Track}); want != key {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	if r.Kind != "" {
		return gatewright.Errorf(gatewright.Invalid, "this gateway does not know APIs of kind %q; run one as new as the control plane", r.Kind)
	}
	if err := checkRef(r.Current); err != nil {
		return err
	}
	if c := r.Canary; c != nil {
		if err := checkCanary(c); err != nil {
			return err
		}
	}
	if r.Lifecycle != nil {
		if err := r.Lifecycle.Validate(); err != nil {
			return err
		}
	}
	if r.Security != "" {
		if err := r.Security.Validate(); err != nil {
			return err
		}
	}
	if r.MaxQPS < 0 || r.MaxQPS > gatewright.MaxQPS {
		return gatewright.Errorf(gatewright.Invalid, "%d requests per second are not between 0 and %d", r.MaxQPS, gatewright.MaxQPS)
	}
	if err := r.Access.Validate(); err != nil {
		return err
	}
	return r.Upstream.Validate()
}

func checkRef(r gatewright.RevisionRef) error {
	if r.Number < 1 {
		return gatewright.Errorf(gatewright.Invalid, "revision %d is not a positive number", r.Number)
	}
	if r.Version == "" {
		return nil
	}
	return gatewright.CheckLabel(r.Version)
}

// close lets go of what the slot holds, once.
func (s *liveSlot) close() {
	if s.closed.Swap(true) {
		return
	}
	for _, d := range s.sides() {
		if d.upstream != nil {
			d.upstream.release()
		}
	}
}

// appendSideMembers appends the members of a log line that are the same for
// all requests of a side.
func appendSideMembers(dst []byte, r *gatewright.SlotResource, ref gatewright.RevisionRef, canary bool) []byte {
	dst = append(dst, `,"api":`...)
	dst = appendText(dst, r.Name, maxLogText)
	dst = append(dst, `,"api_id":`...)
	dst = appendText(dst, string(r.API), maxLogText)
	dst = append(dst, `,"track":`...)
	dst = appendText(dst, r.Track, maxLogText)
	dst = append(dst, `,"revision":`...)
	dst = strconv.AppendInt(dst, int64(ref.Number), 10)
	if ref.Version != "" {
		dst = append(dst, `,"version":`...)
		dst = appendText(dst, ref.Version, maxLogText)
	}
	if canary {
		dst = append(dst, `,"canary":true`...)
	}
	return appendMember(dst, `,"config_id":`, r.ConfigID)
}

// plainReason returns the text of err for people. What is no
// [gatewright.Error] is told too: it is the operator's own machine.
func plainReason(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
