package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) users() *cobra.Command {
	return parent("user", "Create, alter, disable and delete users",
		`  gatewright user create anna --email anna@example.com --password-file -
  gatewright user list
  gatewright user disable anna`,
		a.userCreate(), a.userList(), a.userSet(), a.userSwitch("disable", true), a.userSwitch("enable", false), a.userDelete(), a.userPassword())
}

func (a *app) userCreate() *cobra.Command {
	var req client.UserRequest
	var file string
	var external bool
	cmd := a.clientFlags(&cobra.Command{
		Use: "create NAME", Short: "Create a user",
		Long: `Create a user, who may do nothing until a role is given. The login is not given
to anybody else later, not even when the user is deleted.`,
		Example: `  gatewright user create anna --display-name "Anna B" --email anna@example.com
  gatewright user create anna --password-file -
  gatewright user create anna --no-password`,
		Args: exactly("the login of the user"),
	})
	cmd.Flags().StringVar(&req.DisplayName, "display-name", "", "what others see")
	cmd.Flags().StringVar(&req.Email, "email", "", "e-mail address")
	cmd.Flags().StringVar(&req.Language, "language", "", "tag of the language, as en, de or zh-CN")
	cmd.Flags().StringVar(&file, "password-file", "", "read the first password from this `file`, - for standard input (default asked for)")
	cmd.Flags().BoolVar(&external, "no-password", false, "for one who logs in through the OpenID provider")
	cmd.MarkFlagsMutuallyExclusive("password-file", "no-password")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		req.Name = args[0]
		if !external {
			var err error
			if req.Password, err = a.password(file, "Password for "+args[0]+": "); err != nil {
				return err
			}
		}
		u, err := c.CreateUser(ctx, req)
		if err != nil {
			return err
		}
		return a.show(u, func(*term.Screen) error {
			return a.resultf("user %s is created; give a role with: gatewright role grant ROLE --user %s\n", u.Name, u.Name)
		})
	})
	return cmd
}

func (a *app) userList() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List the users",
		Example: "  gatewright user list\n  gatewright user list -o json",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		users, err := collect(ctx, c.Users)
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.User]{Items: users}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "DISPLAY NAME", "EMAIL", "STATE", "LAST LOGIN", "CREATED", "ID")
			for _, u := range users {
				state := "enabled"
				if u.Disabled {
					state = "disabled"
				}
				t.Row(u.Name, u.DisplayName, u.Email, state, timeText(u.LastLogin), timeText(u.CreatedAt), string(u.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) userSet() *cobra.Command {
	var display, email, language string
	cmd := a.clientFlags(&cobra.Command{
		Use: "set NAME", Short: "Alter a user's display name, e-mail address or language",
		Example: `  gatewright user set anna --email anna@example.com
  gatewright user set anna --display-name "Anna B" --language de`,
		Args: exactly("the login of a user"),
	})
	cmd.Flags().StringVar(&display, "display-name", "", "what others see")
	cmd.Flags().StringVar(&email, "email", "", "e-mail address")
	cmd.Flags().StringVar(&language, "language", "", "tag of the language, as en, de or zh-CN")
	cmd.MarkFlagsOneRequired("display-name", "email", "language")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		var u client.UserUpdate
		for flag, set := range map[string]func(){
			"display-name": func() { u.DisplayName = &display },
			"email":        func() { u.Email = &email },
			"language":     func() { u.Language = &language },
		} {
			if cmd.Flags().Changed(flag) {
				set()
			}
		}
		altered, err := c.UpdateUser(ctx, args[0], u)
		if err != nil {
			return err
		}
		return a.show(altered, func(*term.Screen) error { return a.resultf("user %s is altered\n", altered.Name) })
	})
	return cmd
}

func (a *app) userSwitch(verb string, disabled bool) *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: verb + " NAME", Args: exactly("the login of a user"),
		Short: "Let a user in again", Example: "  gatewright user enable anna",
	})
	if disabled {
		cmd.Short, cmd.Example = "Keep a user out, at once", "  gatewright user disable anna"
		cmd.Long = "Keep a user out, at once: all sessions end, and all tokens are useless until the\nuser is enabled again. The last super admin cannot be disabled."
	}
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := c.UpdateUser(ctx, args[0], client.UserUpdate{Disabled: &disabled})
		if err != nil {
			return err
		}
		return a.show(u, func(*term.Screen) error { return a.resultf("user %s is %sd\n", u.Name, verb) })
	})
	return cmd
}

func (a *app) userDelete() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "delete NAME", Short: "Delete a user",
		Long: `Delete a user with roles and sessions, and revoke the user's tokens. What the
user owns stays. The login is not given to anybody else.`,
		Example: "  gatewright user delete anna",
		Args:    exactly("the login of a user"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.DeleteUser(ctx, args[0]); err != nil {
			return err
		}
		return a.show(map[string]any{"name": args[0], "deleted": true}, func(*term.Screen) error {
			return a.resultf("user %s is deleted\n", term.Clean(args[0]))
		})
	})
	return cmd
}

func (a *app) userPassword() *cobra.Command {
	var file, old string
	cmd := a.clientFlags(&cobra.Command{
		Use: "password [NAME]", Short: "Set a password; without a NAME, your own",
		Long: `Set a password. All sessions of the user end; tokens stay. For your own password
the old one is asked for.`,
		Example: `  gatewright user password
  gatewright user password anna --password-file -`,
		Args: between(0, "the login of a user"),
	})
	cmd.Flags().StringVar(&file, "password-file", "", "read the new password from this `file`, - for standard input (default asked for)")
	cmd.Flags().StringVar(&old, "old-password-file", "", "read your old password from this `file` (default asked for)")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		me, err := c.Me(ctx)
		if err != nil {
			return err
		}
		user, was := "", ""
		switch {
		case len(args) > 0:
			user = args[0]
		case me.User != nil:
			user = me.User.Name
		default:
			return usagef("%s is no person; name the user whose password it is", me.Name)
		}
		u, err := c.User(ctx, user)
		if err != nil {
			return err
		}
		if me.User != nil && me.User.ID == u.ID {
			if was, err = a.password(old, "Old password: "); err != nil {
				return err
			}
		}
		password, err := a.password(file, "New password for "+u.Name+": ")
		if err != nil {
			return err
		}
		if err := c.SetPassword(ctx, string(u.ID), was, password); err != nil {
			return err
		}
		return a.show(map[string]any{"name": u.Name, "passwordSet": true}, func(*term.Screen) error {
			return a.resultf("the password of %s is set; all sessions are ended\n", u.Name)
		})
	})
	return cmd
}
