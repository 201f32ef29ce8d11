package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// pollInterval is how often time alone may move a change on.
	pollInterval = 500 * time.Millisecond
	// listenInterval is how often the control plane makes sure that it still
	// hears instances.
	listenInterval = 5 * time.Second
	// deafAfter is how long it may not have, before the silence of instances
	// is its own and no longer theirs.
	deafAfter = 15 * time.Second
)

// Run moves changes along until ctx ends. Changes that an earlier process
// left under way go on from where the store says they are.
func (c *Control) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	c.mu.Lock()
	wg.Go(func() { c.tail(ctx) })
	wg.Go(func() { c.keepTime(ctx) })
	c.run = func(id gatewright.GroupID) {
		kick := make(chan struct{}, 1)
		c.kicks[id] = kick
		wg.Go(func() { c.runGroup(ctx, id, kick) })
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.run, c.kicks = nil, map[gatewright.GroupID]chan struct{}{}
		c.mu.Unlock()
	}()

	var groups []*gatewright.Group
	err := c.store.View(ctx, func(tx Tx) (err error) {
		groups, err = tx.Groups()
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil // it was to end, and it does
		}
		return fmt.Errorf("list groups: %w", err)
	}
	for _, g := range groups {
		c.kick(g.ID)
	}
	sweep, listen := time.NewTicker(sweepInterval), time.NewTicker(listenInterval)
	defer sweep.Stop()
	defer listen.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-listen.C:
			err = c.Listen(ctx)
		case <-sweep.C:
			err = errors.Join(c.Sweep(ctx), c.Remind(ctx))
		}
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("housekeeping failed", slog.Any("error", err))
		}
	}
}

// Listen notes that the control plane hears instances now. After it could not
// for a while, because its machine slept or the store was away, their silence
// begins anew.
func (c *Control) Listen(ctx context.Context) error {
	return c.store.View(ctx, func(tx Tx) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		now := tx.Now()
		if now.Sub(c.listened) > deafAfter {
			c.listening, c.heardBefore = now, c.listened
		}
		c.listened = now
		return nil
	})
}

// listeningSince returns since when silence counts.
func (c *Control) listeningSince() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listening
}

// kick wakes the group's pipeline, starting it if need be.
func (c *Control) kick(id gatewright.GroupID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kicks[id] == nil {
		if c.run == nil {
			return
		}
		c.run(id)
	}
	select {
	case c.kicks[id] <- struct{}{}:
	default: // it is about to look anyway
	}
}

// kickAll wakes the pipelines of all groups.
func (c *Control) kickAll() {
	c.mu.Lock()
	ids := slices.Collect(maps.Keys(c.kicks))
	c.mu.Unlock()
	for _, id := range ids {
		c.kick(id)
	}
}

func (c *Control) runGroup(ctx context.Context, id gatewright.GroupID, kick <-chan struct{}) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	busy := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-kick:
		case <-poll.C:
			if !busy {
				continue
			}
		}
		var err error
		if busy, err = c.Advance(ctx, id); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("pipeline step failed", slog.String("group", string(id)), slog.Any("error", err))
			busy = true // try again: the store may be back by then
		}
	}
}

// Advance moves the changes of a group as far as they can go now and reports
// whether any goes on by itself. It is idempotent, and all it knows is in the
// store.
func (c *Control) Advance(ctx context.Context, id gatewright.GroupID) (busy bool, err error) {
	for {
		var turn []*gatewright.Change
		err := c.store.View(ctx, func(tx Tx) (err error) {
			turn, err = theirTurn(tx, id)
			return err
		})
		if err != nil || len(turn) == 0 {
			return false, err
		}
		var moved, at *gatewright.Change
		err = c.store.Update(ctx, func(tx Tx) error {
			moved, at = nil, nil
			turn, err := theirTurn(tx, id)
			if busy = len(turn) > 0; err != nil || !busy {
				return err
			}
			group, err := tx.Group(id)
			if err != nil {
				return err
			}
			for _, ch := range turn {
				at = ch
				state := ch.State
				if err := c.step(tx, ch, group); err != nil {
					return err
				}
				if ch.State != state {
					moved = ch
					return nil
				}
			}
			return nil
		})
		if refused := (*gatewright.Error)(nil); at != nil && errors.As(err, &refused) &&
			refused.Code != gatewright.Unavailable && refused.Code != gatewright.Internal {
			// A rule that no check foresaw stands against it. Trying again
			// would not help, and the changes behind it must not wait.
			if moved, err = c.giveUp(ctx, at.ID, refused); err != nil {
				return true, err
			}
		}
		if err != nil || moved == nil {
			return busy, err
		}
		c.changed(moved)
		if moved.State != gatewright.ChangeLive || moved.Reverts == "" {
			continue
		}
		var reverted *gatewright.Change
		err = c.store.View(ctx, func(tx Tx) (err error) {
			reverted, err = tx.Change(moved.Reverts)
			return err
		})
		if err != nil {
			return true, err
		}
		c.changed(reverted)
	}
}

