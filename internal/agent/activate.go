package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
	"github.com/gatewright/gatewright/internal/link"
)

// errDiverged tells that what runs here does not follow from what the control
// plane thinks runs here. The whole manifest settles it.
var errDiverged = errors.New("what runs here is not what the control plane's history says; asking for the whole manifest")

// manifest takes the whole of what the group wants into service, by what
// leads from what serves to that.
func (a *Agent) manifest(ctx context.Context, m *link.Message) error {
	entries := m.Entries
	if entries == nil {
		entries = map[gatewright.Key]gatewright.Hash{}
	}
	instead, err := a.instead(ctx, func(k gatewright.Key) gatewright.Hash { return entries[k] })
	if err != nil {
		return err
	}
	if err := a.apply(ctx, a.running.toward(over(entries, instead)), m.Generation); err != nil {
		return err
	}
	a.askWhole = false
	a.running.Group, a.running.Entries, a.running.digest = m.Group, entries, gatewright.DigestOf(entries)
	a.running.ConfigID, a.running.Instead = a.pinning.configID, instead
	a.activated(m, nil)
	return nil
}

// delta takes the next generation into service: the candidate prepared for it
// if there is one, else as much of it as can be.
func (a *Agent) delta(ctx context.Context, m *link.Message) error {
	alt := alter(m.Upserts, m.Deletes)
	if m.From != a.running.Generation || !a.running.configured {
		a.askWhole = true
		return errDiverged
	}
	if digest, err := a.running.after(alt); err != nil || digest != m.Digest {
		a.askWhole = true
		return errors.Join(errDiverged, err)
	}
	if c := a.take(m); c != nil {
		err := a.runtime.Commit(c.built, m.Generation)
		if err == nil {
			a.running.settle(c.own, nil)
			a.led(ctx, alt, c.own, c.instead, m)
			return nil
		}
		a.log.Info("what was prepared is built again", slog.String("change", string(c.change)), slog.Any("error", err))
	}
	instead, err := a.instead(ctx, a.running.following(alt))
	if err != nil {
		return err
	}
	own := a.running.turned(alt, instead)
	if err := a.apply(ctx, own, m.Generation); err != nil {
		return err
	}
	a.led(ctx, alt, own, instead, m)
	return nil
}

// led finishes the activation of a delta, which altered the group's manifest
// and, in its own way, what runs here. What was rejected before and is not in
// it is tried again: it may have waited for something that is.
func (a *Agent) led(ctx context.Context, alt, own alteration, instead map[gatewright.Key]gatewright.Hash, m *link.Message) {
	alt.on(a.running.Entries)
	a.running.Generation, a.running.digest, a.running.Instead = m.Generation, m.Digest, instead
	a.retry(ctx, a.running.rejected(own))
	a.activated(m, &gatewright.Delta{Upserts: m.Upserts, Deletes: m.Deletes})
}

// apply loads what an alteration names and has the runtime serve as much of it
// as can be, as generation. After an error nothing has changed.
func (a *Agent) apply(ctx context.Context, alt alteration, generation int64) error {
	upserts, deletes := alt.parts()
	loaded, rejections, err := a.loadAll(ctx, upserts)
	if err != nil {
		return err
	}
	rejections = append(rejections, a.runtime.Apply(gateway.Update{Upserts: loaded, Deletes: deletes}, generation)...)
	a.running.settle(alt, rejections)
	return nil
}

// activated saves what runs now and then says so.
func (a *Agent) activated(m *link.Message, d *gatewright.Delta) {
	from := a.running.Generation
	if d != nil {
		from = m.From
	}
	a.running.Generation, a.running.configured = m.Generation, true
	a.warn(topicNotice, m.Notice)
	a.release(func(c *candidate) bool { return c.base != m.Generation })
	a.save(from, d)
	a.forgetPinned()
	a.forgetSecrets()
	a.publish()
	a.log.Info("generation activated", slog.Int64("generation", m.Generation), slog.Int("rejections", len(a.running.rejections)))
}

// save puts what runs on disk. If that fails the gateway goes on, says so and
// tries again later.
func (a *Agent) save(from int64, d *gatewright.Delta) {
	state := a.running.State
	state.SavedAt = a.cfg.Clock().UTC()
	if err := a.store.Save(&state, from, d, a.candidateBlobs()); err != nil {
		a.unsaved, a.nextSave = true, a.cfg.Clock().Add(a.cfg.SaveRetry)
		a.cannotSave(err)
		return
	}
	a.unsaved = false
	a.running.SavedAt = state.SavedAt
	a.mu.Lock()
	a.public.savedAt = state.SavedAt
	a.mu.Unlock()
	a.warn(topicDisk, "")
}

// saveAgain tries what failed before, after a while. Content that could not be
// kept then is fetched again.
func (a *Agent) saveAgain(ctx context.Context) {
	if !a.unsaved && !a.unnamed && !a.unkeyed || a.cfg.Clock().Before(a.nextSave) {
		return
	}
	if a.unnamed {
		a.saveIdentity()
	}
	if a.unkeyed {
		a.saveKey()
	}
	if !a.unsaved {
		return
	}
	for _, hash := range a.store.Missing(&a.running.State) {
		if _, err := a.content(ctx, hash); err != nil {
			a.nextSave = a.cfg.Clock().Add(a.cfg.SaveRetry)
			a.cannotSave(&fetchError{hash, err})
			return
		}
		if !a.store.Has(hash) {
			break // the disk still does not take it; save says so
		}
	}
	a.save(a.running.Generation, nil)
}

// cannotSave tells people what a restart would mean now.
func (a *Agent) cannotSave(err error) {
	a.mu.Lock()
	_, said := a.public.warnings[topicDisk]
	a.mu.Unlock()
	if !said {
		a.warn(topicDisk, fmt.Sprintf("what runs could not be saved, and a restart without the control plane would begin with something older: %v", err))
	}
}

// retry does once more what was rejected. What cannot be loaded stays as it is.
func (a *Agent) retry(ctx context.Context, again alteration) {
	if len(again) == 0 {
		return
	}
	u := gateway.Update{Upserts: map[gatewright.Key]gateway.Loaded{}}
	tried := alteration{}
	var rejections []gatewright.Rejection
	for k, h := range again {
		if h == "" {
			u.Deletes = append(u.Deletes, k)
			tried[k] = h
			continue
		}
		res, reason, err := a.load(ctx, h)
		if err != nil {
			continue // its rejection stands
		}
		tried[k] = h
		if reason != "" {
			rejections = append(rejections, gatewright.Rejection{Key: k, Hash: h, Reason: reason})
			continue
		}
		u.Upserts[k] = gateway.Loaded{Hash: h, Resource: res}
	}
	if len(tried) == 0 {
		return
	}
	rejections = append(rejections, a.runtime.Apply(u, a.running.Generation)...)
	a.running.settle(tried, rejections)
}
