package fleettest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet"
	"github.com/gatewright/gatewright/internal/secret"
	"github.com/gatewright/gatewright/internal/sqlstore"
	"github.com/gatewright/gatewright/internal/testkit/database"
	"github.com/gatewright/gatewright/internal/testkit/ports"
)

// Patience is how long tests wait for what must happen. It is generous: a test
// that works never waits for its end.
const Patience = 2 * time.Minute

// Actor is who does things in tests.
var Actor = gatewright.Actor{Name: "admin", Client: "test"}

// Plane is a control plane that can be stopped and started again.
type Plane struct {
	Control *control.Control
	Fleet   *fleet.Fleet
	URL     string
	Clock   *Clock

	// Wrap, when set before Start, is put around the link's handler.
	Wrap func(http.Handler) http.Handler
	// Around, when set before Start, is put around what the fleet reads.
	Around func(fleet.Control) fleet.Control
	// KeepLog is how many generations the manifest log keeps.
	KeepLog int
	// Secrets, when set before Start, seals what the control plane keeps.
	Secrets *secret.Box
	// Config of the fleet.
	Config fleet.Config

	t       testing.TB
	path    string
	address string
	store   control.Store
	stop    func()

	stopFleet func()
}

// New returns a control plane that is to be started. It ends with the test.
func New(t testing.TB) *Plane {
	p := &Plane{
		t: t, path: filepath.Join(t.TempDir(), "gatewright.db"), address: ports.Free(t), Clock: NewClock(),
		// A stream is given up when three pings fail to come: were they more
		// frequent, a busy machine would break streams that no test wants broken.
		Config: fleet.Config{Ping: time.Second, Heartbeat: 200 * time.Millisecond, Version: "test"},
	}
	database.Empty(t, p.path)
	t.Cleanup(p.Stop)
	return p
}

// Start starts the control plane, always on the same address.
func (p *Plane) Start() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlstore.Open(ctx, sqlstore.Config{Path: p.path, Clock: p.Clock.Now})
	p.must(err)
	p.store = store
	p.Control, err = control.New(ctx, store, control.Config{KeepLog: p.KeepLog, Secrets: p.Secrets, Log: slog.New(slog.DiscardHandler)})
	p.must(err)
	cfg := p.Config
	cfg.Clock = p.Clock.Now
	var read fleet.Control = p.Control
	if p.Around != nil {
		read = p.Around(read)
	}
	p.Fleet = fleet.New(read, cfg)
	fleetCtx, stopFleet := context.WithCancel(ctx)
	p.stopFleet = stopFleet
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", p.address)
	p.must(err)
	p.URL = "http://" + p.address
	h := p.Fleet.Handler()
	if p.Wrap != nil {
		h = p.Wrap(h)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: Patience, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var wg sync.WaitGroup
	wg.Go(func() { p.check(p.Control.Run(ctx)) })
	wg.Go(func() { p.check(p.Fleet.Run(fleetCtx)) })
	wg.Go(func() { p.check(server.Serve(l)) })
	p.stop = func() {
		cancel()
		p.check(server.Close())
		wg.Wait()
		p.check(store.Close())
	}
}

// Stop ends the control plane, if it runs.
func (p *Plane) Stop() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// StopFleet ends the fleet alone, as a process does that shuts down in order.
func (p *Plane) StopFleet() { p.stopFleet() }

func (p *Plane) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("control plane: %v", err)
	}
}

func (p *Plane) check(err error) {
	if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, context.Canceled) {
		p.t.Errorf("control plane: %v", err)
	}
}

// Clock is a clock that tests move; it goes on by itself too.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// NewClock returns a clock that shows the time.
func NewClock() *Clock { return &Clock{} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
