package gateway

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/discover"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/http1"
)

// Gateway serves what it was last given. Make it with [New]; it must be shut
// down. It is safe for concurrent use.
type Gateway struct {
	cfg       Config
	server    *http1.Server
	transport *http1.Transport
	resolver  *discover.Resolver
	drains    *drains
	log       *logSink // nil when there is no access log
	calls     sync.Pool
	unmatched counters // of requests that belong to no slot
	usage     *usageCounts
	random    func() uint64 // decides for requests without a caller to recognise

	current atomic.Pointer[runtime]

	mu     sync.Mutex // held while current is changed
	closed bool
}

// New returns a gateway that answers everything with 503 until it is given its
// first update.
func New(cfg Config) *Gateway {
	cfg = cfg.withDefaults()
	g := &Gateway{
		cfg:       cfg,
		transport: http1.NewTransport(cfg.Upstream),
		resolver:  discover.New(discover.Options{Logger: cfg.Log}),
		drains:    newDrains(cfg.DrainWait, cfg.Log),
		usage:     newUsageCounts(),
		random:    rand.Uint64,
	}
	g.calls.New = func() any { return new(call) }
	g.current.Store(emptyRuntime())
	if cfg.AccessLog != nil {
		g.log = newLogSink(cfg.AccessLog, cfg.Log, cfg.Clock)
	}
	g.server = http1.NewServer(g.Handler(), cfg.HTTP)
	return g
}

// Handler returns what a transport asks about requests. Its endpoints are
// those of the gateway's own transport.
func (g *Gateway) Handler() exchange.Handler { return handler{g} }

// Serve accepts connections of l until it fails for good or the gateway is
// shut down. It closes l. After Shutdown it returns nil.
func (g *Gateway) Serve(l net.Listener) error {
	if err := g.server.Serve(l); !errors.Is(err, http1.ErrServerClosed) {
		return err
	}
	return nil
}

// Generation returns the generation that is served, 0 before the first.
func (g *Gateway) Generation() int64 { return g.current.Load().generation }

// Entries returns what is served: for each key the hash of its resource.
func (g *Gateway) Entries() map[gatewright.Key]gatewright.Hash {
	rt := g.current.Load()
	entries := make(map[gatewright.Key]gatewright.Hash, rt.len())
	rt.each(func(k gatewright.Key, h gatewright.Hash) { entries[k] = h })
	return entries
}

// Shutdown stops accepting, lets the requests under way finish and gives each
// idle connection a short time for one more, all as [http1.Server.Shutdown]
// says. When ctx ends first, what is left is cut off, and ctx's error is
// returned if requests were among it. Then everything is let go of and the
// access log is written out.
func (g *Gateway) Shutdown(ctx context.Context) error {
	err := g.server.Shutdown(ctx)
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		gone := emptyRuntime()
		gone.generation = g.current.Load().generation
		last := g.current.Swap(gone)
		last.slots.Root().Walk(func(_ []byte, s *liveSlot) bool {
			g.drains.add(s)
			return false
		})
	}
	g.mu.Unlock()
	g.drains.close()
	g.transport.Close()
	g.resolver.Close()
	if g.log != nil {
		err = errors.Join(err, g.log.close(ctx))
	}
	return err
}
