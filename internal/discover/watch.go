package discover

import (
	"context"
	"log/slog"
	"slices"
	"sync"
)

// Watch is one watcher's share in a service.
type Watch struct {
	resolver *Resolver
	follower *follower
	emit     func(Snapshot)
}

// Snapshot returns what is known now.
func (w *Watch) Snapshot() Snapshot {
	w.follower.mu.Lock()
	defer w.follower.mu.Unlock()
	return w.follower.snapshot
}

// Wait returns the first snapshot that is not pending, good or bad, or ctx's
// error.
func (w *Watch) Wait(ctx context.Context) (Snapshot, error) {
	select {
	case <-w.follower.known:
		return w.Snapshot(), nil
	case <-ctx.Done():
		return Snapshot{}, context.Cause(ctx)
	}
}

// Release ends the watch. Its emit is not called any more once Release has
// returned; as Release waits for one that is under way, its caller must not
// hold a lock that emit takes. Releasing it again does nothing.
func (w *Watch) Release() { w.resolver.release(w) }

// follower follows one service for all its watches.
type follower struct {
	key    followerKey
	logger *slog.Logger
	run    func()        // returns after end
	end    func()        // for the resolver, once
	known  chan struct{} // closed with the first snapshot that is not pending

	mu       sync.Mutex // held while watches are told, so that they hear in order
	snapshot Snapshot
	watches  []*Watch
}

func newFollower(key followerKey, first Snapshot, logger *slog.Logger) *follower {
	return &follower{key: key, logger: logger, known: make(chan struct{}), snapshot: first}
}

// emit takes in the next snapshot and tells the watches.
func (f *follower) emit(s Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.snapshot
	f.snapshot = s
	if before.Phase == PhasePending {
		close(f.known)
	}
	if s.Phase != before.Phase {
		f.log(s)
	}
	if s.Dropped > 0 && s.Dropped != before.Dropped {
		f.logger.Warn("service has too many addresses", "used", len(s.Addresses), "dropped", s.Dropped)
	}
	for _, w := range f.watches {
		w.emit(s)
	}
}

func (f *follower) log(s Snapshot) {
	switch s.Phase {
	case PhaseStale:
		f.logger.Warn("service lookup fails, its last addresses stay in use", "addresses", len(s.Addresses), "reason", s.Reason)
	case PhaseFailed:
		f.logger.Error("service lookup fails, it has no addresses", "reason", s.Reason)
	default:
		f.logger.Info("service found", "addresses", len(s.Addresses))
	}
}

// join adds w and tells it what is known.
func (f *follower) join(w *Watch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watches = append(f.watches, w)
	if f.snapshot.Phase != PhasePending || len(f.snapshot.Addresses) > 0 {
		w.emit(f.snapshot)
	}
}

// leave takes w away. It returns how many watches are left, and false when w
// had left before.
func (f *follower) leave(w *Watch) (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.watches, w)
	if i < 0 {
		return len(f.watches), false
	}
	f.watches = slices.Delete(f.watches, i, i+1)
	return len(f.watches), true
}
