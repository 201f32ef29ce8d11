package gatewright

import (
	"strings"
	"time"
)

// MaxDeliveryError bounds the text kept of a failed attempt, in bytes.
const MaxDeliveryError = 500

// DeliveryState says how far a delivery has come.
type DeliveryState string

// The states of a [Delivery].
const (
	DeliveryPending   DeliveryState = "pending"   // to be tried at NextAt
	DeliveryDelivered DeliveryState = "delivered" // the receiver took it
	DeliveryFailed    DeliveryState = "failed"    // it is not tried again
)

// Delivery is one message to one receiver, or to one address of it: a row of
// the outbox. It is written in the transaction that makes what it tells of,
// and sent after it.
type Delivery struct {
	ID           DeliveryID    `json:"id"`
	Notification *Notification `json:"notification"`
	Receiver     *Receiver     `json:"receiver"`           // as it is now, not as it was then; nil once it was deleted
	Address      string        `json:"address,omitempty"`  // of e-mail
	Language     string        `json:"language,omitempty"` // of the message
	State        DeliveryState `json:"state"`
	Attempts     int           `json:"attempts"`        // begun so far
	NextAt       time.Time     `json:"nextAt,omitzero"` // of the next attempt; during one, when another replica may take over
	LastError    string        `json:"lastError,omitempty"`
	CreatedAt    time.Time     `json:"createdAt"`
	SettledAt    time.Time     `json:"settledAt,omitzero"` // when it was delivered or failed
}

// Deliveries returns what must be sent, due at now, so that the notification
// reaches all receivers that want it. E-mail becomes one delivery per address,
// and no address gets two. Recipients beyond [MaxRecipients] are left out.
func Deliveries(n *Notification, receivers []*Receiver, now time.Time) []Delivery {
	var rows []Delivery
	mailed := map[string]bool{}
	add := func(r *Receiver, address, language string) {
		if key := strings.ToLower(address); key != "" {
			if mailed[key] {
				return
			}
			mailed[key] = true
		}
		if language == "" {
			language = r.Language
		}
		rows = append(rows, Delivery{
			ID: DeliveryID(NewID("dlv_", now)), Notification: n, Receiver: r, Address: address, Language: language,
			State: DeliveryPending, NextAt: now, CreatedAt: now,
		})
	}
	for _, r := range receivers {
		if !r.Wants(n) {
			continue
		}
		if r.Type != ReceiverEmail {
			add(r, "", "")
			continue
		}
		if r.People {
			for _, p := range n.Recipients[:min(len(n.Recipients), MaxRecipients)] {
				if CheckMailAddress(p.Address) == nil {
					add(r, p.Address, p.Language)
				}
			}
		}
		for _, address := range r.Addresses {
			add(r, address, "")
		}
	}
	return rows
}
