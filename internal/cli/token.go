package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) tokens() *cobra.Command {
	return parent("token", "Make, list and revoke tokens",
		`  gatewright token create laptop --scope 'api.*' --expires 90d
  gatewright token create "build server" --service --project payments
  gatewright token list
  gatewright token revoke tok_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42`,
		a.tokenCreate(), a.tokenList(), a.tokenRevoke())
}

// tokenFlags is what the flags say of a token to be made.
type tokenFlags struct {
	service          bool
	scope            []string
	projects, groups []string
	project, expires string
}

func (a *app) tokenCreate() *cobra.Command {
	var f tokenFlags
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Make a token for the management API",
		Long: `Make a token for the management API. Its secret is shown this once and not kept.

As a person you make a personal token, which acts as you; with --service, a
token of its own for a program, which may do nothing until it is given a role.
With an admin token and without --service it is another admin token, whose name
is the author's name in changes.

--scope narrows what a token may do: actions like api.publish, or change.* for
all of a noun. "gatewright role show ROLE" lists the actions.`,
		Example: `  gatewright token create laptop --expires 90d
  gatewright token create ci --scope api.read --scope 'change.*' --scope-group test
  gatewright token create "build server" --service --project payments --expires 2027-01-01`,
		Args: exactly("a NAME for the token"),
	})
	cmd.Flags().BoolVar(&f.service, "service", false, "a token of its own for a program")
	cmd.Flags().StringArrayVar(&f.scope, "scope", nil, "`action` it may do, noun.* or *; repeat for several (default all)")
	cmd.Flags().StringArrayVar(&f.projects, "scope-project", nil, "`project` it reaches; repeat for several (default all)")
	cmd.Flags().StringArrayVar(&f.groups, "scope-group", nil, "gateway `group` it reaches; repeat for several (default all)")
	cmd.Flags().StringVar(&f.project, "project", "", "for --service: `project` whose admins look after it")
	cmd.Flags().StringVar(&f.expires, "expires", "", "`time` or span after which it is useless (default never)")
	a.completeGroups(cmd, "scope-group")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		details, err := f.details(ctx, a, c, args[0])
		if err != nil {
			return err
		}
		var t *client.NewToken
		if f.service {
			t, err = c.CreateServiceToken(ctx, client.ServiceTokenRequest{TokenDetails: *details, Project: f.project})
		} else {
			t, err = c.CreateToken(ctx, *details)
		}
		if err != nil {
			return err
		}
		return a.show(t, func(*term.Screen) error { return a.resultf("%s\n", t.Secret) })
	})
	return cmd
}

// details finds what the flags name.
func (f *tokenFlags) details(ctx context.Context, a *app, c *client.Client, name string) (*client.TokenDetails, error) {
	if f.project != "" && !f.service {
		return nil, usagef("--project is for --service; --scope-project narrows a token")
	}
	d := &client.TokenDetails{Name: name}
	var err error
	if d.ExpiresAt, err = parseTime(f.expires, a.env.Now()); err != nil {
		return nil, usagef("--expires: %s", err)
	}
	if len(f.scope)+len(f.projects)+len(f.groups) == 0 {
		return d, nil
	}
	d.Scope = &gatewright.TokenScope{Actions: f.scope}
	if len(f.scope) == 0 {
		d.Scope.Actions = []string{"*"}
	}
	for _, g := range f.groups {
		group, err := c.Group(ctx, g)
		if err != nil {
			return nil, err
		}
		d.Scope.Groups = append(d.Scope.Groups, group.ID)
	}
	if len(f.projects) == 0 {
		return d, nil
	}
	projects, err := collect(ctx, c.Projects)
	if err != nil {
		return nil, err
	}
	for _, name := range f.projects {
		i := slices.IndexFunc(projects, func(p *gatewright.Project) bool { return p.Name == name || string(p.ID) == name })
		if i < 0 {
			return nil, gatewright.Errorf(gatewright.NotFound, "project %q does not exist; see: gatewright project list", name)
		}
		d.Scope.Projects = append(d.Scope.Projects, projects[i].ID)
	}
	return d, nil
}

func (a *app) tokenList() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List your tokens, and those of others that you may see",
		Example: "  gatewright token list",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error { return a.showTokens(ctx, c) })
	return cmd
}

// showTokens shows all tokens that may be seen, without secrets.
func (a *app) showTokens(ctx context.Context, c *client.Client) error {
	tokens, err := collect(ctx, c.Tokens)
	if err != nil {
		return err
	}
	groups, err := collect(ctx, c.Groups)
	if err != nil && gatewright.CodeOf(err) != gatewright.Forbidden {
		return err
	}
	names := map[gatewright.GroupID]string{}
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	return a.show(client.List[*gatewright.Token]{Items: tokens}, func(s *term.Screen) error {
		t := term.NewTable("NAME", "KIND", "GROUP", "SCOPE", "CREATED", "BY", "EXPIRES", "LAST USED", "REVOKED", "ID")
		for _, k := range tokens {
			t.Row(k.Name, string(k.Kind), cmp.Or(names[k.Group], string(k.Group)), scopeText(k.Scope), timeText(k.CreatedAt), k.CreatedBy,
				timeText(k.ExpiresAt), timeText(k.LastUsedAt), timeText(k.RevokedAt), string(k.ID))
		}
		return t.Write(s)
	})
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
