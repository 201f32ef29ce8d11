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
	apis       *iradix.Tree[*liveAPI]      // by key
	registries *iradix.Tree[*liveRegistry] // by name
	users      *iradix.Tree[*liveAPI]      // by userKey: the APIs that look up addresses in a registry
}

func emptyRuntime() *runtime {
	return &runtime{
		apis:       iradix.New[*liveAPI](),
		registries: iradix.New[*liveRegistry](),
		users:      iradix.New[*liveAPI](),
	}
}

// userKey is a key of runtime.users. Names hold no control characters.
func userKey(registry string, key gatewright.Key) []byte {
	return append(append([]byte(registry), 0), key...)
}

// each calls f for every key the runtime has, registries and APIs each in the
// order of their keys.
func (rt *runtime) each(f func(gatewright.Key, gatewright.Hash)) {
	rt.registries.Root().Walk(func(_ []byte, r *liveRegistry) bool {
		f(r.key, r.hash)
		return false
	})
	rt.apis.Root().Walk(func(_ []byte, a *liveAPI) bool {
		f(a.key, a.hash)
		return false
	})
}
