package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) projects() *cobra.Command {
	return parent("project", "Create, list and delete projects",
		`  gatewright project create payments --description "cards and transfers"
  gatewright project list`,
		a.projectCreate(), a.projectList(), a.projectDelete())
}

func (a *app) projectCreate() *cobra.Command {
	var description string
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Create a project",
		Long:    "Create a project: a team's workspace with its APIs, folders and members.",
		Example: `  gatewright project create payments --description "cards and transfers"`,
		Args:    exactly("the NAME of the project"),
	})
	cmd.Flags().StringVar(&description, "description", "", "what it is for")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		p, err := c.CreateProject(ctx, args[0], description)
		if err != nil {
			return err
		}
		return a.show(p, func(*term.Screen) error {
			return a.resultf("project %s is created; give roles in it with: gatewright role grant ROLE --user NAME --project %q\n", term.Clean(p.Name), p.Name)
		})
	})
	return cmd
}

func (a *app) projectList() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List the projects",
		Example: "  gatewright project list",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		projects, err := collect(ctx, c.Projects)
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.Project]{Items: projects}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "DESCRIPTION", "CREATED", "ID")
			for _, p := range projects {
				t.Row(p.Name, p.Description, timeText(p.CreatedAt), string(p.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) projectDelete() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "delete NAME", Short: "Delete an empty project",
		Long:    "Delete an empty project with the roles given in it. The default project always\nexists.",
		Example: "  gatewright project delete payments",
		Args:    exactly("the NAME of a project"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.DeleteProject(ctx, args[0]); err != nil {
			return err
		}
		return a.show(map[string]any{"name": args[0], "deleted": true}, func(*term.Screen) error {
			return a.resultf("project %s is deleted\n", term.Clean(args[0]))
		})
	})
	return cmd
}
