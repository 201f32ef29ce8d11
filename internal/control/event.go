package control

import (
	"sync"

	"github.com/gatewright/gatewright"
)

// MaxEventBacklog is how many events a subscriber may be behind before it is
// cut off; it then reads the present state and subscribes again.
const MaxEventBacklog = 1024

// Event tells that something of interest happened. One member is set.
type Event struct {
	Change   *gatewright.Change   `json:"change,omitempty"`   // a change was submitted or moved on
	Instance *gatewright.Instance `json:"instance,omitempty"` // an instance joined, reported something new, or left
	Group    *gatewright.Group    `json:"group,omitempty"`    // a group was created
}

// Subscription delivers events until it is closed.
type Subscription struct {
	C   <-chan Event // closed by Close, or when the subscriber fell behind
	c   chan Event
	hub *hub
}

// Close ends the subscription.
func (s *Subscription) Close() { s.hub.remove(s) }

// Subscribe returns a subscription to the events from now on.
func (c *Control) Subscribe() *Subscription { return c.events.add() }

type hub struct {
	mu   sync.Mutex
	subs map[*Subscription]struct{}
}

func newHub() *hub { return &hub{subs: map[*Subscription]struct{}{}} }

func (h *hub) add() *Subscription {
	ch := make(chan Event, MaxEventBacklog)
	s := &Subscription{C: ch, c: ch, hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	return s
}

func (h *hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.subs[s]; ok {
		delete(h.subs, s)
		close(s.c)
	}
}

// publish never blocks: the pipeline must not wait for those who watch it.
func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.c <- e:
		default:
			delete(h.subs, s)
			close(s.c)
		}
	}
}
