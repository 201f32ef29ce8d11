package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) cancel() *cobra.Command {
	var reason string
	cmd := a.clientFlags(&cobra.Command{
		Use:   "cancel CHANGE",
		Short: "Withdraw a change that has not begun",
		Long: `Withdraw a change that waits for approval or for its time. One that is rolling
out already is overtaken by a rollback.`,
		Example:           `  gatewright cancel chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --reason "no longer needed"`,
		Args:              exactly("the ID of a CHANGE"),
		ValidArgsFunction: a.completeChanges(client.Underway),
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why; kept with the change")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		ch, err := c.Cancel(ctx, gatewright.ChangeID(args[0]), reason)
		if err != nil {
			return err
		}
		return a.show(ch, func(*term.Screen) error { return a.resultf("change %s is %s\n", ch.ID, ch.State) })
	})
	return cmd
}
