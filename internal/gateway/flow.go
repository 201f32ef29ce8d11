package gateway

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/policy"
)

// liveFlow is a shared flow: a name, and the revision that it stands for.
type liveFlow struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.SlotResource
	revision *liveRevision
}

// chain returns the flow's policies.
func (f *liveFlow) chain() chain {
	if f.revision.policies == nil {
		return nil
	}
	return f.revision.policies.all
}

// liveHooks are the flows that act before and after the policies of proxies.
type liveHooks struct {
	hash          gatewright.Hash
	resource      *gatewright.FlowHooks
	before, after chain
}

// liveFlows are the shared flows of a runtime. A call asks the one runtime it
// was found in, so that it sees the same revision of each in all its phases.
// The maps are never changed.
type liveFlows struct {
	byKey  map[gatewright.Key]*liveFlow
	byName map[string]*liveFlow
	hooks  *liveHooks // nil when there are none
}

func (f *liveFlows) each(do func(gatewright.Key, gatewright.Hash)) {
	for key, flow := range f.byKey {
		do(key, flow.hash)
	}
	if f.hooks != nil {
		do(gatewright.FlowHooksKey, f.hooks.hash)
	}
}

func (f *liveFlows) len() int {
	n := len(f.byKey)
	if f.hooks != nil {
		n++
	}
	return n
}

// has reports whether a slot key is a flow's.
func (f *liveFlows) has(key gatewright.Key) bool { return f.byKey[key] != nil }

// missing returns the first of the names that no flow has, "" when all are
// there.
func (f *liveFlows) missing(names []string) string {
	for _, name := range names {
		if f.byName[name] == nil {
			return name
		}
	}
	return ""
}

// isFlow reports whether a loaded resource is the slot of a shared flow.
func isFlow(l Loaded) bool {
	return l.Resource != nil && l.Resource.Slot != nil && l.Resource.Slot.Kind == gatewright.KindFlow
}

// newHooks checks and builds flow hooks.
func newHooks(hash gatewright.Hash, r *gatewright.FlowHooks) (*liveHooks, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	call := func(names []string) chain {
		var c chain
		for _, name := range names {
			c = append(c, policy.Built{Flow: name})
		}
		return c
	}
	return &liveHooks{hash: hash, resource: r, before: call(r.Before), after: call(r.After)}, nil
}

// flowEdit makes the flows of the next runtime.
type flowEdit struct {
	b       *built
	flows   map[gatewright.Key]*liveFlow
	hooks   *liveHooks
	altered map[gatewright.Key]gatewright.Hash // what the update alters, hooks too, and the hash it gives or takes away
}

// changeFlows puts the update's shared flows and flow hooks in place. What
// calls a flow that is not there is rejected, and so is taking a flow away that
// another one or a hook calls; what slots call is seen to when they are built.
func (b *built) changeFlows(u Update, changed []gatewright.Key) {
	e := &flowEdit{b: b, flows: maps.Clone(b.base.flows.byKey), hooks: b.base.flows.hooks, altered: map[gatewright.Key]gatewright.Hash{}}
	if e.flows == nil {
		e.flows = map[gatewright.Key]*liveFlow{}
	}
	for _, key := range u.Deletes {
		if _, upserted := u.Upserts[key]; !upserted {
			e.remove(key)
		}
	}
	for key, l := range u.Upserts {
		e.upsert(key, l)
	}
	e.follow(changed)
	if len(e.altered) == 0 {
		b.next.flows = b.base.flows
		return
	}
	b.next.flows = e.settle()
}

func (e *flowEdit) remove(key gatewright.Key) {
	if f := e.flows[key]; f != nil {
		e.altered[key] = f.hash
		delete(e.flows, key)
	}
	if key == gatewright.FlowHooksKey && e.hooks != nil {
		e.altered[key], e.hooks = e.hooks.hash, nil
	}
}

