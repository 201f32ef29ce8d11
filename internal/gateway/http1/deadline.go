package http1

import "time"

// aLongTimeAgo as a deadline wakes up whoever waits.
var aLongTimeAgo = time.Unix(1, 0)

// deadline is one of a connection's deadlines. To set one takes a lock and a
// timer, too much for every request. So it is set an eighth later than needed
// and left alone while it is late enough: a wait ends no sooner than it may
// and at most an eighth later.
type deadline struct {
	set   func(time.Time) error
	until time.Time
}

// within makes waits that begin now end after d.
func (t *deadline) within(now time.Time, d time.Duration) {
	soonest := now.Add(d)
	if !t.until.Before(soonest) && !t.until.After(soonest.Add(d/8)) {
		return
	}
	t.at(soonest.Add(d / 8))
}

// at sets the deadline exactly.
func (t *deadline) at(when time.Time) {
	t.until = when
	_ = t.set(when) // fails only on a closed connection, whose use fails too
}
