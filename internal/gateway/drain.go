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
	waiting map[*liveSlot]*time.Timer
}

func newDrains(wait time.Duration, log *slog.Logger) *drains {
	return &drains{wait: wait, log: log, waiting: map[*liveSlot]*time.Timer{}}
}

// add retires s, which no longer serves new requests.
func (d *drains) add(s *liveSlot) {
	d.mu.Lock()
	d.waiting[s] = time.AfterFunc(d.wait, func() { d.expire(s) })
	d.mu.Unlock()
	s.holds.retire(func() {
		if d.remove(s) {
			s.close()
		}
	})
}

func (d *drains) expire(s *liveSlot) {
	if d.remove(s) {
		d.log.Warn("a replaced revision still has requests; what it holds is let go of",
			"key", string(s.key), "revision", s.current.ref.Number, "requests", s.holds.count())
		s.close()
	}
}

// remove reports whether s was waiting.
func (d *drains) remove(s *liveSlot) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.waiting[s]
	if ok {
		t.Stop()
		delete(d.waiting, s)
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
	d.waiting = map[*liveSlot]*time.Timer{}
	for _, t := range all {
		t.Stop()
	}
	d.mu.Unlock()
	for s := range all {
		s.close()
	}
}