func (e *flowEdit) upsert(key gatewright.Key, l Loaded) {
	switch {
	case key.Kind() == gatewright.KeyFlowHooks:
		if e.hooks != nil && e.hooks.hash == l.Hash {
			return
		}
		reason := checkLoaded(gatewright.KeyFlowHooks, l)
		if reason == "" {
			hooks, err := newHooks(l.Hash, l.Resource.FlowHooks)
			if err == nil {
				e.altered[key], e.hooks = l.Hash, hooks
				return
			}
			reason = plainReason(err)
		}
		e.b.reject(key, l.Hash, reason)
	case key.Kind() != gatewright.KeySlot || !isFlow(l) && e.flows[key] == nil:
	case e.flows[key] != nil && e.flows[key].hash == l.Hash:
	default:
		f, reason := e.build(key, l)
		if reason != "" {
			e.b.reject(key, l.Hash, reason)
			e.keepRevision(key)
			return
		}
		e.flows[key], e.altered[key] = f, l.Hash
	}
}

// build returns the flow of a slot, or why there can be none.
func (e *flowEdit) build(key gatewright.Key, l Loaded) (*liveFlow, string) {
	if reason := checkLoaded(gatewright.KeySlot, l); reason != "" {
		return nil, reason
	}
	if _, proxy := e.b.base.slots.Get([]byte(key)); proxy || !isFlow(l) {
		return nil, "an API does not change its kind"
	}
	r := l.Resource.Slot
	if err := checkFlow(key, r); err != nil {
		return nil, plainReason(err)
	}
	rev, err := e.b.revision(r.API, r.Current.Number)
	if err != nil {
		return nil, plainReason(err)
	}
	return &liveFlow{key: key, hash: l.Hash, resource: r, revision: rev}, ""
}