// theirTurn returns the changes of a group that can move now: those that roll
// already, those whose time has passed, and, when nothing else is rolling, the
// first of those that wait for nothing but their turn: the oldest rollback,
// else the oldest. What overtakes is in nobody's way.
func theirTurn(tx Tx, group gatewright.GroupID) ([]*gatewright.Change, error) {
	unsettled, err := tx.Changes(ChangeFilter{Group: group, Unsettled: true})
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	var turn []*gatewright.Change
	var next *gatewright.Change
	rolling := false
	for _, ch := range slices.Backward(unsettled) { // oldest first
		switch {
		case ch.State == gatewright.ChangePreparing || ch.State == gatewright.ChangeActivating:
			turn = append(turn, ch)
			rolling = rolling || !ch.Kind.Overtakes()
		case expired(ch, now):
			turn = append(turn, ch)
		case waits(ch, now):
		case next == nil || ch.Kind == gatewright.ChangeRollback && next.Kind != gatewright.ChangeRollback:
			next = ch
		}
	}
	if next != nil && !rolling {
		turn = append(turn, next)
	}
	return turn, nil
}

// waits reports whether a change waits for people or for its time.
func waits(c *gatewright.Change, now time.Time) bool {
	return c.State == gatewright.ChangePendingApproval || c.State == gatewright.ChangeScheduled && c.NotBefore.After(now)
}

// expired reports whether a change that has not begun never will.
func expired(c *gatewright.Change, now time.Time) bool {
	return (c.State == gatewright.ChangePendingApproval || c.State == gatewright.ChangeScheduled) &&
		!c.ExpiresAt.IsZero() && !now.Before(c.ExpiresAt)
}

// giveUp fails a change that cannot be moved on.
func (c *Control) giveUp(ctx context.Context, id gatewright.ChangeID, why *gatewright.Error) (ch *gatewright.Change, err error) {
	err = c.store.Update(ctx, func(tx Tx) error {
		if ch, err = tx.Change(id); err != nil || ch.State.Settled() {
			return err
		}
		state := gatewright.ChangeFailed
		if !ch.ActivatedAt.IsZero() {
			state = gatewright.ChangeLive // what it wanted is in place; only its record lags
		}
		return c.settle(tx, ch, state, why)
	})
	return ch, err
}

// step moves one change on by one state, if it can.
func (c *Control) step(tx Tx, ch *gatewright.Change, group *gatewright.Group) error {
	switch ch.State {
	case gatewright.ChangePendingApproval, gatewright.ChangeScheduled:
		if expired(ch, tx.Now()) {
			return c.settle(tx, ch, gatewright.ChangeExpired, gatewright.Errorf(gatewright.PreconditionFailed,
				"it had not begun by %s", ch.ExpiresAt.UTC().Format(time.RFC3339)))
		}
		return c.begin(tx, ch, group)
	case gatewright.ChangePreparing:
		return c.stepPreparing(tx, ch, group)
	case gatewright.ChangeActivating:
		return c.stepActivating(tx, ch)
	}
	return nil
}

// changed tells everybody that a change moved, and the pipelines of all
// groups it may concern.
func (c *Control) changed(ch *gatewright.Change) {
	c.events.publish(Event{Change: ch})
	c.kick(ch.Group)
	if ch.Kind == gatewright.ChangeSync && ch.State == gatewright.ChangeActivating {
		c.kickAll() // groups whose revision was given a version have a change of their own now
	}
	log := c.cfg.Log.With(slog.String("change", string(ch.ID)), slog.String("kind", string(ch.Kind)), slog.String("group", ch.GroupName))
	if ch.Error != nil {
		log.Warn("change moved", slog.String("state", string(ch.State)), slog.String("why", ch.Error.Error()))
		return
	}
	log.Info("change moved", slog.String("state", string(ch.State)), slog.Int64("generation", ch.Generation))
}

func instances(n int) string { return count(n, "instance") }
