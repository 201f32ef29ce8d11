package notify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Sender makes one attempt to deliver. [Courier] is one. Its errors are fit to
// be shown.
type Sender interface {
	Send(ctx context.Context, d *gatewright.Delivery) error
}

// Dispatcher sends what is due in an outbox. Any number of processes may run
// one on the same outbox.
//
// Each receiver gets one message at a time, so that a slow one holds one of the
// [MaxParallel] places and no more.
type Dispatcher struct {
	outbox  Outbox
	sender  Sender
	config  Config
	backoff backoff
	wake    chan struct{}
}

// NewDispatcher returns a dispatcher. Of config it uses Log, Clock and Rand.
func NewDispatcher(outbox Outbox, sender Sender, config Config) *Dispatcher {
	config = config.withDefaults()
	return &Dispatcher{
		outbox: outbox, sender: sender, config: config,
		backoff: backoff{random: config.Rand}, wake: make(chan struct{}, 1),
	}
}

// Wake has the dispatcher look into the outbox at once rather than within
// [PollInterval]. It never blocks.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx is done, then waits for the messages on their way, of
// which none goes on for more than [ShutdownGrace]. It is called once.
func (d *Dispatcher) Run(ctx context.Context) {
	sending, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)
	var workers sync.WaitGroup
	d.loop(ctx, func(delivery gatewright.Delivery, finished func()) {
		workers.Go(func() {
			defer finished()
			d.deliver(sending, &delivery)
		})
	})
	grace := time.AfterFunc(ShutdownGrace, func() { interrupt(errInterrupted) })
	defer grace.Stop()
	workers.Wait()
}

// errInterrupted ends attempts when the process is to end.
var errInterrupted = errors.New("interrupted: the server was stopped")

// loop starts what is due, as places become free, until ctx is done.
func (d *Dispatcher) loop(ctx context.Context, start func(delivery gatewright.Delivery, finished func())) {
	busy := map[gatewright.DeliveryID]gatewright.ReceiverID{}
	finished := make(chan gatewright.DeliveryID)
	poll := time.NewTicker(PollInterval)
	defer poll.Stop()
	for ctx.Err() == nil {
		for _, delivery := range d.claim(ctx, busy) {
			busy[delivery.ID] = receiverOf(&delivery)
			start(delivery, func() {
				select {
				case finished <- delivery.ID:
				case <-ctx.Done(): // nobody counts any more
				}
			})
		}
		select {
		case <-ctx.Done():
		case id := <-finished:
			delete(busy, id)
		case <-d.wake:
		case <-poll.C:
		}
	}
}

// receiverOf returns the receiver's identifier, "" when it was deleted.
func receiverOf(d *gatewright.Delivery) gatewright.ReceiverID {
	if d.Receiver == nil {
		return ""
	}
	return d.Receiver.ID
}

// claim takes as many deliveries as there are free places. An outbox that
// fails is asked again at the next poll.
func (d *Dispatcher) claim(ctx context.Context, busy map[gatewright.DeliveryID]gatewright.ReceiverID) []gatewright.Delivery {
	free := MaxParallel - len(busy)
	if free <= 0 {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, StoreTimeout)
	defer cancel()
	except := slices.Compact(slices.Sorted(maps.Values(busy)))
	claimed, err := d.outbox.Claim(call, d.config.Clock(), free, Lease, except)
	if err != nil {
		if ctx.Err() == nil {
			d.config.Log.Error("cannot read the outbox of notifications", "error", err)
		}
		return nil
	}
	return claimed
}

// deliver makes one attempt and settles it.
func (d *Dispatcher) deliver(ctx context.Context, delivery *gatewright.Delivery) {
	var err error
	switch {
	case delivery.Receiver == nil:
		err = finally("the receiver was deleted")
	case !delivery.Receiver.Enabled:
		err = finally("the receiver was disabled")
	case delivery.Attempts > MaxAttempts: // the process died during the last one
		err = finally("%d attempts were begun and none was finished", MaxAttempts)
	default:
		err = d.sender.Send(ctx, delivery)
	}
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), StoreTimeout)
	defer cancel()
	if err := d.settle(call, delivery, err); err != nil {
		// The lease ends, and the message goes out once more.
		d.config.Log.Error("cannot note what became of a notification", "delivery", delivery.ID, "error", err)
	}
}

// settle writes down what became of an attempt.
func (d *Dispatcher) settle(ctx context.Context, delivery *gatewright.Delivery, err error) error {
	log := d.config.Log.With("delivery", delivery.ID, "receiver", receiverOf(delivery), "event", delivery.Notification.Event,
		"attempt", delivery.Attempts)
	if err == nil {
		log.Debug("notification delivered")
		return d.outbox.Done(ctx, delivery.ID)
	}
	failure := asFailure(err)
	cause := cut(failure.Error(), gatewright.MaxDeliveryError)
	if failure.Final || delivery.Attempts >= MaxAttempts {
		log.Warn("notification given up", "error", cause)
		return d.outbox.Fail(ctx, delivery.ID, delivery.Attempts, cause)
	}
	wait := max(d.backoff.after(delivery.Attempts), failure.After)
	log.Info("notification will be tried again", "error", cause, "in", wait)
	return d.outbox.Retry(ctx, delivery.ID, delivery.Attempts, d.config.Clock().Add(wait), cause)
}
