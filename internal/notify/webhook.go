package notify

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// payload is the body of a webhook. Members are added, never renamed or
// removed.
type payload struct {
	ID         gatewright.NotificationID    `json:"id"`
	Delivery   gatewright.DeliveryID        `json:"delivery"`
	Event      gatewright.NotificationEvent `json:"event"`
	At         time.Time                    `json:"at"`
	Title      string                       `json:"title"`
	Text       string                       `json:"text"`
	Subject    string                       `json:"subject"`
	Actor      string                       `json:"actor,omitempty"`
	Link       string                       `json:"link,omitempty"`
	API        *named                       `json:"api,omitempty"`
	Track      string                       `json:"track,omitempty"`
	Group      *named                       `json:"group,omitempty"`
	Change     gatewright.ChangeID          `json:"change,omitempty"`
	Recipients []string                     `json:"recipients,omitempty"` // names
	Data       map[string]string            `json:"data,omitempty"`
}

// named is a thing with its identifier and its name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func namedOrNil(id, name string) *named {
	if id == "" {
		return nil
	}
	return &named{id, name}
}

func (c *Courier) sendWebhook(ctx context.Context, a *attempt) error {
	if a.secret == "" {
		return finally("the receiver has no secret to sign with; set one")
	}
	n := a.Notification
	body, err := encode(payload{
		ID: n.ID, Delivery: a.ID, Event: n.Event, At: n.At.UTC(), Title: a.words.Title, Text: a.words.Text,
		Subject: n.Subject, Actor: n.Actor, Link: n.Link, API: namedOrNil(string(n.API), n.APIName), Track: n.Track,
		Group: namedOrNil(string(n.Group), n.GroupName), Change: n.Change, Recipients: names(n.Recipients), Data: n.Data,
	})
	if err != nil {
		return err
	}
	got, err := c.poster.post(ctx, a.Receiver.URL, a, body, HeaderSignature, Sign(a.secret, a.now, body))
	if err != nil {
		return err
	}
	if err := judge(got.status, got.header, a.now); err != nil {
		return a.describe(err, string(got.body))
	}
	return nil
}
