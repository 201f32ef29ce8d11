package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) tokens() *cobra.Command {
	return parent("token", "Make and revoke tokens",
		`  gatewright token create "build server"
  gatewright token revoke tok_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42`,
		a.tokenCreate(), a.tokenRevoke())
}

func (a *app) tokenCreate() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Make a token for the management API",
		Long: `Make a token for the management API. Its secret is shown this once and not kept;
its name is the author's name in changes.`,
		Example: `  gatewright token create "build server"`,
		Args:    exactly("a NAME for the token"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		t, err := c.CreateToken(ctx, args[0])
		if err != nil {
			return err
		}
		return a.show(t, func(*term.Screen) error { return a.resultf("%s\n", t.Secret) })
	})
	return cmd
}

func (a *app) tokenRevoke() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "revoke ID", Short: "Make a token useless",
		Long: `Make a token useless. Gateways that joined with it go on serving what they have,
but get no changes until they have a new one.`,
		Example: `  gatewright token revoke tok_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42`,
		Args:    exactly("the ID of a token"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		id := gatewright.TokenID(args[0])
		if err := c.RevokeToken(ctx, id); err != nil {
			return err
		}
		return a.show(map[string]any{"id": id, "revoked": true}, func(*term.Screen) error {
			return a.resultf("token %s is revoked\n", id)
		})
	})
	return cmd
}
