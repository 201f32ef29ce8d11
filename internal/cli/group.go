package cli

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/secretfile"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) group() *cobra.Command {
	return parent("group", "Create gateway groups, their settings, and the tokens their gateways join with",
		`  gatewright group create production --stage production
  gatewright group set production --approve publish,sync=1
  gatewright group token production --output-file token`,
		a.groupCreate(), a.groupSet(), a.groupToken())
}

func (a *app) groupCreate() *cobra.Command {
	var (
		stage     string
		labels    map[string]string
		hostnames []string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Create a gateway group",
		Example: `  gatewright group create production --stage production --label region=eu --hostname api.example.com`,
		Args:    exactly("the NAME of the group"),
	})
	cmd.Flags().StringVar(&stage, "stage", string(gatewright.StageTest), "what the group is for: test or production")
	cmd.Flags().StringToStringVar(&labels, "label", nil, "label `key=value`; repeat for several")
	cmd.Flags().StringArrayVar(&hostnames, "hostname", nil, "`host` of the APIs that name none; repeat for several (default any host)")
	complete(cmd, "stage", string(gatewright.StageTest), string(gatewright.StageProduction))
	create := a.look(func(ctx context.Context, c *client.Client, args []string) error {
		g, err := c.CreateGroup(ctx, client.GroupRequest{
			Name: args[0], Stage: gatewright.Stage(stage), Labels: labels, Hostnames: hostnames,
		})
		if err != nil {
			return err
		}
		return a.show(g, func(*term.Screen) error {
			return a.resultf("group %s (%s) is created; let gateways join it with: gatewright group token %q --output-file token\n",
				term.Clean(g.Name), g.Stage, g.Name)
		})
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if s := gatewright.Stage(stage); s != gatewright.StageTest && s != gatewright.StageProduction {
			return usagef("--stage: %q is not test or production", stage)
		}
		return create(cmd, args)
	}
	return cmd
}

func (a *app) groupToken() *cobra.Command {
	var file, name string
	cmd := a.clientFlags(&cobra.Command{
		Use: "token NAME", Short: "Make a token with which gateways join a group",
		Long: `Make a token with which gateways join a gateway group. Its secret is shown this
once and not kept; with --output-file it is written to a file that only you can
read.`,
		Example: `  gatewright group token production --output-file token
  gatewright gateway --server https://control.example.com:8080 --group production --token-file token --listen :9080`,
		Args: exactly("the NAME of a group"),
	})
	cmd.Flags().StringVar(&file, "output-file", "", "write the secret to this new file, mode 0600")
	cmd.Flags().StringVar(&name, "name", "gateway", "what the token is called in lists")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		var out *os.File
		if file != "" { // before the token: one that cannot be written down is lost
			var err error
			if out, err = secretfile.Create(file); err != nil {
				return err
			}
		}
		t, err := c.CreateInstanceToken(ctx, args[0], name)
		if err != nil {
			if out != nil {
				secretfile.Abandon(out)
			}
			return err
		}
		if out == nil {
			return a.show(t, func(*term.Screen) error { return a.resultf("%s\n", t.Secret) })
		}
		if err := secretfile.Finish(out, t.Secret); err != nil {
			return err
		}
		t.Secret = ""
		return a.show(t.Token, func(*term.Screen) error {
			return a.resultf("token %s for group %s is in %s\n", t.Token.ID, term.Clean(args[0]), file)
		})
	})
	return cmd
}

// labelsText returns labels as k=v, in order.
func labelsText(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, k+"="+labels[k])
	}
	return strings.Join(pairs, ",")
}
