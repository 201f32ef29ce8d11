package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) rollback() *cobra.Command {
	var (
		change    changeFlags
		group, to string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "rollback API",
		Short: "Return to a version that ran in the group before",
		Long: `Return to a version that ran in the gateway group before: the one before the
current one, or the one --to names. Upstreams, hosts and whether the API is
enabled stay as they are. A rollback overtakes a change that is still under
way.`,
		Example: `  gatewright rollback "Swagger Petstore" --group production --reason "orders fail"
  gatewright rollback "Swagger Petstore" --group production --to 1.0.0`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&to, "to", "", "version or revision number (default the one before)")
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeRollback, Group: group,
			Items: []client.Item{{API: args[0], Revision: to}},
		})
	})
	return cmd
}
