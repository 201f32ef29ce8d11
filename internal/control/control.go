package control

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/secret"
)

// Config holds what an installation may set.
type Config struct {
	// LostAfter is how long an instance may be silent before changes no longer
	// wait for it; 0 means gatewright.LostAfter.
	LostAfter time.Duration
	// KeepLog is how many generations back an instance can be before it is
	// sent the whole manifest; 0 means DefaultKeepLog.
	KeepLog int
	// KeepAudit is how long audit entries are kept; 0 means for ever.
	KeepAudit time.Duration
	// Clock is what guesses at passwords and tokens are slowed down by; nil
	// means time.Now.
	Clock func() time.Time
	// Secrets seals what receivers are reached with; without it there are none.
	Secrets *secret.Box
	// PublicURL is where people find the dashboard; "" leaves links out.
	PublicURL string
	Log       *slog.Logger
}

// DefaultKeepLog is the number of generations the manifest log reaches back.
const DefaultKeepLog = 10_000

// Control is the control plane. Its methods may be called concurrently.
type Control struct {
	store     Store
	cfg       Config
	events    *hub
	gate      *gate
	asked     *asked
	origin    string // of events made here, as other replicas see it
	lastEvent int64  // that was passed on; of tail alone
	hasher    *auth.Hasher
	throttle  *auth.Throttle

	mu sync.Mutex
	// listening is since when instances are heard; the time before does not
	// count as their silence. listened is when that was made sure last.
	listening, listened time.Time
	// heardBefore is when instances were heard last before that: who was lost
	// by then is lost.
	heardBefore time.Time
	kicks       map[gatewright.GroupID]chan struct{} // wakes a group's pipeline
	run         func(gatewright.GroupID)             // starts a group's pipeline; nil until Run
	seen        map[gatewright.InstanceID]sign       // last report, when newer than the stored one
	used        map[gatewright.TokenID]time.Time     // when uses of tokens were written down last
	reminded    time.Time                            // when it was looked last for what ends soon
}

// New returns the control plane over store. Nothing moves until [Control.Run].
func New(ctx context.Context, store Store, cfg Config) (*Control, error) {
	if cfg.LostAfter == 0 {
		cfg.LostAfter = gatewright.LostAfter
	}
	if cfg.KeepLog == 0 {
		cfg.KeepLog = DefaultKeepLog
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Control{
		store:  store,
		cfg:    cfg,
		events: newHub(),
		gate:   newGate(),
		asked:  newAsked(),
		kicks:  map[gatewright.GroupID]chan struct{}{},
		seen:   map[gatewright.InstanceID]sign{},
		used:   map[gatewright.TokenID]time.Time{},
	}
	var err error
	if c.hasher, err = auth.NewHasher(auth.DefaultHashParams()); err != nil {
		return nil, fmt.Errorf("prepare hashing of passwords: %w", err)
	}
	if c.throttle, err = auth.NewThrottle(cfg.Clock); err != nil {
		return nil, fmt.Errorf("prepare slowing down of guesses: %w", err)
	}
	err = store.View(ctx, func(tx Tx) error {
		c.listening = tx.Now()
		c.origin = gatewright.NewID("", c.listening)
		var err error
		if c.lastEvent, err = tx.LastEvent(); err != nil {
			return err
		}
		c.listened = c.listening
		all, err := tx.Instances("")
		for _, in := range all {
			if in.LastSeen.After(c.heardBefore) && !in.LastSeen.After(c.listening) {
				c.heardBefore = in.LastSeen
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}
