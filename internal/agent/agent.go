package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
	"github.com/gatewright/gatewright/internal/link"
)

// Agent keeps one runtime at what its group wants.
type Agent struct {
	cfg      Config
	runtime  Runtime
	log      *slog.Logger
	restored chan struct{} // closed when what last ran serves again, or cannot
	kick     chan struct{} // there is something to report

	// The goroutine of Run has these for itself.
	store    *lastgood.Store
	identity *lastgood.Identity
	client   *client            // of the present or last connection
	joined   *link.JoinResponse // nil: join before anything else
	pinning  pinning            // of the last join
	server   int                // of cfg.Servers
	running  running
	askWhole bool // what runs may not be what the control plane thinks
	reached  bool // the present session got to where there was nothing more to say
	unsaved  bool // what runs is not what is on disk
	unnamed  bool // nor is the identity
	unkeyed  bool // nor is the key
	nextSave time.Time
	usage    usage // of the goroutine that reports, if there is one
	secrets  secrets
	vault    *Vault

	mu         sync.Mutex // for what follows
	public     public
	candidates []*candidate // oldest first
	preparing  preparing
}

// New returns the agent that keeps rt at what the group wants. Nothing
// happens until [Agent.Run].
func New(cfg Config, rt Runtime) (*Agent, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Agent{
		cfg: cfg, runtime: rt, log: cfg.Log,
		restored: make(chan struct{}), kick: make(chan struct{}, 1),
		running: running{State: lastgood.State{Entries: map[gatewright.Key]gatewright.Hash{}}},
		public:  public{warnings: map[topic]string{}},
		usage:   usage{next: cfg.Clock().UnixMicro()}, // so that numbers grow over restarts
		secrets: secrets{named: map[gatewright.Hash][]gatewright.SecretID{}}, vault: cfg.Vault,
	}, nil
}

// Restored is closed once the runtime serves what it served before the
// process ended, or it is clear that it cannot. That does not wait for the
// control plane.
func (a *Agent) Restored() <-chan struct{} { return a.restored }

// Run takes the data directory, has the runtime serve what it served last, and
// then follows the control plane until ctx ends. It returns an error only when
// it cannot begin: [gatewright.PreconditionFailed] when another process uses
// the data directory; and what the control plane says when it refuses the
// configuration ID and nothing serves yet. It may be called once.
func (a *Agent) Run(ctx context.Context) error {
	store, err := lastgood.Open(a.cfg.DataDir, a.cfg.Disk, a.log)
	if err != nil {
		return fmt.Errorf("start agent: %w", err)
	}
	a.store = store
	if err := a.loadKey(); err != nil {
		return errors.Join(fmt.Errorf("start agent: %w", err), store.Close())
	}
	a.restore()
	close(a.restored)
	a.retryRestored(ctx)
	refused := a.follow(ctx)
	a.leave(ctx)
	a.release(func(*candidate) bool { return true })
	a.closeIdle()
	if err := store.Close(); err != nil {
		a.log.Warn("data directory was not given back", slog.Any("error", err))
	}
	return refused
}

// follow connects, again and again, until ctx ends or this gateway has nothing
// to serve and cannot be pinned as it is told to: somebody waits for it to
// begin, and must learn why it does not.
func (a *Agent) follow(ctx context.Context) error {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		err := a.session(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end; how the session took that says nothing
		}
		if refused := refusedPin(err); refused != nil && !a.running.configured {
			return refused
		}
		if a.reached {
			attempt, a.reached = 0, false
		} else {
			a.server = (a.server + 1) % len(a.cfg.Servers)
		}
		if !pause(ctx, a.afterwards(err, attempt)) {
			return nil
		}
	}
	return nil
}

// goodbye is how a control plane ended the stream.
type goodbye struct{ why string }

// Error implements error.
func (g *goodbye) Error() string { return "the control plane ended the stream: " + g.why }

// afterwards takes down why a session ended and returns how long to wait
// before the next.
func (a *Agent) afterwards(err error, attempt int) time.Duration {
	a.mu.Lock()
	level := slog.LevelWarn
	refused := refusedPin(err)
	if refused != nil {
		level = slog.LevelError
	}
	if a.public.lastError == err.Error() {
		level = slog.LevelDebug // it was said
	}
	a.public.lastError, a.public.lastErrorAt = err.Error(), a.cfg.Clock()
	a.mu.Unlock()
	a.log.Log(context.Background(), level, "not connected to the control plane", slog.Any("error", err), slog.Int64("generation", a.running.Generation))

	if refused != nil {
		a.warn(topicPin, fmt.Sprintf("this gateway goes on with what it ran before and not with %s, which it is started with: %s", a.cfg.ConfigID, refused.Message))
		return backoff(0, a.cfg.RetrySlow, a.cfg.RetrySlow)
	}
	var bye *goodbye
	if errors.As(err, &bye) {
		return backoff(0, a.cfg.RetryMin*byeSpread, a.cfg.RetryMin*byeSpread)
	}
	switch gatewright.CodeOf(err) {
	case gatewright.Conflict, gatewright.NotFound:
		if a.joined == nil {
			// Another process has this identity, or had it a moment ago. A copy
			// that tried often would get in whenever the original reconnects.
			return backoff(0, a.cfg.RetryMax, a.cfg.RetryMax)
		}
		a.joined = nil // the session is not the newest any more, or the instance was forgotten
	case gatewright.Unauthenticated, gatewright.Forbidden, gatewright.PreconditionFailed, gatewright.Invalid:
		if gatewright.CodeOf(err) == gatewright.PreconditionFailed {
			a.warn(topicRefused, err.Error())
		}
		return backoff(0, a.cfg.RetrySlow, a.cfg.RetrySlow) // until somebody does something about it
	}
	return backoff(attempt, a.cfg.RetryMin, a.cfg.RetryMax)
}

// leave says goodbye, so that no change waits for this gateway, and what was
// called last. It is a courtesy: silence has the same effect, later.
func (a *Agent) leave(ctx context.Context) {
	if a.joined == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	a.takeUsage()
	for range leaveBatches {
		r, _ := a.report(a.joined)
		r.Leaving = true
		if err := a.deliver(ctx, a.client, r); err != nil {
			a.log.Info("goodbye did not arrive", slog.Any("error", err))
			return
		}
		if !a.takeUsage() {
			return
		}
	}
}
