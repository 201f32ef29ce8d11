package agent

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
	"github.com/gatewright/gatewright/internal/gateway"
)

// fetchError tells that content could not be had. It hides its cause from
// errors.As: a code in it speaks of the content, not of the session.
type fetchError struct {
	hash  gatewright.Hash
	cause error
}

// Error implements error.
func (e *fetchError) Error() string {
	return "content " + e.hash.Short() + " could not be fetched: " + e.cause.Error()
}

// loadAll returns the resources with the given hashes, from disk or from the
// control plane. What arrives but cannot be used is a rejection; what does not
// arrive is an error.
func (a *Agent) loadAll(ctx context.Context, hashes map[gatewright.Key]gatewright.Hash) (map[gatewright.Key]gateway.Loaded, []gatewright.Rejection, error) {
	var mu sync.Mutex
	loaded := make(map[gatewright.Key]gateway.Loaded, len(hashes))
	var rejections []gatewright.Rejection
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fetchParallel)
	for key, hash := range hashes {
		g.Go(func() error {
			res, reason, err := a.load(ctx, hash)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if reason != "" {
				rejections = append(rejections, gatewright.Rejection{Key: key, Hash: hash, Reason: reason})
			} else {
				loaded[key] = gateway.Loaded{Hash: hash, Resource: res}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return loaded, rejections, nil
}

// load returns one resource, and sees to it that its secrets are at hand; or
// the reason why it cannot be used.
func (a *Agent) load(ctx context.Context, hash gatewright.Hash) (res *gatewright.Resource, reason string, err error) {
	body, err := a.content(ctx, hash)
	if gatewright.CodeOf(err) == gatewright.LimitExceeded {
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", &fetchError{hash, err}
	}
	if res, err = gatewright.DecodeResource(body, hash); err != nil {
		return nil, err.Error(), nil
	}
	if reason, err = a.secure(ctx, hash, res); reason != "" || err != nil {
		return nil, reason, err
	}
	return res, "", nil
}

// content returns verified bytes, from disk if they are there, and sees to it
// that they are there next time.
func (a *Agent) content(ctx context.Context, hash gatewright.Hash) ([]byte, error) {
	if body, own := a.pinning.derived(hash); own {
		if err := a.store.Put(hash, body); err != nil {
			a.cannotSave(err)
		}
		return body, nil
	}
	if a.store.Has(hash) {
		body, err := a.store.Blob(hash)
		if err == nil {
			return body, nil
		}
		a.setAside(err)
	}
	body, err := a.fetch(ctx, hash)
	if err != nil {
		return nil, err
	}
	if err := a.store.Put(hash, body); err != nil {
		a.cannotSave(err)
	}
	return body, nil
}

// fetch gets content from the control plane. What can pass is tried again.
func (a *Agent) fetch(ctx context.Context, hash gatewright.Hash) ([]byte, error) {
	if a.client == nil {
		return nil, errors.New("it is not on disk, and there is no control plane yet")
	}
	return a.insist(ctx, string(hash), func() ([]byte, error) { return a.client.blob(ctx, hash) })
}

// insist gets something from the control plane, in several attempts if what is
// in the way can pass.
func (a *Agent) insist(ctx context.Context, what string, get func() ([]byte, error)) ([]byte, error) {
	for attempt := 0; ; attempt++ {
		body, err := get()
		if err == nil {
			return body, nil
		}
		switch gatewright.CodeOf(err) {
		case gatewright.NotFound, gatewright.Unauthenticated, gatewright.Forbidden, gatewright.LimitExceeded, gatewright.PreconditionFailed, gatewright.Invalid:
			return nil, err
		}
		if attempt+1 == fetchAttempts || !pause(ctx, backoff(attempt, a.cfg.RetryMin, a.cfg.RetryMax)) {
			return nil, err
		}
		a.log.Info("it is fetched again", slog.String("what", what), slog.Any("error", err))
	}
}

// setAside deals with a file that is not as it was written: people are told,
// and nothing reads it again.
func (a *Agent) setAside(err error) {
	var damage *lastgood.Damage
	if !errors.As(err, &damage) {
		if !errors.Is(err, fs.ErrNotExist) {
			a.log.Warn("content on disk could not be read", slog.Any("error", err))
		}
		return
	}
	text := damage.Error()
	aside, err := a.store.SetAside(damage.File)
	switch {
	case err != nil:
		text += "; it could not be set aside: " + err.Error()
	case aside != "":
		text += "; it was set aside as " + aside
	}
	a.warn(topicDamage, text)
}
