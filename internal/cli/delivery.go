package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

const (
	// deliveryPoll is the time between two looks at a message on its way.
	deliveryPoll = 300 * time.Millisecond
	// deliveryPatience bounds how long a command waits for a first attempt: a
	// receiver has 20 seconds to answer, and has not been told before.
	deliveryPatience = 30 * time.Second
)

func (a *app) receiverTest() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "test NAME", Short: "Send a test message to a receiver",
		Long:    "Send a test message to a receiver and wait for the first attempt.",
		Example: "  gatewright receiver test ops", Args: exactly("the NAME of a receiver"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		sent, err := c.TestReceiver(ctx, args[0])
		if err != nil {
			return err
		}
		return a.awaitDeliveries(ctx, c, sent.Deliveries)
	})
	return cmd
}

func (a *app) receiverRedeliver() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "redeliver DELIVERY", Short: "Send a message once more",
		Long:    "Send the message of a delivery that has ended once more, and wait for the first\nattempt. It is a delivery of its own.",
		Example: "  gatewright receiver redeliver dlv_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42",
		Args:    exactly("the identifier of a DELIVERY"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		d, err := c.Redeliver(ctx, gatewright.DeliveryID(args[0]))
		if err != nil {
			return err
		}
		return a.awaitDeliveries(ctx, c, []*gatewright.Delivery{d})
	})
	return cmd
}

// awaitDeliveries waits until each has ended or its first attempt has failed,
// and shows them. It fails unless all were delivered.
func (a *app) awaitDeliveries(ctx context.Context, c *client.Client, sent []*gatewright.Delivery) error {
	limited, cancel := context.WithTimeout(ctx, deliveryPatience)
	defer cancel()
	tick := time.NewTicker(deliveryPoll)
	defer tick.Stop()
	for i := range sent {
		for patient := true; patient && underWay(sent[i]); {
			select {
			case <-limited.Done():
				patient = false
			case <-tick.C:
				d, err := c.Delivery(ctx, sent[i].ID)
				if err != nil {
					return err
				}
				sent[i] = d
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := a.showDeliveries(sent); err != nil {
		return err
	}
	for _, d := range sent {
		if d.State != gatewright.DeliveryDelivered {
			return &exitError{code: exitFailed}
		}
	}
	return nil
}

// underWay reports whether nothing is known of an attempt yet.
func underWay(d *gatewright.Delivery) bool {
	return d.State == gatewright.DeliveryPending && d.LastError == ""
}

func (a *app) receiverDeliveries() *cobra.Command {
	var f client.DeliveryFilter
	var limit int
	cmd := a.clientFlags(&cobra.Command{
		Use: "deliveries", Short: "Show what became of notifications, the newest first",
		Example: `  gatewright receiver deliveries --state failed
  gatewright receiver deliveries --receiver ops --limit 5`,
		Args: exactly(),
	})
	cmd.Flags().StringVar(&f.State, "state", "", "only those that are pending, delivered or failed")
	cmd.Flags().StringVar(&f.Receiver, "receiver", "", "only to this `receiver`")
	cmd.Flags().StringVar(&f.Event, "event", "", "only of this `event`")
	cmd.Flags().StringVar(&f.Change, "change", "", "only about this `change`")
	cmd.Flags().IntVar(&limit, "limit", 20, "greatest `number` shown, at most 1000")
	complete(cmd, "state", "pending", "delivered", "failed")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		found, err := c.Deliveries(ctx, f, client.Page{Limit: limit})
		if err != nil {
			return err
		}
		return a.showDeliveries(found.Items)
	})
	return cmd
}

func (a *app) showDeliveries(found []*gatewright.Delivery) error {
	return a.show(client.List[*gatewright.Delivery]{Items: found}, func(s *term.Screen) error {
		t := term.NewTable("CREATED", "EVENT", "ABOUT", "RECEIVER", "TO", "STATE", "ATTEMPTS", "ERROR", "ID")
		for _, d := range found {
			receiver := "(removed)"
			if d.Receiver != nil {
				receiver = d.Receiver.Name
			}
			t.Row(timeText(d.CreatedAt), string(d.Notification.Event), d.Notification.Subject, receiver, d.Address,
				string(d.State), strconv.Itoa(d.Attempts), d.LastError, string(d.ID))
		}
		return t.Write(s)
	})
}
