package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) tags() *cobra.Command {
	return parent("tag", "Mark APIs with tags, which belong to tag groups",
		`  gatewright tag group create region --tag eu --tag us
  gatewright tag add "Swagger Petstore" region/eu
  gatewright get apis --tag region/eu`,
		a.tagGroup(), a.tagAPI(true), a.tagAPI(false), a.tagList())
}

// tagAPI returns the command that adds tags to an API, or removes them.
func (a *app) tagAPI(add bool) *cobra.Command {
	verb, short := "add", "Add tags to an API"
	if !add {
		verb, short = "remove", "Remove tags from an API"
	}
	cmd := a.clientFlags(&cobra.Command{
		Use: verb + " API TAG...", Short: short,
		Long:    short + ", at once and without a publish.\nA tag is written group/tag.",
		Example: fmt.Sprintf("  gatewright tag %s \"Swagger Petstore\" region/eu audience/partners", verb),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return between(2, "the name of an API", "a TAG as group/tag")(cmd, args)
			}
			return nil
		},
		ValidArgsFunction: a.completeAPIs,
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		added, removed := args[1:], []string(nil)
		if !add {
			added, removed = removed, added
		}
		api, err := c.TagAPI(ctx, args[0], added, removed)
		if err != nil {
			return err
		}
		return a.show(api, func(*term.Screen) error {
			entry, err := c.API(ctx, string(api.ID))
			if err != nil {
				return err
			}
			if len(entry.TagNames) == 0 {
				return a.resultf("%s has no tags\n", term.Clean(api.Name))
			}
			return a.resultf("%s has the tags %s\n", term.Clean(api.Name), term.Clean(strings.Join(entry.TagNames, ", ")))
		})
	})
	return cmd
}

func (a *app) tagList() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List the tag groups and their tags", Example: "  gatewright tag list", Args: exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		groups, err := collect(ctx, c.TagGroups)
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.TagGroup]{Items: groups}, func(s *term.Screen) error {
			t := term.NewTable("GROUP", "TAGS", "DESCRIPTION", "ID")
			for _, g := range groups {
				names := make([]string, len(g.Tags))
				for i, tag := range g.Tags {
					names[i] = tag.Name
				}
				t.Row(g.Name, strings.Join(names, ", "), g.Description, string(g.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) tagGroup() *cobra.Command {
	return parent("group", "Create, alter and delete tag groups",
		`  gatewright tag group create region --tag eu --tag us
  gatewright tag group set region --add cn --rename us=americas
  gatewright tag group delete region`,
		a.tagGroupCreate(), a.tagGroupSet(), a.tagGroupDelete())
}

func (a *app) tagGroupCreate() *cobra.Command {
	var req client.TagGroupRequest
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Create a tag group",
		Example: "  gatewright tag group create region --description \"Where it is used\" --tag eu --tag us",
		Args:    exactly("the NAME of the tag group"),
	})
	cmd.Flags().StringVar(&req.Description, "description", "", "what the tags are about")
	cmd.Flags().StringArrayVar(&req.Tags, "tag", nil, "`name` of a tag; repeat for several")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		req.Name = args[0]
		g, err := c.CreateTagGroup(ctx, req)
		if err != nil {
			return err
		}
		return a.show(g, func(*term.Screen) error {
			return a.resultf("tag group %s is created, tags: %d\n", term.Clean(g.Name), len(g.Tags))
		})
	})
	return cmd
}

func (a *app) tagGroupSet() *cobra.Command {
	var (
		u                 client.TagGroupUpdate
		name, description string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "set NAME", Short: "Alter a tag group and its tags",
		Long: `Alter a tag group and its tags. A tag that is renamed stays on its APIs; one
that is removed must be on none, unless --force takes it off them.`,
		Example: `  gatewright tag group set region --add cn --rename us=americas
  gatewright tag group set region --remove eu --force`,
		Args: exactly("the NAME of a tag group"),
	})
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "new name of the group")
	flags.StringVar(&description, "description", "", "what the tags are about")
	flags.StringArrayVar(&u.Add, "add", nil, "`name` of a new tag; repeat for several")
	flags.StringArrayVar(&u.Remove, "remove", nil, "`name` of a tag to remove; repeat for several")
	flags.StringToStringVar(&u.Rename, "rename", nil, "`old=new` name of a tag; repeat for several")
	flags.BoolVar(&u.Force, "force", false, "take tags that are removed off the APIs that have them")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		changed := cmd.Flags().Changed
		if changed("name") {
			u.Name = &name
		}
		if changed("description") {
			u.Description = &description
		}
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			g, err := c.TagGroup(ctx, args[0])
			if err != nil {
				return err
			}
			if g, err = c.UpdateTagGroup(ctx, string(g.ID), g.Revised, u); err != nil {
				return err
			}
			return a.show(g, func(*term.Screen) error { return a.resultf("tag group %s is altered\n", term.Clean(g.Name)) })
		})(cmd, args)
	})
	return cmd
}

func (a *app) tagGroupDelete() *cobra.Command {
	var force bool
	cmd := a.clientFlags(&cobra.Command{
		Use: "delete NAME", Short: "Delete a tag group and its tags",
		Example: "  gatewright tag group delete region", Args: exactly("the NAME of a tag group"),
	})
	cmd.Flags().BoolVar(&force, "force", false, "take its tags off the APIs that have them")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		g, err := c.TagGroup(ctx, args[0])
		if err != nil {
			return err
		}
		if err := c.DeleteTagGroup(ctx, string(g.ID), g.Revised, force); err != nil {
			return err
		}
		return a.show(map[string]any{"id": g.ID, "deleted": true}, func(*term.Screen) error {
			return a.resultf("tag group %s is deleted\n", term.Clean(g.Name))
		})
	})
	return cmd
}
