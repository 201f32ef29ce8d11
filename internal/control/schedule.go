package control

import (
	"context"
	"log/slog"
	"time"

	"github.com/gatewright/gatewright"
)

// timeInterval is how often it is looked whether somebody's time has come.
const timeInterval = time.Second

// scheduler is the author of changes that were asked for earlier: the next
// step of a canary.
var scheduler = gatewright.Actor{Name: "gatewright", Client: "scheduler"}

// keepTime begins what was to happen at a certain time, until ctx ends.
func (c *Control) keepTime(ctx context.Context) {
	tick := time.NewTicker(timeInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.KeepTime(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("what is due cannot be begun", slog.Any("error", err))
		}
	}
}

// KeepTime wakes the pipelines of changes whose time has come or passed, and
// asks for the steps of canaries that are due.
func (c *Control) KeepTime(ctx context.Context) error {
	var groups []gatewright.GroupID
	var steps []*gatewright.Slot
	err := c.store.View(ctx, func(tx Tx) error {
		groups, steps = nil, nil
		now := tx.Now()
		unsettled, err := tx.Changes(ChangeFilter{Unsettled: true})
		if err != nil {
			return err
		}
		for _, ch := range unsettled {
			if ch.State == gatewright.ChangeScheduled && !ch.NotBefore.After(now) || expired(ch, now) {
				groups = append(groups, ch.Group)
			}
		}
		slots, err := tx.Slots(SlotFilter{Canary: true})
		if err != nil {
			return err
		}
		for _, s := range slots {
			if due := s.Canary.Due(); !due.IsZero() && !due.After(now) {
				steps = append(steps, s)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		c.kick(g)
	}
	for _, s := range steps {
		c.nextStep(ctx, s)
	}
	return nil
}

// nextStep asks for the next step of a slot's canary. Another replica may have
// been quicker, or people at work on the slot: then it is not due any more, or
// waits for them.
func (c *Control) nextStep(ctx context.Context, s *gatewright.Slot) {
	_, err := c.Submit(ctx, scheduler, Request{
		Kind: gatewright.ChangeCanaryStep, Group: string(s.Group),
		Items: []Item{{API: string(s.API) + "@" + s.Track}},
	}, SubmitOptions{
		Reason:         "the share before was held for as long as was asked",
		IdempotencyKey: "canary-step " + string(s.Change), // of several replicas, one takes the step
	})
	if err != nil && ctx.Err() == nil && gatewright.CodeOf(err) != gatewright.Conflict {
		c.cfg.Log.Warn("step of a canary is due and cannot be taken", slog.String("api", string(s.API)), slog.String("group", string(s.Group)), slog.Any("error", err))
	}
}
