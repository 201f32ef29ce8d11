package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) roles() *cobra.Command {
	return parent("role", "Give and take roles, and see who has which",
		`  gatewright role grant api-provider --user anna --group test
  gatewright role revoke api-provider --user anna --group test
  gatewright role list --user anna`,
		a.roleGrant(), a.roleRevoke(), a.roleList(), a.roleShow())
}

// roleSubject is to whom a role is given, and where.
type roleSubject struct{ user, service, project, group string }

func (a *app) roleFlags(cmd *cobra.Command, s *roleSubject) {
	cmd.Flags().StringVar(&s.user, "user", "", "login of a `user`")
	cmd.Flags().StringVar(&s.service, "service", "", "name or ID of a service `token`")
	cmd.Flags().StringVar(&s.project, "project", "", "in this `project` only")
	cmd.Flags().StringVarP(&s.group, "group", "g", "", "in this gateway `group` only")
	a.completeGroups(cmd, "group")
	cmd.MarkFlagsMutuallyExclusive("user", "service")
}

// roleNames are the roles, for completion.
func roleNames() []string {
	var names []string
	for _, r := range gatewright.Roles() {
		names = append(names, string(r))
	}
	return names
}

// serviceToken finds a service token by name or ID.
func serviceToken(ctx context.Context, c *client.Client, name string) (gatewright.TokenID, error) {
	if name == "" {
		return "", nil
	}
	tokens, err := collect(ctx, c.Tokens)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(tokens, func(t *gatewright.Token) bool {
		return t.Kind == gatewright.TokenService && t.RevokedAt.IsZero() && (t.Name == name || string(t.ID) == name)
	})
	if i < 0 {
		return "", gatewright.Errorf(gatewright.NotFound, "there is no service token %q; see: gatewright token list", name)
	}
	return tokens[i].ID, nil
}

func (a *app) roleGrant() *cobra.Command {
	var s roleSubject
	cmd := a.clientFlags(&cobra.Command{
		Use: "grant ROLE", Short: "Give a role to a user or service token",
		Long: `Give a role to a user or service token: everywhere, in one project, in one
gateway group, or in one project as far as it concerns one group. Nobody gives
what they do not have. "gatewright role show ROLE" tells what a role may do.`,
		Example: `  gatewright role grant api-provider --user anna --group test
  gatewright role grant project-admin --user anna --project payments
  gatewright role grant api-provider --service "build server"`,
		Args: exactly("the ROLE"), ValidArgs: roleNames(),
	})
	a.roleFlags(cmd, &s)
	cmd.MarkFlagsOneRequired("user", "service")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		token, err := serviceToken(ctx, c, s.service)
		if err != nil {
			return err
		}
		b, err := c.CreateBinding(ctx, client.BindingRequest{User: s.user, Token: token, Role: gatewright.Role(args[0]), Project: s.project, Group: s.group})
		if err != nil {
			return err
		}
		return a.show(b, func(*term.Screen) error {
			return a.resultf("%s is %s%s\n", term.Clean(cmp.Or(s.user, s.service)), b.Role.Label(), term.Clean(s.place()))
		})
	})
	return cmd
}

func (s *roleSubject) place() string {
	text := ""
	if s.project != "" {
		text += " in project " + s.project
	}
	if s.group != "" {
		text += " in group " + s.group
	}
	return cmp.Or(text, " everywhere")
}

func (a *app) roleRevoke() *cobra.Command {
	var s roleSubject
	cmd := a.clientFlags(&cobra.Command{
		Use: "revoke ROLE", Short: "Take a role from a user or service token",
		Long:    "Take a role from a user or service token, at once. Name the place as it was\ngiven: a role given everywhere is not taken in one group.",
		Example: `  gatewright role revoke api-provider --user anna --group test`,
		Args:    exactly("the ROLE"), ValidArgs: roleNames(),
	})
	a.roleFlags(cmd, &s)
	cmd.MarkFlagsOneRequired("user", "service")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		token, err := serviceToken(ctx, c, s.service)
		if err != nil {
			return err
		}
		found, err := bindings(ctx, c, client.BindingFilter{User: s.user, Token: token, Project: s.project, Group: s.group})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(found, func(b *client.BindingInfo) bool {
			return string(b.Role) == args[0] && (b.Project != "") == (s.project != "") && (b.Group != "") == (s.group != "")
		})
		if i < 0 {
			return gatewright.Errorf(gatewright.NotFound, "%s has not the role %s%s; see: gatewright role list", cmp.Or(s.user, s.service), args[0], s.place())
		}
		if err := c.DeleteBinding(ctx, found[i].ID); err != nil {
			return err
		}
		return a.show(map[string]any{"id": found[i].ID, "deleted": true}, func(*term.Screen) error {
			return a.resultf("%s is no longer %s%s\n", term.Clean(cmp.Or(s.user, s.service)), found[i].Role.Label(), term.Clean(s.place()))
		})
	})
	return cmd
}

func bindings(ctx context.Context, c *client.Client, f client.BindingFilter) ([]*client.BindingInfo, error) {
	return collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*client.BindingInfo], error) {
		return c.Bindings(ctx, f, p)
	})
}

func (a *app) roleList() *cobra.Command {
	var s roleSubject
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List who has which role, and where",
		Example: "  gatewright role list\n  gatewright role list --user anna",
		Args:    exactly(),
	})
	a.roleFlags(cmd, &s)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		token, err := serviceToken(ctx, c, s.service)
		if err != nil {
			return err
		}
		found, err := bindings(ctx, c, client.BindingFilter{User: s.user, Token: token, Project: s.project, Group: s.group})
		if err != nil {
			return err
		}
		return a.show(client.List[*client.BindingInfo]{Items: found}, func(s *term.Screen) error {
			t := term.NewTable("WHO", "ROLE", "PROJECT", "GROUP", "FROM", "BY", "SINCE")
			for _, b := range found {
				who := cmp.Or(b.UserName, string(b.Subject.User))
				if b.Subject.Token != "" {
					who = "service " + cmp.Or(b.TokenName, string(b.Subject.Token))
				}
				t.Row(who, string(b.Role), placeText(string(b.Project), b.ProjectName), placeText(string(b.Group), b.GroupName),
					string(b.Source), b.CreatedBy, timeText(b.CreatedAt))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func placeText(id, name string) string { return cmp.Or(name, id, "all") }

func (a *app) roleShow() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "show [ROLE]", Short: "Tell what the roles, or one of them, may do",
		Example: "  gatewright role show\n  gatewright role show api-provider",
		Args:    between(0, "a ROLE"), ValidArgs: roleNames(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		all, err := c.Roles(ctx)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return a.show(all, func(s *term.Screen) error {
				t := term.NewTable("ROLE", "NAME", "ACTIONS")
				for _, r := range all.Items {
					t.Row(string(r.Role), r.Label, fmt.Sprint(len(r.May)))
				}
				return t.Write(s)
			})
		}
		i := slices.IndexFunc(all.Items, func(r client.RoleInfo) bool { return string(r.Role) == args[0] })
		if i < 0 {
			return gatewright.Errorf(gatewright.NotFound, "there is no role %q; see: gatewright role show", args[0])
		}
		return a.show(all.Items[i], func(s *term.Screen) error {
			t := term.NewTable("ACTION", "MAY", "WHERE", "WHAT")
			for _, r := range all.Items[i].May {
				t.Row(string(r.Action), r.Grant, r.Place, r.Text)
			}
			return t.Write(s)
		})
	})
	return cmd
}
