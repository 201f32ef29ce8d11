package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) retire() *cobra.Command {
	var (
		change           changeFlags
		group, successor string
		force            bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "retire API",
		Short: "Answer 410 to the callers of a deprecated API",
		Long: `Answer 410 Gone to the callers of an API in a gateway group, and name the
successor. The API must have been deprecated. It is refused before the sunset
that callers were told, and while apps have called it within the last 7 days,
who are named; --force retires it all the same.

It keeps its routes until undeploy; deprecate --undo brings it back.`,
		Example: `  gatewright retire "Swagger Petstore@v1" --group production
  gatewright retire "Swagger Petstore@v1" --group production --force --reason "a hole in it"`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&successor, "successor", "", "what to use instead, in words or as Name@v2")
	cmd.Flags().BoolVar(&force, "force", false, "although it is still called, or before its sunset")
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		item := client.Item{API: args[0]}
		if successor != "" {
			item.Lifecycle = &gatewright.Lifecycle{Successor: successor}
		}
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeRetire, Group: group, Force: force, Items: []client.Item{item},
		})
	})
	return cmd
}
