package control

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// ReceiverRow is a receiver as it is stored: its URL is empty, and what must
// not be read is sealed.
type ReceiverRow struct {
	gatewright.Receiver
	SealedURL    string // "" for none
	SealedSecret string // that Secret refers to; "" for none
	Revised      int64  // how often it was altered
}

// DeliveryFilter selects deliveries; empty members select all.
type DeliveryFilter struct {
	State    gatewright.DeliveryState
	Receiver gatewright.ReceiverID
	Event    gatewright.NotificationEvent
	Change   gatewright.ChangeID
	Before   gatewright.DeliveryID // older than that one
	Limit    int                   // at most so many
}

// TemplateRow words one event in one language.
type TemplateRow struct {
	Event    gatewright.NotificationEvent
	Language string
	wording.Template
	UpdatedAt time.Time
	UpdatedBy string
}

type notifyTx interface {
	CreateReceiver(r *ReceiverRow) error // Conflict when the name is taken
	Receiver(id gatewright.ReceiverID) (*ReceiverRow, error)
	ReceiverByName(name string) (*ReceiverRow, error)
	Receivers() ([]*ReceiverRow, error) // by name
	// UpdateReceiver stores everything and makes Revised one more; Conflict
	// when Revised is not the stored one, or the name is taken.
	UpdateReceiver(r *ReceiverRow) error
	// DeleteReceiver removes a receiver. Its deliveries stay.
	DeleteReceiver(id gatewright.ReceiverID) error

	// CreateDeliveries stores a notification and its deliveries; Conflict when
	// one of them exists.
	CreateDeliveries(n *gatewright.Notification, rows []gatewright.Delivery) error
	// AddDelivery stores one more delivery of a stored notification.
	AddDelivery(d *gatewright.Delivery) error
	// Delivery returns a delivery with its notification and, unless that was
	// deleted, its receiver, whose URL is empty.
	Delivery(id gatewright.DeliveryID) (*gatewright.Delivery, error)
	// Deliveries lists newest first, as Delivery returns them.
	Deliveries(f DeliveryFilter) ([]*gatewright.Delivery, error)
	// DueDeliveries lists pending deliveries with NextAt not after at, those due
	// longest first: the first one of each receiver that exists and is not in
	// except, at most limit.
	DueDeliveries(at time.Time, except []gatewright.ReceiverID, limit int) ([]*gatewright.Delivery, error)
	// UpdateDelivery stores state, attempts, NextAt, LastError and SettledAt.
	UpdateDelivery(d *gatewright.Delivery) error
	// FailDeliveries ends what is pending for a receiver, and returns how many.
	FailDeliveries(receiver gatewright.ReceiverID, cause string, at time.Time) (int, error)
	// DeleteDeliveriesBefore forgets at most limit deliveries that were settled
	// before t, and the notifications that are left without any.
	DeleteDeliveriesBefore(t time.Time, limit int) (int, error)

	// Announce remembers until a time that something was announced; false when
	// that is remembered already.
	Announce(what string, until time.Time) (bool, error)
	// Announced reports whether that is remembered.
	Announced(what string) (bool, error)
	// DeleteAnnouncedBefore forgets what was to be remembered until before t.
	DeleteAnnouncedBefore(t time.Time) error

	// PutTemplate stores a template in place of the one for its event and
	// language, if any.
	PutTemplate(r *TemplateRow) error
	Template(event gatewright.NotificationEvent, language string) (*TemplateRow, error)
	Templates() ([]*TemplateRow, error) // by event, then language
	DeleteTemplate(event gatewright.NotificationEvent, language string) error
}
