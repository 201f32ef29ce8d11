package control

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// MaxEventBacklog is how many events a subscriber may be behind before it is
// cut off; it then reads the present state and subscribes again.
const MaxEventBacklog = 1024

// The kinds of [EventRow].
const (
	eventChange   = "change"
	eventInstance = "instance"
	eventGroup    = "group"
	eventQuestion = "question"
)

const (
	// tailInterval is how often events of other replicas are looked for when
	// no signal says that there are any.
	tailInterval = time.Second
	// tailBatch bounds the events read at once.
	tailBatch = 500
	// keepEvents is how many events stay for replicas that are behind.
	keepEvents = 10_000
)

// Event tells that something of interest happened. One member is set.
type Event struct {
	Change   *gatewright.Change   `json:"change,omitempty"`   // a change was submitted or moved on
	Instance *gatewright.Instance `json:"instance,omitempty"` // an instance joined, reported something new, or left
	Group    *gatewright.Group    `json:"group,omitempty"`    // a group was created
	Question *QuestionEvent       `json:"-"`                  // a question was put, answered or withdrawn
}

// QuestionEvent says of which group a question is.
type QuestionEvent struct {
	ID    gatewright.QuestionID
	Group gatewright.GroupID
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

// announce lets the other replicas of the control plane know, once tx commits.
func (c *Control) announce(tx Tx, kind, ref string) error {
	return tx.AppendEvent(EventRow{Origin: c.origin, Kind: kind, Ref: ref})
}

// tail passes on what happens in other replicas until ctx ends: to those who
// subscribed here, and to the pipelines, which may have been waited for.
func (c *Control) tail(ctx context.Context) {
	signals := c.store.Signals(ctx)
	poll := time.NewTicker(tailInterval)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-signals:
			if !open {
				signals = nil // ctx ends, or the store closes
			}
		case <-poll.C:
		}
		if err := c.readEvents(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("events of other replicas cannot be read", slog.Any("error", err))
		}
	}
}

// readEvents passes on the events since the last ones.
func (c *Control) readEvents(ctx context.Context) error {
	for {
		var rows []EventRow
		var events []Event
		err := c.store.View(ctx, func(tx Tx) error {
			rows, events = nil, nil
			var err error
			if rows, err = tx.Events(c.lastEvent, tailBatch); err != nil {
				return err
			}
			for _, r := range rows {
				if r.Origin == c.origin {
					continue // told when it happened
				}
				e, err := eventOf(tx, r)
				if isNotFound(err) {
					continue // it is gone meanwhile
				}
				if err != nil {
					return err
				}
				events = append(events, e)
			}
			return nil
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		c.lastEvent = rows[len(rows)-1].Seq
		for _, e := range events {
			c.events.publish(e)
			switch {
			case e.Change != nil:
				c.kick(e.Change.Group)
			case e.Instance != nil:
				c.kick(e.Instance.Group)
			case e.Group != nil:
				c.kick(e.Group.ID)
			case e.Question != nil:
				c.asked.wake(e.Question.ID)
			}
		}
	}
}

// eventOf reads what an event is about as it is now.
func eventOf(tx Tx, r EventRow) (e Event, err error) {
	switch r.Kind {
	case eventChange:
		e.Change, err = tx.Change(gatewright.ChangeID(r.Ref))
	case eventInstance:
		e.Instance, err = tx.Instance(gatewright.InstanceID(r.Ref))
	case eventGroup:
		e.Group, err = tx.Group(gatewright.GroupID(r.Ref))
	case eventQuestion:
		e.Question, err = questionEvent(tx, gatewright.QuestionID(r.Ref))
	}
	return e, err
}
