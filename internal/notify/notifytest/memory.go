package notifytest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Memory is an outbox in memory. Its zero value is empty.
type Memory struct {
	mu   sync.Mutex
	rows []*gatewright.Delivery
}

// Add puts deliveries in.
func (m *Memory) Add(rows ...gatewright.Delivery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range rows {
		m.rows = append(m.rows, &row)
	}
}

// All returns the deliveries as they are now, in the order they were added.
func (m *Memory) All() []gatewright.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []gatewright.Delivery
	for _, row := range m.rows {
		all = append(all, *row)
	}
	return all
}

// Claim implements notify.Outbox.
func (m *Memory) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration, except []gatewright.ReceiverID) ([]gatewright.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	due := slices.Clone(m.rows)
	slices.SortStableFunc(due, func(a, b *gatewright.Delivery) int {
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID))
	})
	var claimed []gatewright.Delivery
	for _, row := range due {
		taken := slices.Contains(except, row.Receiver.ID) ||
			slices.ContainsFunc(claimed, func(c gatewright.Delivery) bool { return c.Receiver.ID == row.Receiver.ID })
		if len(claimed) >= limit || row.State != gatewright.DeliveryPending || row.NextAt.After(now) || taken {
			continue
		}
		row.Attempts++
		row.NextAt = now.Add(lease)
		claimed = append(claimed, *row)
	}
	return claimed, nil
}

// Done implements notify.Outbox.
func (m *Memory) Done(_ context.Context, id gatewright.DeliveryID) error {
	m.alter(id, func(d *gatewright.Delivery) { d.State, d.LastError = gatewright.DeliveryDelivered, "" })
	return nil
}

// Retry implements notify.Outbox.
func (m *Memory) Retry(_ context.Context, id gatewright.DeliveryID, attempt int, at time.Time, cause string) error {
	m.alter(id, func(d *gatewright.Delivery) {
		if d.State == gatewright.DeliveryPending && d.Attempts == attempt {
			d.NextAt, d.LastError = at, cause
		}
	})
	return nil
}

// Fail implements notify.Outbox.
func (m *Memory) Fail(_ context.Context, id gatewright.DeliveryID, attempt int, cause string) error {
	m.alter(id, func(d *gatewright.Delivery) {
		if d.State == gatewright.DeliveryPending && d.Attempts == attempt {
			d.State, d.LastError = gatewright.DeliveryFailed, cause
		}
	})
	return nil
}

func (m *Memory) alter(id gatewright.DeliveryID, f func(*gatewright.Delivery)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range m.rows {
		if row.ID == id {
			f(row)
		}
	}
}
