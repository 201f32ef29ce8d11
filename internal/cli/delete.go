package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) delete() *cobra.Command {
	return parent("delete", "Delete an API or a revision that is deployed nowhere",
		`  gatewright delete api "Swagger Petstore"
  gatewright delete revision "Swagger Petstore" 3`,
		a.deleteAPI(), a.deleteRevision())
}

func (a *app) deleteAPI() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "api NAME", Short: "Delete an API that is deployed nowhere",
		Long: `Delete an API with its tracks, revisions and version labels. Its history stays.
While it is deployed anywhere nothing is deleted, and the groups are named.`,
		Example: `  gatewright delete api "Swagger Petstore"`, Args: exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		api, err := c.API(ctx, args[0])
		if err != nil {
			return err
		}
		if err := c.DeleteAPI(ctx, string(api.ID), api.Revised); err != nil {
			return err
		}
		return a.show(map[string]any{"id": api.ID, "deleted": true}, func(*term.Screen) error {
			return a.resultf("API %s is deleted\n", term.Clean(api.Name))
		})
	})
	return cmd
}

func (a *app) deleteRevision() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "revision API REVISION", Short: "Delete a revision that is deployed nowhere",
		Long: `Delete a revision, by version or number. Neither is given to other content
afterwards. While it is deployed anywhere, as a canary too, nothing is deleted,
and the groups are named.`,
		Example: `  gatewright delete revision "Swagger Petstore" 3`, Args: exactly("the name of an API", "the version or number of a REVISION"),
		ValidArgsFunction: a.completeAPIs,
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.DeleteRevision(ctx, args[0], args[1]); err != nil {
			return err
		}
		return a.show(map[string]any{"api": args[0], "revision": args[1], "deleted": true}, func(*term.Screen) error {
			return a.resultf("revision %s of %s is deleted\n", term.Clean(args[1]), term.Clean(args[0]))
		})
	})
	return cmd
}
