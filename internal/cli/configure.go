package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) configure() *cobra.Command {
	var (
		change  changeFlags
		runtime runtimeFlags
		group   string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "configure API",
		Short: "Alter an API's upstream, hosts or path prefix in a group",
		Long: `Alter the runtime configuration of an API in a gateway group: where its requests
go, the hosts it listens to, its path prefix. The version stays the same; what
no flag names stays as it is.`,
		Example: `  gatewright configure "Swagger Petstore" --group production --node 127.0.0.1:7002
  gatewright configure "Swagger Petstore" --group production --host pets.example.com --path-prefix /shop`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	runtime.add(cmd)
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rt, err := runtime.runtime(cmd)
		if err != nil {
			return err
		}
		if rt == nil {
			return usagef("nothing to configure; give --node, --discovery, --host, --path-prefix or another setting")
		}
		a.working = true
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeConfigure, Group: group,
			Items: []client.Item{{API: args[0], Runtime: rt}},
		})
	}
	return cmd
}
