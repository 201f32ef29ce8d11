package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) deploy() *cobra.Command {
	var (
		change          changeFlags
		runtime         runtimeFlags
		group, revision string
		override        bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "deploy API",
		Short: "Put a stored revision into a gateway group",
		Long: `Put a stored revision, by number or version, into a gateway group. When another
revision is current there, --override replaces it without losing a request.`,
		Example: `  gatewright deploy "Swagger Petstore" --revision 1 --group test
  gatewright deploy "Swagger Petstore" --revision 1.0.0 --group test --override`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	runtime.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&revision, "revision", "", "number or version of the revision")
	cmd.Flags().BoolVar(&override, "override", false, "replace another revision that is current in the group")
	required(cmd, "group")
	required(cmd, "revision")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rt, err := runtime.runtime(cmd)
		if err != nil {
			return err
		}
		a.working = true
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeDeploy, Group: group, Override: override,
			Items: []client.Item{{API: args[0], Revision: revision, Runtime: rt}},
		})
	}
	return cmd
}
