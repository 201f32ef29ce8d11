package notify_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/notifytest"
)

// sender plays receivers: it answers each attempt by what is written for the
// receiver, the last of it again and again.
type sender struct {
	mu      sync.Mutex
	answers map[string][]func(ctx context.Context) error
	began   []string // "name at second since start"
	start   time.Time
	busy    map[string]int
	most    map[string]int // at a time, by receiver; "" for all
}

func newSender() *sender {
	return &sender{answers: map[string][]func(context.Context) error{}, start: time.Now(), busy: map[string]int{}, most: map[string]int{}}
}

// Send implements notify.Sender.
func (s *sender) Send(ctx context.Context, d *gatewright.Delivery) error {
	name := d.Receiver.Name
	s.mu.Lock()
	s.began = append(s.began, fmt.Sprintf("%s at %d", d.ID, int(time.Since(s.start).Seconds())))
	for _, key := range []string{name, ""} {
		s.busy[key]++
		s.most[key] = max(s.most[key], s.busy[key])
	}
	answer := func(context.Context) error { return nil }
	if all := s.answers[name]; len(all) > 0 {
		answer = all[0]
		if len(all) > 1 {
			s.answers[name] = all[1:]
		}
	}
	s.mu.Unlock()
	err := answer(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []string{name, ""} {
		s.busy[key]--
	}
	return err
}

func (s *sender) attempts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.began, ", ")
}

func says(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// takes answers after d, or when the attempt is interrupted.
func takes(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pending returns a delivery to receiver rcv_<letter>, due now.
func pending(id, letter string) gatewright.Delivery {
	return gatewright.Delivery{
		ID: gatewright.DeliveryID(id), Receiver: notifytest.Receiver(letter), State: gatewright.DeliveryPending, NextAt: time.Now(),
		Notification: &gatewright.Notification{ID: "ntf_1", Event: gatewright.EventLive},
	}
}

// dispatch runs a dispatcher in a bubble until the test's function returns.
func dispatch(t *testing.T, outbox notify.Outbox, s notify.Sender, during func(d *notify.Dispatcher)) {
	t.Helper()
	d := notify.NewDispatcher(outbox, s, notify.Config{Rand: rand.New(rand.NewPCG(1, 2))})
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { d.Run(ctx) })
	during(d)
	cancel()
	ended.Wait()
}

// wait lets time pass in a bubble.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func states(box *notifytest.Memory) string {
	var all []string
	for _, d := range box.All() {
		all = append(all, fmt.Sprintf("%s %s %d %s", d.ID, d.State, d.Attempts, d.LastError))
	}
	return strings.Join(all, "; ")
}

// orphan is an outbox with one delivery whose receiver was deleted.
type orphan struct {
	notifytest.Memory
	given  bool
	failed string
}

// Claim implements notify.Outbox.
func (o *orphan) Claim(context.Context, time.Time, int, time.Duration, []gatewright.ReceiverID) ([]gatewright.Delivery, error) {
	if o.given {
		return nil, nil
	}
	o.given = true
	return []gatewright.Delivery{{ID: "dlv_1", Notification: &gatewright.Notification{}, Attempts: 1}}, nil
}

// Fail implements notify.Outbox.
func (o *orphan) Fail(_ context.Context, _ gatewright.DeliveryID, _ int, cause string) error {
	o.failed = cause
	return nil
}

// frail is an outbox whose calls fail now and then, as when a database is
// restarted.
type frail struct {
	notifytest.Memory
	mu   sync.Mutex
	down bool
}

func (f *frail) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *frail) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errors.New("the database is away")
	}
	return nil
}

// Claim implements notify.Outbox.
func (f *frail) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration, except []gatewright.ReceiverID) ([]gatewright.Delivery, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Memory.Claim(ctx, now, limit, lease, except)
}

// Done implements notify.Outbox.
func (f *frail) Done(ctx context.Context, id gatewright.DeliveryID) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Memory.Done(ctx, id)
}

// counting calls all after so many failures.
type counting struct {
	*notifytest.Memory
	mu   sync.Mutex
	left int
	all  func()
}

// Fail implements notify.Outbox.
func (c *counting) Fail(ctx context.Context, id gatewright.DeliveryID, attempt int, cause string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		defer c.all()
	}
	return c.Memory.Fail(ctx, id, attempt, cause)
}

// stuck is an outbox that answers when the caller gives up.
type stuck struct{ notifytest.Memory }

// Claim implements notify.Outbox.
func (s *stuck) Claim(ctx context.Context, _ time.Time, _ int, _ time.Duration, _ []gatewright.ReceiverID) ([]gatewright.Delivery, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
