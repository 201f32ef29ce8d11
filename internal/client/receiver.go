package client

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels about notifications.
type (
	// ReceiverInfo is a receiver, without its URL and its secret.
	ReceiverInfo = wire.ReceiverInfo
	// ReceiverRequest asks for a new receiver.
	ReceiverRequest = wire.ReceiverRequest
	// NewReceiver is a receiver that was created.
	NewReceiver = wire.NewReceiver
	// ReceiverUpdate alters a receiver.
	ReceiverUpdate = wire.ReceiverUpdate
	// TestedReceiver tells which messages a test sends.
	TestedReceiver = wire.TestedReceiver
	// TemplateInfo is how an event is worded in a language.
	TemplateInfo = wire.TemplateInfo
	// TemplateText words an event.
	TemplateText = wire.TemplateText
)

// DeliveryFilter selects deliveries; empty members select all.
type DeliveryFilter struct {
	State    string
	Receiver string // name or identifier
	Event    string
	Change   string
}

// Receivers lists the receivers of notifications by name.
func (c *Client) Receivers(ctx context.Context, page Page) (*List[*ReceiverInfo], error) {
	return fetch[List[*ReceiverInfo]](ctx, c, get(page.query(), "receivers"))
}

// Receiver returns a receiver by name or identifier.
func (c *Client) Receiver(ctx context.Context, receiver string) (*ReceiverInfo, error) {
	return fetch[ReceiverInfo](ctx, c, get(nil, "receivers", receiver))
}

// CreateReceiver adds a receiver.
func (c *Client) CreateReceiver(ctx context.Context, req ReceiverRequest) (*NewReceiver, error) {
	return fetch[NewReceiver](ctx, c, post(req, "receivers"))
}

// UpdateReceiver alters a receiver. revised is as for [Client.UpdateAPI].
func (c *Client) UpdateReceiver(ctx context.Context, receiver string, revised int64, u ReceiverUpdate) (*ReceiverInfo, error) {
	return fetch[ReceiverInfo](ctx, c, call{method: http.MethodPatch, segments: []string{"receivers", receiver}, body: u, header: ifRevised(revised)})
}

// DeleteReceiver removes a receiver. revised is as for [Client.UpdateAPI].
func (c *Client) DeleteReceiver(ctx context.Context, receiver string, revised int64) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"receivers", receiver}, header: ifRevised(revised)})
	return err
}

// TestReceiver sends a test message to a receiver.
func (c *Client) TestReceiver(ctx context.Context, receiver string) (*TestedReceiver, error) {
	return fetch[TestedReceiver](ctx, c, call{method: http.MethodPost, segments: []string{"receivers", receiver, "test"}})
}

// Deliveries lists the deliveries that the filter selects, newest first.
func (c *Client) Deliveries(ctx context.Context, f DeliveryFilter, page Page) (*List[*gatewright.Delivery], error) {
	return fetch[List[*gatewright.Delivery]](ctx, c, get(page.query("state", f.State, "receiver", f.Receiver, "event", f.Event, "change", f.Change), "deliveries"))
}

// Delivery returns a delivery.
func (c *Client) Delivery(ctx context.Context, id gatewright.DeliveryID) (*gatewright.Delivery, error) {
	return fetch[gatewright.Delivery](ctx, c, get(nil, "deliveries", string(id)))
}

// Redeliver sends the message of a delivery once more.
func (c *Client) Redeliver(ctx context.Context, id gatewright.DeliveryID) (*gatewright.Delivery, error) {
	return fetch[gatewright.Delivery](ctx, c, call{method: http.MethodPost, segments: []string{"deliveries", string(id), "redeliver"}})
}

// Templates lists how notifications are worded.
func (c *Client) Templates(ctx context.Context, page Page) (*List[*TemplateInfo], error) {
	return fetch[List[*TemplateInfo]](ctx, c, get(page.query(), "templates"))
}

// Template returns how an event is worded in a language.
func (c *Client) Template(ctx context.Context, event, language string) (*TemplateInfo, error) {
	return fetch[TemplateInfo](ctx, c, get(nil, "templates", event, language))
}

// SetTemplate words an event in a language anew.
func (c *Client) SetTemplate(ctx context.Context, event, language string, t TemplateText) (*TemplateInfo, error) {
	return fetch[TemplateInfo](ctx, c, call{method: http.MethodPut, segments: []string{"templates", event, language}, body: t})
}

// ResetTemplate goes back to the built-in words.
func (c *Client) ResetTemplate(ctx context.Context, event, language string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, segments: []string{"templates", event, language}})
	return err
}
