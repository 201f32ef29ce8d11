package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func (a *app) apps() *cobra.Command {
	return parent("app", "Manage the apps that call APIs, their keys and grants",
		`  gatewright app create billing --group production
  gatewright app key add billing --group production --expires 90d
  gatewright app grant billing "Swagger Petstore" --group production --qps 100`,
		a.appCreate(), a.appList(), a.appShow(), a.appSet(), a.appDelete(), a.appKeys(), a.appGrant(), a.appUngrant())
}

// appCommand returns a command about an app of a group.
func (a *app) appCommand(use, short, long, example string, group *string, names ...string) *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: exactly(names...)})
	a.groupFlag(cmd, group)
	required(cmd, "group")
	return cmd
}

func (a *app) appCreate() *cobra.Command {
	var group string
	var req wire.AppRequest
	cmd := a.appCommand("create NAME", "Add an app to a gateway group",
		"Add an app to a gateway group. It has no keys and no grants yet.",
		`  gatewright app create billing --group production --description "invoices"`, &group, "a NAME for the app")
	cmd.Flags().StringVar(&req.Description, "description", "", "what the app is")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		req.Name = args[0]
		created, err := c.CreateApp(ctx, group, req)
		if err != nil {
			return err
		}
		return a.show(created, func(*term.Screen) error {
			return a.resultf("app %s (%s) is added to %s\n", created.Name, created.ID, group)
		})
	})
	return cmd
}

func (a *app) appList() *cobra.Command {
	var group string
	cmd := a.appCommand("list", "List the apps of a gateway group", "", "  gatewright app list --group production", &group)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		apps, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[wire.AppInfo], error) {
			return c.Apps(ctx, group, p)
		})
		if err != nil {
			return err
		}
		return a.show(client.List[wire.AppInfo]{Items: apps}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "OWNER", "STATE", "KEYS", "GRANTS", "DESCRIPTION", "ID")
			for _, app := range apps {
				state := "enabled"
				if app.Disabled {
					state = "disabled"
				}
				t.Row(app.Name, app.Owner, state, strconv.Itoa(len(app.Credentials)), strconv.Itoa(len(app.Grants)), app.Description, string(app.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) appShow() *cobra.Command {
	var group string
	cmd := a.appCommand("show NAME", "Show an app, its keys and its grants", "Show an app, its keys and its grants. The keys themselves are not kept.",
		"  gatewright app show billing --group production", &group, "the NAME of an app")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		app, err := c.App(ctx, group, args[0])
		if err != nil {
			return err
		}
		return a.show(app, func(s *term.Screen) error { return writeApp(s, app, time.Now()) })
	})
	return cmd
}

func writeApp(s *term.Screen, app *wire.AppInfo, now time.Time) error {
	state := "enabled"
	if app.Disabled {
		state = "disabled: no key is good"
	}
	t := term.NewTable("APP", "")
	t.Row("name", app.Name)
	t.Row("id", string(app.ID))
	t.Row("owner", app.Owner)
	t.Row("state", state)
	if app.Description != "" {
		t.Row("description", app.Description)
	}
	for i := range app.Credentials {
		k := &app.Credentials[i]
		t.Row("key "+k.Name, fmt.Sprintf("%s…  %s", k.Hint, credentialState(k, now)))
	}
	for i := range app.Grants {
		t.Row("grant", grantText(&app.Grants[i]))
	}
	return t.Write(s)
}

func (a *app) appSet() *cobra.Command {
	var group, description, owner string
	var disable, enable bool
	cmd := a.appCommand("set NAME", "Alter an app",
		"Alter an app. The keys of a disabled app are refused by all gateways of the\ngroup within a second.",
		"  gatewright app set billing --group production --disable", &group, "the NAME of an app")
	cmd.Flags().StringVar(&description, "description", "", "what the app is")
	cmd.Flags().StringVar(&owner, "owner", "", "who is responsible for it")
	cmd.Flags().BoolVar(&disable, "disable", false, "refuse its keys")
	cmd.Flags().BoolVar(&enable, "enable", false, "accept its keys again")
	cmd.MarkFlagsMutuallyExclusive("disable", "enable")
	cmd.MarkFlagsOneRequired("description", "owner", "disable", "enable")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		var req wire.AppUpdate
		if cmd.Flags().Changed("description") {
			req.Description = &description
		}
		if cmd.Flags().Changed("owner") {
			req.Owner = &owner
		}
		if disable || enable {
			req.Disabled = &disable
		}
		return a.accessed(cmd.Context(), func(ctx context.Context, c *client.Client) (*wire.AccessChange, error) {
			return c.UpdateApp(ctx, group, args[0], req)
		})
	})
	return cmd
}

func (a *app) appDelete() *cobra.Command {
	var group string
	cmd := a.appCommand("delete NAME", "Remove an app with its keys and grants", "", "  gatewright app delete billing --group production", &group, "the NAME of an app")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.accessed(cmd.Context(), func(ctx context.Context, c *client.Client) (*wire.AccessChange, error) {
			return c.DeleteApp(ctx, group, args[0])
		})
	})
	return cmd
}

