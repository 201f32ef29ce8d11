package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// ReceiverInput names a receiver in a path.
type ReceiverInput struct {
	Receiver string `path:"receiver" doc:"Name or identifier of the receiver."`
}

type updateReceiverInput struct {
	ReceiverInput
	RevisedInput
	jsonBody[wire.ReceiverUpdate]
}

type deleteReceiverInput struct {
	ReceiverInput
	RevisedInput
}

func (a *API) receiverRoutes() {
	op := get("/receivers", "listReceivers", "notifications", "List the receivers of notifications")
	op.description = "By name, without URLs and secrets."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*wire.ReceiverInfo]], error) {
		found, err := a.control.Receivers(ctx)
		if err != nil {
			return nil, err
		}
		infos := make([]*wire.ReceiverInfo, len(found))
		for i, r := range found {
			infos[i] = wireReceiver(r)
		}
		return ok(pageOf("receivers", infos, *in, func(r *wire.ReceiverInfo) string { return r.Name }))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/receivers", id: "createReceiver", tag: "notifications", summary: "Add a receiver of notifications",
		description: "Neither its URL nor its secret is shown again.", status: http.StatusCreated, body: wire.ReceiverRequest{},
	}, a.createReceiver)

	handle(a, get("/receivers/{receiver}", "getReceiver", "notifications", "Get a receiver of notifications"),
		func(ctx context.Context, in *ReceiverInput) (*tagged[*wire.ReceiverInfo], error) {
			return taggedReceiver(a.control.Receiver(ctx, in.Receiver))
		})

	handle(a, operation{
		method: http.MethodPatch, path: "/receivers/{receiver}", id: "updateReceiver", tag: "notifications", summary: "Alter a receiver of notifications",
		description: "What is absent stays as it is." + ifMatchText, body: wire.ReceiverUpdate{},
	}, a.updateReceiver)

	handle(a, operation{
		method: http.MethodDelete, path: "/receivers/{receiver}", id: "deleteReceiver", tag: "notifications", summary: "Remove a receiver of notifications",
		description: "What waits for it fails; its deliveries stay in the list." + ifMatchText,
	}, func(ctx context.Context, in *deleteReceiverInput) (*struct{}, error) {
		id, revised, err := a.receiverToAlter(ctx, in.Receiver, &in.RevisedInput)
		if err != nil {
			return nil, err
		}
		return nil, a.control.DeleteReceiver(ctx, requestOf(ctx).actor, id, revised)
	})

	handle(a, operation{
		method: http.MethodPost, path: "/receivers/{receiver}/test", id: "testReceiver", tag: "notifications", summary: "Send a test message to a receiver",
		description: "It passes the receiver's filters, and is sent once this has answered.",
	}, func(ctx context.Context, in *ReceiverInput) (*answer[*wire.TestedReceiver], error) {
		sent, err := a.control.TestReceiver(ctx, requestOf(ctx).actor, in.Receiver)
		return ok(&wire.TestedReceiver{Deliveries: sent}, err)
	})
}

func (a *API) createReceiver(ctx context.Context, in *jsonBody[wire.ReceiverRequest]) (*created[*wire.NewReceiver], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	info, secret, err := a.control.CreateReceiver(ctx, requestOf(ctx).actor, control.NewReceiver(*body))
	if err != nil {
		return nil, err
	}
	return &created[*wire.NewReceiver]{
		Location: "/api/v1/receivers/" + string(info.ID), Body: &wire.NewReceiver{ReceiverInfo: *wireReceiver(info), NewSecret: secret},
	}, nil
}

func (a *API) updateReceiver(ctx context.Context, in *updateReceiverInput) (*tagged[*wire.ReceiverInfo], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	id, revised, err := a.receiverToAlter(ctx, in.Receiver, &in.RevisedInput)
	if err != nil {
		return nil, err
	}
	return taggedReceiver(a.control.UpdateReceiver(ctx, requestOf(ctx).actor, id, revised, control.ReceiverPatch(*body)))
}

// receiverToAlter returns the ID of a receiver and what the caller expects its
// number of alterations to be.
func (a *API) receiverToAlter(ctx context.Context, receiver string, in *RevisedInput) (string, int64, error) {
	r, err := a.control.Receiver(ctx, receiver)
	if err != nil {
		return "", 0, err
	}
	revised, err := in.revised("receiver "+r.Name, r.Revised)
	return string(r.ID), revised, err
}

func wireReceiver(r *control.ReceiverInfo) *wire.ReceiverInfo {
	info := wire.ReceiverInfo(*r)
	return &info
}

func taggedReceiver(r *control.ReceiverInfo, err error) (*tagged[*wire.ReceiverInfo], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[*wire.ReceiverInfo]{tagOfRevised(r.Revised), wireReceiver(r)}, nil
}

// DeliveryInput names a delivery in a path.
type DeliveryInput struct {
	ID string `path:"id"`
}

type deliveriesInput struct {
	PageInput
	State    string `query:"state" enum:"pending,delivered,failed" doc:"Only those in this state."`
	Receiver string `query:"receiver" doc:"Name or identifier of a receiver."`
	Event    string `query:"event" doc:"Only those of this event."`
	Change   string `query:"change" doc:"Identifier of the change they tell of."`
}

func (a *API) deliveryRoutes() {
	op := get("/deliveries", "listDeliveries", "notifications", "List the deliveries of notifications")
	op.description = "Newest first. What has ended is kept for 90 days."
	handle(a, op, func(ctx context.Context, in *deliveriesInput) (*answer[wire.List[*gatewright.Delivery]], error) {
		before, err := in.after("deliveries")
		if err != nil {
			return nil, err
		}
		ds, err := a.control.Deliveries(ctx, control.DeliveryQuery{
			State: gatewright.DeliveryState(in.State), Receiver: in.Receiver, Event: gatewright.NotificationEvent(in.Event),
			Change: gatewright.ChangeID(in.Change), Before: gatewright.DeliveryID(before), Limit: in.Limit + 1,
		})
		return ok(page("deliveries", ds, in.Limit, func(d *gatewright.Delivery) string { return string(d.ID) }), err)
	})

	handle(a, get("/deliveries/{id}", "getDelivery", "notifications", "Get a delivery of a notification"),
		func(ctx context.Context, in *DeliveryInput) (*answer[*gatewright.Delivery], error) {
			return ok(a.control.Delivery(ctx, gatewright.DeliveryID(in.ID)))
		})

	handle(a, operation{
		method: http.MethodPost, path: "/deliveries/{id}/redeliver", id: "redeliver", tag: "notifications", summary: "Send a message once more",
		description: "As a delivery of its own. Refused while the first one is on its way.", status: http.StatusCreated,
	}, func(ctx context.Context, in *DeliveryInput) (*created[*gatewright.Delivery], error) {
		d, err := a.control.Redeliver(ctx, requestOf(ctx).actor, gatewright.DeliveryID(in.ID))
		if err != nil {
			return nil, err
		}
		return &created[*gatewright.Delivery]{Location: "/api/v1/deliveries/" + string(d.ID), Body: d}, nil
	})
}
