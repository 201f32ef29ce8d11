package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) enable() *cobra.Command {
	return a.switching("enable", gatewright.ChangeEnable, "Let an API answer again in a gateway group",
		`Let an API that was disabled answer again in a gateway group.`,
		`  gatewright enable "Swagger Petstore" --group production --reason "maintenance is over"`)
}

func (a *app) disable() *cobra.Command {
	return a.switching("disable", gatewright.ChangeDisable, "Stop an API from answering in a gateway group",
		`Stop an API from answering in a gateway group. It keeps its place: its routes
stay claimed, publishing and rolling back go on, and enable brings it back.`,
		`  gatewright disable "Swagger Petstore" --group production --reason "maintenance"`)
}

func (a *app) undeploy() *cobra.Command {
	return a.switching("undeploy", gatewright.ChangeUndeploy, "Take an API out of a gateway group",
		`Take an API out of a gateway group. Its revisions, its history and its upstreams
there are kept for the next time.`,
		`  gatewright undeploy "Swagger Petstore" --group production --reason "moved"`)
}

// switching returns a command that names an API and a group and nothing else.
func (a *app) switching(name string, kind gatewright.ChangeKind, short, long, example string) *cobra.Command {
	var (
		change changeFlags
		group  string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: name + " API", Short: short, Long: long, Example: example,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: kind, Group: group, Items: []client.Item{{API: args[0]}},
		})
	})
	return cmd
}
