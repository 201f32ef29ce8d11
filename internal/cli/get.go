package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) get() *cobra.Command {
	return parent("get", "List APIs, revisions, groups, gateways, changes, registries or tokens",
		`  gatewright get apis
  gatewright get revisions "Swagger Petstore"
  gatewright get instances --group production -o json`,
		a.getAPIs(), a.getRevisions(), a.getGroups(), a.getInstances(), a.getChanges(), a.getRegistries(), a.getTokens())
}

// look wraps a command that reads something from the control plane.
func (a *app) look(f func(context.Context, *client.Client, []string) error) func(*cobra.Command, []string) error {
	return a.run(func(cmd *cobra.Command, args []string) error {
		c, err := a.connect()
		if err != nil {
			return err
		}
		defer c.Close()
		return f(cmd.Context(), c, args)
	})
}

func (a *app) getGroups() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "groups [NAME]", Aliases: []string{"group"}, Short: "List the gateway groups, or show one",
		Example: "  gatewright get groups\n  gatewright get groups production -o yaml",
		Args:    between(0, "the name of a group"),
	})
	table := func(groups []*gatewright.Group) func(*term.Screen) error {
		return func(s *term.Screen) error {
			t := term.NewTable("NAME", "STAGE", "GENERATION", "HOSTNAMES", "LABELS", "CREATED", "ID")
			for _, g := range groups {
				t.Row(g.Name, string(g.Stage), strconv.FormatInt(g.Generation, 10), strings.Join(g.Hostnames, ","),
					labelsText(g.Labels), timeText(g.CreatedAt), string(g.ID))
			}
			return t.Write(s)
		}
	}
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if len(args) > 0 {
			g, err := c.Group(ctx, args[0])
			if err != nil {
				return err
			}
			return a.show(g, func(s *term.Screen) error {
				if err := table([]*gatewright.Group{g})(s); err != nil {
					return err
				}
				if _, err := fmt.Fprintln(s); err != nil {
					return err
				}
				return writeGroupSettings(s, g)
			})
		}
		groups, err := collect(ctx, c.Groups)
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.Group]{Items: groups}, table(groups))
	})
	return cmd
}

func (a *app) getInstances() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use: "instances [NAME]", Aliases: []string{"instance"}, Short: "List the gateways and how they are heard",
		Example: "  gatewright get instances\n  gatewright get instances --group production",
		Args:    between(0, "the name of a gateway"),
	})
	a.groupFlag(cmd, &group)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		all, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*client.InstanceInfo], error) {
			return c.Instances(ctx, group, p)
		})
		if err != nil {
			return err
		}
		found := []*client.InstanceInfo{}
		for _, in := range all {
			if len(args) == 0 || in.Name == args[0] || string(in.ID) == args[0] {
				found = append(found, in)
			}
		}
		if len(args) > 0 && len(found) == 0 {
			return gatewright.Errorf(gatewright.NotFound, "there is no gateway %q; see: gatewright get instances", args[0])
		}
		return a.show(client.List[*client.InstanceInfo]{Items: found}, func(s *term.Screen) error {
			return writeInstances(s, found)
		})
	})
	return cmd
}

func writeInstances(s *term.Screen, instances []*client.InstanceInfo) error {
	t := term.NewTable("NAME", "GROUP", "ADDRESS", "HEALTH", "GENERATION", "LAST SEEN", "VERSION", "WARNINGS", "ID")
	for _, in := range instances {
		var warnings []string
		if in.ConfigID != "" {
			warnings = append(warnings, "pinned to "+in.ConfigID)
		}
		warnings = append(warnings, in.Warnings...)
		for _, r := range in.Rejections {
			warnings = append(warnings, string(r.Key)+": "+r.Reason)
		}
		t.Cells(
			term.Cell{Text: in.Name}, term.Cell{Text: in.GroupName}, term.Cell{Text: in.Address},
			term.Cell{Text: string(in.Health), Style: healthStyle(in.Health)},
			term.Cell{Text: fmt.Sprintf("%d/%d", in.Generation, in.Wanted)}, term.Cell{Text: timeText(in.LastSeen)},
			term.Cell{Text: in.Version}, term.Cell{Text: strings.Join(warnings, "; ")}, term.Cell{Text: string(in.ID)},
		)
	}
	return t.Write(s)
}

func (a *app) getRegistries() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use: "registries [NAME]", Aliases: []string{"registry"}, Short: "List the service registries of a gateway group",
		Example: "  gatewright get registries --group production",
		Args:    between(0, "the name of a registry"),
	})
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		all, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*gatewright.Registry], error) {
			return c.Registries(ctx, group, p)
		})
		if err != nil {
			return err
		}
		found := []*gatewright.Registry{}
		for _, r := range all {
			if len(args) == 0 || r.Name == args[0] {
				found = append(found, r)
			}
		}
		if len(args) > 0 && len(found) == 0 {
			return gatewright.Errorf(gatewright.NotFound, "%s has no registry %q; see: gatewright get registries --group %q", group, args[0], group)
		}
		return a.show(client.List[*gatewright.Registry]{Items: found}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "TYPE", "SERVERS", "STALE")
			for _, r := range found {
				t.Row(r.Name, string(r.Type), strings.Join(r.Servers, ","), time.Duration(r.Stale).String())
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) getTokens() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "tokens", Aliases: []string{"token"}, Short: "List the tokens, without their secrets",
		Example: "  gatewright get tokens",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error { return a.showTokens(ctx, c) })
	return cmd
}
