package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) folders() *cobra.Command {
	return parent("folder", "Keep APIs in folders, up to three levels deep",
		`  gatewright folder create Payments/Cards
  gatewright set "Card limits" --folder Payments/Cards
  gatewright folder list`,
		a.folderCreate(), a.folderList(), a.folderRename(), a.folderMove(), a.folderDelete())
}

func (a *app) folderCreate() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "create PATH", Short: "Create a folder",
		Long: `Create a folder. All but the last part of the path exist already. Folders have
at most three levels; those in one place have different names.`,
		Example: "  gatewright folder create Payments\n  gatewright folder create Payments/Cards",
		Args:    exactly("the PATH of the folder"),
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		parent, name := "", strings.Trim(args[0], "/")
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			parent, name = name[:i], name[i+1:]
		}
		f, err := c.CreateFolder(ctx, client.FolderRequest{Name: name, Parent: parent, Project: gatewright.ProjectID(project)})
		if err != nil {
			return err
		}
		return a.show(f, func(*term.Screen) error { return a.resultf("folder %s is created\n", term.Clean(args[0])) })
	})
	return cmd
}

func (a *app) folderList() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List the folders", Example: "  gatewright folder list", Args: exactly(),
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		tree, err := c.Folders(ctx, project)
		if err != nil {
			return err
		}
		return a.show(tree, func(s *term.Screen) error {
			t := term.NewTable("PATH", "APIS", "CREATED BY", "CREATED", "ID")
			for _, f := range tree.Items {
				t.Row(f.Path, strconv.Itoa(f.APIs), f.CreatedBy, timeText(f.CreatedAt), string(f.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) folderRename() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "rename PATH NAME", Short: "Give a folder another name",
		Example:           "  gatewright folder rename Payments/Cards \"Credit cards\"",
		Args:              exactly("the PATH of a folder", "its new NAME"),
		ValidArgsFunction: a.completeFolderArg,
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		return a.alterFolder(ctx, c, project, args[0], client.FolderUpdate{Name: &args[1]}, "is called "+args[1]+" now")
	})
	return cmd
}

func (a *app) folderMove() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "move PATH PARENT", Short: "Move a folder, with all that is in it, into another one",
		Example:           "  gatewright folder move Payments/Cards Archive\n  gatewright folder move Payments/Cards /",
		Args:              exactly("the PATH of a folder", "the path of its new PARENT, / for the root"),
		ValidArgsFunction: a.completeFolderArg,
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		return a.alterFolder(ctx, c, project, args[0], client.FolderUpdate{Parent: &args[1]}, "is in "+args[1]+" now")
	})
	return cmd
}

func (a *app) alterFolder(ctx context.Context, c *client.Client, project, path string, u client.FolderUpdate, done string) error {
	f, err := c.Folder(ctx, project, path)
	if err != nil {
		return err
	}
	after, err := c.UpdateFolder(ctx, string(f.ID), f.Revised, u)
	if err != nil {
		return err
	}
	return a.show(after, func(*term.Screen) error { return a.resultf("folder %s %s\n", term.Clean(f.Path), term.Clean(done)) })
}

func (a *app) folderDelete() *cobra.Command {
	var project string
	cmd := a.clientFlags(&cobra.Command{
		Use: "delete PATH", Short: "Delete a folder; what is in it moves up one level",
		Long: `Delete a folder. Its sub-folders and APIs move up one level; nothing is lost.
When there are folders of the same names, nothing is deleted; they are named.`,
		Example: "  gatewright folder delete Payments/Cards", Args: exactly("the PATH of a folder"),
		ValidArgsFunction: a.completeFolderArg,
	})
	projectFlag(cmd, &project)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		f, err := c.Folder(ctx, project, args[0])
		if err != nil {
			return err
		}
		gone, err := c.DeleteFolder(ctx, string(f.ID), f.Revised)
		if err != nil {
			return err
		}
		return a.show(gone, func(*term.Screen) error {
			if len(gone.Folders) == 0 && gone.APIs == 0 {
				return a.resultf("folder %s is deleted\n", term.Clean(f.Path))
			}
			return a.resultf("folder %s is deleted; what moved up one level: folders %d, APIs %d\n", term.Clean(f.Path), len(gone.Folders), gone.APIs)
		})
	})
	return cmd
}

// completeFolderArg offers the paths of folders as the first argument.
func (a *app) completeFolderArg(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names(cmd.Context(), a, folderPage, func(f *client.FolderInfo) string { return f.Path })
}

// folderPage is the folders as if they were one page.
func folderPage(c *client.Client, ctx context.Context, _ client.Page) (*client.List[*client.FolderInfo], error) {
	tree, err := c.Folders(ctx, "")
	if err != nil {
		return nil, err
	}
	return &client.List[*client.FolderInfo]{Items: tree.Items[:min(len(tree.Items), maxCompletions)]}, nil
}

// projectFlag gives cmd the flag that says in which project.
func projectFlag(cmd *cobra.Command, project *string) {
	cmd.Flags().StringVar(project, "project", "", "`name` of the project (default the project default)")
}
