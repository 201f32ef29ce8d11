package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) enable() *cobra.Command {
	return a.switching(gatewright.ChangeEnable, "Let an API answer again in a gateway group",
		`Let an API that was disabled answer again in a gateway group.`)
}

func (a *app) disable() *cobra.Command {
	return a.switching(gatewright.ChangeDisable, "Stop an API from answering in a gateway group",
		`Stop an API from answering in a gateway group. It keeps its place: its routes
stay claimed, publishing and rolling back go on, and enable brings it back.`)
}

func (a *app) undeploy() *cobra.Command {
	return a.switching(gatewright.ChangeUndeploy, "Take an API out of a gateway group",
		`Take an API out of a gateway group. Its revisions, its history and its upstreams
there are kept for the next time.`)
}

// switching returns a command that names an API and a group and nothing else.
func (a *app) switching(kind gatewright.ChangeKind, short, long string) *cobra.Command {
	var (
		change changeFlags
		group  string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: string(kind) + " API", Short: short, Long: long,
		Example:           `  gatewright ` + string(kind) + ` "Swagger Petstore" --group production --reason "maintenance"`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: kind, Group: group, Items: []client.Item{{API: args[0]}},
		}, "")
	})
	return cmd
}
