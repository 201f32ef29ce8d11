package gateway

import "fmt"

// settle returns the table with the changed routes. A change whose routes do
// not fit gets a reason; its old routes are in the table instead.
func (b *built) settle(order []*slotChange) *routeTable {
	var remove, add []*routeEntry
	for _, c := range order {
		if c.reason == "" {
			remove, add = append(remove, c.remove...), append(add, c.add...)
		}
	}
	if len(remove)+len(add) == 0 {
		return b.base.table
	}
	if b.base.table.Len()-len(remove)+len(add) <= b.g.cfg.Limits.MaxRoutes {
		if t, err := b.base.table.With(remove, add); err == nil {
			return t
		}
	}
	for {
		if t, ok := b.settleEach(order); ok {
			return t
		}
	}
}

// settleEach adds one change after the other. It returns false when a change
// does not fit and its old routes do no longer fit either, because others have
// taken their place; it is to be called again then and will leave the old
// routes where they are. Each call that returns false rejects at least one
// change, and with all of them rejected the table is that of the base.
func (b *built) settleEach(order []*slotChange) (*routeTable, bool) {
	var remove []*routeEntry
	for _, c := range order {
		if c.reason == "" {
			remove = append(remove, c.remove...)
		}
	}
	t, err := b.base.table.With(remove, nil)
	if err != nil { // a defect: the table lacks what runs
		for _, c := range order {
			c.reason = plainReason(err)
		}
		return b.base.table, true
	}
	for _, c := range order {
		if c.reason != "" {
			continue
		}
		next, err := b.withRoutes(t, c.add)
		if err != nil {
			c.reason = plainReason(err)
			if next, err = b.withRoutes(t, c.remove); err != nil {
				return nil, false
			}
		}
		t = next
	}
	return t, true
}

func (b *built) withRoutes(t *routeTable, entries []*routeEntry) (*routeTable, error) {
	limit := b.g.cfg.Limits.MaxRoutes
	if n := t.Len() + len(entries); n > limit && len(entries) > 0 {
		return nil, fmt.Errorf("this gateway accepts %d routes (--max-routes); with this change it would have %d", limit, n)
	}
	return t.With(nil, entries)
}
