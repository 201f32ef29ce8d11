package control

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Config holds what an installation may set.
type Config struct {
	// LostAfter is how long an instance may be silent before changes no longer
	// wait for it; 0 means gatewright.LostAfter.
	LostAfter time.Duration
	// KeepLog is how many generations back an instance can be before it is
	// sent the whole manifest; 0 means DefaultKeepLog.
	KeepLog int
	Log     *slog.Logger
}

// DefaultKeepLog is the number of generations the manifest log reaches back.
const DefaultKeepLog = 10_000

// Control is the control plane. Its methods may be called concurrently.
type Control struct {
	store  Store
	cfg    Config
	events *hub

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
}

// New returns the control plane over store. Nothing moves until [Control.Run].
func New(ctx context.Context, store Store, cfg Config) (*Control, error) {
	if cfg.LostAfter == 0 {
		cfg.LostAfter = gatewright.LostAfter
	}
	if cfg.KeepLog == 0 {
		cfg.KeepLog = DefaultKeepLog
	}
	c := &Control{
		store:  store,
		cfg:    cfg,
		events: newHub(),
		kicks:  map[gatewright.GroupID]chan struct{}{},
		seen:   map[gatewright.InstanceID]sign{},
	}
	err := store.View(ctx, func(tx Tx) error {
		c.listening = tx.Now()
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

// audit appends an entry within tx.
func audit(tx Tx, actor gatewright.Actor, action, target, detail string) error {
	return tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Actor: actor, Action: action, Target: target, Detail: detail})
}
