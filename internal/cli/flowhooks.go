package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) flowHooks() *cobra.Command {
	return parent("flow-hooks", "Let shared flows act on the calls of all APIs of a group",
		`  gatewright flow-hooks set --group production --before "Common headers" --after Audit
  gatewright flow-hooks show --group production
  gatewright flow-hooks clear --group production`,
		a.flowHooksSet(), a.flowHooksShow(), a.flowHooksClear())
}

func (a *app) flowHooksSet() *cobra.Command {
	var (
		change        changeFlags
		group         string
		before, after []string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "set",
		Short: "Set the shared flows that act before and after all APIs of a group",
		Long: `Set the shared flows that act on the requests and responses of all APIs of a
gateway group: before the policies of the API and its route, and after them. The
flows run in the group already; they act in the order in which they are named.
What is set replaces what was set before, on both sides.`,
		Example: `  gatewright flow-hooks set --group production --before "Common headers","Block list"
  gatewright flow-hooks set --group production --before "Common headers" --after Audit --dry-run`,
		Args: exactly(),
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringSliceVar(&before, "before", nil, "`flows` that act before the API's policies; commas between, or repeat")
	cmd.Flags().StringSliceVar(&after, "after", nil, "`flows` that act after the route's policies; commas between, or repeat")
	required(cmd, "group")
	cmd.MarkFlagsOneRequired("before", "after")
	cmd.RunE = a.run(func(cmd *cobra.Command, _ []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeConfigure, Group: group,
			Items: []client.Item{{Resource: &client.Resource{FlowHooks: &gatewright.FlowHooks{Before: before, After: after}}}},
		})
	})
	return cmd
}

func (a *app) flowHooksShow() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use: "show", Short: "Show the shared flows that act on all APIs of a group",
		Example: `  gatewright flow-hooks show --group production`,
		Args:    exactly(),
	})
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		hooks, err := c.FlowHooks(ctx, group)
		if err != nil {
			return err
		}
		return a.show(hooks, func(s *term.Screen) error {
			t := term.NewTable("ACT", "FLOWS")
			t.Row("before", namesText(hooks.Before))
			t.Row("after", namesText(hooks.After))
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) flowHooksClear() *cobra.Command {
	var (
		change changeFlags
		group  string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "clear", Short: "Let no shared flow act on all APIs of a group any more",
		Long: `Take the flow hooks of a gateway group away. APIs that call flows themselves go
on doing so.`,
		Example: `  gatewright flow-hooks clear --group production --reason "not needed any more"`,
		Args:    exactly(),
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, _ []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeConfigure, Group: group, Items: []client.Item{{Remove: gatewright.FlowHooksKey}},
		})
	})
	return cmd
}

// namesText joins names for people.
func namesText(names []string) string {
	if len(names) == 0 {
		return "(none)"
	}
	return strings.Join(names, ", ")
}