func checkFlow(key gatewright.Key, r *gatewright.SlotResource) error {
	if want := gatewright.SlotResourceKey(gatewright.SlotKey{API: r.API, Track: r.Track}); want != key {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	if !r.Enabled || r.Canary != nil {
		return gatewright.Errorf(gatewright.Invalid, "a shared flow is always enabled and has no canary")
	}
	if err := gatewright.CheckName("flow name", r.Name); err != nil {
		return err
	}
	return checkRef(r.Current)
}

// follow gives the flows that stay the revisions of the next runtime.
func (e *flowEdit) follow(changed []gatewright.Key) {
	if len(e.flows) == 0 {
		return
	}
	replaced := map[gatewright.Key]bool{}
	for _, key := range changed {
		replaced[key] = true
	}
	for key, f := range e.flows {
		if _, fresh := e.altered[key]; fresh || !replaced[gatewright.RevisionKey(f.resource.API, f.resource.Current.Number)] {
			continue
		}
		rev, err := e.b.revision(f.resource.API, f.resource.Current.Number)
		if err != nil {
			e.b.reject(key, f.hash, plainReason(err))
			e.keepRevision(key)
			continue
		}
		copied := *f
		copied.revision = rev
		e.flows[key], e.altered[key] = &copied, f.hash
	}
}

// keepRevision keeps the revision of the flow that goes on under a key.
func (e *flowEdit) keepRevision(key gatewright.Key) {
	if f := e.b.base.flows.byKey[key]; f != nil {
		rev := gatewright.RevisionKey(f.resource.API, f.resource.Current.Number)
		e.b.next.revisions = keepLeaf(e.b, key, rev, e.b.base.revisions, e.b.next.revisions)
	}
}

// settle undoes what cannot be, one alteration after the other, and returns
// what is left. Each round undoes one, and with all undone it is the base.
func (e *flowEdit) settle() *liveFlows {
	for {
		next := e.result()
		key, reason := e.fault(next)
		if key == "" {
			return next
		}
		e.undo(key, reason)
	}
}

func (e *flowEdit) result() *liveFlows {
	next := &liveFlows{byKey: e.flows, byName: make(map[string]*liveFlow, len(e.flows)), hooks: e.hooks}
	for _, key := range slices.Sorted(maps.Keys(e.flows)) {
		if f := e.flows[key]; next.byName[f.resource.Name] == nil {
			next.byName[f.resource.Name] = f
		}
	}
	return next
}

// undo rejects an alteration and goes on with what the base has.
func (e *flowEdit) undo(key gatewright.Key, reason string) {
	e.b.reject(key, e.altered[key], reason)
	delete(e.altered, key)
	if key == gatewright.FlowHooksKey {
		e.hooks = e.b.base.flows.hooks
		return
	}
	if old := e.b.base.flows.byKey[key]; old != nil {
		e.flows[key] = old
		e.keepRevision(key)
	} else {
		delete(e.flows, key)
	}
}

// fault returns an alteration that cannot be, and why; "" when all can.
func (e *flowEdit) fault(next *liveFlows) (gatewright.Key, string) {
	set := gatewright.FlowSet{}
	for name, f := range next.byName {
		set[name] = f.revision.resource.Policies
	}
	for _, key := range slices.Sorted(maps.Keys(e.altered)) {
		if f := e.flows[key]; f != nil && next.byName[f.resource.Name] != f && next.byName[f.resource.Name].key != key {
			return key, fmt.Sprintf("%s is a shared flow of the same name", next.byName[f.resource.Name].key)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if _, err := set.Reach(name); err != nil {
			if key := e.blame(next, err); key != "" {
				return key, plainReason(err)
			}
		}
	}
	if next.hooks == nil {
		return "", ""
	}
	missing := next.missing(next.hooks.resource.Flows())
	if _, altered := e.altered[gatewright.FlowHooksKey]; missing != "" && altered {
		return gatewright.FlowHooksKey, fmt.Sprintf("the shared flow %q, which it names, is not in this group's configuration", missing)
	} else if missing != "" {
		return e.taken(missing), fmt.Sprintf("the flow hooks name the shared flow %q", missing)
	}
	return "", ""
}

// blame returns the alteration that a fault comes from: one of a flow in the
// chain, else the one that took the missing flow away.
func (e *flowEdit) blame(next *liveFlows, err error) gatewright.Key {
	fault, ok := err.(*gatewright.FlowFault) //nolint:errorlint // Reach returns no other
	if !ok {
		return ""
	}
	for _, name := range slices.Backward(fault.Chain) {
		if f := next.byName[name]; f != nil {
			if _, altered := e.altered[f.key]; altered {
				return f.key
			}
		}
	}
	return e.taken(fault.Missing)
}

// taken returns the alteration after which no flow has a name that one had;
// "" when there is none.
func (e *flowEdit) taken(name string) gatewright.Key {
	if old := e.b.base.flows.byName[name]; old != nil {
		if _, altered := e.altered[old.key]; altered {
			return old.key
		}
	}
	return ""
}

// keepCalled rejects taking away the flows that slots of the next runtime call.
func (b *built) keepCalled() {
	if b.next.flows == b.base.flows {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(b.base.flows.byName)) {
		b.keepFlow(name)
	}
}

func (b *built) keepFlow(name string) {
	old := b.base.flows.byName[name]
	if old == nil || b.next.flows.byName[name] != nil {
		return
	}
	var caller *liveSlot
	b.next.users.Root().WalkPrefix(userKey(flowKey(name), ""), func(_ []byte, s *liveSlot) bool {
		caller = s
		return true
	})
	if caller == nil {
		return
	}
	b.reject(old.key, old.hash, fmt.Sprintf("the API %s goes on calling the shared flow %q", caller.resource.Name, name))
	b.bringBack(old)
}

// bringBack puts a flow of the base, and what it calls, into the next runtime.
func (b *built) bringBack(old *liveFlow) {
	next := &liveFlows{byKey: maps.Clone(b.next.flows.byKey), byName: maps.Clone(b.next.flows.byName), hooks: b.next.flows.hooks}
	if renamed := next.byKey[old.key]; renamed != nil {
		delete(next.byName, renamed.resource.Name)
	}
	next.byKey[old.key], next.byName[old.resource.Name] = old, old
	b.next.flows = next
	b.next.revisions = keepLeaf(b, old.key, gatewright.RevisionKey(old.resource.API, old.resource.Current.Number), b.base.revisions, b.next.revisions)
	for _, name := range old.revision.flows {
		if gone := b.base.flows.byName[name]; gone != nil && next.byName[name] == nil {
			b.reject(gone.key, gone.hash, fmt.Sprintf("the shared flow %q goes on calling it", old.resource.Name))
			b.bringBack(gone)
			next = b.next.flows
		}
	}
}

// flowKey is the key under which runtime.users has the slots that call a flow.
// It is no resource's.
func flowKey(name string) gatewright.Key { return gatewright.Key("flow/" + name) }
