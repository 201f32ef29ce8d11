package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) instances() *cobra.Command {
	return parent("instance", "Manage gateway instances",
		`  gatewright get instances
  gatewright instance forget ins_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42`,
		a.instanceForget())
}

func (a *app) instanceForget() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "forget ID", Short: "Forget a gateway instance that is not running",
		Long: `Forget a gateway instance that is not running. Its gateway joins anew the next
time. That is the way out when its identity is refused although it was not
copied, as after an older backup was restored.`,
		Example: `  gatewright instance forget ins_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42`,
		Args:    exactly("the ID of an instance"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		id := gatewright.InstanceID(args[0])
		if err := c.ForgetInstance(ctx, id); err != nil {
			return err
		}
		return a.show(map[string]any{"id": id, "forgotten": true}, func(*term.Screen) error {
			return a.resultf("instance %s is forgotten\n", id)
		})
	})
	return cmd
}
