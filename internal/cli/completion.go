package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// completionTimeout bounds how long a shell waits for names; maxCompletions
// how many it is given.
const (
	completionTimeout = 2 * time.Second
	maxCompletions    = 1000
)

// completeAPIs offers the names of APIs as the first argument.
func (a *app) completeAPIs(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names(cmd.Context(), a, (*client.Client).APIs, func(api *gatewright.API) string { return api.Name })
}

// completeChanges offers the changes under way in that state as the first
// argument.
func (a *app) completeChanges(state string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		list := func(c *client.Client, ctx context.Context, p client.Page) (*client.List[*gatewright.Change], error) {
			return c.Changes(ctx, client.ChangeFilter{State: state}, p)
		}
		return names(cmd.Context(), a, list, func(ch *gatewright.Change) string {
			return cobra.CompletionWithDesc(string(ch.ID), string(ch.Kind)+" in "+ch.GroupName+" by "+ch.Author)
		})
	}
}

// completeGroupArg offers the names of gateway groups as the first argument.
func (a *app) completeGroupArg(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names(cmd.Context(), a, (*client.Client).Groups, func(g *gatewright.Group) string { return g.Name })
}

// completeGroups offers the names of gateway groups for a flag.
func (a *app) completeGroups(cmd *cobra.Command, flag string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return names(cmd.Context(), a, (*client.Client).Groups, func(g *gatewright.Group) string { return g.Name })
	})
	if err != nil {
		panic("cli: complete --" + flag + ": " + err.Error()) // the flag is missing in this very package
	}
}

// names lists names from the control plane; without one there are none.
func names[T any](
	ctx context.Context, a *app,
	list func(*client.Client, context.Context, client.Page) (*client.List[T], error), name func(T) string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	c, err := a.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer c.Close()
	page, err := list(c, ctx, client.Page{Limit: maxCompletions})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	found := make([]cobra.Completion, len(page.Items))
	for i, item := range page.Items {
		found[i] = name(item)
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
