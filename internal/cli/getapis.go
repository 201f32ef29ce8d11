package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) getAPIs() *cobra.Command {
	var f client.APIFilter
	cmd := a.clientFlags(&cobra.Command{
		Use: "apis [NAME]", Aliases: []string{"api"}, Short: "List or search the APIs, or show one",
		Example: `  gatewright get apis
  gatewright get apis "Swagger Petstore"
  gatewright get apis --folder Payments --tag region/eu --sort changed
  gatewright get apis --query pet --deployed-in production --state deprecated`,
		Args:              between(0, "the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	flags := cmd.Flags()
	flags.StringVar(&f.Query, "query", "", "part of the name or description")
	flags.StringVar(&f.Project, "project", "", "`name` of a project")
	flags.StringVar(&f.Folder, "folder", "", "`path` of a folder, sub-folders included; / for what is in none")
	flags.StringArrayVar(&f.Tags, "tag", nil, "`group/tag`; repeat for APIs that have all")
	flags.StringVar(&f.Owner, "owner", "", "who is responsible")
	flags.StringVar(&f.Security, "security", "", "security level: L1, L2, L3 or L4")
	flags.StringVar(&f.Kind, "kind", "", "proxy, data or flow")
	flags.StringVar(&f.DeployedIn, "deployed-in", "", "`group` that runs it")
	flags.StringVar(&f.Version, "version", "", "version that the group runs; without --deployed-in, that it has")
	flags.StringVar(&f.State, "state", "", "deployed, undeployed, disabled, canary, deprecated or retired")
	flags.StringVar(&f.Sort, "sort", "", "name, or changed for what was altered last (default name)")
	complete(cmd, "security", "L1", "L2", "L3", "L4")
	complete(cmd, "kind", "proxy", "data", "flow")
	complete(cmd, "state", "deployed", "undeployed", "disabled", "canary", "deprecated", "retired")
	complete(cmd, "sort", "name", "changed")
	a.completeGroups(cmd, "deployed-in")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if len(args) > 0 {
			return a.showAPI(ctx, c, args[0])
		}
		apis, err := collect(ctx, func(ctx context.Context, page client.Page) (*client.List[*client.APIEntry], error) {
			return c.SearchAPIs(ctx, f, page)
		})
		if err != nil {
			return err
		}
		return a.show(client.List[*client.APIEntry]{Items: apis}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "KIND", "FOLDER", "TAGS", "REVISIONS", "OWNER", "CHANGED", "ID")
			for _, api := range apis {
				t.Row(api.Name, string(api.Kind), api.FolderPath, strings.Join(api.TagNames, ","), strconv.Itoa(api.LastRevision), api.Owner, timeText(api.ChangedAt), string(api.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) showAPI(ctx context.Context, c *client.Client, name string) error {
	api, err := c.API(ctx, name)
	if err != nil {
		return err
	}
	return a.show(api, func(s *term.Screen) error {
		t := term.NewTable("NAME", "KIND", "TRACK", "BASE PATH", "REVISIONS", "OWNER", "CREATED", "ID")
		for _, track := range api.Tracks {
			t.Row(api.Name, string(api.Kind), track.Name, track.BasePath, strconv.Itoa(api.LastRevision), api.Owner, timeText(api.CreatedAt), string(api.ID))
		}
		return t.Write(s)
	})
}