func (a *app) appKeys() *cobra.Command {
	return parent("key", "Give an app keys and take them away",
		`  gatewright app key add billing --group production --name autumn --expires 90d
  gatewright app key revoke billing summer --group production`,
		a.appKeyAdd(), a.appKeyAlter("revoke", "Make a key useless", "Make a key useless. All gateways of the group refuse it within a second.", (*client.Client).RevokeCredential),
		a.appKeyAlter("remove", "Forget a key", "Forget a key; one that was still good is not any more.", (*client.Client).RemoveCredential))
}

func (a *app) appKeyAdd() *cobra.Command {
	var group, from, until string
	var req wire.CredentialRequest
	cmd := a.appCommand("add APP", "Give an app another key",
		"Give an app another key. It is shown this once. Keys overlap: callers can change\nfrom one to the next before the old one is revoked.",
		"  gatewright app key add billing --group production --name autumn --expires 90d", &group, "the name of an APP")
	cmd.Flags().StringVar(&req.Name, "name", "", "`name` of the key (default key-1 and so on)")
	cmd.Flags().StringVar(&from, "from", "", "`time` from which it is good (default now)")
	cmd.Flags().StringVar(&until, "expires", "", "`time` or span after which it is not (default never)")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		var err error
		now := time.Now()
		if req.NotBefore, err = parseTime(from, now); err != nil {
			return usagef("--from: %s", err)
		}
		if req.ExpiresAt, err = parseTime(until, now); err != nil {
			return usagef("--expires: %s", err)
		}
		key, err := c.AddCredential(ctx, group, args[0], req)
		if err != nil {
			return err
		}
		return a.show(key, func(*term.Screen) error { return a.resultf("%s\n", key.Key) })
	})
	return cmd
}

func (a *app) appKeyAlter(verb, short, long string, alter func(*client.Client, context.Context, string, string, string) (*wire.AccessChange, error)) *cobra.Command {
	var group string
	cmd := a.appCommand(verb+" APP KEY", short, long, fmt.Sprintf("  gatewright app key %s billing summer --group production", verb), &group, "the name of an APP", "the name of a KEY")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.accessed(cmd.Context(), func(ctx context.Context, c *client.Client) (*wire.AccessChange, error) {
			return alter(c, ctx, group, args[0], args[1])
		})
	})
	return cmd
}

func (a *app) appGrant() *cobra.Command {
	var group, until, clearance string
	var req wire.GrantRequest
	cmd := a.appCommand("grant APP API", "Give an app the right to call an API, or alter it",
		`Give an app the right to call an API, or alter it. It matters where the API lets
only apps in: gatewright configure API --group GROUP --access app.`,
		`  gatewright app grant billing "Swagger Petstore" --group production --qps 100 --expires 365d --clearance L2`,
		&group, "the name of an APP", "the name of an API")
	cmd.Flags().IntVar(&req.QPS, "qps", 0, "requests per second on one gateway (default no limit)")
	cmd.Flags().StringVar(&until, "expires", "", "`time` or span after which it ends (default never)")
	cmd.Flags().StringVar(&clearance, "clearance", "", "`level` of data it may read, L1 to L4 (default what the API asks for)")
	complete(cmd, "clearance", "L1", "L2", "L3", "L4")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		var err error
		if req.ExpiresAt, err = parseTime(until, time.Now()); err != nil {
			return usagef("--expires: %s", err)
		}
		req.Clearance = gatewright.SecurityLevel(clearance)
		return a.accessed(cmd.Context(), func(ctx context.Context, c *client.Client) (*wire.AccessChange, error) {
			return c.PutGrant(ctx, group, args[0], args[1], req)
		})
	})
	return cmd
}

func (a *app) appUngrant() *cobra.Command {
	var group string
	cmd := a.appCommand("ungrant APP API", "Take the right to call an API away",
		"Take the right to call an API away. All gateways of the group refuse the\napp's calls of it within a second.",
		`  gatewright app ungrant billing "Swagger Petstore" --group production`, &group, "the name of an APP", "the name of an API")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.accessed(cmd.Context(), func(ctx context.Context, c *client.Client) (*wire.AccessChange, error) {
			return c.DeleteGrant(ctx, group, args[0], args[1])
		})
	})
	return cmd
}

// accessed alters an app and says which change carries that to the gateways.
func (a *app) accessed(ctx context.Context, alter func(context.Context, *client.Client) (*wire.AccessChange, error)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	done, err := alter(ctx, c)
	if err != nil {
		return err
	}
	return a.show(done, func(*term.Screen) error {
		if done.Change == nil {
			return a.resultf("nothing to change\n")
		}
		return a.resultf("change %s is on its way to the gateways of %s\n", done.Change.ID, done.Change.GroupName)
	})
}
