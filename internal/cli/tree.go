package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// treeView is folders and APIs, for programs.
type treeView struct {
	Folders []*client.FolderInfo `json:"folders"`
	APIs    []*client.APIEntry   `json:"apis"`
}

func (a *app) tree() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "tree", Short: "Show folders and the APIs in them",
		Example: "  gatewright tree\n  gatewright tree -o json", Args: exactly(),
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		folders, err := c.Folders(ctx, project)
		if err != nil {
			return err
		}
		apis, err := collect(ctx, func(ctx context.Context, page client.Page) (*client.List[*client.APIEntry], error) {
			return c.SearchAPIs(ctx, client.APIFilter{Project: cmp.Or(project, gatewright.DefaultProjectName)}, page)
		})
		if err != nil {
			return err
		}
		v := &treeView{Folders: folders.Items, APIs: apis}
		return a.show(v, func(s *term.Screen) error { return v.write(s) })
	})
	return cmd
}

// write draws folders, each with its APIs, below one another.
func (v *treeView) write(s *term.Screen) error {
	in := map[string][]*client.APIEntry{}
	for _, api := range v.APIs {
		in[api.FolderPath] = append(in[api.FolderPath], api)
	}
	var b strings.Builder
	draw := func(path string, depth int) {
		for _, api := range in[path] {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", depth), term.Clean(api.Name))
		}
	}
	for _, f := range v.Folders {
		depth := strings.Count(f.Path, "/")
		fmt.Fprintf(&b, "%s%s/\n", strings.Repeat("  ", depth), term.Clean(f.Name))
		draw(f.Path, depth+1)
	}
	draw("", 0)
	_, err := fmt.Fprint(s, b.String())
	return err
}
