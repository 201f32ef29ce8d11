package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) sync() *cobra.Command {
	var (
		change            changeFlags
		runtime           runtimeFlags
		from, to, version string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "sync API",
		Short: "Carry the version that runs in one group to another",
		Long: `Carry the version that runs in one gateway group to another, which then runs
the same version with upstreams of its own. Name them with --node or
--discovery the first time; later they stay as they are. A running revision
without a version needs --version; both groups show it afterwards.`,
		Example: `  gatewright sync "Swagger Petstore" --from test --to production --node 127.0.0.1:7002
  gatewright sync "Swagger Petstore" --from test --to production --discovery local-dns/default/pets.example.internal:8080`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	runtime.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "gateway `group` where it runs")
	cmd.Flags().StringVar(&to, "to", "", "gateway `group` that is to run it too")
	cmd.Flags().StringVar(&version, "version", "", "version label for a running revision that has none")
	a.completeGroups(cmd, "from")
	a.completeGroups(cmd, "to")
	required(cmd, "from")
	required(cmd, "to")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rt, err := runtime.runtime(cmd)
		if err != nil {
			return err
		}
		a.working = true
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeSync, Group: to,
			Items: []client.Item{{API: args[0], From: from, Version: version, Runtime: rt}},
		})
	}
	return cmd
}
