package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) revert() *cobra.Command {
	var (
		change changeFlags
		force  bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "revert CHANGE",
		Short: "Put back all that a live change altered",
		Long: `Put back all that a live change altered in its gateway group: versions,
upstreams, hosts, canaries, deprecations, registries and the like. What the
change made goes, and what it took away comes back. That is a change of its own;
when it is live the other one is reverted. (A rollback goes back to another
version of one API and leaves its upstreams and hosts as they are.)

It is refused when anything was altered again since, and when it would give
apps more access than they have now: a revoked key is never good again.`,
		Example: `  gatewright history "Swagger Petstore" --group production
  gatewright revert chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --dry-run
  gatewright revert chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --reason "wrong upstream"`,
		Args:              exactly("the ID of a CHANGE (see: gatewright get changes)"),
		ValidArgsFunction: a.completeChanges(""),
	})
	change.add(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "retire again although it is called, or before its sunset")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		id := gatewright.ChangeID(args[0])
		group, err := a.groupOf(cmd.Context(), id)
		if err != nil {
			return err
		}
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeRevert, Group: string(group), Force: force,
			Items: []client.Item{{Change: id}},
		})
	})
	return cmd
}

// groupOf returns the gateway group that a change is about.
func (a *app) groupOf(ctx context.Context, id gatewright.ChangeID) (gatewright.GroupID, error) {
	c, err := a.connect()
	if err != nil {
		return "", err
	}
	defer c.Close()
	ch, err := c.Change(ctx, id)
	if err != nil {
		return "", err
	}
	return ch.Group, nil
}
