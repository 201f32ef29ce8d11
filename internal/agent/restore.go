package agent

import (
	"context"
	"errors"
	"log/slog"
	"maps"

	"golang.org/x/sync/errgroup"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
	"github.com/gatewright/gatewright/internal/gateway"
)

// restore has the runtime serve what the disk says it served last. If that
// cannot be trusted as a whole, nothing of it serves, and the whole manifest
// is asked for.
func (a *Agent) restore() {
	id, err := a.store.Identity()
	if err != nil {
		a.setAside(err)
	}
	a.identity = id

	state, cut, err := a.store.Load()
	if cut {
		a.log.Warn("an unfinished line at the end of the journal was cut off", slog.Int64("generation", state.Generation))
	}
	if err == nil && state == nil {
		return // it begins
	}
	var loaded map[gatewright.Key]gateway.Loaded
	var rejections []gatewright.Rejection
	if err == nil {
		loaded, rejections, err = a.read(state)
	}
	if err != nil {
		a.refuse(err)
		return
	}
	rejections = append(rejections, a.runtime.Apply(gateway.Update{Full: true, Upserts: loaded}, state.Generation)...)
	a.running = running{State: *state, configured: true}
	a.running.Kept = maps.Clone(state.Kept)
	a.running.digest = gatewright.DigestOf(state.Entries)
	a.remember(rejections)
	a.mu.Lock()
	a.public.savedAt = state.SavedAt
	a.mu.Unlock()
	a.publish()
	a.log.Info("serving the last known good configuration", slog.Int64("generation", state.Generation), slog.Int("resources", len(loaded)))
}

// retryRestored tries again what was rejected before the process ended. Nobody
// waits for that: what could be served serves already.
func (a *Agent) retryRestored(ctx context.Context) {
	if again := a.running.rejected(nil); len(again) > 0 {
		a.retry(ctx, again)
		a.publish()
	}
}

// remember restores what is known of rejections: what was rejected before, and
// what is now that nothing can be kept in its place.
func (a *Agent) remember(now []gatewright.Rejection) {
	r := &a.running
	r.rejections = map[gatewright.Key]gatewright.Rejection{}
	for k := range r.Kept {
		r.rejections[k] = gatewright.Rejection{Key: k, Hash: r.wants(k), Reason: "it was rejected before this gateway was started again"}
	}
	for _, rj := range now {
		if r.Kept == nil {
			r.Kept = map[gatewright.Key]gatewright.Hash{}
		}
		r.Kept[rj.Key], r.rejections[rj.Key] = "", rj
	}
}

// read reads everything that ran, verified. The first damage ends it.
func (a *Agent) read(state *lastgood.State) (map[gatewright.Key]gateway.Loaded, []gatewright.Rejection, error) {
	type result struct {
		key    gatewright.Key
		hash   gatewright.Hash
		res    *gatewright.Resource
		reason string
	}
	runs := state.Runs()
	results := make([]result, 0, len(runs))
	for k, h := range runs {
		results = append(results, result{key: k, hash: h})
	}
	var g errgroup.Group
	g.SetLimit(fetchParallel)
	for i := range results {
		g.Go(func() error {
			r := &results[i]
			body, err := a.store.Blob(r.hash)
			if err != nil {
				return err
			}
			if r.res, err = gatewright.DecodeResource(body, r.hash); err != nil {
				r.reason = err.Error() // of another version: this key cannot run, the others can
			} else {
				r.reason = a.recallAll(r.hash, r.res)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	loaded := make(map[gatewright.Key]gateway.Loaded, len(results))
	var rejections []gatewright.Rejection
	for _, r := range results {
		if r.reason != "" {
			rejections = append(rejections, gatewright.Rejection{Key: r.key, Hash: r.hash, Reason: r.reason})
			continue
		}
		loaded[r.key] = gateway.Loaded{Hash: r.hash, Resource: r.res}
	}
	return loaded, rejections, nil
}

// refuse says why nothing of the last known good configuration serves.
func (a *Agent) refuse(err error) {
	var damage *lastgood.Damage
	if errors.As(err, &damage) {
		a.setAside(err)
	} else {
		a.warn(topicDamage, err.Error())
	}
	a.log.Error("the last known good configuration is not used; waiting for the control plane", slog.Any("error", err))
}
