package gateway

import (
	"log/slog"
	"sync"
	"time"
)

// drains keeps what was replaced until the last of its requests has ended, or
// its time is up.
type drains struct {
	wait time.Duration
	log  *slog.Logger

	mu      sync.Mutex
	waiting map[*liveAPI]*time.Timer
}

func newDrains(wait time.Duration, log *slog.Logger) *drains {
	return &drains{wait: wait, log: log, waiting: map[*liveAPI]*time.Timer{}}
}

// add retires a, which no longer serves new requests.
func (d *drains) add(a *liveAPI) {
	d.mu.Lock()
	d.waiting[a] = time.AfterFunc(d.wait, func() { d.expire(a) })
	d.mu.Unlock()
	a.holds.retire(func() {
		if d.remove(a) {
			a.close()
		}
	})
}

func (d *drains) expire(a *liveAPI) {
	if d.remove(a) {
		d.log.Warn("a replaced revision still has requests; what it holds is let go of",
			"key", string(a.key), "revision", a.resource.Revision, "requests", a.holds.count())
		a.close()
	}
}

// remove reports whether a was waiting.
func (d *drains) remove(a *liveAPI) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.waiting[a]
	if ok {
		t.Stop()
		delete(d.waiting, a)
	}
	return ok
}

// len returns how many replaced revisions still have requests.
func (d *drains) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting)
}

// close ends all waiting.
func (d *drains) close() {
	d.mu.Lock()
	all := d.waiting
	d.waiting = map[*liveAPI]*time.Timer{}
	for _, t := range all {
		t.Stop()
	}
	d.mu.Unlock()
	for a := range all {
		a.close()
	}
}
