package balance

import "time"

// Target is one address that requests may go to.
type Target[E any] struct {
	Address  string // tells targets apart
	Weight   int    // share of requests relative to the others; 0 gets none
	Endpoint E      // what the caller reaches it by
}

// Member is a target in the set of a [Balancer].
type Member[E any] struct {
	target Target[E]
	health *health
}

// Address returns the target's address.
func (m *Member[E]) Address() string { return m.target.Address }

// Weight returns the target's weight.
func (m *Member[E]) Weight() int { return m.target.Weight }

// Endpoint returns the target's endpoint.
func (m *Member[E]) Endpoint() E { return m.target.Endpoint }

// ConnectFailed tells that no connection to the member could be opened. It is
// passed by for [FirstBackoff], after each further failure for twice as long,
// up to [MaxBackoff].
func (m *Member[E]) ConnectFailed() { m.health.failed() }

// Connected tells that a connection to the member works. It costs next to
// nothing and may be called for every exchange.
func (m *Member[E]) Connected() { m.health.connected() }

// MarkedUntil returns until when the member is passed by, the zero time when
// it is not.
func (m *Member[E]) MarkedUntil() time.Time {
	if mark := m.health.mark.Load(); mark != nil && m.health.now().Before(mark.until) {
		return mark.until
	}
	return time.Time{}
}

// MaxAttempts bounds how many members are picked for one exchange.
const MaxAttempts = 3

// Attempts remembers the members picked for one exchange. The zero value is
// ready for use. It is not safe for concurrent use.
type Attempts[E any] struct {
	tried [MaxAttempts]*Member[E]
	count int
}

// Reset forgets all attempts, for the next exchange.
func (a *Attempts[E]) Reset() { *a = Attempts[E]{} }

// Count returns how many members have been picked.
func (a *Attempts[E]) Count() int { return a.count }

// has reports whether m's address has been tried, be it as the member of
// another set.
func (a *Attempts[E]) has(m *Member[E]) bool {
	for _, t := range a.tried[:a.count] {
		if t.target.Address == m.target.Address {
			return true
		}
	}
	return false
}

func (a *Attempts[E]) add(m *Member[E]) *Member[E] {
	a.tried[a.count] = m
	a.count++
	return m
}
