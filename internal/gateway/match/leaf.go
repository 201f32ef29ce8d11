package match

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// leaf holds the routes of one template, the highest priority first. No two of
// one priority claim the same method.
type leaf[V any] []*Entry[V]

// with returns a copy of l that holds e too. It returns a
// [gatewright.Conflict] error naming both owners when another entry claims
// the same requests.
func (l leaf[V]) with(e *Entry[V]) (leaf[V], error) {
	for _, o := range l {
		if o.spec.Priority != e.spec.Priority {
			continue
		}
		if m, same := e.sameMethod(o); same {
			return l, gatewright.Errorf(gatewright.Conflict,
				"route %q of %s and route %q of %s claim the same requests (method %s, priority %d)",
				e, e.spec.Owner, o, o.spec.Owner, m, e.spec.Priority)
		}
	}
	at := 0
	for at < len(l) && l[at].spec.Priority >= e.spec.Priority {
		at++
	}
	return slices.Insert(slices.Clip(l), at, e), nil
}

// without returns a copy of l that lacks e.
func (l leaf[V]) without(e *Entry[V]) (leaf[V], error) {
	at := slices.Index(l, e)
	if at < 0 {
		return l, gatewright.Errorf(gatewright.Internal, "route %q of %s is not in the table", e, e.spec.Owner)
	}
	if len(l) == 1 {
		return nil, nil
	}
	return slices.Concat(l[:at], l[at+1:]), nil
}
