package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// defaultKeep is how many revisions a prune leaves.
const defaultKeep = 50

func (a *app) prune() *cobra.Command {
	return parent("prune", "Delete old revisions of an API",
		`  gatewright prune revisions "Swagger Petstore" --keep 50 --dry-run`,
		a.pruneRevisions())
}

func (a *app) pruneRevisions() *cobra.Command {
	var req client.PruneRequest
	cmd := a.clientFlags(&cobra.Command{
		Use: "revisions API", Short: "Delete the oldest revisions of an API",
		Long: `Delete the oldest revisions of an API and keep the newest. What is deployed, as
a canary too, what a change under way brings and what is pinned (gatewright set
API --pin REVISION) stays and does not count.`,
		Example: `  gatewright prune revisions "Swagger Petstore" --keep 50 --dry-run`, Args: exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	cmd.Flags().IntVar(&req.Keep, "keep", defaultKeep, "how many revisions that nothing protects stay")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "tell what would be deleted, and delete nothing")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		pruned, err := c.PruneRevisions(ctx, args[0], req)
		if err != nil {
			return err
		}
		return a.show(pruned, func(s *term.Screen) error {
			if len(pruned.Deleted) == 0 {
				return a.resultf("there is nothing to delete\n")
			}
			t := term.NewTable("REVISION", "VERSION", "CONTENT")
			for _, r := range pruned.Deleted {
				t.Row(strconv.Itoa(r.Number), r.Version, r.Hash.Short())
			}
			if err := t.Write(s); err != nil {
				return err
			}
			verb := "deleted"
			if req.DryRun {
				verb = "would be deleted"
			}
			return a.resultf("%s: %d\n", verb, len(pruned.Deleted))
		})
	})
	return cmd
}
