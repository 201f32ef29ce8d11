package gateway

import (
	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// runtime is what a gateway runs at one moment. It is immutable and shares
// with the runtimes before and after it whatever they have in common.
type runtime struct {
	configured bool // false until the first update: nobody has said what to serve
	generation int64
	table      *match.Table[*route]
	seats      seats                       // what the table's routes lead to
	slots      *iradix.Tree[*liveSlot]     // by key
	revisions  *iradix.Tree[*liveRevision] // by key
	registries *iradix.Tree[*liveRegistry] // by key
	apps       *iradix.Tree[*liveApp]      // by key
	flows      *liveFlows
	keys       *iradix.Tree[*liveKey]  // by the hash of the caller's key
	users      *iradix.Tree[*liveSlot] // by userKey: the slots that need a revision, a registry or a flow
	canaries   int
}

func emptyRuntime() *runtime {
	return &runtime{
		slots:      iradix.New[*liveSlot](),
		revisions:  iradix.New[*liveRevision](),
		registries: iradix.New[*liveRegistry](),
		apps:       iradix.New[*liveApp](),
		flows:      &liveFlows{},
		keys:       iradix.New[*liveKey](),
		users:      iradix.New[*liveSlot](),
	}
}

// userKey is a key of runtime.users. Keys hold no NUL.
func userKey(needed, slot gatewright.Key) []byte {
	return append(append([]byte(needed), 0), slot...)
}

// each calls f for every key the runtime has.
func (rt *runtime) each(f func(gatewright.Key, gatewright.Hash)) {
	eachOf(rt.registries, f)
	eachOf(rt.revisions, f)
	eachOf(rt.apps, f)
	eachOf(rt.slots, f)
	rt.flows.each(f)
}

// len returns how many keys the runtime has.
func (rt *runtime) len() int {
	return rt.registries.Len() + rt.revisions.Len() + rt.apps.Len() + rt.slots.Len() + rt.flows.len()
}

// live is a resource that a runtime has.
type live interface{ hashed() gatewright.Hash }

func eachOf[T live](tree *iradix.Tree[T], f func(gatewright.Key, gatewright.Hash)) {
	tree.Root().Walk(func(key []byte, v T) bool {
		f(gatewright.Key(key), v.hashed())
		return false
	})
}
