package notify

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// Outbox holds deliveries. It must be safe for concurrent use, by several
// processes too.
//
// Attempts fences: a dispatcher that lost its lease says Retry or Fail about an
// attempt that is no longer the latest, and the outbox ignores it.
type Outbox interface {
	// Claim returns up to limit (1 to [MaxParallel]) pending deliveries with
	// NextAt not after now, those due longest first, at most one of each receiver
	// and none of the receivers in except (at most [MaxParallel]). In the same
	// transaction it counts the attempt and sets NextAt to now + lease: when the
	// dispatcher dies, the delivery is due again by then.
	//
	// What it returns has Notification set, and Receiver unless that was deleted.
	Claim(ctx context.Context, now time.Time, limit int, lease time.Duration, except []gatewright.ReceiverID) ([]gatewright.Delivery, error)

	// Done marks the delivery delivered, whichever attempt it was.
	Done(ctx context.Context, id gatewright.DeliveryID) error

	// Retry makes the delivery due again at the given time, if attempt is the
	// latest and it is still pending. cause is fit to be shown, and at most
	// [gatewright.MaxDeliveryError] bytes.
	Retry(ctx context.Context, id gatewright.DeliveryID, attempt int, at time.Time, cause string) error

	// Fail ends the delivery as failed, under the same conditions.
	Fail(ctx context.Context, id gatewright.DeliveryID, attempt int, cause string) error
}
